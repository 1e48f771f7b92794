"""Amazon Linux: `updateinfo.xml` of its repositories, one `update` for each advisory (ALAS).

An advisory names several CVEs (rules.md 6), and of each repository the binary packages that fix
them, with epoch, version, release and architecture. The release is that of the packages' dist tag
(`amzn2`, `amzn2023`). An id with a topic (`ALASPOSTGRESQL14-2023-001`) is of an
extra repository, whose packages have versions of their own beside the core's: the topic is the
product. Where its name ends in a version (`kernel-5.10`, `postgresql14`) it is about that line
alone, the core and other topics have the others; else what it says of older major versions than
its own is not certain.
"""

import re
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

from msgspec.structs import replace

from match.builds import ALAS, line_of_amazon, topic_of_amazon
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
TAG = re.compile(r"\.amzn(\d+)")
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
    if not re.fullmatch(ALAS, id_):
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
    claims: dict[tuple[str, str, str], list[str]] = {}
    for package in (e for e in update.iter() if local(e) == "package"):
        what = _add(package, claims)
        if what:
            yield problem(FEED, where, what, "field_lost")
    topic = topic_of_amazon(id_)
    word = text_of(update, "severity").lower()[:40]
    yield Advisory(
        id=AdvisoryId(id_),
        feed=FEED,
        names=_names(update),
        affected=tuple(
            claim for key, arches in sorted(claims.items()) for claim in _claims(key, topic, arches)
        ),
        severities=(Severity(source=FEED, label=word),) if word else (),
        summary=text_of(update, "title")[:300],
        published=dates["issued"],
        modified=dates["updated"] or dates["issued"],
        url=next((_href(e) for e in update.iter() if _href(e).endswith(".html")), ""),
    )


def _names(update: "Element") -> tuple[AdvisoryId, ...]:
    ids = {e.get("id", "") for e in update.iter() if local(e) == "reference"}
    return tuple(AdvisoryId(i) for i in sorted(ids) if CVE.fullmatch(i))


def _href(element: "Element") -> str:
    return element.get("href", "") if local(element) == "reference" else ""


def _add(package: "Element", claims: dict[tuple[str, str, str], list[str]]) -> str:
    """Add one package to the claims by (release, name, version); return what is wrong with it."""
    given = {field: package.get(field, "") for field in ("name", "epoch", "version", "release")}
    tag = TAG.search(given["release"])
    if not given["name"] or not given["version"] or not tag:
        return f"its package is none of Amazon Linux: {given['name']!r} {given['release']!r}"
    release = release_key(Distro(id="amazon", version=tag[1]))
    version = f"{given['epoch'] or 0}:{given['version']}-{given['release']}"
    claims.setdefault((release, given["name"], version), []).append(package.get("arch", ""))
    return ""


def _claims(key: tuple[str, str, str], topic: str, arches: list[str]) -> Iterator[Affected]:
    """Yield what is said of one package: of all versions, or of a topic's own and perhaps older."""
    release, name, version = key
    claim = Affected(
        scheme="rpm",
        name=name,
        release=release,
        product=topic,
        names="binary",
        intervals=(Interval(fixed=version),),
        fix="fixed",
        ecosystem=f"Amazon Linux:{release.partition(':')[2]}",
        arches=() if EVERYWHERE.intersection(arches) else tuple(sorted(set(arches))),
    )
    if not topic:
        yield claim
        return
    line = line_of_amazon(topic, version)
    if line:
        yield replace(claim, intervals=(Interval(introduced=line, fixed=version),))
        return
    major = re.split(r"[.\-]", version, maxsplit=1)[0]
    yield replace(claim, intervals=(Interval(introduced=major, fixed=version),))
    yield replace(claim, claim="unknown", intervals=(Interval(fixed=major),), fix="none")
