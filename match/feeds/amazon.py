"""Amazon Linux: `updateinfo.xml` of its repositories, one `update` for each advisory (ALAS).

An advisory names several CVEs (rules.md 6), and of each repository the binary packages that fix
them, with epoch, version, release and architecture. The release is that of the packages' dist tag
(`amzn2`, `amzn2023`; `amzn1` and its point releases are Amazon Linux 1). A repository that is not
the core is a topic of Amazon Linux 2 (`amzn2extra-docker`): the product, since its packages have
versions of their own.
"""

import re
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

from match.model import Advisory, AdvisoryId, Affected, Interval, Severity
from match.records.documents import problem
from match.records.ids import CVE
from match.records.markup import local, parts, text_of, unreadable
from match.records.times import utc
from sbom.distro import release_key
from sbom.model import Distro, Problem

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

FEED = "amazon"
FORM = re.compile(rb"<updates?\b[^>]*>.{0,2000}?<id>ALAS", re.DOTALL)
ID = re.compile(r"ALAS[A-Z0-9.\-]*-\d{4}-\d+")
TAG = re.compile(r"\.amzn(\d+)")
CORE = re.compile(r"amazon-linux-2023\Z|amazon-linux-\Z|amzn2?-(?:core|main|updates)\Z")
"""The repositories an image has without asking for more."""
EVERYWHERE = frozenset({"noarch", "src", ""})


def recognises(path: str, head: bytes) -> bool:
    """Whether a file is an `updateinfo.xml` of Amazon's: by its first advisory's id."""
    del path
    return FORM.search(head) is not None


def read(path: str, file: IO[bytes]) -> Iterator[Advisory | Problem]:
    """Yield each advisory of a repository."""
    try:
        for number, element in enumerate(parts(file, 1)):
            if local(element) == "update":
                yield from _update(f"{path}: update {number + 1}", element)
    except unreadable() as error:
        yield problem(FEED, path, f"the document cannot be read on: {error}", "source_lost")


def _update(place: str, update: "Element") -> Iterator[Advisory | Problem]:
    id_ = text_of(update, "id")
    if not ID.fullmatch(id_):
        yield problem(FEED, place, f"{id_[:40]!r} is no advisory of Amazon Linux", "record_lost")
        return
    where = f"{place}: {id_}"
    dates = {"issued": "", "updated": ""}
    for element in update:
        if local(element) in dates:
            time = utc(element.get("date"))
            if time is None:
                what = f"`{local(element)}` is no time: {str(element.get('date'))[:40]!r}"
                yield problem(FEED, where, what, "field_lost")
            dates[local(element)] = time or ""
    claims: dict[tuple[str, str, str, str], list[str]] = {}
    for collection in (e for e in update.iter() if local(e) == "collection"):
        product = _product(collection.get("short", ""))
        for package in (e for e in collection.iter() if local(e) == "package"):
            what = _add(package, product, claims)
            if what:
                yield problem(FEED, where, what, "field_lost")
    word = text_of(update, "severity").lower()[:40]
    yield Advisory(
        id=AdvisoryId(id_),
        feed=FEED,
        names=_names(update),
        affected=tuple(_claim(key, arches) for key, arches in sorted(claims.items())),
        severities=(Severity(source=FEED, label=word),) if word else (),
        summary=text_of(update, "title")[:300],
        published=dates["issued"],
        modified=dates["updated"] or dates["issued"],
        url=next((_href(e) for e in update.iter() if _href(e).endswith(".html")), ""),
    )


def _product(repository: str) -> str:
    return "" if CORE.match(repository) else repository


def _names(update: "Element") -> tuple[AdvisoryId, ...]:
    ids = {e.get("id", "") for e in update.iter() if local(e) == "reference"}
    return tuple(AdvisoryId(i) for i in sorted(ids) if CVE.fullmatch(i))


def _href(element: "Element") -> str:
    return element.get("href", "") if local(element) == "reference" else ""


def _add(
    package: "Element", product: str, claims: dict[tuple[str, str, str, str], list[str]]
) -> str:
    """Add one package to the claims by (release, product, name, version); return what is wrong."""
    given = {field: package.get(field, "") for field in ("name", "epoch", "version", "release")}
    tag = TAG.search(given["release"])
    if not given["name"] or not given["version"] or not tag:
        return f"its package is none of Amazon Linux: {given['name']!r} {given['release']!r}"
    release = release_key(Distro(id="amazon", version=tag[1]))
    version = f"{given['epoch'] or 0}:{given['version']}-{given['release']}"
    arch = package.get("arch", "")
    claims.setdefault((release, product, given["name"], version), []).append(arch)
    return ""


def _claim(key: tuple[str, str, str, str], arches: list[str]) -> Affected:
    release, product, name, version = key
    return Affected(
        scheme="rpm",
        name=name,
        release=release,
        product=product,
        names="binary",
        intervals=(Interval(fixed=version),),
        fix="fixed",
        ecosystem=f"Amazon Linux:{release.partition(':')[2]}",
        arches=() if EVERYWHERE.intersection(arches) else tuple(sorted(set(arches))),
    )
