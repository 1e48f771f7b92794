"""Likelihoods that were carried, laid into the advisory set (edge) for match.carry.laying."""

import sqlite3
from collections.abc import Iterator
from typing import Any

from match.carry.form import SheetEndRow, SheetRow
from match.carry.rows import damaged
from match.set.keeping import digest_of, encode
from match.set.likelihoods import DELETED, LEFT, keep_past, likelihood, sheet_of
from match.set.likelihoods import SCRATCH as DEAD
from match.set.opening import run_script
from match.set.sheet import Row, unpack

SCRATCH = """
CREATE TEMP TABLE ending_likelihood (
    sheet INTEGER, id TEXT, probability REAL, percentile REAL, state INTEGER,
    PRIMARY KEY (sheet, id, probability, percentile)
) WITHOUT ROWID;
"""
DROPPED = "DROP TABLE ending_likelihood; DROP TABLE dead_likelihood; DROP TABLE told;"
ENDS = "INSERT INTO ending_likelihood VALUES (?, ?, ?, ?, ?)"
"""A likelihood of a sheet, and the state that ends it."""
LIKELIHOOD = "INSERT INTO likelihood VALUES (?, ?, ?, ?)"
SCORED = """
INSERT INTO scored VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET since = min(since, excluded.since)
"""
STANDING = """
SELECT l.sheet, l.id, l.probability, l.percentile FROM likelihood l
CROSS JOIN sheet s ON s.number = l.sheet CROSS JOIN state n ON n.number = s.since
WHERE s.feed = ?1 AND s.date = ?2 AND n.learned = ?3 AND s.since <= ?4 AND NOT EXISTS (
    SELECT 1 FROM ending_likelihood e WHERE e.sheet = l.sheet AND e.id = l.id
        AND e.probability = l.probability AND e.percentile = l.percentile
)
"""
OF_ID = """
SELECT l.sheet, l.id, l.probability, l.percentile, s.date, s.since FROM likelihood l
CROSS JOIN sheet s ON s.number = l.sheet WHERE l.id = ? AND s.feed = ? AND s.since <= ?
"""
TOUCHED = """
INSERT OR IGNORE INTO touched SELECT id FROM scored WHERE since > :first;
INSERT OR IGNORE INTO touched SELECT l.id FROM likelihood l
    WHERE NOT EXISTS (SELECT 1 FROM member m WHERE m.id = l.id);
"""
Standing = tuple[int, str, float, float, str, int]
"""sheet, id, probability, percentile, date, and the state that brought it."""


class Sheets:
    """The likelihoods of one transfer. first: the last state that was there before."""

    def __init__(self, db: sqlite3.Connection, first: int) -> None:
        self._db = db
        self._first = first
        self._known: dict[tuple[str, str, str, int], int] = {}
        run_script(db, DEAD + SCRATCH)

    def begin(self, row: SheetRow, since: int, until: int | None) -> None:
        """Write a sheet, of our numbers of its states."""
        rows = _rows(row.body)
        sheet = self._sheet(row.feed, row.part, row.date, since)
        if until is None:
            self._db.executemany(LIKELIHOOD, ((id_, sheet, *numbers) for id_, *numbers in rows))
        else:
            keep_past(self._db, sheet, until, rows)
        self._db.executemany(SCORED, ((id_, since) for id_, *_ in rows))

    def ended(self, row: SheetEndRow, until: int) -> None:
        """Note what a state ended of a day that was there before."""
        key = row.feed, row.date, row.learned, self._first
        standing = self._db.execute(STANDING, key).fetchall()
        named = set(_rows(row.body))
        if len(named.intersection(each[1:] for each in standing)) != len(named):
            raise damaged(f"it speaks of likelihoods of {row.date} that are not there")
        over = (each for each in standing if (each[1:] in named) != row.others)
        self._db.executemany(ENDS, ((*each, until) for each in over))

    def moved(self, feed: str, id_: str, digest: bytes, part: str, state: int) -> bool:
        """Note that one stands in another snapshot file; tell whether it was there."""
        for old, *row, date, since in self._standing(feed, id_, digest):
            new = self._sheet(feed, part, date, since)
            self._db.execute("UPDATE sheet SET moved = ? WHERE number = ?", (state, new))
            self._db.execute(
                "UPDATE likelihood SET sheet = ? WHERE sheet = ? AND id = ? AND probability = ?"
                " AND percentile = ?",
                (new, old, *row),
            )
            return True
        return False

    def finish(self) -> None:
        """Move to the past what ended, and note the ids whose groups have to be laid out anew."""
        db = self._db
        ended = "SELECT DISTINCT sheet, state FROM ending_likelihood ORDER BY 1, 2"
        for sheet, state in db.execute(ended).fetchall():
            of = "SELECT id, probability, percentile FROM ending_likelihood WHERE sheet = ?"
            rows = db.execute(f"{of} AND state = ?", (sheet, state)).fetchall()
            keep_past(db, sheet, state, rows)
        db.execute(
            "INSERT INTO dead_likelihood SELECT sheet, id, probability, percentile, '', 0"
            " FROM ending_likelihood"
        )
        db.execute(DELETED)
        run_script(db, LEFT)
        run_script(db, TOUCHED, {"first": self._first})
        run_script(db, DROPPED)

    def _standing(self, feed: str, id_: str, digest: bytes) -> Iterator[Any]:
        """Yield the one likelihood of before that has a digest, where there is one."""
        found: list[Standing] = self._db.execute(OF_ID, (id_, feed, self._first)).fetchall()
        for each in found:
            if digest_of(feed, encode(likelihood(*each[1:5]))) == digest:
                yield each

    def _sheet(self, feed: str, part: str, date: str, since: int) -> int:
        key = feed, part, date, since
        if key not in self._known:
            self._known[key] = sheet_of(self._db, *key)
        return self._known[key]


def _rows(body: bytes) -> list[Row]:
    try:
        return unpack(body)
    except ValueError as error:
        raise damaged(str(error)) from error
