"""OSV range events to intervals (OSV schema, "evaluation"; rules.md 13).

Events count in version order, whatever order they are written in: a pair the wrong way round holds
everything from its beginning on (`backwards` tells them). Empty ranges are handed on as they are:
`match.judge` lays them out, and tells.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from match.model import Interval

LOWEST = frozenset({"0", ""})
"""What stands for "from the first version on" (OSV schema, `introduced`)."""

RANKS = {"fixed": 0, "last_affected": 1, "introduced": 2}
"""The order of events at one version."""

Key = Callable[[str], bytes | None]


class Event(NamedTuple):
    """One event: `introduced`, `fixed` or `last_affected` at a version (None: the lowest)."""

    kind: str
    version: str | None


def intervals(events: Sequence[tuple[str, str]], key: Key) -> tuple[Interval, ...]:
    """Return the intervals of one range; none where it has no `introduced` event.

    Args:
        events: (kind, version) in the order written; kinds `introduced`, `fixed`,
            `last_affected`, `limit`.
        key: the version order; None for a version that has none, where the order written counts.
    """
    if len(events) == 2 and events[0] == ("introduced", "0"):
        # By far the most frequent form.
        kind, version = events[1]
        if kind == "fixed":
            return (Interval(fixed=version),)
    limits = [v for kind, v in events if kind == "limit"]
    # A version below any of the limits is below them, and each is below `*`.
    bounded = limits and "*" not in limits
    limit = max(limits, key=lambda v: key(v) or b"") if bounded else None
    moves = [
        Event(kind, None if kind == "introduced" and v in LOWEST else v)
        for kind, v in events
        if kind != "limit"
    ]
    if _is_pair(moves) and not _inverted(moves, key):
        return (_interval(moves[0].version, moves[1], limit),)
    rest, alone = _singles(moves, key)
    found = [_interval(start.version, end, limit) for start, end in alone]
    return (*found, *_sweep(_sorted(rest, key), limit))


def backwards(events: Sequence[tuple[str, str]], key: Key) -> bool:
    """Tell whether a range is a single pair that ends before it begins."""
    if len(events) < 2 or events[0][1] in LOWEST:
        return False
    moves = [Event(kind, v) for kind, v in events if kind != "limit"]
    return _is_pair(moves) and _inverted(moves, key)


def _is_pair(moves: list[Event]) -> bool:
    return [m.kind == "introduced" for m in moves] == [True, False]


def _inverted(pair: list[Event], key: Key) -> bool:
    low, high = (m.version for m in pair)
    if low is None or low in LOWEST or high is None or low == high:
        return False
    lo, hi = key(low), key(high)
    return lo is not None and hi is not None and lo > hi


def _singles(moves: list[Event], key: Key) -> tuple[list[Event], list[tuple[Event, Event]]]:
    """Take out pairs at one version, which sorting would tear apart: empty, or that one alone."""
    rest: list[Event] = []
    alone: list[tuple[Event, Event]] = []
    for move in moves:
        before = rest[-1] if rest else None
        if (
            before
            and before.kind == "introduced"
            and move.kind != "introduced"
            and _same(before.version, move.version, key)
        ):
            alone.append((rest.pop(), move))
        else:
            rest.append(move)
    return rest, alone


def _same(low: str | None, high: str | None, key: Key) -> bool:
    """Tell whether two versions are one, in whichever spelling (`1.0` and `1.0.0` of PyPI)."""
    if low is None or high is None:
        return (low or "0") == (high or "0")
    return low == high or (key(low) is not None and key(low) == key(high))


def _sorted(moves: list[Event], key: Key) -> list[Event]:
    """Sort events by version; at one version the ends come first, of them `fixed`."""
    keys = [b"" if m.version is None else key(m.version) for m in moves]
    if None in keys:
        return moves
    order = sorted(range(len(moves)), key=lambda i: (keys[i] or b"", RANKS[moves[i].kind]))
    return [moves[i] for i in order]


def _sweep(moves: list[Event], limit: str | None) -> list[Interval]:
    """Walk sorted events: a beginning inside an interval, and an end outside one, say nothing."""
    found: list[Interval] = []
    start: Event | None = None
    for move in moves:
        if move.kind == "introduced":
            start = start or move
        elif start:
            found.append(_interval(start.version, move, limit))
            start = None
    if start:
        found.append(Interval(introduced=start.version, limit=limit))
    return found


def _interval(introduced: str | None, end: Event, limit: str | None) -> Interval:
    if end.kind == "fixed":
        return Interval(introduced=introduced, fixed=end.version, limit=limit)
    return Interval(introduced=introduced, last_affected=end.version, limit=limit)
