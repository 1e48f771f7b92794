"""npm's range strings as sets of versions (node-semver, "Ranges" and "Advanced Range Syntax").

`||` joins alternatives, blanks join comparators that must all hold; `^`, `~`, `x` and hyphen
ranges are written out as comparators first.
"""

import re
from typing import NamedTuple

from match.model import Interval
from match.records.version_sets import EVERYTHING, NOTHING, Key, Set, all_of, both, union, where
from match.versions import InvalidVersion

LONGEST = 4096
PARTIAL = (
    r"[vV=\s]*(?:[0-9]+|[xX*])(?:\.(?:[0-9]+|[xX*])){0,2}"
    r"(?:-?[0-9A-Za-z][0-9A-Za-z.-]*)?(?:\+[\w.-]+)?"
)
COMPARATOR = rf"\s*(>=|<=|>|<|=|\^|~>|~|)\s*({PARTIAL})(?=\s|$|[<>=^~])"
HYPHEN = rf"\s*({PARTIAL})\s+-\s+({PARTIAL})\s*"
"""Compiled when a range is read: most runs that import this read none."""
NUMBERS = re.compile(r"[vV=\s]*([0-9]+|[xX*])(?:\.([0-9]+|[xX*]))?(?:\.([0-9]+|[xX*]))?(.*)")
PLACEHOLDER = re.compile(r"[0-9]+\.9{3,}(?:\.9{2,})?|10{2,}(?:\.0){2}")
FREE = frozenset({"x", "X", "*", None})


class InvalidRange(ValueError):  # noqa: N818 (named as every `InvalidX` of the project is)
    """It is no range string."""


class _Partial(NamedTuple):
    """A version of which the last numbers may be free: `numbers` are those that are stated."""

    numbers: tuple[int, ...]
    rest: str

    @property
    def floor(self) -> str:
        """The lowest version of it."""
        padded = (*self.numbers, 0, 0, 0)[:3]
        return ".".join(map(str, padded)) + self.rest


def versions_in(text: str, key: Key, *, prereleases: bool) -> Set:
    """Return the versions a range string holds.

    Args:
        text: the range.
        key: the order of versions.
        prereleases: whether pre-releases stand in that order where SemVer has them; else, as in
            the scheme `node`, a range of releases holds none.

    Raises:
        InvalidRange: where it cannot be read.
    """
    if len(text) > LONGEST:
        raise InvalidRange("the range is too long")
    lowest = "-0" if prereleases else ""
    try:
        return union([_alternative(part, key, lowest) for part in text.split("||")])
    except InvalidVersion as error:
        raise InvalidRange(str(error)) from None


def _alternative(text: str, key: Key, lowest: str) -> Set:
    hyphen = re.fullmatch(HYPHEN, text)
    if hyphen:
        low, high = _partial(hyphen[1]), _partial(hyphen[2])
        return both(where(">=", low.floor, key), _compared("<=", high, key, lowest))
    found: list[Set] = []
    at = 0
    rest = text.rstrip()
    comparators = re.compile(COMPARATOR)
    while at < len(rest):
        comparator = comparators.match(rest, at)
        if not comparator:
            raise InvalidRange(f"{rest[at : at + 40]!r} is no comparator")
        found.append(_compared(comparator[1], _partial(comparator[2]), key, lowest))
        at = comparator.end()
    return all_of(found)


def _partial(text: str) -> _Partial:
    parts = NUMBERS.fullmatch(text.strip())
    if not parts:
        raise InvalidRange(f"{text[:40]!r} is no version")
    numbers: list[int] = []
    for digits in parts.groups()[:3]:
        if digits in FREE:
            break
        numbers.append(int(digits))
    rest = parts[4].partition("+")[0] if len(numbers) == 3 else ""
    return _Partial(tuple(numbers), f"-{rest}" if rest and rest[0] != "-" else rest)


def _compared(operator: str, version: _Partial, key: Key, lowest: str) -> Set:
    """Return what one comparator holds; a partial version is every version it could be."""
    stated = version.numbers
    if not stated:
        return EVERYTHING if operator not in {"<", ">"} else NOTHING
    whole = len(stated) == 3
    if operator == "<":
        return where("<", version.floor if whole else version.floor + lowest, key)
    if whole and operator in {"", "=", ">", "<="}:
        return where(operator or "=", version.floor, key)
    if operator == ">":
        return where(">=", _next(stated), key)
    below = {"^": _caret(stated), "~": _next(stated[:2]), "~>": _next(stated[:2])}
    end = where("<", below.get(operator, _next(stated)) + lowest, key)
    if operator == "<=":
        return end
    floor = where(">=", version.floor, key)
    return floor if operator == ">=" else both(floor, end)


def _next(numbers: tuple[int, ...]) -> str:
    """Return the version after all that begin so: `1.2` is followed by `1.3.0`."""
    bumped = (*numbers[:-1], numbers[-1] + 1, 0, 0)
    return ".".join(map(str, bumped[:3]))


def _caret(numbers: tuple[int, ...]) -> str:
    """Return the version that first changes the leftmost number that is not zero."""
    for place, value in enumerate(numbers):
        if value:
            return _next(numbers[: place + 1])
    return _next(numbers)


def after(version: str) -> str:
    """Return the lowest version above one in SemVer's order (its section 11)."""
    version = version.strip().partition("+")[0]
    parts = NUMBERS.fullmatch(version)
    if not parts or parts[4] or parts[3] is None:
        return f"{version}.0"
    return f"{release_after(version)}-0"


def release_after(version: str) -> str:
    """Return the lowest release above a release."""
    head, _, patch = version.strip().rpartition(".")
    return f"{head}.{int(patch) + 1}"


def without_placeholders(intervals: tuple[Interval, ...]) -> tuple[Interval, ...]:
    """Return the intervals, those that end with `99.999.9999` or `100.0.0` as ending without a fix.

    So many write "every version there is" where their format asks for an end.
    """
    return tuple(
        Interval(introduced=i.introduced, limit=i.fixed or i.last_affected)
        if PLACEHOLDER.fullmatch(i.fixed or i.last_affected or "")
        else i
        for i in intervals
    )
