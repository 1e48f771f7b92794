"""The alias groups and their cards, laid out anew for what changed (edge: statements of the set).

A law in the tests holds that this equals laying out everything anew (rule 7).
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from msgspec import json, msgpack

from match.aliases import Assertion, Group, Member, group, leads_to, merge
from match.model import AdvisoryId, Exploited
from match.set.filling import fill
from match.set.keeping import decode_member

BATCH = 4096
NEVER = ("", "")

REACHED = """
CREATE TEMP TABLE reached AS WITH RECURSIVE reach (id) AS (
    SELECT id FROM touched
    UNION SELECT a.other FROM reach CROSS JOIN record r ON r.id = reach.id AND r.until IS NULL
        CROSS JOIN alias a ON a.rid = r.rid
    UNION SELECT r.id FROM reach CROSS JOIN alias a ON a.other = reach.id
        CROSS JOIN record r ON r.rid = a.rid AND r.until IS NULL
) SELECT id FROM reach
"""
"""Everything that alias edges of current records can reach from what was touched."""

SPOKEN_OF = """
SELECT c.id FROM reached c CROSS JOIN speaks_of s ON s.id = c.id
    CROSS JOIN record r ON r.rid = s.rid WHERE r.until IS NULL
UNION SELECT c.id FROM reached c CROSS JOIN alias a ON a.other = c.id
    CROSS JOIN record r ON r.rid = a.rid WHERE r.until IS NULL
UNION SELECT c.id FROM reached c CROSS JOIN record r ON r.id = c.id
    WHERE r.until IS NULL AND r.rid NOT IN (SELECT rid FROM speaks_of)
UNION SELECT c.id FROM reached c CROSS JOIN likelihood l ON l.id = c.id
"""
ASSERTED = """
SELECT r.rid, r.id, a.other FROM reached c CROSS JOIN record r ON r.id = c.id
    CROSS JOIN alias a ON a.rid = r.rid WHERE r.until IS NULL ORDER BY r.rid
"""
EVERY_ASSERTED = """
SELECT r.rid, r.id, a.other FROM alias a CROSS JOIN record r ON r.rid = a.rid ORDER BY a.rid
"""
ALONE = """
CREATE TEMP TABLE alone AS SELECT id FROM (
    SELECT id FROM speaks_of
    UNION SELECT id FROM record WHERE rid NOT IN (SELECT rid FROM speaks_of)
    UNION SELECT id FROM likelihood
) AS known WHERE id NOT IN (SELECT other FROM alias) AND id NOT IN (
    SELECT r.id FROM alias a CROSS JOIN record r ON r.rid = a.rid
)
"""
"""Ids without any alias edge, in a set that never had another state: all of it is current."""
TOLD = """
SELECT m.gid, d.doc FROM member m CROSS JOIN record r ON r.id = m.id
    CROSS JOIN document d ON d.rid = r.rid
    WHERE m.alias AND r.until IS NULL AND m.gid BETWEEN ? AND ?
"""
"""What each current member record says of its group."""

HEARD = """
SELECT gid, coalesce(min(published), ''), min(learned) FROM (
    SELECT m.gid, NULL AS published, r.learned
        FROM member m CROSS JOIN record r ON r.id = m.id
        WHERE m.alias AND m.gid IN (SELECT value FROM json_each(?1))
    UNION ALL
    SELECT m.gid, CASE WHEN r.until IS NULL THEN nullif(r.published, '') END, r.learned
        FROM member m CROSS JOIN speaks_of s ON s.id = m.id CROSS JOIN record r ON r.rid = s.rid
        WHERE m.alias AND m.gid IN (SELECT value FROM json_each(?1))
    UNION ALL
    SELECT m.gid, NULL, n.learned FROM member m CROSS JOIN scored f ON f.id = m.id
        CROSS JOIN state n ON n.number = f.since
        WHERE m.alias AND m.gid IN (SELECT value FROM json_each(?1))
) AS heard GROUP BY gid
"""
"""When groups were heard of: by all versions of their members and of records that name them."""
INTO_MEMBER = ("INSERT INTO member", 3)
INTO_VULNERABILITY = ("INSERT INTO vulnerability", 3)


def group_all(db: sqlite3.Connection) -> None:
    """Lay out the groups of a set in its first state; ids that nothing joins are never all held."""
    first_learned, last = db.execute("SELECT min(learned), max(learned) FROM state").fetchone()
    learned = last if first_learned == last else None
    first = _write_groups(db, group(_asserted(db, EVERY_ASSERTED)), 1, learned)
    db.execute(ALONE)
    alone = db.execute("SELECT id FROM alone")
    while ids := alone.fetchmany(BATCH):
        first = _write_groups(db, tuple(Group((id_,)) for (id_,) in ids), first, learned)


def regroup(db: sqlite3.Connection, first: int) -> int:
    """Lay out the groups of everything that alias edges reach from the ids in `touched`.

    Args:
        db: a set, writable, with the temporary table `touched (id)`.
        first: the number of the first new group, above all that were given so far.

    Returns:
        The number after the last new group.
    """
    db.execute("DROP TABLE IF EXISTS temp.reached")
    db.execute(REACHED)
    old = "SELECT gid FROM member WHERE id IN (SELECT id FROM reached)"
    db.execute("CREATE TEMP TABLE old AS " + old)
    db.execute("DELETE FROM vulnerability WHERE gid IN (SELECT gid FROM old)")
    db.execute("DELETE FROM member WHERE gid IN (SELECT gid FROM old)")
    db.execute("DROP TABLE old")
    return _write_groups(db, group(_assertions(db)), first)


def _assertions(db: sqlite3.Connection) -> Iterator[Assertion]:
    """Yield what the records reached assert, and the ids they speak of or lead to."""
    for (id_,) in db.execute(SPOKEN_OF):
        yield Assertion(id_)
    yield from _asserted(db, ASSERTED)


def _asserted(db: sqlite3.Connection, statement: str) -> Iterator[Assertion]:
    """Yield each record's aliases; the rows of a record stand together."""
    last, id_ = 0, AdvisoryId("")
    others: list[AdvisoryId] = []
    for rid, own, other in db.execute(statement):
        if rid != last:
            if others:
                yield Assertion(id_, tuple(others))
            last, id_, others = rid, own, []
        others.append(other)
    if others:
        yield Assertion(id_, tuple(others))


def _write_groups(
    db: sqlite3.Connection, groups: tuple[Group, ...], first: int, learned: str | None = None
) -> int:
    """Write who belongs where, then the card of each group.

    learned: when every record of the set was, where it was one time for all.
    """
    numbers = {id_: first + n for n, found in enumerate(groups) for id_ in found.ids}
    members: list[tuple[str, int, int]] = []
    cards: dict[int, Group] = {}
    for gid, found in enumerate(groups, first):
        several = leads_to(found)
        if several:
            members += ((found.ids[0], numbers[cve], 0) for cve in several)
            continue
        cards[gid] = found
        members += ((id_, gid, 1) for id_ in found.ids)
    members.sort()
    fill(db, *INTO_MEMBER, list(chain.from_iterable(members)))
    end = first + len(groups)
    for start in range(first, end, BATCH):
        chunk = range(start, min(start + BATCH, end))
        _write_cards(db, {gid: cards[gid] for gid in chunk if gid in cards}, chunk, learned)
    return end


def _write_cards(
    db: sqlite3.Connection, groups: dict[int, Group], chunk: range, learned_then: str | None
) -> None:
    """Write what all records of each group together know; `chunk` spans their numbers."""
    span = (chunk[0], chunk[-1])
    told: dict[int, list[Member]] = {}
    exploited: dict[int, list[Exploited]] = {}
    for gid, doc in db.execute(TOLD, span):
        record = decode_member(doc)
        if isinstance(record, Member):
            told.setdefault(gid, []).append(record)
        else:
            exploited.setdefault(gid, []).append(record)
    dates = _dates(db, groups, told, learned_then)
    rows: list[object] = []
    for gid, found in groups.items():
        named, learned = dates.get(gid, NEVER)
        kev = exploited.get(gid, ())
        card = merge(found, told.get(gid, ()), kev, named=named, learned=learned)
        rows += (gid, card.id, msgpack.encode(card))
    fill(db, *INTO_VULNERABILITY, rows)


def _dates(
    db: sqlite3.Connection,
    groups: Iterable[int],
    told: Mapping[int, Sequence[Member]],
    learned: str | None,
) -> dict[int, tuple[str, str]]:
    """Return when each group was first named, where no member says when, and when learned."""
    dates: dict[int, tuple[str, str]] = {}
    if learned is not None:
        # In a first state the members themselves say all of it, which most groups have.
        dates = {
            gid: ("", learned)
            for gid, members in told.items()
            if any(m.published and not m.withdrawn for m in members)
        }
    asked = json.encode([gid for gid in groups if gid not in dates]).decode()
    return dates | {gid: (named, seen) for gid, named, seen in db.execute(HEARD, (asked,))}
