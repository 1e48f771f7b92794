"""The states the advisory set was in, and which of them a date or a digest names (edge)."""

import re
import sqlite3
from collections.abc import Sequence

from msgspec import Struct

from match.set.opening import opened
from sbom.errors import InputError

CURRENT = "current"
DAY = re.compile(r"\d{4}-\d\d-\d\d")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*")
DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{7,64})")
LOG_HINT = "`lading feeds log` lists the states"


class State(Struct, frozen=True):
    """One state of the set: what its import brought was learned on `learned`.

    dated: the latest time of learning up to here, by which `--as-of` finds it.
    packages: the highest number of a package then (schemas/store.sql, `state`).
    """

    number: int
    learned: str
    dated: str
    digest: str
    as_of: str
    unmatchable: int
    packages: int


def states(url: str) -> tuple[State, ...]:
    """Return the states of a store's advisory set, oldest first.

    Raises:
        StoreError: where there is no store, no advisories in it, or it cannot be read.
    """
    with opened(url) as connection:
        return read_states(connection)


def read_states(connection: sqlite3.Connection) -> tuple[State, ...]:
    """Return the states of an open store, oldest first."""
    rows = connection.execute("SELECT * FROM state ORDER BY number")
    return tuple(State(*row) for row in rows)


def find(known: Sequence[State], name: str) -> State:
    """Return the state that a name stands for.

    Args:
        known: the states, oldest first.
        name: a digest or at least seven letters of its beginning (the first state that had it); a
            day (the state at its end, UTC) or an RFC 3339 time (the last state learned by then);
            or `current`.

    Raises:
        InputError: where it names none.
    """
    if name == CURRENT:
        return known[-1]
    until = _time(name)
    if until:
        found = [state for state in known if state.dated < until]
        if found:
            return found[-1]
        raise InputError(
            f"{name}: before the advisory set's first state, of {known[0].dated}", LOG_HINT
        )
    digest = DIGEST.fullmatch(name)
    if not digest:
        raise InputError(f"{name}: no date and no digest of a state", LOG_HINT)
    named = [s for s in known if s.digest.removeprefix("sha256:").startswith(digest[1])]
    if len({state.digest for state in named}) > 1:
        raise InputError(f"{name}: several states begin so", "write more of the digest")
    if not named:
        raise InputError(f"{name}: the advisory set was in no such state", LOG_HINT)
    return named[0]


def _time(name: str) -> str:
    """Return the first second after a day or time, in UTC; empty where it is neither."""
    from datetime import UTC, datetime, timedelta

    step = timedelta(days=1) if DAY.fullmatch(name) else timedelta(seconds=1)
    if not (DAY.fullmatch(name) or TIME.fullmatch(name)):
        return ""
    try:
        moment = datetime.fromisoformat(name)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        # The year has four digits here, which strftime does not give it everywhere.
        return f"{(moment.replace(microsecond=0, tzinfo=None) + step).isoformat()}Z"
    except (ValueError, OverflowError) as error:
        raise InputError(f"{name}: no such date", "write 2026-11-22") from error
