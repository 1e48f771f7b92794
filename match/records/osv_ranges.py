"""What the ranges and versions of an OSV block come to (rules.md 13), kept for blocks alike.

A distribution's advisory says the same of each of its forty packages: of a mirror's blocks three in
four are found here, and what is kept is read once, by its bytes.
"""

from functools import lru_cache, partial
from typing import NamedTuple

from msgspec import Raw

from match.ecosystems import Place, of_osv
from match.judge import key_of
from match.model import Interval
from match.records.events import backwards, intervals
from match.records.osv import Range, read_ranges, read_versions

NEVER = [("0", None), (None, "0")]
"""The events by which a distribution says that no version of its package was ever affected."""
MODULAR = ".module"
KEPT = 4096
LONGEST_KEPT, LONGEST_TEXT = 2048, 200
"""Longer blocks are read each time, so that what is kept stays small; no ecosystem has a longer
name."""


class Said(NamedTuple):
    """What is said of some versions of a package; `fixed`: an interval ends with a fix."""

    intervals: tuple[Interval, ...]
    versions: tuple[str, ...]
    fixed: bool


class Ranges(NamedTuple):
    """What a block says, of whichever package.

    said: None where nothing follows from the block for any version.
    unmatchable: its ranges that no version can be held against (GIT, no known order).
    modular: whether it names versions of module builds (rpm).
    faults: how many of its ranges have no `introduced` event.
    backwards: how many end before they begin.
    """

    place: Place
    said: Said | None
    unmatchable: int = 0
    modular: bool = False
    faults: int = 0
    backwards: int = 0


def ranges_of(ecosystem: str, ranges: Raw, versions: Raw) -> Ranges | None:
    """Read a block's `ranges` and `versions`; None where the ecosystem is not known.

    Raises:
        DecodeError, RecursionError, UnicodeError: where they are not of OSV's form.
    """
    if len(ecosystem) > LONGEST_TEXT:
        return None
    if len(ranges) + len(versions) > LONGEST_KEPT:
        return _read.__wrapped__(ecosystem, bytes(ranges), bytes(versions))
    return _read(ecosystem, bytes(ranges), bytes(versions))


def count(ranges: Raw) -> int:
    """Return how many ranges a block has that is about no package, and 1 where it has none."""
    return len(_ranges(bytes(ranges))) or 1


@lru_cache(maxsize=KEPT)
def _read(ecosystem: str, ranges: bytes, versions: bytes) -> Ranges | None:
    place = of_osv(ecosystem)
    if place is None:
        return None
    all_ranges = _ranges(ranges)
    listed = tuple(dict.fromkeys((read_versions(versions) if versions else ()) or ()))
    ordered = [r for r in all_ranges if r.type != "GIT"]
    if not place.scheme or not (listed or ordered):
        return Ranges(place, None, len(all_ranges) or 1)
    found: dict[Interval, None] = {}
    order = partial(key_of, place.scheme)
    never, faults, inverted = False, 0, 0
    for span in ordered:
        if place.release and _never(span):
            never = True
            continue
        events = _events(span)
        some = intervals(events, order)
        found.update(dict.fromkeys(some))
        faults += not some
        inverted += backwards(events, order)
    if not (found or listed or never):
        # What is wrong with its ranges is told; nothing may follow from them.
        return Ranges(place, None, len(all_ranges), faults=faults)
    spans = tuple(found)
    rpm = place.scheme == "rpm"
    return Ranges(
        place,
        Said(spans, listed, any(i.fixed is not None for i in spans)),
        len(all_ranges) - len(ordered),
        rpm and any(MODULAR in (i.fixed or i.last_affected or "") for i in spans),
        faults,
        inverted,
    )


def _ranges(ranges: bytes) -> list[Range]:
    return (read_ranges(ranges) if ranges else None) or []


def _never(span: Range) -> bool:
    """Whether a range says, by `fixed: 0`, that no version was ever affected."""
    return [(e.introduced, e.fixed) for e in span.events or ()] == NEVER


def _events(span: Range) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for event in span.events or ():
        if event.introduced is not None:
            found.append(("introduced", event.introduced))
        if event.fixed is not None:
            found.append(("fixed", event.fixed))
        if event.last_affected is not None:
            found.append(("last_affected", event.last_affected))
        if event.limit is not None:
            found.append(("limit", event.limit))
    return found
