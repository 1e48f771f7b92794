"""Which history a store's advisory set has (edge): a hash for each state, over all up to it.

Two stores whose lineage is the same learned the same in the same order. Without the house's own
advisories a set has a history of its own: states that brought nothing else are no part of it.
"""

import sqlite3
from collections.abc import Callable
from hashlib import sha256

from msgspec import Struct

from match.model import HOUSE_FEED
from match.set.dating import digest_of_set
from match.set.states import State, read_states

CHANGED = """
SELECT since FROM feed WHERE name <> :left UNION SELECT until FROM past_feed WHERE name <> :left
UNION SELECT since FROM past_feed WHERE name <> :left
UNION SELECT since FROM problem WHERE feed <> :left
UNION SELECT since FROM past_problem WHERE feed <> :left
UNION SELECT until FROM past_problem WHERE feed <> :left
"""
FEEDS = """
SELECT name, as_of, digest, confirmed, since, NULL FROM feed WHERE name <> :left
UNION ALL SELECT name, as_of, digest, confirmed, since, until FROM past_feed WHERE name <> :left
"""
UNMATCHABLE = "SELECT since, until, unmatchable FROM record WHERE feed = ? AND unmatchable"


class Known(Struct, frozen=True, gc=False):
    """A state of the store, as it is without what is left out.

    own: the state itself. lineage: the hash over it and all before it.
    dated: the latest time of learning up to here.
    """

    own: State
    lineage: str
    dated: str
    digest: str
    as_of: str
    unmatchable: int


def left_out(*, house: bool) -> str:
    """Return the feed that stays where it is; an empty name, which no feed has, for none."""
    return "" if house else HOUSE_FEED


def left_unmatchable(db: sqlite3.Connection, left: str) -> Callable[[int], int]:
    """Return what tells how many ranges of the feed `left` could not be matched in a state.

    All states together cost one look at the records: there are many that only confirm.
    """
    held = db.execute(UNMATCHABLE, (left,)).fetchall() if left else []
    return lambda number: sum(
        ranges for since, until, ranges in held if since <= number < (until or number + 1)
    )


def history(db: sqlite3.Connection, left: str) -> tuple[Known, ...]:
    """Return the states of a set without the feed `left`, oldest first."""
    values = {"left": left}
    states = read_states(db)
    own = db.execute(
        "SELECT since FROM feed WHERE name = :left UNION SELECT since FROM past_feed"
        " WHERE name = :left UNION SELECT until FROM past_feed WHERE name = :left",
        values,
    )
    idle = {number for (number,) in own} - {number for (number,) in db.execute(CHANGED, values)}
    begun: dict[int, list[tuple[str, str, str, str]]] = {}
    ended: dict[int, list[str]] = {}
    for name, as_of, digest, confirmed, since, until in db.execute(FEEDS, values):
        begun.setdefault(since, []).append((name, as_of, digest, confirmed))
        if until is not None:
            ended.setdefault(until, []).append(name)
    less = left_unmatchable(db, left)
    feeds: dict[str, tuple[str, str]] = {}
    found: list[Known] = []
    lineage = dated = ""
    for state in states:
        for name in ended.get(state.number, ()):
            del feeds[name]
        now = begun.get(state.number, ())
        feeds.update((name, (as_of, digest)) for name, as_of, digest, _ in now)
        if state.number in idle:
            continue
        digest, as_of = digest_of_set(feeds)
        unmatchable = state.unmatchable - less(state.number)
        told = f"{lineage}\n{state.learned}\n{digest}\n{as_of}\n{unmatchable}\n"
        told += "".join(sorted(f"{name} {sure}\n" for name, _, _, sure in now if sure))
        lineage = f"sha256:{sha256(told.encode()).hexdigest()}"
        dated = max(dated, state.learned)
        found.append(Known(state, lineage, dated, digest, as_of, unmatchable))
    return tuple(found)
