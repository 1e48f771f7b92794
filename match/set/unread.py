"""What of an import could not be read, and so ends nothing of before (edge; decision 0021).

A record that a newer file holds and that cannot be read is not gone: its earlier version stays in
force, and so does one beside a newer version that has lost a package with what could not be read.
"""

import re
import sqlite3
from collections.abc import Iterator

from sbom.model import Problem

APART = re.compile(r"[!/\s\[\]()]+|:(?=\s|$)")
ENDING = re.compile(r"\.(?:json|ya?ml|toml|xml|md)\Z", re.IGNORECASE)
STAYS = "its newer version cannot be read in full, so this one of before stays in force"

TABLE = """
CREATE TEMP TABLE unread (
    part TEXT, id TEXT, told TEXT, PRIMARY KEY (part, id)
) WITHOUT ROWID
"""
"""part: as `record.part`. id: in capitals; empty for any of that part. told: as `problem.part`."""
LOST = """
SELECT DISTINCT p.stands, l.part, p.file, l.place, l.effect
FROM lost l CROSS JOIN read_part p
    ON p.part = l.part AND substr(l.place, 1, length(p.file)) = p.file
WHERE l.effect <> 'source_lost'
"""
HELD = """
SELECT part, upper(id) FROM record
WHERE until IS NULL AND since < ?1 AND part IN (SELECT stands FROM read_part)
UNION ALL SELECT s.part, upper(l.id) FROM likelihood l CROSS JOIN sheet s ON s.number = l.sheet
WHERE s.since < ?1 AND s.part IN (SELECT stands FROM read_part)
"""
IS_UNREAD = """
EXISTS (SELECT 1 FROM unread u WHERE u.part = r.part AND u.id IN ('', upper(r.id)))
"""
"""A record may be among what could not be read."""
GATHERED = "('azurelinux', 'photon', 'secdb', 'tracker')"
"""Feeds that put a record together from several entries, each of which may be unreadable."""
PARTLY_UNREAD = f"""
EXISTS (SELECT 1 FROM unread u WHERE u.part = r.part AND (u.id = upper(r.id)
    OR u.id = '' AND substr(r.feed, 1, instr(r.feed || ':', ':') - 1) IN {GATHERED}))
"""  # noqa: S608 (our own names)
"""A part of a record may be."""
SIZE = "SELECT count(*) FROM affected f WHERE f.pid = {0}.pid AND f.cid = {0}.cid"
HAS_MORE = f"""
EXISTS (SELECT 1 FROM claim c WHERE c.rid = r.rid AND NOT EXISTS (
    SELECT 1 FROM record n CROSS JOIN seen s ON s.digest = n.digest
    CROSS JOIN claim d ON d.rid = n.rid
    WHERE n.id = r.id AND n.feed = r.feed AND n.until IS NULL AND d.pid = c.pid
        AND ({SIZE.format("d")}) >= ({SIZE.format("c")})))
"""  # noqa: S608 (our own statements)
"""A version names a package, or a range of one, that none of its id names that was read now."""
STAYING = """
SELECT u.told, s.feed, l.id FROM likelihood l CROSS JOIN sheet s ON s.number = l.sheet
    CROSS JOIN unread u ON u.part = s.part AND u.id IN ('', upper(l.id))
WHERE s.since < ?1 AND NOT EXISTS (SELECT 1 FROM told t WHERE t.feed = s.feed AND t.id = l.id
        AND t.date = s.date AND t.probability = l.probability AND t.percentile = l.percentile)
    AND (u.id <> '' OR (s.feed, s.part) IN (SELECT feed, part FROM seen_part)
        OR (s.feed, l.id) IN (SELECT feed, id FROM told))
GROUP BY s.feed, l.id UNION ALL
SELECT u.told, r.feed, r.id FROM record r CROSS JOIN unread u
    ON u.part = r.part AND u.id IN ('', upper(r.id))
WHERE r.until IS NULL AND r.since < ?1 AND r.rid NOT IN (SELECT rid FROM dead)
    AND NOT EXISTS (SELECT 1 FROM seen s WHERE s.digest = r.digest)
    AND (u.id <> '' OR u.part IN (SELECT stands FROM read_part WHERE whole)
        OR (r.feed, r.id) IN (SELECT feed, id FROM seen))
GROUP BY r.feed, r.id ORDER BY 2, 3
"""
PARTLY_READ = """
SELECT b.part, b.place FROM problem b
WHERE b.part IN (SELECT part FROM read_part WHERE NOT whole)
    AND b.part NOT IN (SELECT part FROM read_part WHERE whole)
"""


def note_unread(db: sqlite3.Connection, state: int) -> None:
    """Make the temporary table `unread` of what the problems of this import are about.

    A problem is about the records that its place names, of those there are. Where it names none, a
    whole record that was lost may be any of the file; but for a member of an archive whose name is
    an id like theirs: that one was never here.
    """
    db.execute(TABLE)
    lost = db.execute(LOST).fetchall()
    if not lost:
        return
    held = set(db.execute(HELD, (state,)))
    beginnings = {(part, _begin(id_)) for part, id_ in held}
    for stands, told, file, place, effect in lost:
        rest = place.removeprefix(file)
        named = ids_in(rest)
        about = {id_ for id_ in named if (stands, id_) in held}
        new = rest.startswith("!") and any((stands, _begin(id_)) in beginnings for id_ in named)
        if not (about or new) and stands and effect == "record_lost":
            about = {""}
        db.executemany(
            "INSERT OR IGNORE INTO unread VALUES (?, ?, ?)",
            ((stands, id_, told) for id_ in sorted(about)),
        )


def staying(db: sqlite3.Connection, state: int) -> Iterator[tuple[str, Problem]]:
    """Yield what stays in force though the newest file does not say it, by `problem.part`."""
    if not db.execute("SELECT 1 FROM unread LIMIT 1").fetchone():
        return
    for told, feed, id_ in db.execute(STAYING, (state,)).fetchall():
        yield told, Problem(source=feed, where=f"{told}: {id_}", what=STAYS, effect="record_lost")


def mended(db: sqlite3.Connection) -> list[tuple[str, str]]:
    """Return part and place of the problems that a file read in part has no longer.

    They are about records that have been read now; what else is wrong with the file still is.
    """
    found = [(part, place, ids_in(place)) for part, place in db.execute(PARTLY_READ)]
    if not found:
        return []
    ids = "SELECT upper(id) FROM seen UNION SELECT upper(id) FROM told"
    seen = {id_ for (id_,) in db.execute(ids)}
    return [(part, place) for part, place, named in found if named & seen]


def ids_in(place: str) -> set[str]:
    """Return the words of a place that may be ids, in capitals: `a.zip!x/CVE-2026-1.json: [3]`."""
    words = (ENDING.sub("", word).rstrip(":") for word in APART.split(place))
    return {word.upper() for word in words if "-" in word}


def _begin(id_: str) -> str:
    """Return what an id has in common with others of its kind: `CVE-` of `CVE-2026-1`."""
    return id_[: id_.find("-") + 1]
