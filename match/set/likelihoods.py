"""Likelihoods in the advisory set (edge): current ones one by one, ended ones a sheet at a time.

They are records like others, superseded and never overwritten. But each day nearly every one is
another: as rows of `record` a day took 78 MB of 325,000 CVEs and 14 s, in sheets 0.9 MB and 4 s.
"""

import sqlite3
from collections.abc import Callable, Iterator
from functools import cache
from itertools import groupby
from typing import NamedTuple

from match.model import AdvisoryId, Likelihood
from match.set.keeping import digest_of, encode
from match.set.opening import run_script
from match.set.sheet import Columns, Row, columns, look_up, pack, unpack

SCRATCH = """
CREATE TEMP TABLE told (
    feed TEXT, id TEXT, date TEXT, probability REAL, percentile REAL, part TEXT, held INTEGER,
    known INTEGER, PRIMARY KEY (feed, id, date, probability, percentile)
) WITHOUT ROWID;
CREATE TEMP TABLE dead_likelihood (
    sheet INTEGER, id TEXT, probability REAL, percentile REAL, feed TEXT, gone INTEGER,
    PRIMARY KEY (sheet, id, probability, percentile)
) WITHOUT ROWID;
"""
"""What an import was told, the sheet that holds it already, and whether its id is known."""
INTO_TOLD = (
    "INSERT OR IGNORE INTO told (feed, id, date, probability, percentile, part)",
    6,
)

HELD = """
UPDATE told SET held = (
        SELECT l.sheet FROM likelihood l CROSS JOIN sheet s ON s.number = l.sheet
        WHERE l.id = told.id AND l.probability = told.probability
            AND l.percentile = told.percentile AND s.feed = told.feed AND s.date = told.date
    ), known = EXISTS (
        SELECT 1 FROM likelihood l CROSS JOIN sheet s ON s.number = l.sheet
        WHERE l.id = told.id AND s.feed = told.feed
    );
INSERT OR IGNORE INTO touched SELECT id FROM told WHERE NOT known;
INSERT OR IGNORE INTO dead_likelihood
    SELECT l.sheet, l.id, l.probability, l.percentile, s.feed, 0 FROM told t
        CROSS JOIN likelihood l ON l.id = t.id
        CROSS JOIN sheet s ON s.number = l.sheet AND s.feed = t.feed
    WHERE t.known AND NOT EXISTS (SELECT 1 FROM told o WHERE o.feed = s.feed AND o.id = l.id
        AND o.date = s.date AND o.probability = l.probability AND o.percentile = l.percentile);
"""
GONE = """
INSERT OR IGNORE INTO dead_likelihood
    SELECT l.sheet, l.id, l.probability, l.percentile, s.feed, 1
    FROM likelihood l CROSS JOIN sheet s ON s.number = l.sheet
    WHERE (s.feed, s.part) IN (SELECT feed, part FROM seen_part)
        AND NOT EXISTS (SELECT 1 FROM told o WHERE o.feed = s.feed AND o.id = l.id)
        AND NOT EXISTS (
            SELECT 1 FROM unread u WHERE u.part = s.part AND u.id IN ('', upper(l.id))
        )
"""
IN_PARTS = "SELECT 1 FROM sheet WHERE (feed, part) IN (SELECT feed, part FROM seen_part) LIMIT 1"
BEGUN = """
DROP TABLE IF EXISTS temp.begun_sheet;
INSERT INTO sheet (feed, part, date, since)
    SELECT DISTINCT feed, part, date, :state FROM told WHERE held IS NULL ORDER BY 1, 2, 3;
CREATE TEMP TABLE begun_sheet AS SELECT * FROM sheet WHERE since = :state;
INSERT INTO likelihood SELECT t.id, s.number, t.probability, t.percentile FROM told t
    CROSS JOIN begun_sheet s ON s.feed = t.feed AND s.part = t.part AND s.date = t.date
    WHERE t.held IS NULL;
INSERT OR IGNORE INTO scored SELECT id, :state FROM told;
"""
MOVED = """
SELECT DISTINCT s.number, s.feed, t.part, s.date, s.since
FROM told t CROSS JOIN sheet s ON s.number = t.held WHERE s.part <> t.part
"""
COUNTED = """
SELECT feed, count(CASE WHEN NOT known THEN 1 END), count(CASE WHEN known THEN 1 END)
FROM told WHERE held IS NULL GROUP BY feed
"""
DELETED = """
DELETE FROM likelihood WHERE (id, sheet, probability, percentile) IN (
    SELECT id, sheet, probability, percentile FROM dead_likelihood
)
"""
LEFT = """
INSERT OR IGNORE INTO touched SELECT d.id FROM dead_likelihood d
    WHERE NOT EXISTS (SELECT 1 FROM likelihood l WHERE l.id = d.id);
DELETE FROM dead_likelihood;
"""
THEN = """
SELECT p.sheet, p.body FROM kept.past_likelihood p CROSS JOIN kept.sheet s ON s.number = p.sheet
WHERE s.since <= :state AND p.until > :state
"""
DIFFERS = """
SELECT s.feed, s.date, s.since <= ?1, l.id, l.probability, l.percentile
FROM likelihood l CROSS JOIN sheet s ON s.number = l.sheet
WHERE (s.since <= ?1) <> (s.since <= ?2)
"""
ENDED = """
SELECT s.feed, s.date, s.since <= ?1 AND p.until > ?1, p.body
FROM past_likelihood p CROSS JOIN sheet s ON s.number = p.sheet
WHERE (s.since <= ?1 AND p.until > ?1) <> (s.since <= ?2 AND p.until > ?2)
"""
FACTS = """
SELECT count(*), coalesce(max(CASE WHEN n.learned = '' OR s.date <= n.learned THEN s.date END), ''),
    coalesce(max(n.learned), '')
FROM likelihood l CROSS JOIN sheet s ON s.number = l.sheet CROSS JOIN state n ON n.number = s.since
WHERE s.feed = ?
"""
BROUGHT = """
INSERT INTO likelihood SELECT l.* FROM touched t CROSS JOIN kept.likelihood l ON l.id = t.id
    WHERE l.sheet IN (SELECT number FROM sheet);
INSERT INTO scored SELECT f.* FROM touched t CROSS JOIN kept.scored f ON f.id = t.id
    WHERE f.since <= :state;
"""
LEVEL = 9


class Facts(NamedTuple):
    """What a feed's current likelihoods come to: how many, their newest date, when learned."""

    records: int
    as_of: str
    learned: str


class Version(NamedTuple):
    """A likelihood of a feed, and whether it was there in the earlier of two states."""

    feed: str
    was: bool
    likelihood: Likelihood


def take(db: sqlite3.Connection, state: int) -> dict[str, tuple[int, int, int]]:
    """Write what an import was told, and end what that replaces or what is gone.

    Args:
        db: a set, writable, with `SCRATCH` and the temporary tables of an import; ids whose groups
            have to be laid out anew come to `touched`.
        state: the number of the state that this makes.

    Returns:
        By feed, how many were added, changed and gone.
    """
    run_script(db, HELD)
    if db.execute(IN_PARTS).fetchone():
        db.execute(GONE)
    found = {feed: (added, changed, 0) for feed, added, changed in db.execute(COUNTED)}
    gone = db.execute("SELECT feed, sum(gone) FROM dead_likelihood GROUP BY feed").fetchall()
    for feed, number in gone:
        added, changed, _ = found.get(feed, (0, 0, 0))
        found[feed] = added, changed, number
    _move(db, state)
    end(db, state)
    run_script(db, BEGUN, {"state": state})
    run_script(db, LEFT)
    return found


def end(db: sqlite3.Connection, state: int) -> None:
    """Move what is in `dead_likelihood` to the past, each sheet's together."""
    rows = db.execute(
        "SELECT sheet, id, probability, percentile FROM dead_likelihood ORDER BY sheet"
    )
    for sheet, group in groupby(rows.fetchall(), key=lambda row: row[0]):
        keep_past(db, sheet, state, [row[1:] for row in group])
    db.execute(DELETED)


def keep_past(db: sqlite3.Connection, sheet: int, until: int, rows: list[Row]) -> None:
    """Write those of a sheet that a state ended."""
    from zstandard import ZstdCompressor

    body = ZstdCompressor(level=LEVEL).compress(pack(rows))
    db.execute("INSERT INTO past_likelihood VALUES (?, ?, ?, ?)", (sheet, until, len(rows), body))


def sheet_of(db: sqlite3.Connection, feed: str, part: str, date: str, since: int) -> int:
    """Return the number of a sheet, which is made where there is none."""
    key = feed, part, date, since
    ask = "SELECT number FROM sheet WHERE feed = ? AND part = ? AND date = ? AND since = ?"
    found = db.execute(ask, key).fetchone()
    if found:
        return int(found[0])
    made = db.execute("INSERT INTO sheet (feed, part, date, since) VALUES (?, ?, ?, ?)", key)
    return int(made.lastrowid or 0)


def past_rows(body: bytes) -> bytes:
    """Return `past_likelihood.body` as `match.set.sheet` reads it."""
    return _unpacker()(body)


def facts(db: sqlite3.Connection, feed: str) -> Facts:
    """Return what the current likelihoods of a feed come to."""
    if not _has_any(db, feed):
        return Facts(0, "", "")
    return Facts(*db.execute(FACTS, (feed,)).fetchone())


def digests(db: sqlite3.Connection, feed: str) -> list[bytes]:
    """Return the digests of a feed's current likelihoods, as of any record, in order."""
    if not _has_any(db, feed):
        return []
    rows = db.execute(
        "SELECT l.id, l.probability, l.percentile, s.date FROM likelihood l"
        " CROSS JOIN sheet s ON s.number = l.sheet WHERE s.feed = ?",
        (feed,),
    )
    return sorted(digest_of(feed, encode(likelihood(*row))) for row in rows)


def likelihood(id_: str, probability: float, percentile: float, date: str) -> Likelihood:
    """Return a row as the record it is."""
    return Likelihood(id=AdvisoryId(id_), probability=probability, percentile=percentile, date=date)


def versions_between(db: sqlite3.Connection, before: int, after: int) -> list[Version]:
    """Return the versions that are in one of two states and not in the other, by feed and id."""
    states = (before, after)
    found = [
        Version(feed, bool(was), likelihood(id_, probability, percentile, date))
        for feed, date, was, id_, probability, percentile in db.execute(DIFFERS, states)
    ]
    for feed, date, was, body in db.execute(ENDED, states):
        found += (
            Version(feed, bool(was), likelihood(*row, date)) for row in unpack(past_rows(body))
        )
    found.sort(key=lambda v: (v.feed, v.likelihood.id, digest_of(v.feed, encode(v.likelihood))))
    return found


def begun_and_ended(db: sqlite3.Connection) -> Iterator[tuple[int, int, int]]:
    """Yield, for states in no order, how many likelihoods one began and how many it ended."""
    current = "SELECT s.since, count(*) FROM likelihood l CROSS JOIN sheet s ON s.number = l.sheet"
    for since, number in db.execute(f"{current} GROUP BY s.since"):
        yield since, number, 0
    past = "SELECT s.since, p.until, p.number FROM past_likelihood p CROSS JOIN sheet s"
    for since, until, number in db.execute(f"{past} ON s.number = p.sheet"):
        yield since, number, 0
        yield until, 0, number


class Then:
    """The likelihoods as they were in a state: of a set in memory, with the store as `kept`."""

    def __init__(self, db: sqlite3.Connection, state: int) -> None:
        self._db, self._state = db, state
        self._sheets: list[tuple[int, Columns]] | None = None

    def bring(self) -> None:
        """Bring those of the ids in `touched`."""
        db, state = self._db, {"state": self._state}
        run_script(db, BROUGHT, state)
        if self._sheets is None:
            rows = db.execute(THEN, state)
            self._sheets = [(sheet, columns(past_rows(body))) for sheet, body in rows]
        if self._sheets:
            ids = [id_ for (id_,) in db.execute("SELECT id FROM touched")]
            for sheet, found in self._sheets:
                db.executemany(
                    "INSERT INTO likelihood VALUES (?, ?, ?, ?)",
                    ((id_, sheet, *numbers) for id_, *numbers in look_up(found, ids)),
                )


def _has_any(db: sqlite3.Connection, feed: str) -> bool:
    """Tell whether a feed ever had any: else nothing has to be gone through for it."""
    return db.execute("SELECT 1 FROM sheet WHERE feed = ? LIMIT 1", (feed,)).fetchone() is not None


def _move(db: sqlite3.Connection, state: int) -> None:
    """Note what stands in another snapshot file; who has a copy must hear of it."""
    for old, feed, part, date, since in db.execute(MOVED).fetchall():
        new = sheet_of(db, feed, part, date, since)
        db.execute("UPDATE sheet SET moved = ? WHERE number = ?", (state, new))
        db.execute(
            "UPDATE likelihood SET sheet = ?1 WHERE sheet = ?2 AND (id, probability, percentile) IN"
            " (SELECT id, probability, percentile FROM told WHERE held = ?2 AND part = ?3)",
            (new, old, part),
        )


@cache
def _unpacker() -> Callable[[bytes], bytes]:
    from zstandard import ZstdDecompressor

    return ZstdDecompressor().decompress
