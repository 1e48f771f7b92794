"""What differs between two states of the advisory set (edge): record by record."""

import sqlite3
from collections.abc import Collection, Iterator
from itertools import groupby

from msgspec import json

from match.changes.fields import RecordChange, fields_of, pair
from match.set.keeping import Record, decode
from match.set.states import State

CURRENT = "(r.since <= {0} AND (r.until IS NULL OR r.until > {0}))"
DIFFERS = f"""
SELECT r.rid, r.feed, r.id, {CURRENT.format("?1")} FROM record r
WHERE {CURRENT.format("?1")} <> {CURRENT.format("?2")}
"""  # noqa: S608
ABOUT = """
 AND r.rid IN (SELECT o.rid FROM (
    SELECT q.rid FROM json_each(?3) w CROSS JOIN record q ON q.id = w.value
    UNION SELECT a.rid FROM json_each(?3) w CROSS JOIN alias a ON a.other = w.value
    UNION SELECT s.rid FROM json_each(?3) w CROSS JOIN speaks_of s ON s.id = w.value) f
    CROSS JOIN record q ON q.rid = f.rid CROSS JOIN record o ON o.id = q.id AND o.feed = q.feed)
"""
"""Every version of a record of which one names the ids."""
ORDER = " ORDER BY r.feed, r.id, r.digest"
LIKELIHOODS = "epss"
"""The feed whose records make no transition (match.changes.transitions)."""
Row = tuple[int, str, str, int]
"""rid, feed, id, and whether it was in the earlier state."""


def changes(
    connection: sqlite3.Connection,
    before: State,
    after: State,
    ids: Collection[str] | None = None,
) -> Iterator[RecordChange]:
    """Yield the records that differ between two states, by feed and id.

    Args:
        connection: the store, open.
        before: one state; it need not be the older one.
        after: the other.
        ids: only records of these ids, or that name one of them; both versions come with each.
            Where it is left out, only what changed is read, and no version comes along.
    """
    values: tuple[object, ...] = (before.number, after.number)
    statement = DIFFERS + ORDER
    if ids is not None:
        statement = DIFFERS + ABOUT + ORDER
        values = (*values, json.encode(sorted(ids)).decode())
    rows = connection.execute(statement, values).fetchall()
    for (feed, id_), group in groupby(rows, key=lambda row: (row[1], row[2])):
        yield from _of_one(connection, feed, id_, list(group), whole=ids is not None)


def bearing(connection: sqlite3.Connection, before: State, after: State) -> list[RecordChange]:
    """Return the changes from one state to a later one that can bear on a finding, by feed and id.

    Both versions come with each. What it costs follows what changed: records are numbered in the
    order in which they were learned. Likelihoods change every day and make no transition.
    """
    rows = connection.execute(
        "SELECT rid, feed, id, 0, digest FROM record WHERE rid > ?3 AND since <= ?2 AND feed <> ?4"
        " AND (until IS NULL OR until > ?2) UNION ALL"
        " SELECT rid, feed, id, 1, digest FROM record WHERE until > ?1 AND until <= ?2"
        " AND since <= ?1 AND feed <> ?4 ORDER BY 2, 3, 5",
        (before.number, after.number, _last_of(connection, before), LIKELIHOODS),
    ).fetchall()
    found = (
        change
        for (feed, id_), group in groupby(rows, key=lambda row: (row[1], row[2]))
        for change in _of_one(connection, feed, id_, [row[:4] for row in group], whole=True)
    )
    return [c for c in found if c.kind != "changed" or any(f.field != "text" for f in c.fields)]


def _last_of(connection: sqlite3.Connection, state: State) -> int:
    """Return the highest number of a record that was learned up to a state."""
    (high,) = connection.execute("SELECT coalesce(max(rid), 0) FROM record").fetchone()
    low = 0
    while low < high:
        middle = (low + high + 1) // 2
        rid, since = connection.execute(
            "SELECT rid, since FROM record WHERE rid >= ? ORDER BY rid LIMIT 1", (middle,)
        ).fetchone()
        low, high = (rid, high) if since <= state.number else (low, middle - 1)
    return low


def _of_one(
    connection: sqlite3.Connection, feed: str, id_: str, rows: list[Row], *, whole: bool
) -> Iterator[RecordChange]:
    """Yield the changes of one id of one feed: versions that became another, then the rest."""
    old = [rid for rid, _, _, was in rows if was]
    new = [rid for rid, _, _, was in rows if not was]
    read = whole or (old and new)
    was = [_record(connection, rid) if read else None for rid in old]
    now = [_record(connection, rid) if read else None for rid in new]
    pairs = pair([r for r in was if r], [r for r in now if r])
    for one, other in pairs:
        fields = fields_of(one, other)
        versions = (one, other) if whole else (None, None)
        yield RecordChange(
            feed=feed, id=id_, kind="changed", fields=fields, before=versions[0], after=versions[1]
        )
    ended, begun = {id(one) for one, _ in pairs}, {id(other) for _, other in pairs}
    for record in was:
        if record is None or id(record) not in ended:
            yield RecordChange(feed=feed, id=id_, kind="gone", before=record if whole else None)
    for record in now:
        if record is None or id(record) not in begun:
            yield RecordChange(feed=feed, id=id_, kind="added", after=record if whole else None)


def _record(connection: sqlite3.Connection, rid: int) -> Record:
    (doc,) = connection.execute("SELECT doc FROM document WHERE rid = ?", (rid,)).fetchone()
    return decode(doc)
