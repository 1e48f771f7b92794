"""Sets of versions under one order, for publishers who say which versions are *not* affected.

A set is its pieces, in order and apart from each other. Union, complement and intersection are
exact; `intervals_of` writes the result in the form in which advisories are kept.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from match.model import Interval

Key = Callable[[str], bytes]
"""The version order; raises `InvalidVersion`."""
After = Callable[[str], str]
"""The lowest version above a version that can exist."""

LOWEST, HIGHEST = (b"", 0), (b"\xff" * 16, 0)


class Cut(NamedTuple):
    """A place between versions: just below (`side` 0) or just above (1) the one with this key."""

    key: bytes
    side: int
    version: str | None = None

    @property
    def at(self) -> tuple[bytes, int]:
        """What cuts are ordered by."""
        return self.key, self.side


Piece = tuple[Cut, Cut]
"""All versions between two cuts."""
Set = tuple[Piece, ...]

BOTTOM, TOP = Cut(*LOWEST), Cut(*HIGHEST)
EVERYTHING: Set = ((BOTTOM, TOP),)
NOTHING: Set = ()


def where(operator: str, version: str, key: Key) -> Set:
    """Return the versions that compare so: `<`, `<=`, `>`, `>=`, `=`, `!=`.

    Raises:
        InvalidVersion: where the version has no key.
        KeyError: for another operator.
    """
    below, above = Cut(key(version), 0, version), Cut(key(version), 1, version)
    return {
        "<": ((BOTTOM, below),),
        "<=": ((BOTTOM, above),),
        ">": ((above, TOP),),
        ">=": ((below, TOP),),
        "=": ((below, above),),
        "!=": ((BOTTOM, below), (above, TOP)),
    }[operator]


def union(sets: Iterable[Set]) -> Set:
    """Return what is in any of the sets."""
    pieces = sorted((p for s in sets for p in s), key=lambda p: (p[0].at, p[1].at))
    found: list[Piece] = []
    for low, high in pieces:
        if low.at >= high.at:
            continue
        if found and low.at <= found[-1][1].at:
            start, end = found[-1]
            found[-1] = (start, max(end, high, key=lambda c: c.at))
        else:
            found.append((low, high))
    return tuple(found)


def complement(of: Set) -> Set:
    """Return what is not in the set."""
    found: list[Piece] = []
    low = BOTTOM
    for start, end in union([of]):
        if low.at < start.at:
            found.append((low, start))
        low = end
    if low.at < TOP.at:
        found.append((low, TOP))
    return tuple(found)


def both(one: Set, other: Set) -> Set:
    """Return what is in both sets."""
    return complement(union([complement(one), complement(other)]))


def all_of(sets: Iterable[Set]) -> Set:
    """Return what is in every one of the sets; everything where there are none."""
    return complement(union([complement(s) for s in sets]))


def intervals_of(of: Set, after: After) -> tuple[Interval, ...]:
    """Return the set as intervals, lowest first."""
    return tuple(_interval(low, high, after) for low, high in union([of]))


def _interval(low: Cut, high: Cut, after: After) -> Interval:
    introduced = low.version
    if introduced is not None and low.side:
        # An interval begins with a version that is in it.
        introduced = after(introduced)
    if high.side:
        return Interval(introduced=introduced, last_affected=high.version)
    return Interval(introduced=introduced, fixed=high.version)
