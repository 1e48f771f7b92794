"""OSV records (OSV schema 1.7): any database that publishes in this format, as zip, list or file.

The feed's name carries the database, by the record's id: `osv:GHSA`, `osv:PYSEC`, `osv:ALSA`.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import IO, NamedTuple

from msgspec import Raw, Struct
from msgspec.json import Decoder
from msgspec.structs import replace

from match.documents import RECORD_BYTES, UNREADABLE, documents, problem
from match.ecosystems import Names, Place, name_of, of_osv
from match.events import intervals
from match.ids import sort_ids
from match.model import Advisory, AdvisoryId, Affected, FixState, Interval, Severity
from match.severity import score
from match.times import utc
from match.versions import InvalidVersion, key
from sbom.model import Fault, Problem

SUMMARY_LETTERS = 300

PAGES = {
    "CVE": "https://nvd.nist.gov/vuln/detail/",
    "GHSA": "https://github.com/advisories/",
}
OSV_PAGE = "https://osv.dev/vulnerability/"
CVSS = {"CVSS_V2": "2.0", "CVSS_V3": "3.1", "CVSS_V4": "4.0"}
STREAM = re.compile(r"(?:^|: |\s)([A-Za-z0-9][\w.+-]*:[A-Za-z0-9][\w.+-]*)(?=\s|$)")
RATING = re.compile(r"(Critical|Important|Moderate|Low): ")
SILENT_WORDS = frozenset({"", "not yet assigned", "none", "unknown", "untriaged"})
END_OF_LIFE = "end-of-life"
MODULAR = ".module"
NEVER = [("introduced", "0"), ("fixed", "0")]
"""How a distribution says that no version of its package was ever affected."""
KINDS: dict[str, tuple[Names, ...]] = {
    "source": ("source",),
    "binary": ("binary",),
    "language": ("language",),
    "either": ("source", "binary"),
}

Record = Advisory | Problem


class _Event(Struct, gc=False):
    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None
    limit: str | None = None


class _Range(Struct, gc=False):
    type: str | None = None
    events: list[_Event] | None = None


class _Package(Struct, gc=False):
    ecosystem: str | None = None
    name: str | None = None


class _Rating(Struct, gc=False):
    type: str | None = None
    score: str | float | None = None


class _Affected(Struct, gc=False):
    package: _Package | None = None
    ranges: list[_Range] | None = None
    versions: list[str] | None = None
    severity: list[_Rating] | None = None
    ecosystem_specific: Raw = Raw()
    database_specific: Raw = Raw()


class _Osv(Struct, gc=False):
    id: str
    aliases: list[str] | None = None
    upstream: list[str] | None = None
    related: list[str] | None = None
    affected: list[_Affected] | None = None
    severity: list[_Rating] | None = None
    summary: str | None = None
    details: str | None = None
    published: str | None = None
    modified: str | None = None
    withdrawn: str | None = None
    database_specific: Raw = Raw()


class _Specific(Struct, gc=False):
    """What databases add that decides: severity words, and binaries where names are sources."""

    severity: str | float | list[object] | dict[str, object] | None = None
    urgency: str | None = None
    informational: str | None = None
    binaries: list[dict[str, str]] | None = None


DECODE = Decoder(_Osv).decode
DECODE_SPECIFIC = Decoder(_Specific).decode
NOTHING = _Specific()


def recognises(path: str, head: bytes) -> bool:
    """Whether a file holds OSV records: by the first kilobytes of its (first) record."""
    del path
    has = re.findall(rb'"(id|modified|affected|schema_version|ranges|package)"\s*:', head)
    return b"id" in has and len(set(has)) > 1 and b'"csaf_version"' not in head


def read(path: str, file: IO[bytes]) -> Iterator[Record]:
    """Yield each record of a zip, a list, a file of lines or a single record.

    Args:
        path: the file's name, for problems.
        file: its bytes, decompressed; seekable if it is a zip.
    """
    strangers: Counter[str] = Counter()
    for place, data in documents("osv", path, file):
        if isinstance(data, Problem):
            yield data
        else:
            yield from _read(place, data, strangers)
    for ecosystem, count in sorted(strangers.items()):
        what = f"{count} entries name packages of {ecosystem!r}, an ecosystem not known here"
        yield problem("osv", path, what, "field_lost")


def faults(data: bytes) -> list[Fault]:
    """Return why a record, or a list of them, is not valid OSV."""
    from match.osv_faults import faults as check

    return check(data)


def _read(place: str, data: bytes | Raw, strangers: Counter[str]) -> Iterator[Record]:
    """Read one record: what is wrong with its fields first, then what is left of it."""
    if len(data) > RECORD_BYTES:
        yield problem("osv", place, "the record is too long", "record_lost")
        return
    try:
        record = DECODE(data)
    except UNREADABLE as error:
        yield problem("osv", place, f"it is no OSV record: {error}", "record_lost")
        return
    if not 0 < len(record.id) <= 200:
        yield problem("osv", place, "the record has no id", "record_lost")
        return
    faults: list[str] = []
    advisory = _advisory(record, faults, strangers)
    for what in faults:
        yield problem("osv", f"{place}: {record.id}", what, "field_lost")
    yield advisory


def _advisory(record: _Osv, faults: list[str], strangers: Counter[str]) -> Advisory:
    prefix = record.id.partition("-")[0]
    feed = f"osv:{prefix}" if prefix.isalnum() and len(prefix) < 24 else "osv"
    ids = sort_ids(record.id, record.aliases or (), record.upstream or (), record.related or ())
    affected, unmatchable = _affected(record, faults, strangers)
    return Advisory(
        id=AdvisoryId(record.id),
        feed=feed,
        aliases=ids.aliases,
        related=ids.related,
        names=ids.names,
        affected=affected,
        severities=_severities(record, feed, faults),
        summary=_summary(record),
        published=_time(record.published, "published", faults),
        modified=_time(record.modified, "modified", faults),
        withdrawn=_withdrawn(record.withdrawn, faults),
        url=PAGES.get(prefix, OSV_PAGE) + record.id if prefix != "LDG" else "",
        unmatchable=unmatchable,
    )


def _time(text: str | None, field: str, faults: list[str]) -> str:
    time = utc(text)
    if time is None:
        faults.append(f"`{field}` is no time: {str(text)[:40]!r}")
    return time or ""


def _withdrawn(text: str | None, faults: list[str]) -> str:
    """Return when the record was withdrawn; it stays withdrawn where the time cannot be read."""
    time = _time(text, "withdrawn", faults)
    return time or ("1970-01-01T00:00:00Z" if text else "")


def _summary(record: _Osv) -> str:
    if record.summary:
        return record.summary[:SUMMARY_LETTERS]
    return (record.details or "").lstrip("# \n").partition("\n")[0][:SUMMARY_LETTERS]


def _severities(record: _Osv, feed: str, faults: list[str]) -> tuple[Severity, ...]:
    """Return all ratings of a record, of its packages as well, each once."""
    found: dict[Severity, None] = {}
    ratings = [r for block in record.affected or () for r in block.severity or ()]
    for rating in (*(record.severity or ()), *ratings):
        severity = _rated(feed, rating.type or "", rating.score)
        if severity:
            found[severity] = None
        else:
            faults.append(f"{rating.type} {str(rating.score)[:80]!r} is no severity")
    word = _specific(record.database_specific).severity
    if not isinstance(word, str):
        rated = RATING.match(record.summary or "")
        word = rated[1] if rated else ""
    if word.lower() not in SILENT_WORDS:
        found[Severity(source=feed, label=word.lower()[:40])] = None
    return tuple(found)


@lru_cache(maxsize=16384)
def _rated(feed: str, kind: str, value: str | float | None) -> Severity | None:
    """Read one `severity` entry: a vector, a bare score, or Ubuntu's word."""
    if kind not in CVSS:
        word = str(value or "").lower()
        return Severity(source=feed, label=word[:40]) if word else None
    text = str(value).rstrip("/")
    scored = score(text)
    if scored:
        return Severity(source=feed, score=scored[0], vector=text, version=scored[1])
    if re.fullmatch(r"\d{1,2}(\.\d)?", text) and float(text) <= 10:
        return Severity(source=feed, score=float(text), version=CVSS[kind])
    return None


def _specific(raw: Raw) -> _Specific:
    """Read what is known of a database's own fields; what has another shape says nothing."""
    if not len(raw):
        return NOTHING
    try:
        return DECODE_SPECIFIC(raw)
    except UNREADABLE:
        return NOTHING


def _affected(
    record: _Osv, faults: list[str], strangers: Counter[str]
) -> tuple[tuple[Affected, ...], int]:
    """Return what a record says of each package, blocks of one package united, and what it cannot.

    The second value counts the ranges no version can be held against (GIT, no package).
    """
    united: dict[tuple[str | None, ...], Affected] = {}
    unmatchable = 0
    for number, block in enumerate(record.affected or ()):
        package = block.package
        if package is None or not package.ecosystem or not package.name:
            unmatchable += len(block.ranges or ()) or 1
            continue
        place = of_osv(package.ecosystem)
        if place is None:
            strangers[package.ecosystem.partition(":")[0][:60]] += 1
            continue
        git = sum(r.type == "GIT" for r in block.ranges or ())
        if not place.scheme or not (block.versions or len(block.ranges or ()) > git):
            unmatchable += len(block.ranges or ()) or 1
            continue
        unmatchable += git
        spans = _spans(block, place, number, faults)
        for claim in _claims(record, block, place, spans):
            key = (
                claim.scheme,
                claim.release,
                claim.product,
                claim.stream,
                claim.name,
                claim.names,
            )
            before = united.get(key)
            united[key] = claim if before is None else _unite(before, claim)
    return tuple(united.values()), unmatchable


@lru_cache(maxsize=65536)
def _key(name: str, version: str) -> bytes | None:
    """Return a version's key; None where it has none, or its scheme is not known."""
    try:
        return key(name, version)
    except (InvalidVersion, LookupError):
        return None


class _Spans(NamedTuple):
    """The intervals of one block; `none` when it says that no version was ever affected."""

    intervals: tuple[Interval, ...]
    none: bool


def _spans(block: _Affected, place: Place, number: int, faults: list[str]) -> _Spans:
    found: list[Interval] = []
    never = 0
    for span in block.ranges or ():
        if span.type == "GIT":
            continue
        events = [
            (kind, version)
            for e in span.events or ()
            for kind, version in (
                ("introduced", e.introduced),
                ("fixed", e.fixed),
                ("last_affected", e.last_affected),
                ("limit", e.limit),
            )
            if version is not None
        ]
        if events == NEVER and place.release:
            never += 1
            continue
        some = intervals(events, partial(_key, place.scheme))
        found += some
        if not some:
            faults.append(f"affected[{number}]: a range has no `introduced` event")
    return _Spans(tuple(found), bool(never) and not found and not block.versions)


def _claims(record: _Osv, block: _Affected, place: Place, spans: _Spans) -> Iterator[Affected]:
    """Yield a block's claims: one, but for names of two kinds, and for SUSE's binaries."""
    name = block.package.name or "" if block.package else ""
    extra = _specific(block.ecosystem_specific)
    word = extra.urgency or _informational(record, block)
    if not word and isinstance(extra.severity, str):
        word = extra.severity.lower()
    word = "" if word in SILENT_WORDS else word.rstrip("*")
    fixed = any(i.fixed is not None for i in spans.intervals)
    fix: FixState = "fixed" if fixed else "not_affected" if spans.none else "none"
    if word == END_OF_LIFE and not fixed:
        fix = "wont_fix"
    claim = Affected(
        scheme=place.scheme,
        name=name_of(place.type, name),
        release=place.release,
        product=place.product,
        names=KINDS[place.names][0],
        claim="not_affected" if spans.none else "affected",
        intervals=spans.intervals,
        versions=tuple(block.versions or ()),
        fix=fix,
        ecosystem=(block.package.ecosystem or "") if block.package else "",
        severity=word[:40],
    )
    if place.names == "binary" and extra.binaries:
        for binaries in extra.binaries:
            for binary, version in binaries.items():
                ends = (Interval(fixed=version),) if fixed else spans.intervals
                yield replace(claim, name=binary, intervals=ends)
        return
    for kind in KINDS[place.names]:
        for stream in _streams(record, spans.intervals) if place.scheme == "rpm" else ("",):
            # Most claims are the one made above: they need no copy.
            plain = kind == claim.names and stream == ""
            yield claim if plain else replace(claim, names=kind, stream=stream)


def _informational(record: _Osv, block: _Affected) -> str:
    """Return RustSec's word for a record that is no vulnerability (`unmaintained`, `notice`)."""
    if not record.id.startswith("RUSTSEC"):
        return ""
    return _specific(block.database_specific).informational or ""


def _streams(record: _Osv, spans: tuple[Interval, ...]) -> tuple[str | None, ...]:
    """Return the module streams: each `name:stream` of the summary where the fixes are modular.

    `None`, where the summary has none, is an unknown stream; `""` is no module.
    """
    if not any(MODULAR in (i.fixed or i.last_affected or "") for i in spans):
        return ("",)
    return tuple(dict.fromkeys(STREAM.findall(record.summary or ""))) or (None,)


def _unite(one: Affected, other: Affected) -> Affected:
    """Unite two claims about one package (rules.md 13): affected is what either says is."""
    if other.claim == "not_affected":
        return one
    if one.claim == "not_affected":
        return other
    return replace(
        one,
        intervals=tuple(dict.fromkeys((*one.intervals, *other.intervals))),
        versions=tuple(dict.fromkeys((*one.versions, *other.versions))),
        fix="fixed" if "fixed" in {one.fix, other.fix} else one.fix,
    )
