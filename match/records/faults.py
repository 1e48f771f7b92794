"""Why an OSV record is not valid: the format first, then what no schema can say.

`schemas/osv.schema.json` states the format; beyond it ranges hold something, vectors score, purls
can be read, and the ecosystem is one that is known.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from msgspec import DecodeError
from msgspec.json import decode

from match.ecosystems import of_osv
from match.judge import key_of
from match.records.events import LOWEST, backwards, intervals
from match.severity import score
from sbom.documents.own_schema import schema_faults
from sbom.model import Fault
from sbom.purl import InvalidPurl, parse

SHOWN_LETTERS = 160


def faults(data: bytes) -> list[Fault]:
    """Return every fault of a record, or of each record of a list, with its place."""
    try:
        document = decode(data)
    except (DecodeError, RecursionError, UnicodeError, ValueError) as error:
        return [Fault(place="", what=f"it is no JSON: {error}")]
    if not isinstance(document, list):
        return list(_record(document, ""))
    return [f for number, one in enumerate(document) for f in _record(one, f"[{number}]")]


def _record(record: Any, place: str) -> Iterator[Fault]:
    broken = tuple(schema_faults(record, "osv.schema.json"))
    if broken:
        # What follows reads the record as one that has the right form.
        for fault in broken:
            yield Fault(place=_inside(place, fault.place), what=fault.what)
        return
    yield from _severities(record, place)
    for number, block in enumerate(record.get("affected") or ()):
        inside = f"{place}.affected[{number}]".removeprefix(".")
        yield from _severities(block, inside)
        yield from _package(block.get("package") or {}, f"{inside}.package")
        yield from _ranges(block, inside)


def _inside(outer: str, inner: str) -> str:
    """Join two places: `[3]` and `affected` are `[3].affected`."""
    return f"{outer}.{inner}" if outer and inner and inner[0] != "[" else outer + inner


def _severities(owner: Any, place: str) -> Iterator[Fault]:
    for number, rating in enumerate(owner.get("severity") or ()):
        if rating["type"].startswith("CVSS_"):
            scored = score(rating["score"])
            if scored is None or scored[1][0] != rating["type"][-1]:
                what = f"{rating['score'][:SHOWN_LETTERS]!r} is no {rating['type']} vector"
                where = f"{place}.severity[{number}].score".removeprefix(".")
                yield Fault(place=where, what=what)


def _package(package: Any, place: str) -> Iterator[Fault]:
    if "ecosystem" in package and of_osv(package["ecosystem"]) is None:
        what = f"OSV defines no ecosystem {package['ecosystem'][:SHOWN_LETTERS]!r}"
        yield Fault(place=f"{place}.ecosystem", what=what)
    if "purl" in package:
        try:
            parse(package["purl"])
        except InvalidPurl as error:
            yield Fault(place=f"{place}.purl", what=str(error))


def _ranges(block: Any, place: str) -> Iterator[Fault]:
    found = of_osv((block.get("package") or {}).get("ecosystem") or "")
    scheme = found.scheme if found else ""
    for number, span in enumerate(block.get("ranges") or ()):
        where = f"{place}.ranges[{number}].events"
        events = [next(iter(event.items())) for event in span["events"]]
        if span["type"] == "GIT":
            # Commits have no order that a record shows, so equal ones contradict each other.
            begun = {v for kind, v in events if kind == "introduced"}
            for commit in sorted({v for kind, v in events if kind == "fixed"} & begun):
                what = f"{commit[:SHOWN_LETTERS]!r} both introduces and fixes"
                yield Fault(place=where, what=what)
        else:
            yield from _order(events, scheme, where)


def _order(events: list[tuple[str, str]], scheme: str, where: str) -> Iterator[Fault]:
    """Yield what is wrong with a range: it ends before it begins, or holds no version."""
    if backwards(events, partial(key_of, scheme)):
        begin, end = (version for kind, version in events if kind != "limit")
        what = f"the range ends at {end!r} before it begins at {begin!r}"
        yield Fault(place=where, what=what[:SHOWN_LETTERS])
        return
    for interval in intervals(events, partial(key_of, scheme)):
        low, high = interval.introduced, interval.fixed or interval.last_affected
        if high is None:
            continue
        if low is None:
            if interval.fixed in LOWEST:
                yield Fault(place=where, what="the range ends before it begins")
            continue
        lo, hi = key_of(scheme, low), key_of(scheme, high)
        same = low == high or (lo is not None and lo == hi)
        if same and interval.fixed:
            yield Fault(place=where, what=f"{low[:SHOWN_LETTERS]!r} both introduces and fixes")
