"""What differs between two states of the advisory set (edge): record by record."""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from heapq import merge
from itertools import groupby

from msgspec import json

from match.changes.fields import RecordChange, fields_of, pair
from match.set.keeping import Record, decode
from match.set.likelihoods import versions_between
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
        ids: only records of these ids, or that name one of them, and no likelihoods; both
            versions come with each. Where it is left out, only what changed is read, and no
            version comes along.
    """
    values: tuple[object, ...] = (before.number, after.number)
    statement = DIFFERS + ORDER
    if ids is not None:
        statement = DIFFERS + ABOUT + ORDER
        values = (*values, json.encode(sorted(ids)).decode())
    rows = connection.execute(statement, values).fetchall()

    def read(rid: int) -> Record:
        return next(_records(connection, [rid]))[1]

    found = (
        change
        for (feed, id_), group in groupby(rows, key=_name)
        for change in _of_one(read, feed, id_, list(group), whole=ids is not None)
    )
    likely = _of_likelihoods(connection, before, after) if ids is None else ()
    yield from merge(found, likely, key=lambda change: (change.feed, change.id))


def differing(connection: sqlite3.Connection, before: State, after: State) -> list[Row]:
    """Return the versions of records that only one of two states has, by feed and id.

    `after` is the later state. What it costs follows what changed: records are numbered in the
    order in which they were learned. Likelihoods make no transition (match.changes.transitions).
    """
    rows = connection.execute(
        "SELECT rid, feed, id, 0, digest FROM record WHERE rid > ?3 AND since <= ?2"
        " AND (until IS NULL OR until > ?2) UNION ALL"
        " SELECT rid, feed, id, 1, digest FROM record WHERE until > ?1 AND until <= ?2"
        " AND since <= ?1 ORDER BY 2, 3, 5",
        (before.number, after.number, _last_of(connection, before)),
    )
    return [row[:4] for row in rows]


def bearing(connection: sqlite3.Connection, rows: Iterable[Row]) -> list[RecordChange]:
    """Return what became of some records of `differing`, where that can bear on a finding.

    All rows of a feed and id have to be there. Both versions come with each change.
    """
    rows = list(rows)
    read = dict(_records(connection, [rid for rid, *_ in rows])).__getitem__
    found = (
        change
        for (feed, id_), group in groupby(rows, key=_name)
        for change in _of_one(read, feed, id_, list(group), whole=True)
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


def _of_likelihoods(
    connection: sqlite3.Connection, before: State, after: State
) -> Iterator[RecordChange]:
    """Yield the likelihoods that differ, by feed and id."""
    versions = versions_between(connection, before.number, after.number)
    for (feed, id_), group in groupby(versions, key=lambda v: (v.feed, v.likelihood.id)):
        both: tuple[list[Record], list[Record]] = [], []
        for version in group:
            both[not version.was].append(version.likelihood)
        yield from _changed(feed, id_, *both, whole=False)


def _of_one(
    record: Callable[[int], Record], feed: str, id_: str, rows: list[Row], *, whole: bool
) -> Iterator[RecordChange]:
    """Yield the changes of one id of one feed: versions that became another, then the rest."""
    old = [rid for rid, _, _, was in rows if was]
    new = [rid for rid, _, _, was in rows if not was]
    read = whole or (old and new)
    was = [record(rid) if read else None for rid in old]
    now = [record(rid) if read else None for rid in new]
    yield from _changed(feed, id_, was, now, whole=whole)


def _changed(
    feed: str,
    id_: str,
    was: Sequence[Record | None],
    now: Sequence[Record | None],
    *,
    whole: bool,
) -> Iterator[RecordChange]:
    """Yield what became of the versions of one id; None is one that nobody has to look at."""
    pairs = pair([r for r in was if r], [r for r in now if r])
    for one, other in pairs:
        fields = fields_of(one, other)
        versions = (one, other) if whole else (None, None)
        yield RecordChange(
            feed=feed, id=id_, kind="changed", fields=fields, before=versions[0], after=versions[1]
        )
    ended, begun = {id(one) for one, _ in pairs}, {id(other) for _, other in pairs}
    for each in was:
        if each is None or id(each) not in ended:
            yield RecordChange(feed=feed, id=id_, kind="gone", before=each if whole else None)
    for each in now:
        if each is None or id(each) not in begun:
            yield RecordChange(feed=feed, id=id_, kind="added", after=each if whole else None)


def _records(connection: sqlite3.Connection, rids: list[int]) -> Iterator[tuple[int, Record]]:
    rows = connection.execute(
        "SELECT d.rid, d.doc FROM json_each(?) w CROSS JOIN document d ON d.rid = w.value",
        (json.encode(rids).decode(),),
    )
    return ((rid, decode(doc)) for rid, doc in rows)


def _name(row: Row) -> tuple[str, str]:
    return row[1], row[2]
