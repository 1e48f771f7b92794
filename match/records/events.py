"""OSV range events to intervals (OSV schema, "evaluation"; rules.md 13).

Events count in version order, whatever order they are written in. Ranges that are empty or the
wrong way round are handed on as they are: `match.judge` lays them out, and tells.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from match.model import Interval

LOWEST = frozenset({"0", ""})
"""What stands for "from the first version on" (OSV schema, `introduced`)."""

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
    limits = [v for kind, v in events if kind == "limit" and v != "*"]
    limit = max(limits, key=lambda v: key(v) or b"") if limits else None
    moves = [
        Event(kind, None if kind == "introduced" and v in LOWEST else v)
        for kind, v in events
        if kind != "limit"
    ]
    if [m.kind == "introduced" for m in moves] == [True, False]:
        return (_interval(moves[0].version, moves[1], limit),)
    rest, alone = _singles(moves)
    found = [_interval(start.version, end, limit) for start, end in alone]
    return (*found, *_sweep(_sorted(rest, key), limit))


def _singles(moves: list[Event]) -> tuple[list[Event], list[tuple[Event, Event]]]:
    """Take out pairs at one version, which sorting would tear apart: empty, or that one alone."""
    rest: list[Event] = []
    alone: list[tuple[Event, Event]] = []
    for move in moves:
        before = rest[-1] if rest else None
        if (
            before
            and before.kind == "introduced"
            and move.kind != "introduced"
            and (before.version or "0") == (move.version or "0")
        ):
            alone.append((rest.pop(), move))
        else:
            rest.append(move)
    return rest, alone


def _sorted(moves: list[Event], key: Key) -> list[Event]:
    """Sort events by version; at one version an end comes before a beginning."""
    keys = [b"" if m.version is None else key(m.version) for m in moves]
    if None in keys:
        return moves
    order = sorted(range(len(moves)), key=lambda i: (keys[i] or b"", moves[i].kind == "introduced"))
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
