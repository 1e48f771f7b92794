"""OSV records (OSV schema 1.7): any database that publishes in this format, as zip, list or file.

The feed's name carries the database, by the record's id: `osv:GHSA`, `osv:PYSEC`, `osv:ALSA`.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from typing import IO

from msgspec import Raw
from msgspec.structs import replace

from match.builds import (
    channel_of_oracle,
    line_of_amazon,
    line_of_oracle,
    topic_of_amazon,
)
from match.ecosystems import Names, Place, name_of
from match.model import Advisory, AdvisoryId, Affected, FixState, Interval, Severity
from match.records.documents import RECORD_BYTES, UNREADABLE, documents, problem
from match.records.ids import sort_ids
from match.records.known import Known, Read, Sole
from match.records.osv import (
    NOTHING,
    Block,
    Osv,
    Specific,
    read_binaries,
    read_osv,
    read_specific,
)
from match.records.osv_ranges import Ranges, Said, count, ranges_of
from match.records.times import utc
from match.severity import score
from sbom.model import Fault, Problem

SUMMARY_LETTERS = 300
SHOWN = 20
"""Faults of one record, and ecosystems of one file, that are told one by one."""

LONGEST_RATING = 600
BACKWARDS = "a range ends before it begins; as OSV reads it, nothing ends it"
PAGES = {"CVE": "https://nvd.nist.gov/vuln/detail/", "GHSA": "https://github.com/advisories/"}
OSV_PAGE = "https://osv.dev/vulnerability/"
CVSS = {"CVSS_V2": "2.0", "CVSS_V3": "3.1", "CVSS_V4": "4.0"}
STREAM = re.compile(r"(?:^|: |\s)([A-Za-z0-9][\w.+-]*:[A-Za-z0-9][\w.+-]*)(?=\s|$)")
RATING = re.compile(r"(Critical|Important|Moderate|Low): ")
SILENT_WORDS = frozenset({"", "not yet assigned", "none", "unknown", "untriaged"})
END_OF_LIFE = "end-of-life"
KINDS: dict[str, tuple[Names, ...]] = {
    "source": ("source",),
    "binary": ("binary",),
    "language": ("language",),
    "either": ("source", "binary"),
}


_About = tuple[Place, str, Names, str | None]
"""Which package a claim is about: its place and name, what kind of name it is, its stream."""


_Heard = tuple[str, str, list[Said]]
"""What the blocks about one package say: its ecosystem's name, the publisher's word, versions."""


def recognises(path: str, head: bytes) -> bool:
    """Whether a file holds OSV records: by the first kilobytes of its (first) record."""
    del path
    has = re.findall(rb'"(id|modified|affected|schema_version|ranges|package)"\s*:', head)
    return b"id" in has and len(set(has)) > 1 and b'"csaf_version"' not in head


def read(path: str, file: IO[bytes], known: Known | None = None) -> Iterator[Read]:
    """Yield each record of a zip, a list, a file of lines or a single record.

    Args:
        path: the file's name, for problems.
        file: its bytes, decompressed; seekable if it is a zip.
        known: says which members of a zip are passed over.
    """
    strangers: Counter[str] = Counter()
    for place, data, raw in documents("osv", path, file, known):
        if isinstance(data, Problem):
            yield data
        else:
            yield from _read(place, data, raw, strangers)
    for ecosystem, entries in sorted(strangers.items()):
        what = f"{entries} entries name packages of {ecosystem!r}, an ecosystem not known here"
        yield problem("osv", path, what, "field_lost")


def faults(data: bytes) -> list[Fault]:
    """Return why a record, or a list of them, is not valid OSV."""
    from match.records.faults import faults as check

    return check(data)


def _read(place: str, data: bytes | Raw, raw: bytes, strangers: Counter[str]) -> Iterator[Read]:
    """Read one record: what is wrong with its fields first, then what is left of it."""
    if len(data) > RECORD_BYTES:
        yield problem("osv", place, "the record is too long", "record_lost")
        return
    faults: list[str] = []
    before = strangers.total() if strangers else 0
    try:
        record = read_osv(data)
        if not 0 < len(record.id) <= 200:
            yield problem("osv", place, "the record has no id", "record_lost")
            return
        advisory = _advisory(record, faults, strangers)
    except UNREADABLE as error:
        yield problem("osv", place, f"it is no OSV record: {error}", "record_lost")
        return
    for what in faults[:SHOWN]:
        yield problem("osv", f"{place}: {record.id}", what, "field_lost")
    if len(faults) > SHOWN:
        what = f"{len(faults) - SHOWN} further fields cannot be read"
        yield problem("osv", f"{place}: {record.id}", what, "field_lost")
    told = faults or (strangers and strangers.total() > before)
    yield Sole(advisory, raw) if raw and not told else advisory


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
        kind, value = rating.type or "", rating.score
        # What is longer is neither a vector nor a word, and would be kept.
        short = len(kind) + len(str(value)) <= LONGEST_RATING
        severity = _rated(feed, kind, value) if short else None
        if severity:
            found[severity] = None
        else:
            faults.append(f"{kind[:80]} {str(value)[:80]!r} is no severity")
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
    heard: dict[_About, _Heard] = {}
    unmatchable = 0
    for number, block in enumerate(record.affected or ()):
        package = block.package
        if package is None or not package.ecosystem or not package.name:
            unmatchable += count(block.ranges)
            continue
        what = ranges_of(package.ecosystem, block.ranges, block.versions)
        if what is None:
            title = package.ecosystem.partition(":")[0][:60]
            strangers[title if title in strangers or len(strangers) < SHOWN else "…"] += 1
            continue
        unmatchable += what.unmatchable
        if what.faults:
            faults += [f"affected[{number}]: a range has no `introduced` event"] * what.faults
        if what.backwards:
            faults += [f"affected[{number}]: {BACKWARDS}"] * what.backwards
        if what.said is None:
            continue
        extra = _specific(block.ecosystem_specific)
        word = _word(record, block, extra)
        for about, said in _abouts(record, package.name, what, what.said, extra):
            known = heard.get(about)
            if known is None:
                heard[about] = package.ecosystem, word, [said]
            else:
                known[2].append(said)
    return tuple(_claim(about, what) for about, what in heard.items()), unmatchable


def _abouts(
    record: Osv, name: str, what: Ranges, said: Said, extra: Specific
) -> list[tuple[_About, Said]]:
    """Return the keys of a block: one, but for two kinds of name, modules, SUSE's binaries."""
    place = what.place
    spelled, kinds = name_of(place.type, name), KINDS[place.names]
    if place.release.startswith(("amazon:", "oracle:")):
        streams = _streams(record.summary or "") if what.modular else ("",)
        return _of_channels(record.id, place, spelled, streams, said)
    if len(kinds) == 1 and not what.modular and extra is NOTHING:
        return [((place, spelled, kinds[0], ""), said)]
    binaries = _binaries(extra) if "binary" in kinds else {}
    if binaries:
        fixed = said.fixed
        abouts: list[tuple[_About, Said]] = [
            (
                (place, binary, "binary", ""),
                said._replace(intervals=(Interval(fixed=version),)) if fixed else said,
            )
            for binary, version in binaries.items()
        ]
        # An SBOM that lists sources calls the component by the name that the record itself has.
        return abouts if spelled in binaries else [*abouts, ((place, spelled, "binary", ""), said)]
    streams = _streams(record.summary or "") if what.modular else ("",)
    return [((place, spelled, kind, stream), said) for kind in kinds for stream in streams]


def _of_channels(
    id_: str, place: Place, name: str, streams: tuple[str | None, ...], said: Said
) -> list[tuple[_About, Said]]:
    """Return what is said of each channel's builds apart: Oracle's, and Amazon's by the id."""
    by: dict[str, list[Interval]] = {}
    for interval in said.intervals:
        version = interval.fixed or ""
        if place.release.startswith("oracle:"):
            channel, line = channel_of_oracle(version), line_of_oracle(name, version)
        else:
            channel = topic_of_amazon(id_)
            line = line_of_amazon(channel, version)
        narrow = replace(interval, introduced=interval.introduced or line or None)
        by.setdefault(channel, []).append(narrow)
    return [
        (
            (replace(place, product=channel), name, "binary", stream),
            said._replace(intervals=tuple(intervals)),
        )
        for channel, intervals in (by or {"": list(said.intervals)}).items()
        for stream in streams
    ]


def _binaries(extra: Specific) -> dict[str, str]:
    """Return the binaries SUSE lists beside the source, with their versions."""
    if not len(extra.binaries):
        return {}
    try:
        return {name: v for one in read_binaries(extra.binaries) for name, v in one.items()}
    except UNREADABLE:
        return {}


@lru_cache(maxsize=16)
def _streams(summary: str) -> tuple[str | None, ...]:
    """Return the module streams of a record of modular fixes: each `name:stream` of its summary.

    `None`, where the summary has none, is an unknown stream; `""` is no module.
    """
    return tuple(dict.fromkeys(STREAM.findall(summary))) or (None,)


def _word(record: Osv, block: Block, extra: Specific) -> str:
    """Return the publisher's word for this package; RustSec's says that it is no vulnerability."""
    word = ""
    if extra is not NOTHING:
        word = extra.urgency or (extra.severity if isinstance(extra.severity, str) else "")
    if not word and record.id.startswith("RUSTSEC"):
        word = _specific(block.database_specific).informational or ""
    if not word:
        return ""
    word = word.lower().rstrip("*")
    return "" if word in SILENT_WORDS else word[:40]


def _claim(about: _About, heard: _Heard) -> Affected:
    place, name, names, stream = about
    ecosystem, word, several = heard
    said = several[0] if len(several) == 1 else _united(several)
    # Only a distribution's `fixed: 0` leaves neither a range nor a version (see `osv_ranges`).
    intervals, versions, fixed = said
    never = not intervals and not versions
    fix: FixState = "fixed" if fixed else "not_affected" if never else "none"
    return Affected(
        scheme=place.scheme,
        name=name,
        release=place.release,
        product=place.product,
        stream=stream,
        names=names,
        claim="not_affected" if never else "affected",
        intervals=intervals,
        versions=versions,
        fix="wont_fix" if fix == "none" and word == END_OF_LIFE else fix,
        ecosystem=ecosystem,
        severity=word,
    )


def _united(several: list[Said]) -> Said:
    return Said(
        tuple(dict.fromkeys(chain.from_iterable(said.intervals for said in several))),
        tuple(dict.fromkeys(chain.from_iterable(said.versions for said in several))),
        any(said.fixed for said in several),
    )
