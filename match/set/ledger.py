"""Where advisory records are written (edge): versioned by when learned, and never overwritten.

One import is one transaction: killed halfway, it leaves the set as it was. What follows from the
records (claims, ranges, alias groups, cards) is laid out again for what an import touched alone.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Literal, NamedTuple

from msgspec import json, msgpack

from match.ecosystems import area_of
from match.judge import claim_of
from match.model import Advisory, Affected, FeedReport, FixState, Interval
from match.set.dating import begin_state, date_state
from match.set.keeping import Record, digest_of, encode, facts_of, packer
from match.set.opening import run_script, writing
from match.set.regroup import group_all, regroup
from match.set.supersede import PARTIAL, check_time, supersede, write_areas, write_problems
from sbom.model import Problem
from schemas import text

BATCH = 4096
"""Records between two writes: what an import holds in memory does not grow with the feed."""
PACKAGES_KEPT = 100_000
LONGEST_KEPT = 64
"""Longer lists of versions are laid out each time, so that what is kept stays small."""
READ, ADDED, CHANGED, GONE, PROBLEMS = range(5)

SCRATCH = """
CREATE TEMP TABLE seen (
    number INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, feed TEXT NOT NULL, id TEXT NOT NULL
);
CREATE TEMP TABLE seen_part (feed TEXT, part TEXT, PRIMARY KEY (feed, part)) WITHOUT ROWID;
CREATE TEMP TABLE read_part (part TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TEMP TABLE touched (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TEMP TABLE lost (
    part TEXT, feed TEXT, place TEXT, what TEXT, effect TEXT,
    PRIMARY KEY (part, feed, place, what, effect)
) WITHOUT ROWID;
"""
INSERTS = {
    "record": "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
    "document": "INSERT INTO document VALUES (?, ?)",
    "alias": "INSERT OR IGNORE INTO alias VALUES (?, ?)",
    "speaks_of": "INSERT OR IGNORE INTO speaks_of VALUES (?, ?)",
    "package": "INSERT INTO package VALUES (?, ?, ?, ?, ?, ?, ?)",
    "claim": "INSERT INTO claim VALUES (?, ?, ?, ?)",
    "affected": "INSERT OR IGNORE INTO affected VALUES (?, ?, ?, ?, ?, ?)",
    "touched": "INSERT OR IGNORE INTO touched VALUES (?)",
    "lost": "INSERT OR IGNORE INTO lost VALUES (?, ?, ?, ?, ?)",
}
PACKAGE = (
    "SELECT pid FROM package WHERE name = ? AND scheme = ? AND release = ? AND product = ?"
    " AND stream IS ? AND names = ?"
)


class Entry(NamedTuple):
    """A record as it came: of which feed, in which snapshot file, and its written form.

    place: the file, for problems; it is the snapshot file where there is one.
    """

    record: Record
    feed: str
    part: str
    place: str
    doc: bytes
    digest: bytes


class _Laid(NamedTuple):
    """What a record says of a package, laid out: hi, lo, place and how of each range."""

    card: bytes
    spans: tuple[tuple[bytes, bytes, int, int], ...]
    faults: tuple[str, ...]


@contextmanager
def open_ledger(url: str, learned: str) -> Iterator["Ledger"]:
    """Begin an import into a store (made where there is none), or into memory where `url` is empty.

    It is committed at the end of the block, and undone where the block raises.

    Raises:
        StoreError: where the store cannot be written.
    """
    with writing(url) as db:
        run_script(db, SCRATCH)
        yield Ledger(db, learned, compress=bool(url))


class Ledger:
    """One import into one set. `add` everything, then `finish`; the caller commits."""

    def __init__(self, db: sqlite3.Connection, learned: str, *, compress: bool) -> None:
        self.connection = db
        self._learned = learned
        self._place = ""
        self._fresh = db.execute("SELECT 1 FROM record LIMIT 1").fetchone() is None
        self._state = self._highest("state", "number") + 1
        self._rid = self._highest("record", "rid")
        self._cid = max(self._highest("claim", "cid"), self._highest("past_claim", "cid"))
        self._pid = self._highest("package", "pid")
        self._pids: dict[tuple[str | None, ...], int] = {}
        self._ask_packages = not self._fresh
        self._areas: set[tuple[str, str]] = set()
        self._unspoken: set[int | None] = set()
        self._batch: list[Entry] = []
        self._rows: dict[str, list[tuple[object, ...]]] = {table: [] for table in INSERTS}
        self._counts: dict[str, list[int]] = {}
        self._pack = packer(compress=compress)

    def add(self, record: Record, feed: str, part: str) -> None:
        """Take one record of a feed; one that the set already holds changes nothing."""
        doc = encode(record)
        digest = digest_of(feed, doc)
        self._count(feed)[READ] += 1
        self._batch.append(Entry(record, feed, part, self._place, doc, digest))
        if len(self._batch) >= BATCH:
            self._take()

    def whole(self, feed: str, part: str) -> None:
        """Note that a snapshot file was read to its end: what it no longer holds is gone."""
        self.connection.execute("INSERT OR IGNORE INTO seen_part VALUES (?, ?)", (feed, part))

    def begin(self, place: str) -> None:
        """Note which file is read now; the problems of its earlier reading are over."""
        self._place = place
        self.connection.execute("INSERT OR IGNORE INTO read_part VALUES (?)", (place,))

    def problem(self, lost: Problem) -> None:
        """Keep what could not be read."""
        self._lost(self._place, lost)

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
        write_problems(db, self._state)
        write_areas(db, self._areas, self._state)
        if self._fresh:
            group_all(db)
        else:
            regroup(db, self._highest("vulnerability", "gid") + 1)
        date_state(db, self._counts, self._state, self._learned)
        reports = (FeedReport(feed, *counts) for feed, counts in sorted(self._counts.items()))
        return tuple(reports)

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

    def _unseen(self, batch: list[Entry]) -> list[Entry]:
        """Return the records that came for the first time in this import."""
        db = self.connection
        before = db.total_changes
        last = db.execute("SELECT coalesce(max(number), 0) FROM seen").fetchone()[0]
        db.executemany(
            "INSERT OR IGNORE INTO seen (digest, feed, id) VALUES (?, ?, ?)",
            ((entry.digest, entry.feed, entry.record.id) for entry in batch),
        )
        if db.total_changes - before == len(batch):
            return batch
        rows = db.execute("SELECT digest FROM seen WHERE number > ?", (last,))
        fresh = {digest for (digest,) in rows}
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
            self._tell_again(entry)
            if same[0][1] != entry.part:
                self._move(same[0][0], entry.part)

    def _move(self, rid: int, part: str) -> None:
        """Note that a record stands in another snapshot file; who has a copy must hear of it."""
        self.connection.execute("UPDATE record SET part = ? WHERE rid = ?", (part, rid))
        self.connection.execute("INSERT OR REPLACE INTO moved VALUES (?, ?)", (rid, self._state))

    def _tell_again(self, entry: Entry) -> None:
        """Keep what is wrong with a record that the set holds: its file was read anew."""
        if isinstance(entry.record, Advisory):
            for affected in entry.record.affected:
                for what in _laid_out(affected, entry.record.withdrawn).faults:
                    self._lost(entry.place, _fault(entry.feed, entry.record, affected, what))

    def _write(self, entry: Entry) -> None:
        """Lay out one record that is new to the set."""
        record, feed, part, place, doc, digest = entry
        self._rid += 1
        rows = self._rows
        facts, when = facts_of(record, self._learned), (self._learned, self._state)
        rows["record"].append((self._rid, feed, record.id, digest, part, *facts, *when))
        rows["document"].append((self._rid, self._pack(doc)))
        if not self._fresh:
            rows["touched"].append((record.id,))
        if isinstance(record, Advisory):
            self._lay_out(record, feed, place)

    def _lay_out(self, advisory: Advisory, feed: str, place: str) -> None:
        """Write what follows from one advisory: its edges, claims and ranges."""
        rows, rid = self._rows, self._rid
        if not advisory.withdrawn:
            rows["alias"] += ((rid, other) for other in advisory.aliases)
        spoken = advisory.names or (advisory.id,)
        rows["speaks_of"] += ((rid, id_) for id_ in spoken)
        if not self._fresh:
            rows["touched"] += ((id_,) for id_ in (*advisory.aliases, *advisory.names))
        claims, spans = rows["claim"], rows["affected"]
        for affected in advisory.affected:
            card, found, faults = _laid_out(affected, advisory.withdrawn)
            self._cid += 1
            cid, pid = self._cid, self._package(affected, feed)
            claims.append((cid, rid, pid, card))
            for hi, lo, interval, how in found:
                spans.append((pid, hi, lo, cid, interval, how))
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
            self._rows["package"].append((self._pid, *key))
        self._pids[key] = pid = found[0] if found else self._pid
        if feed in PARTIAL:
            self._unspoken.add(pid)
        if len(self._pids) >= PACKAGES_KEPT:
            self._flush()
            self._pids.clear()
            self._ask_packages = True
            run_script(self.connection, text("store_indices.sql"))
        return pid

    def _lost(self, place: str, lost: Problem) -> None:
        self._count(lost.source)[PROBLEMS] += 1
        row = (place, lost.source, lost.where, lost.what, lost.effect)
        self._rows["lost"].append(row)

    def _flush(self) -> None:
        for table, rows in self._rows.items():
            if rows:
                self.connection.executemany(INSERTS[table], rows)
                rows.clear()

    def _count(self, feed: str) -> list[int]:
        return self._counts.setdefault(feed, [0, 0, 0, 0, 0])

    def _highest(self, table: str, column: str) -> int:
        query = f"SELECT coalesce(max({column}), 0) FROM {table}"  # noqa: S608 (our own names)
        return int(self.connection.execute(query).fetchone()[0])


def _fault(feed: str, advisory: Advisory, affected: Affected, what: str) -> Problem:
    where = f"{advisory.id}: {affected.name}"
    return Problem(source=feed, where=where, what=what, effect="field_lost")


def _laid_out(a: Affected, withdrawn: str) -> _Laid:
    """Return the claim on a package; a record says the same of most of its packages."""
    words = (a.scheme, a.claim, a.fix, a.intervals, a.versions, a.arches, a.severity, withdrawn)
    if len(a.versions) > LONGEST_KEPT or len(a.intervals) > LONGEST_KEPT:
        return _lay_out.__wrapped__(*words)
    return _lay_out(*words)


@lru_cache(maxsize=4096)
def _lay_out(
    scheme: str,
    claim: Literal["affected", "not_affected", "unknown"],
    fix: FixState,
    intervals: tuple[Interval, ...],
    versions: tuple[str, ...],
    arches: tuple[str, ...],
    severity: str,
    withdrawn: str,
) -> _Laid:
    affected = Affected(
        scheme=scheme,
        name="",
        claim=claim,
        fix=fix,
        intervals=intervals,
        versions=versions,
        arches=arches,
        severity=severity,
    )
    card, laid = claim_of(affected, withdrawn)
    spans = () if withdrawn else laid.spans
    rows = tuple((span.hi, span.lo, span.place, span.how) for span in spans)
    return _Laid(msgpack.encode(card), rows, laid.faults)
