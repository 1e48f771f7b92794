"""The CVE list, record format 5: what the CNA and CISA (ADP) say of a CVE.

Matched are `affected` entries that name a package: by `packageURL`, or by `packageName` of a
`collectionURL` that is the registry of an ecosystem (`COLLECTIONS`). Entries that name vendor and
product alone are counted as not matchable, and so are those of Red Hat's and Fedora's packages,
which name sources of whole products; CSAF says them by binary and release. A rejected CVE is
withdrawn, one tagged so disputed. Of CISA's decision points (SSVC) the three that a feed can know
are kept: exploitation, automatable, technical impact. `cpeApplicability` is read as NVD's
configurations are (`match/cpe/`).
"""

import re
from collections.abc import Iterator
from functools import partial
from typing import IO

from msgspec import Raw, Struct
from msgspec.json import Decoder

from match.cpe.configurations import Configuration
from match.cpe.configurations import claims as configured
from match.ecosystems import LANGUAGES, TYPE_ALIASES, name_of
from match.model import Advisory, AdvisoryId, Affected, Severity
from match.records import npm_ranges
from match.records.cve_versions import Version, statuses
from match.records.documents import UNREADABLE, problem, unknown_records
from match.records.ids import CVE
from match.records.known import Known, Read, sole
from match.records.tarball import is_archive_of
from match.records.times import utc
from match.records.version_sets import Set, intervals_of
from match.severity import score
from match.versions import key
from sbom.model import Problem
from sbom.purl import InvalidPurl, parse

FEED = "cve"
REPOSITORIES = ("cvelistV5", "vulnrichment")
MEMBER = re.compile(r"(?:^|/)CVE-\d{4}-\d{4,}\.json$")
FORM = re.compile(rb'"dataType"\s*:\s*"CVE_RECORD"')
COLLECTIONS = {
    "crates": "cargo",
    "hackage": "hackage",
    "hex": "hex",
    "maven": "maven",
    "mvnrepository": "maven",
    "npmjs": "npm",
    "nuget": "nuget",
    "packagist": "composer",
    "pypi": "pypi",
    "rubygems": "gem",
}
"""A label of the registry's host, and the purl type of its packages."""
HOST = re.compile(r"https?://([A-Za-z0-9.-]+)")
GO = ("pkg", "go")
"""How the host of Go's package pages begins."""
CISA = "CISA-ADP"
DISPUTED = "disputed"
"""A tag of the format's, for a CVE of which not all agree that it is one."""
POINTS = ("exploitation", "automatable", "technical impact")
CVSS = (("cvssV4_0", "4.0"), ("cvssV3_1", "3.1"), ("cvssV3_0", "3.0"), ("cvssV2_0", "2.0"))
SEMVER = frozenset({"npm", "semver", "cargo", "golang"})
LONGER_IS_HIGHER = frozenset({"composer", "cran", "hackage"})
"""Orders in which a version is below the same with a further zero."""
SUMMARY_LETTERS = 300
LONG_AGO = "1970-01-01T00:00:00Z"


class _Entry(Struct, gc=False):
    packageURL: str | None = None  # noqa: N815 (the format's word)
    collectionURL: str | None = None  # noqa: N815
    packageName: str | None = None  # noqa: N815
    defaultStatus: str | None = None  # noqa: N815
    versions: list[Version] | None = None


class _Cvss(Struct, gc=False):
    vectorString: str | None = None  # noqa: N815
    baseScore: float | None = None  # noqa: N815


class _Other(Struct, gc=False):
    type: str | None = None
    content: Raw = Raw()


class _Metric(Struct, gc=False):
    cvssV4_0: _Cvss | None = None  # noqa: N815
    cvssV3_1: _Cvss | None = None  # noqa: N815
    cvssV3_0: _Cvss | None = None  # noqa: N815
    cvssV2_0: _Cvss | None = None  # noqa: N815
    other: _Other | None = None


class _Ssvc(Struct, gc=False):
    options: list[dict[str, str]] | None = None


class _Provider(Struct, gc=False):
    shortName: str | None = None  # noqa: N815


class _Text(Struct, gc=False):
    lang: str | None = None
    value: str | None = None


class _Container(Struct, gc=False):
    providerMetadata: _Provider | None = None  # noqa: N815
    title: str | None = None
    affected: list[_Entry] | None = None
    metrics: list[_Metric] | None = None
    descriptions: list[_Text] | None = None
    tags: list[str] | None = None
    cpeApplicability: list[Configuration] | None = None  # noqa: N815


class _Containers(Struct, gc=False):
    cna: _Container | None = None
    adp: list[_Container] | None = None


class _Metadata(Struct, gc=False):
    cveId: str  # noqa: N815
    state: str | None = None
    datePublished: str | None = None  # noqa: N815
    dateUpdated: str | None = None  # noqa: N815
    dateRejected: str | None = None  # noqa: N815


class _Cve(Struct, gc=False):
    cveMetadata: _Metadata  # noqa: N815
    containers: _Containers


DECODE = Decoder(_Cve).decode
DECODE_SSVC = Decoder(_Ssvc).decode


def recognises(path: str, head: bytes) -> bool:
    """Whether a file is a CVE record, or an archive of them."""
    del path
    return FORM.search(head) is not None or is_archive_of(head, *REPOSITORIES)


def read(path: str, file: IO[bytes], known: Known | None = None) -> Iterator[Read]:
    """Yield one advisory for each CVE record."""
    for place, record, raw in unknown_records(FEED, path, file, MEMBER, DECODE, known):
        if isinstance(record, Problem):
            yield record
        elif not CVE.fullmatch(record.cveMetadata.cveId):
            what = f"{record.cveMetadata.cveId[:40]!r} is no CVE"
            yield problem(FEED, place, what, "record_lost")
        else:
            yield from sole(raw, _record(place, record))


def _record(place: str, record: _Cve) -> Iterator[Advisory | Problem]:
    meta, cna = record.cveMetadata, record.containers.cna or _Container()
    others = record.containers.adp or []
    faults: list[str] = []
    claims: dict[Affected, None] = {}
    unmatchable = 0
    for container in (cna, *others):
        for entry in container.affected or ():
            found = _claims(entry, faults)
            unmatchable += not found
            claims |= dict.fromkeys(found)
        products, unused = configured(container.cpeApplicability or ())
        claims |= dict.fromkeys(products)
        unmatchable += unused
    for what in faults:
        yield problem(FEED, f"{place}: {meta.cveId}", what, "field_lost")
    modified = utc(meta.dateUpdated) or ""
    rejected = (meta.state or "").upper() == "REJECTED"
    gone = (utc(meta.dateRejected) or modified or LONG_AGO) if rejected else ""
    yield Advisory(
        id=AdvisoryId(meta.cveId),
        feed=FEED,
        affected=tuple(claims),
        severities=_severities(cna, others),
        summary=_summary(cna),
        published=utc(meta.datePublished) or "",
        modified=modified,
        withdrawn=gone,
        url=f"https://www.cve.org/CVERecord?id={meta.cveId}",
        unmatchable=unmatchable,
        disputed=any(DISPUTED in (c.tags or ()) for c in (cna, *others)),
        ssvc=next(filter(None, map(_ssvc, others)), ""),
    )


def _claims(entry: _Entry, faults: list[str]) -> tuple[Affected, ...]:
    """Return what an entry says of the package it names; nothing where it names none."""
    package = _package(entry)
    versions = [v for v in entry.versions or () if v.versionType != "git"]
    if package is None or (entry.versions and not versions):
        return ()
    type_, name = package
    scheme = LANGUAGES[type_].scheme
    try:
        said = statuses(versions, entry.defaultStatus, partial(key, scheme))
    except ValueError as error:
        faults.append(f"the versions of {name[:80]} cannot be read: {error}")
        return ()
    found: list[Affected] = []
    words: tuple[tuple[Set, bool], ...] = ((said.affected, True), (said.unknown, False))
    for held, affected in words:
        intervals = intervals_of(held, partial(_after, scheme))
        if intervals:
            claim = Affected(
                scheme=scheme,
                name=name_of(type_, name),
                names="language",
                claim="affected" if affected else "unknown",
                intervals=intervals,
                fix="fixed" if affected and any(i.fixed for i in intervals) else "none",
                ecosystem=type_,
            )
            found.append(claim)
    return tuple(found)


def _after(scheme: str, version: str) -> str:
    """Return the lowest version above one, or one that nothing real is below."""
    if scheme in SEMVER:
        return npm_ranges.after(version)
    if scheme == "pep440":
        # A local version is above its own and below its post-release.
        return f"{version}.a" if "+" in version else f"{version}+a"
    return f"{version}.0" if scheme in LONGER_IS_HIGHER else f"{version}.0.0.0.1"


def _package(entry: _Entry) -> tuple[str, str] | None:
    """Return purl type and whole name of the package an entry names, or None."""
    if entry.packageURL:
        try:
            purl = parse(entry.packageURL)
        except InvalidPurl:
            return None
        type_ = TYPE_ALIASES.get(purl.type, purl.type)
        joint = ":" if type_ == "maven" else "/"
        name = f"{purl.namespace}{joint}{purl.name}" if purl.namespace else purl.name
        return (type_, name) if type_ in LANGUAGES else None
    name = (entry.packageName or "").strip()
    if not entry.collectionURL or not name or any(c.isspace() for c in name):
        return None
    host = HOST.match(entry.collectionURL)
    labels = host[1].lower().split(".") if host else []
    if tuple(labels[:2]) == GO:
        return "golang", _go(name)
    found = next((COLLECTIONS[label] for label in labels if label in COLLECTIONS), "")
    if found == "maven":
        name = name.replace("/", ":", 1)
    return (found, name) if found and (found != "maven" or name.count(":") == 1) else None


def _go(name: str) -> str:
    """Return the module of a package: Go's own have no dot in their first part."""
    first = name.partition("/")[0]
    if "." in first:
        return name
    return "toolchain" if first == "cmd" else "stdlib"


def _severities(cna: _Container, others: list[_Container]) -> tuple[Severity, ...]:
    found: dict[Severity, None] = {}
    for number, container in enumerate((cna, *others)):
        who = (container.providerMetadata or _Provider()).shortName or ""
        source = f"cna:{who}" if not number else "cisa-adp" if who == CISA else f"adp:{who}"
        for metric in container.metrics or ():
            for field, version in CVSS:
                rating = _rating(source, getattr(metric, field), version)
                found |= {rating: None} if rating else {}
    return tuple(found)


def _rating(source: str, stated: _Cvss | None, version: str) -> Severity | None:
    if stated is None:
        return None
    vector, known = stated.vectorString, stated.baseScore
    if known is None or not 0 <= known <= 10:
        scored = score(vector or "")
        known = scored[0] if scored else None
    if known is None:
        return None
    return Severity(source=source, score=known, vector=vector, version=version)


def _ssvc(container: _Container) -> str:
    """Return CISA's three points as `poc/no/partial`; empty where it does not give all of them."""
    for metric in container.metrics or ():
        if metric.other is None or metric.other.type != "ssvc":
            continue
        try:
            options = DECODE_SSVC(metric.other.content).options or []
        except UNREADABLE:
            continue
        said = {key.lower(): word for option in options for key, word in option.items()}
        if all(point in said for point in POINTS):
            return "/".join(said[point].lower()[:40] for point in POINTS)
    return ""


def _summary(cna: _Container) -> str:
    texts = cna.descriptions or []
    english = next((t.value for t in texts if (t.lang or "").startswith("en") and t.value), "")
    return " ".join((cna.title or english or "").split())[:SUMMARY_LETTERS]
