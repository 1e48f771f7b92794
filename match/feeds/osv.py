"""OSV records (OSV schema 1.7): any database that publishes in this format, as zip, list or file.

The feed's name carries the database, by the record's id: `osv:GHSA`, `osv:PYSEC`, `osv:ALSA`.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import IO, NamedTuple

from msgspec import Raw

from match.ecosystems import Names, Place, name_of, of_osv
from match.model import Advisory, AdvisoryId, Affected, FixState, Interval, Severity
from match.records.documents import RECORD_BYTES, UNREADABLE, documents, problem
from match.records.events import intervals
from match.records.ids import sort_ids
from match.records.osv import (
    NOTHING,
    Block,
    Osv,
    Range,
    Specific,
    read_binaries,
    read_osv,
    read_specific,
)
from match.records.times import utc
from match.severity import score
from match.versions import InvalidVersion, key
from sbom.model import Fault, Problem

SUMMARY_LETTERS = 300
SHOWN = 20
"""Faults of one record, and ecosystems of one file, that are told one by one."""

PAGES = {"CVE": "https://nvd.nist.gov/vuln/detail/", "GHSA": "https://github.com/advisories/"}
OSV_PAGE = "https://osv.dev/vulnerability/"
CVSS = {"CVSS_V2": "2.0", "CVSS_V3": "3.1", "CVSS_V4": "4.0"}
STREAM = re.compile(r"(?:^|: |\s)([A-Za-z0-9][\w.+-]*:[A-Za-z0-9][\w.+-]*)(?=\s|$)")
RATING = re.compile(r"(Critical|Important|Moderate|Low): ")
SILENT_WORDS = frozenset({"", "not yet assigned", "none", "unknown", "untriaged"})
END_OF_LIFE = "end-of-life"
MODULAR = ".module"
NEVER = [("0", None), (None, "0")]
"""The events by which a distribution says that no version of its package was ever affected."""
KINDS: dict[str, tuple[Names, ...]] = {
    "source": ("source",),
    "binary": ("binary",),
    "language": ("language",),
    "either": ("source", "binary"),
}

Record = Advisory | Problem


class _About(NamedTuple):
    """Which package a claim is about."""

    place: Place
    name: str
    names: Names
    stream: str | None


class _Said:
    """What the blocks about one package say together."""

    __slots__ = ("ecosystem", "intervals", "versions", "word")

    def __init__(self, ecosystem: str, word: str) -> None:
        self.ecosystem, self.word = ecosystem, word
        self.intervals: list[Interval] = []
        self.versions: list[str] = []


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
    from match.records.faults import faults as check

    return check(data)


def _read(place: str, data: bytes | Raw, strangers: Counter[str]) -> Iterator[Record]:
    """Read one record: what is wrong with its fields first, then what is left of it."""
    if len(data) > RECORD_BYTES:
        yield problem("osv", place, "the record is too long", "record_lost")
        return
    try:
        record = read_osv(data)
    except UNREADABLE as error:
        yield problem("osv", place, f"it is no OSV record: {error}", "record_lost")
        return
    if not 0 < len(record.id) <= 200:
        yield problem("osv", place, "the record has no id", "record_lost")
        return
    faults: list[str] = []
    advisory = _advisory(record, faults, strangers)
    for what in faults[:SHOWN]:
        yield problem("osv", f"{place}: {record.id}", what, "field_lost")
    if len(faults) > SHOWN:
        what = f"{len(faults) - SHOWN} further fields cannot be read"
        yield problem("osv", f"{place}: {record.id}", what, "field_lost")
    yield advisory


def _advisory(record: Osv, faults: list[str], strangers: Counter[str]) -> Advisory:
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


def _summary(record: Osv) -> str:
    if record.summary:
        return record.summary[:SUMMARY_LETTERS]
    return (record.details or "").lstrip("# \n").partition("\n")[0][:SUMMARY_LETTERS]


def _severities(record: Osv, feed: str, faults: list[str]) -> tuple[Severity, ...]:
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


def _specific(raw: Raw) -> Specific:
    """Read what is known of a database's own fields; what has another shape says nothing."""
    if not len(raw):
        return NOTHING
    try:
        return read_specific(raw)
    except UNREADABLE:
        return NOTHING


def _affected(
    record: Osv, faults: list[str], strangers: Counter[str]
) -> tuple[tuple[Affected, ...], int]:
    """Return what a record says of each package, blocks of one package united (rules.md 13).

    The second value counts the ranges no version can be held against (GIT, no package).
    """
    said: dict[_About, _Said] = {}
    unmatchable = 0
    for number, block in enumerate(record.affected or ()):
        package = block.package
        if package is None or not package.ecosystem or not package.name:
            unmatchable += len(block.ranges or ()) or 1
            continue
        place = of_osv(package.ecosystem)
        if place is None:
            title = package.ecosystem.partition(":")[0][:60]
            strangers[title if title in strangers or len(strangers) < SHOWN else "…"] += 1
            continue
        ranges = [r for r in block.ranges or () if r.type != "GIT"]
        if not place.scheme or not (block.versions or ranges):
            unmatchable += len(block.ranges or ()) or 1
            continue
        unmatchable += len(block.ranges or ()) - len(ranges)
        spans = _spans(ranges, place, f"affected[{number}]", faults)
        never = bool(place.release) and any(map(_never, ranges))
        if not (spans or block.versions or never):
            # What is wrong with its ranges is told; nothing may follow from them.
            unmatchable += len(ranges)
            continue
        extra = _specific(block.ecosystem_specific)
        for about, intervals_ in _abouts(record, package.name, place, spans, extra):
            known = said.get(about)
            if known is None:
                known = said[about] = _Said(package.ecosystem, _word(record, block, extra))
            known.intervals += intervals_
            known.versions += block.versions or ()
    return tuple(_claim(about, what) for about, what in said.items()), unmatchable


@lru_cache(maxsize=65536)
def _key(name: str, version: str) -> bytes | None:
    """Return a version's key; None where it has none, or its scheme is not known."""
    try:
        return key(name, version)
    except (InvalidVersion, LookupError):
        return None


def _spans(
    ranges: list[Range], place: Place, where: str, faults: list[str]
) -> tuple[Interval, ...]:
    """Return the intervals of a block's ranges; none where it says "never affected"."""
    found: list[Interval] = []
    for span in ranges:
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
        if place.release and _never(span):
            continue
        some = intervals(events, partial(_key, place.scheme))
        found += some
        if not some:
            faults.append(f"{where}: a range has no `introduced` event")
    return tuple(found)


def _never(span: Range) -> bool:
    """Whether a range says, by `fixed: 0`, that no version was ever affected."""
    return [(e.introduced, e.fixed) for e in span.events or ()] == NEVER


def _abouts(
    record: Osv, name: str, place: Place, spans: tuple[Interval, ...], extra: Specific
) -> Iterator[tuple[_About, tuple[Interval, ...]]]:
    """Yield the keys a block is about: one, but for two kinds of name, modules, SUSE's binaries."""
    binaries = _binaries(extra) if place.names == "binary" else ()
    if binaries:
        fixed = any(i.fixed is not None for i in spans)
        for binary, version in binaries:
            about = _About(place, binary, "binary", "")
            yield about, (Interval(fixed=version),) if fixed else spans
        return
    spelled = name_of(place.type, name)
    streams = _streams(record, spans) if place.scheme == "rpm" else ("",)
    for kind in KINDS[place.names]:
        for stream in streams:
            yield _About(place, spelled, kind, stream), spans


def _binaries(extra: Specific) -> tuple[tuple[str, str], ...]:
    """Return the binaries SUSE lists beside the source, with their versions."""
    if not len(extra.binaries):
        return ()
    try:
        return tuple(pair for one in read_binaries(extra.binaries) for pair in one.items())
    except UNREADABLE:
        return ()


def _streams(record: Osv, spans: tuple[Interval, ...]) -> tuple[str | None, ...]:
    """Return the module streams: each `name:stream` of the summary where the fixes are modular.

    `None`, where the summary has none, is an unknown stream; `""` is no module.
    """
    if not any(MODULAR in (i.fixed or i.last_affected or "") for i in spans):
        return ("",)
    return tuple(dict.fromkeys(STREAM.findall(record.summary or ""))) or (None,)


def _word(record: Osv, block: Block, extra: Specific) -> str:
    """Return the publisher's word for this package; RustSec's says that it is no vulnerability."""
    word = extra.urgency or (extra.severity if isinstance(extra.severity, str) else "")
    if not word and record.id.startswith("RUSTSEC"):
        word = _specific(block.database_specific).informational or ""
    word = word.lower().rstrip("*")
    return "" if word in SILENT_WORDS else word[:40]


def _claim(about: _About, said: _Said) -> Affected:
    place = about.place
    # Only a distribution's `fixed: 0` leaves neither a range nor a version (see `_never`).
    never = not said.intervals and not said.versions
    fixed = any(i.fixed is not None for i in said.intervals)
    fix: FixState = "fixed" if fixed else "not_affected" if never else "none"
    return Affected(
        scheme=place.scheme,
        name=about.name,
        release=place.release,
        product=place.product,
        stream=about.stream,
        names=about.names,
        claim="not_affected" if never else "affected",
        intervals=tuple(dict.fromkeys(said.intervals)),
        versions=tuple(dict.fromkeys(said.versions)),
        fix="wont_fix" if fix == "none" and said.word == END_OF_LIFE else fix,
        ecosystem=said.ecosystem,
        severity=said.word,
    )
