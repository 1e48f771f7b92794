"""Which changed records can bear on the stock (edge): nothing of the others is read or laid out.

A record bears on it that is about a package some SBOM holds, or that shares an id with one that is,
over however many records. Most of what publishers change every day does not.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence

from match.changes.history import Row
from match.set.states import State
from match.stock.keys import held_packages
from match.stock.narrow import packages_of, speakers_of
from sbom.database import Database


def needed(
    database: Database,
    connection: sqlite3.Connection,
    rows: Sequence[Row],
    before: State,
    after: State,
) -> list[Row]:
    """Return those of the records of `match.changes.history.differing` that can bear on the stock.

    Args:
        database: the store of the SBOMs, open; its keys are fresh (`match.stock.keys`).
        connection: the store of the set, open.
        rows: versions of records; of one that is needed, all are returned.
        before: the earlier state.
        after: the later one.
    """
    changed = {row[0] for row in rows}
    found = _about_held(database, connection, changed)
    speakers = speakers_of(connection, changed - found, before, after)
    found |= _about_held(database, connection, {rid for _, rid in speakers} - changed)
    found |= _joined(found, speakers)
    names = {(feed, id_) for rid, feed, id_, _ in rows if rid in found}
    return [row for row in rows if (row[1], row[2]) in names]


def _about_held(
    database: Database, connection: sqlite3.Connection, rids: Iterable[int]
) -> set[int]:
    """Return the records among some that are about a package of the stock."""
    packages = packages_of(connection, set(rids))
    held = held_packages(database, set().union(*packages.values()))
    return {rid for rid, about in packages.items() if not held.isdisjoint(about)}


def _joined(known: set[int], speakers: Iterable[tuple[str, int]]) -> set[int]:
    """Return the records that share an id with known ones, with those that do with them, and so on.

    speakers: ids, each with a record that has or names it.
    """
    of: defaultdict[int, list[str]] = defaultdict(list)
    by: defaultdict[str, list[int]] = defaultdict(list)
    for id_, rid in speakers:
        of[rid].append(id_)
        by[id_].append(rid)
    found = known & of.keys()
    left = list(found)
    while left:
        others = {rid for id_ in of.pop(left.pop()) for rid in by.pop(id_, ())} - found
        found |= others
        left += others
    return found
