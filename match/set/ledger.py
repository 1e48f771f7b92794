"""Where advisory records are written (edge): versioned by when learned, and never overwritten.

One import is one transaction: killed halfway, it leaves the set as it was. What follows from the
records (claims, ranges, alias groups, cards) is laid out again for what an import touched alone.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import NamedTuple

from msgspec import json

from match.ecosystems import area_of
from match.model import Advisory, Affected, FeedReport, Likelihood
from match.set import likelihoods
from match.set.confirming import Heard
from match.set.dating import begin_state, date_state
from match.set.filling import fill
from match.set.keeping import Record, digest_of, encode, facts_of, packer
from match.set.laid import laid_out
from match.set.opening import run_script, writing
from match.set.recall import INTO_READ_FROM, Recall
from match.set.regroup import group_all, regroup
from match.set.supersede import PARTIAL, check_time, supersede, write_areas, write_problems
from match.set.unread import staying
from sbom.model import Problem
from schemas import text

BATCH = 4096
"""Records between two writes: what an import holds in memory does not grow with the feed."""
PACKAGES_KEPT = 100_000
READ, ADDED, CHANGED, GONE, PROBLEMS = range(5)

COLON = re.compile(": ")
NO_ID = "an id of it holds a zero byte, at which what looks for ids in the set ends"
SCRATCH = """
CREATE TEMP TABLE seen (
    number INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, feed TEXT NOT NULL, id TEXT NOT NULL
);
CREATE TEMP TABLE seen_part (feed TEXT, part TEXT, PRIMARY KEY (feed, part)) WITHOUT ROWID;
CREATE TEMP TABLE read_part (
    part TEXT, file TEXT, stands TEXT, whole INTEGER, PRIMARY KEY (part, file)
) WITHOUT ROWID;
CREATE TEMP TABLE touched (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TEMP TABLE lost (
    part TEXT, feed TEXT, place TEXT, what TEXT, effect TEXT,
    PRIMARY KEY (part, feed, place, what, effect)
) WITHOUT ROWID;
"""
RECORD = "rid, feed, id, digest, part, published, dated, unmatchable, ratings, learned, since"
INTO = {
    "record": (f"INSERT INTO record ({RECORD})", 11),
    "document": ("INSERT INTO document", 2),
    "alias": ("INSERT OR IGNORE INTO alias", 2),
    "speaks_of": ("INSERT OR IGNORE INTO speaks_of", 2),
    "package": ("INSERT INTO package", 7),
    "claim": ("INSERT INTO claim", 4),
    "affected": ("INSERT OR IGNORE INTO affected", 6),
    "touched": ("INSERT OR IGNORE INTO touched", 1),
    "lost": ("INSERT OR IGNORE INTO lost", 5),
    "told": likelihoods.INTO_TOLD,
    "read_from": INTO_READ_FROM,
}
"""How each table is filled, and how many values a row has."""
PACKAGE_INDEX = next(s for s in text("store_indices.sql").split(";") if "package_by_name" in s)
ANYTHING = "SELECT 1 FROM record UNION ALL SELECT 1 FROM sheet LIMIT 1"
PACKAGE = (
    "SELECT pid FROM package WHERE name = ? AND scheme = ? AND release = ? AND product = ?"
    " AND stream IS ? AND names = ?"
)


class Entry(NamedTuple):
    """A record as it came: of which feed, in which snapshot file, and its written form.

    place: the file, for problems; it is the snapshot file where there is one.
    raw: the digest of the bytes it was read from, where it is all that they come to; or empty.
    """

    record: Record
    feed: str
    part: str
    place: str
    doc: bytes
    digest: bytes
    raw: bytes


@contextmanager
def open_ledger(url: str, learned: str, *, anew: bool = False) -> Iterator["Ledger"]:
    """Begin an import into a store (made where there is none), or into memory where `url` is empty.

    It is committed at the end of the block, and undone where the block raises. anew: the set that
    was there, with its history, is replaced.

    Raises:
        StoreError: where the store cannot be written.
    """
    with writing(url, anew=anew) as db:
        run_script(db, SCRATCH + likelihoods.SCRATCH)
        yield Ledger(db, learned, compress=bool(url))


class Ledger:
    """One import into one set. `add` everything, then `finish`; the caller commits."""

    def __init__(self, db: sqlite3.Connection, learned: str, *, compress: bool) -> None:
        self.connection = db
        self._learned = learned
        self._place = ""
        self._fresh = db.execute(ANYTHING).fetchone() is None
        self._state = self._highest("state", "number") + 1
        self._rid = self._highest("record", "rid")
        self._cid = max(self._highest("claim", "cid"), self._highest("past_claim", "cid"))
        self._pid = self._highest("package", "pid")
        self._pids: dict[tuple[str | None, ...], int] = {}
        self._ask_packages = not self._fresh
        self._areas: set[tuple[str, str]] = set()
        self._unspoken: set[int | None] = set()
        self._heard: set[str] = set()
        self._heard_loose: set[str] = set()
        self._batch: list[Entry] = []
        self._rows: dict[str, list[object]] = {table: [] for table in INTO}
        self._counts: dict[str, list[int]] = {}
        self._pack = packer(compress=compress)
        self._kept = compress

    def add(self, record: Record, feed: str, part: str, raw: bytes = b"") -> None:
        """Take one record of a feed; one that the set already holds changes nothing.

        raw: the digest of the bytes it was read from, where it is all that they come to.
        """
        if isinstance(record, Likelihood):
            self._likelihood(record, feed, part)
            return
        if "\0" in " ".join(_ids(record)):
            lost = Problem(source=feed, where=self._place, what=NO_ID, effect="record_lost")
            self._lost(self._place, lost)
            return
        doc = encode(record)
        digest = digest_of(feed, doc)
        self._count(feed)[READ] += 1
        self._batch.append(Entry(record, feed, part, self._place, doc, digest, raw))
        if len(self._batch) >= BATCH:
            self._take()

    def recall(self, part: str) -> Recall | None:
        """Begin to pass over what is known of a snapshot file; None where nothing is kept."""
        state = None if self._fresh else self._state
        return Recall(self.connection, state, part, self._take) if self._kept else None

    def recalled(self, known: Recall) -> None:
        """Count the records that were passed over as read."""
        for feed, records in known.counts.items():
            self._count(feed)[READ] += records

    def whole(self, feed: str, part: str) -> None:
        """Note that a snapshot file was read to its end: what it no longer holds is gone."""
        self.connection.execute("INSERT OR IGNORE INTO seen_part VALUES (?, ?)", (feed, part))

    def confirm(self, feed: str, part: str) -> None:
        """Note that a file was read to its end, and is all that its publisher says there."""
        if part:
            self._heard.add(part)
        else:
            self._heard_loose.add(feed)

    def begin(self, part: str, file: str = "", *, whole: bool = True) -> None:
        """Note which file is read now; the problems of its earlier reading are over.

        Args:
            part: the snapshot file; empty where records stand in files of their own.
            file: the path that is read, where that is another.
            whole: it is all of the snapshot; else problems with the rest of that stay.
        """
        self._place = part or file
        row = (self._place, file, part, whole)
        self.connection.execute("INSERT OR IGNORE INTO read_part VALUES (?, ?, ?, ?)", row)

    def problem(self, lost: Problem) -> None:
        """Keep what could not be read."""
        self._lost(self._place, lost)

    def problems(self) -> tuple[Problem, ...]:
        """Return what was lost of this import, file by file; to be asked when it is finished."""
        lost = self.connection.execute(
            "SELECT DISTINCT feed, place, what, effect FROM lost ORDER BY part, place, what"
        )
        return tuple(Problem(source=f, where=w, what=x, effect=e) for f, w, x, e in lost)

    def finish(self) -> tuple[FeedReport, ...]:
        """Supersede what changed or is gone, lay out the groups anew, and date the set.

        Raises:
            InputError: where the store learned of one of the feeds later than now is said to be.
        """
        self._take()
        db = self.connection
        begin_state(db, self._state, self._learned)
        if not self._fresh:
            check_time(db, self._counts, self._learned)
        run_script(db, text("store_indices.sql"))
        if not self._fresh:
            for feed in supersede(db, self._state):
                self._count(feed)[GONE] += 1
        self._take_likelihoods()
        if not self._fresh:
            for part, problem in staying(db, self._state):
                self._lost(part, problem)
            self._flush()
        write_problems(db, self._state)
        write_areas(db, self._areas, self._state)
        if self._fresh:
            group_all(db)
        else:
            regroup(db, self._highest("vulnerability", "gid") + 1)
        heard = Heard(self._heard, self._heard_loose)
        date_state(db, self._counts, self._state, self._learned, heard)
        reports = (FeedReport(feed, *counts) for feed, counts in sorted(self._counts.items()))
        return tuple(reports)

    def _likelihood(self, record: Likelihood, feed: str, part: str) -> None:
        """Note a likelihood; what it replaces is settled for all of them together, at the end."""
        self._count(feed)[READ] += 1
        told = self._rows["told"]
        told += (feed, record.id, record.date, record.probability, record.percentile, part)
        if len(told) >= BATCH * likelihoods.INTO_TOLD[1]:
            self._flush()

    def _take_likelihoods(self) -> None:
        for feed, counts in likelihoods.take(self.connection, self._state).items():
            for place, number in zip((ADDED, CHANGED, GONE), counts, strict=True):
                self._count(feed)[place] += number

    def _take(self) -> None:
        """Write the records that are waiting, but for those the set holds already."""
        entries = self._unseen(self._batch)
        self._batch = []
        for entry in entries if self._fresh else self._not_held(entries):
            self._write(entry)
        if self._fresh:
            for entry in entries:
                self._count(entry.feed)[ADDED] += 1
        self._flush()
        if len(self._pids) >= PACKAGES_KEPT:
            self._pids.clear()
            self._ask_packages = True
            run_script(self.connection, PACKAGE_INDEX)

    def _unseen(self, batch: list[Entry]) -> list[Entry]:
        """Return the records that came for the first time in this import."""
        db = self.connection
        before = db.total_changes
        last = db.execute("SELECT coalesce(max(number), 0) FROM seen").fetchone()[0]
        rows: list[object] = []
        for entry in batch:
            rows += (entry.digest, entry.feed, entry.record.id)
        fill(db, "INSERT OR IGNORE INTO seen (digest, feed, id)", 3, rows)
        if db.total_changes - before == len(batch):
            return batch
        new = db.execute("SELECT digest FROM seen WHERE number > ?", (last,))
        fresh = {digest for (digest,) in new}
        first = {entry.digest: entry for entry in reversed(batch)}
        return [e for e in batch if e.digest in fresh and first[e.digest] is e]

    def _not_held(self, entries: list[Entry]) -> Iterator[Entry]:
        """Yield what no current record is the same as; count it as added or changed."""
        ids = json.encode(sorted({entry.record.id for entry in entries})).decode()
        known: dict[tuple[str, str], list[tuple[int, bytes, str]]] = {}
        for feed, id_, rid, digest, part in self.connection.execute(
            "SELECT r.feed, r.id, r.rid, r.digest, r.part FROM json_each(?) w"
            " CROSS JOIN record r ON r.id = w.value WHERE r.until IS NULL AND r.since < ?",
            (ids, self._state),
        ).fetchall():
            known.setdefault((feed, id_), []).append((rid, digest, part))
        for entry in entries:
            held = known.get((entry.feed, entry.record.id), ())
            same = [(rid, part) for rid, digest, part in held if digest == entry.digest]
            if not same:
                self._count(entry.feed)[CHANGED if held else ADDED] += 1
                yield entry
                continue
            rid, part = same[0]
            told = len(self._rows["lost"])
            self._tell_again(entry)
            if entry.raw and len(self._rows["lost"]) == told:
                self._rows["read_from"] += (rid, entry.raw)
            if part != entry.part:
                self._move(rid, entry.part)

    def _move(self, rid: int, part: str) -> None:
        """Note that a record stands in another snapshot file; who has a copy must hear of it."""
        self.connection.execute("UPDATE record SET part = ? WHERE rid = ?", (part, rid))
        self.connection.execute("INSERT OR REPLACE INTO moved VALUES (?, ?)", (rid, self._state))

    def _tell_again(self, entry: Entry) -> None:
        """Keep what is wrong with a record that the set holds: its file was read anew."""
        if isinstance(entry.record, Advisory) and entry.record.id in self._faulty:
            for affected in entry.record.affected:
                for what in laid_out(affected, entry.record.withdrawn).faults:
                    self._lost(entry.place, _fault(entry.feed, entry.record, affected, what))

    @cached_property
    def _faulty(self) -> frozenset[str]:
        """The ids of what something was wrong with: of all else there is nothing to tell again.

        A problem's place begins with an id and a colon (`_fault`), which an id may have in it.
        """
        places = self.connection.execute("SELECT place FROM problem").fetchall()
        return frozenset(
            place[: colon.start()] for (place,) in places for colon in COLON.finditer(place)
        )

    def _write(self, entry: Entry) -> None:
        """Lay out one record that is new to the set."""
        record, feed, part, place, doc, digest, raw = entry
        self._rid += 1
        rows = self._rows
        facts, when = facts_of(record, self._learned), (self._learned, self._state)
        rows["record"] += (self._rid, feed, record.id, digest, part, *facts, *when)
        rows["document"] += (self._rid, self._pack(doc))
        if not self._fresh:
            rows["touched"].append(record.id)
        told = len(rows["lost"])
        if isinstance(record, Advisory):
            self._lay_out(record, feed, place)
        if raw and len(rows["lost"]) == told:
            rows["read_from"] += (self._rid, raw)

    def _lay_out(self, advisory: Advisory, feed: str, place: str) -> None:
        """Write what follows from one advisory: its edges, claims and ranges."""
        rows, rid = self._rows, self._rid
        if not advisory.withdrawn:
            for other in advisory.aliases:
                rows["alias"] += (rid, other)
        for id_ in advisory.names or (advisory.id,):
            rows["speaks_of"] += (rid, id_)
        if not self._fresh:
            rows["touched"] += (*advisory.aliases, *advisory.names)
        claims, spans = rows["claim"], rows["affected"]
        for affected in advisory.affected:
            card, found, faults = laid_out(affected, advisory.withdrawn)
            self._cid += 1
            cid, pid = self._cid, self._package(affected, feed)
            claims += (cid, rid, pid, card)
            for hi, lo, interval, how in found:
                spans += (pid, hi, lo, cid, interval, how)
            for what in faults:
                self._lost(place, _fault(feed, advisory, affected, what))

    def _package(self, a: Affected, feed: str) -> int:
        """Return the number of a package key; a feed that is whole speaks for its area."""
        key = (a.name, a.scheme, a.release, a.product, a.stream, a.names)
        pid = self._pids.get(key)
        if pid is not None and pid not in self._unspoken:
            return pid
        if feed not in PARTIAL:
            self._areas.add((area_of(a.scheme, a.release, a.name), a.release))
            self._unspoken.discard(pid)
        if pid is not None:
            return pid
        found = self.connection.execute(PACKAGE, key).fetchone() if self._ask_packages else None
        if found is None:
            self._pid += 1
            self._rows["package"] += (self._pid, *key)
        self._pids[key] = pid = found[0] if found else self._pid
        if feed in PARTIAL:
            self._unspoken.add(pid)
        return pid

    def _lost(self, place: str, lost: Problem) -> None:
        self._count(lost.source)[PROBLEMS] += 1
        self._rows["lost"] += (place, lost.source, lost.where, lost.what, lost.effect)

    def _flush(self) -> None:
        for table, rows in self._rows.items():
            if rows:
                fill(self.connection, *INTO[table], rows)
                rows.clear()

    def _count(self, feed: str) -> list[int]:
        return self._counts.setdefault(feed, [0, 0, 0, 0, 0])

    def _highest(self, table: str, column: str) -> int:
        query = f"SELECT coalesce(max({column}), 0) FROM {table}"  # noqa: S608 (our own names)
        return int(self.connection.execute(query).fetchone()[0])


def _ids(record: Record) -> tuple[str, ...]:
    if isinstance(record, Advisory):
        return (record.id, *record.aliases, *record.names)
    return (record.id,)


def _fault(feed: str, advisory: Advisory, affected: Affected, what: str) -> Problem:
    where = f"{advisory.id}: {affected.name}"
    return Problem(source=feed, where=where, what=what, effect="field_lost")
