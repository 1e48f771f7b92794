"""How much of what was published lately the set can match at all (edge: statements of the set).

Counted are the CVEs that were first published in the last days of the set's own time, but for those
that were rejected: how many some record names a package in, by feed, and by release or ecosystem.
"""

import sqlite3
from collections import Counter

from match.aliases import CVE_FEEDS, Member
from match.ecosystems import area_of
from match.model import Reach
from match.set.keeping import decode_member

DAYS = 90
"""Long enough for every publisher to have said something, short enough to be about now."""
THEN = "r.since <= :state AND (r.until IS NULL OR r.until > :state)"

SCRATCH = """
DROP TABLE IF EXISTS temp.recent;
CREATE TEMP TABLE recent (id TEXT PRIMARY KEY) WITHOUT ROWID;
"""
RECENT = f"""
INSERT OR IGNORE INTO recent
    SELECT r.id FROM {{of}}.record r WHERE {THEN} AND r.published >= :since
        AND substr(r.id, 1, 4) = 'CVE-'
    UNION SELECT a.other FROM {{of}}.record r CROSS JOIN {{of}}.alias a ON a.rid = r.rid
        WHERE {THEN} AND r.published >= :since AND substr(a.other, 1, 4) = 'CVE-'
"""  # noqa: S608
EARLIER = f"""
DELETE FROM recent WHERE id IN (
    SELECT n.id FROM recent n CROSS JOIN {{of}}.record r ON r.id = n.id
        WHERE {THEN} AND r.published <> '' AND r.published < :since
    UNION SELECT n.id FROM recent n CROSS JOIN {{of}}.alias a ON a.other = n.id
        CROSS JOIN {{of}}.record r ON r.rid = a.rid
        WHERE {THEN} AND r.published <> '' AND r.published < :since)
"""  # noqa: S608
OWN = f"""
SELECT r.id, r.feed, d.doc FROM recent n CROSS JOIN {{of}}.record r ON r.id = n.id
    CROSS JOIN {{of}}.document d ON d.rid = r.rid WHERE {THEN}
"""  # noqa: S608
NAMED = f"""
WITH spoken (id, rid, feed) AS (
    SELECT n.id, r.rid, r.feed FROM recent n CROSS JOIN {{of}}.speaks_of s ON s.id = n.id
        CROSS JOIN {{of}}.record r ON r.rid = s.rid WHERE {THEN}
    UNION SELECT n.id, r.rid, r.feed FROM recent n CROSS JOIN {{of}}.alias a ON a.other = n.id
        CROSS JOIN {{of}}.record r ON r.rid = a.rid WHERE {THEN}
), made (id, feed, pid) AS (
    SELECT o.id, o.feed, c.pid FROM spoken o CROSS JOIN {{of}}.claim c ON c.rid = o.rid
    UNION SELECT o.id, o.feed, c.pid FROM spoken o CROSS JOIN {{of}}.past_claim c ON c.rid = o.rid
)
SELECT DISTINCT m.id, m.feed, p.scheme, p.release,
    CASE WHEN p.release = '' THEN substr(p.name, 1, instr(p.name, '/')) ELSE '' END
    FROM made m CROSS JOIN {{of}}.package p ON p.pid = m.pid
"""  # noqa: S608


def reach(db: sqlite3.Connection, as_of: str, state: int, of: str = "main") -> Reach:
    """Return how far the set reaches in one of its states.

    Args:
        db: the set, where temporary tables may be made.
        as_of: the state's date, from which the days are counted back.
        state: its number.
        of: the database that holds the set.
    """
    since = _days_before(as_of)
    if not since:
        return Reach(days=DAYS)
    for statement in SCRATCH.split(";"):
        db.execute(statement)
    values = {"state": state, "since": since}
    db.execute(RECENT.format(of=of), values)
    db.execute(EARLIER.format(of=of), values)
    gone = _rejected(db, OWN.format(of=of), values)
    (known,) = db.execute("SELECT count(*) FROM recent").fetchone()
    by_feed: set[tuple[str, str]] = set()
    by_area: set[tuple[str, str]] = set()
    for id_, feed, scheme, release, prefix in db.execute(NAMED.format(of=of), values):
        if id_ not in gone:
            by_feed.add((feed, id_))
            by_area.add((area_of(scheme, release, prefix), id_))
    db.execute("DROP TABLE temp.recent")
    return Reach(
        days=DAYS,
        since=since,
        cves=known - len(gone),
        matchable=len({id_ for _, id_ in by_feed}),
        feeds=tuple(sorted(Counter(feed for feed, _ in by_feed).items())),
        areas=tuple(sorted(Counter(area for area, _ in by_area).items())),
    )


def _rejected(db: sqlite3.Connection, query: str, values: dict[str, object]) -> set[str]:
    """Return the recent CVEs whose own record, by the first feed that has one, is withdrawn."""
    told: dict[str, dict[str, bool]] = {}
    for id_, feed, doc in db.execute(query, values):
        record = decode_member(doc)
        if feed in CVE_FEEDS and isinstance(record, Member):
            told.setdefault(id_, {})[feed] = bool(record.withdrawn)
    return {id_ for id_, said in told.items() if said[min(said, key=CVE_FEEDS.index)]}


def _days_before(as_of: str) -> str:
    """Return the first day that counts; empty where the set has no date."""
    from datetime import date, timedelta

    try:
        return (date.fromisoformat(as_of[:10]) - timedelta(days=DAYS)).isoformat()
    except (ValueError, OverflowError):
        return ""
