"""Rows that were carried, laid into a store's advisory set (edge), inside the caller's transaction.

The set has to be in the state the rows start from. What follows from the records (edges, groups,
cards) is laid out here; what is said of them (digests) is compared before the caller commits.
"""

import sqlite3
from array import array
from collections.abc import Iterable, Iterator
from itertools import groupby

import msgspec
from msgspec import msgpack

from match.carry.form import (
    AreaRow,
    ClaimRow,
    EndedRow,
    FeedRow,
    Manifest,
    MovedRow,
    OverRow,
    PackageRow,
    ProblemRow,
    RecordRow,
    Row,
)
from match.carry.lineage import LEFT_UNMATCHABLE, history
from match.dating import about_set, digest_of_feed, digest_of_set
from match.judge import Claim
from match.keeping import RECORDS, decode, digest_of, facts_of, packer
from match.ledger import INSERTS, PACKAGE
from match.model import Advisory
from match.opening import run_script
from match.regroup import group_all, regroup
from match.supersede import MOVED
from sbom.errors import InputError
from schemas import text

AT_ONCE = 4096
SCRATCH = """
CREATE TEMP TABLE touched (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TEMP TABLE waiting (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TEMP TABLE dead (rid INTEGER PRIMARY KEY);
CREATE TEMP TABLE dead_claim (cid INTEGER PRIMARY KEY, pid INTEGER NOT NULL);
"""
STATEMENTS = INSERTS | {
    "record": "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "past_claim": "INSERT INTO past_claim VALUES (?, ?, ?, ?)",
    "past_affected": "INSERT OR IGNORE INTO past_affected VALUES (?, ?, ?, ?, ?, ?)",
}
CURRENT = "SELECT rid FROM record WHERE feed = ? AND id = ? AND digest = ? AND until IS NULL"
KEYS = {
    "feed": ("name",),
    "area": ("name",),
    "problem": ("feed", "part", "place", "what", "effect"),
}
CARD = msgpack.Decoder(Claim)
HINT = "fetch it or make it again"


def lay(db: sqlite3.Connection, manifest: Manifest, rows: Iterable[Row], left: str) -> None:
    """Bring the set from the state before to the last one that is carried.

    Args:
        db: the set, writable, in a transaction, in the state that `manifest.base` names; without
            any advisory but those of `left` where there is no base.
        manifest: what is said of the rows.
        rows: as `match.carry.taking` gives them.
        left: the feed that is not carried.

    Raises:
        InputError: where the rows are not what they should be; the caller has to roll back.
    """
    Laying(db, manifest, left).lay(rows)


class Laying:
    """One transfer into one set: its numbers, and the rows that wait to be written."""

    def __init__(self, db: sqlite3.Connection, manifest: Manifest, left: str) -> None:
        self._db = db
        self._manifest = manifest
        self._left = left
        self._first = self._highest("state", "number")
        self._rid = self._highest("record", "rid")
        self._cid = max(self._highest("claim", "cid"), self._highest("past_claim", "cid"))
        self._pid = self._highest("package", "pid")
        self._fresh = not self._rid
        self._pids = array("q")
        self._known = array("q")
        self._rows: dict[str, list[tuple[object, ...]]] = {name: [] for name in STATEMENTS}
        self._pack = packer(compress=True)
        self._cards: dict[bytes, int] = {}
        self._feeds: set[str] = set()
        run_script(db, SCRATCH)

    def lay(self, rows: Iterable[Row]) -> None:
        """Write everything, then what follows from it."""
        takes = {
            PackageRow: self._package,
            EndedRow: self._ended,
            MovedRow: self._moved,
            OverRow: self._over,
            FeedRow: self._feed,
            AreaRow: self._area,
            ProblemRow: self._problem,
            RecordRow: self._record,
        }
        try:
            for kind, group in groupby(rows, type):
                takes[kind](group)  # type: ignore[operator]
            self._flush()
            self._states()
            self._check()
            run_script(self._db, text("store_indices.sql"))
            self._regroup()
            self._flush()
            about_set(self._db)
        except (sqlite3.IntegrityError, OverflowError) as error:
            raise _damaged(f"two rows where one can be ({error})") from error

    def _package(self, rows: Iterator[PackageRow]) -> None:
        for row in rows:
            key = (row.name, row.scheme, row.release, row.product, row.stream, row.names)
            found = None if self._fresh else self._db.execute(PACKAGE, key).fetchone()
            if found is None:
                self._pid += 1
                self._rows["package"].append((self._pid, *key))
            self._pids.append(found[0] if found else self._pid)
            self._known.append(self._pid)
            self._wrote(1)

    def _ended(self, rows: Iterator[EndedRow]) -> None:
        """Move versions that were there to the past, state by state."""
        for step, group in groupby(rows, lambda row: row.until):
            for row in group:
                found = self._current(row.feed, row.id, row.digest)
                self._db.execute("INSERT OR IGNORE INTO dead VALUES (?)", (found,))
            run_script(self._db, MOVED, {"state": self._number(step)})
            run_script(self._db, "DELETE FROM dead; DELETE FROM dead_claim")

    def _moved(self, rows: Iterator[MovedRow]) -> None:
        last = self._number(len(self._manifest.states)) if self._manifest.states else self._first
        for row in rows:
            rid = self._current(row.feed, row.id, row.digest)
            self._db.execute("UPDATE record SET part = ? WHERE rid = ?", (row.part, rid))
            self._db.execute("INSERT OR REPLACE INTO moved VALUES (?, ?)", (rid, last))

    def _over(self, rows: Iterator[OverRow]) -> None:
        for row in rows:
            keys = KEYS[row.table]
            if len(row.key) != len(keys):
                raise _damaged(f"a {row.table} without its name")
            self._allowed(row.key[0] if row.table != "area" else "")
            where = " AND ".join(f"{name} = ?" for name in keys)
            moved = self._db.execute(
                f"INSERT INTO past_{row.table} SELECT *, ? FROM {row.table} WHERE {where}",  # noqa: S608
                (self._number(row.until), *row.key),
            )
            if moved.rowcount != 1:
                raise _damaged(f"it ends what is not there: {row.table} {row.key[0]}")
            self._db.execute(f"DELETE FROM {row.table} WHERE {where}", row.key)  # noqa: S608

    def _feed(self, rows: Iterator[FeedRow]) -> None:
        for row in rows:
            self._allowed(row.name)
            said = (row.name, row.records, row.as_of, row.learned, row.digest)
            self._timed("feed", said, row.since, row.until)

    def _area(self, rows: Iterator[AreaRow]) -> None:
        for row in rows:
            self._timed("area", (row.name, row.release, row.packages), row.since, row.until)

    def _problem(self, rows: Iterator[ProblemRow]) -> None:
        for row in rows:
            self._allowed(row.feed)
            said = (row.feed, row.part, row.place, row.what, row.effect)
            self._timed("problem", said, row.since, row.until)

    def _timed(
        self, table: str, said: tuple[object, ...], since: int, until: int | None
    ) -> None:
        """Write what held from one state to another, or still does."""
        when = [self._number(since)]
        if until is not None:
            table = f"past_{table}"
            when.append(self._number(until, after=since))
        marks = ", ".join("?" * (len(said) + len(when)))
        self._db.execute(f"INSERT INTO {table} VALUES ({marks})", (*said, *when))  # noqa: S608

    def _record(self, rows: Iterator[RecordRow]) -> None:
        for row in rows:
            self._allowed(row.feed)
            self._feeds.add(row.feed)
            record = _decoded(row)
            self._rid += 1
            rid, put = self._rid, self._rows
            digest = digest_of(row.feed, row.doc)
            facts = facts_of(record, row.learned)
            since = self._number(row.since)
            until = None if row.until is None else self._number(row.until, after=row.since)
            put["record"].append(
                (rid, row.feed, record.id, digest, row.part, *facts, row.learned, since, until)
            )
            put["document"].append((rid, self._pack(row.doc)))
            put["touched"].append((record.id,))
            if isinstance(record, Advisory):
                edges = () if record.withdrawn else record.aliases
                put["alias"] += ((rid, other) for other in edges)
                put["speaks_of"] += ((rid, id_) for id_ in record.names or (record.id,))
                put["touched"] += ((id_,) for id_ in (*record.aliases, *record.names))
            for claim in row.claims:
                self._claim(claim, rid, "past_" if until is not None else "")
            self._wrote(1 + len(row.claims))

    def _claim(self, row: ClaimRow, rid: int, past: str) -> None:
        if row.package >= len(self._pids):
            raise _damaged("a claim on a package that is not among them")
        places = self._places(row.card)
        if any(each.place > places for each in row.ranges):
            raise _damaged("a range at no place of its claim")
        self._cid += 1
        cid, pid = self._cid, self._pids[row.package]
        self._rows[f"{past}claim"].append((cid, rid, pid, row.card))
        self._rows[f"{past}affected"] += (
            (pid, each.hi, each.lo, cid, each.place, each.how) for each in row.ranges
        )

    def _places(self, card: bytes) -> int:
        """Return how many intervals a claim's card has; most cards come many times."""
        places = self._cards.get(card)
        if places is None:
            try:
                places = len(CARD.decode(card).intervals)
            except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
                raise _damaged(f"a claim ({error})") from error
            if len(self._cards) >= AT_ONCE:
                self._cards.clear()
            self._cards[card] = places
        return places

    def _states(self) -> None:
        """Write the states; the date of one that was learned here meanwhile is not undercut."""
        db = self._db
        (dated,) = db.execute("SELECT coalesce(max(dated), '') FROM state").fetchone()
        for step, state in enumerate(self._manifest.states, 1):
            if state.packages > len(self._known):
                raise _damaged("a state of packages that are not among them")
            dated = max(dated, state.dated)
            digest, as_of, more = self._with_own(self._number(step))
            packages = self._known[state.packages - 1] if state.packages else self._before()
            row = (state.learned, dated, digest, as_of, state.unmatchable + more, packages)
            db.execute("INSERT INTO state VALUES (?, ?, ?, ?, ?, ?, ?)", (self._number(step), *row))

    def _check(self) -> None:
        """Compare the last state with what was said of it: records, feeds, the digest of all."""
        for feed in sorted(self._feeds):
            said = self._db.execute("SELECT digest FROM feed WHERE name = ?", (feed,)).fetchone()
            found = digest_of_feed(self._db, feed)
            if (said[0] if said else "") != found:
                raise _damaged(f"its records of {feed} are not those its digest is of")
        known = history(self._db, self._left)
        states = self._manifest.states
        if states and (not known or known[-1].lineage != states[-1].lineage):
            raise _damaged("it does not come to the state it names")

    def _with_own(self, number: int) -> tuple[str, str, int]:
        """Return a state's digest, date and ranges that cannot be matched, with what was left."""
        when = "since <= ?1 AND until > ?1"
        rows = self._db.execute(
            "SELECT name, as_of, digest FROM feed WHERE since <= ?1"
            f" UNION ALL SELECT name, as_of, digest FROM past_feed WHERE {when}",  # noqa: S608
            (number,),
        )
        digest, as_of = digest_of_set({name: (as_of, digest) for name, as_of, digest in rows})
        values = {"left": self._left, "state": number}
        (more,) = self._db.execute(LEFT_UNMATCHABLE, values).fetchone()
        return digest, as_of, more

    def _regroup(self) -> None:
        """Lay out the groups of all that was touched, a part at a time."""
        db = self._db
        ended = "SELECT 1 FROM record WHERE until IS NOT NULL LIMIT 1"
        if self._fresh and not db.execute(ended).fetchone():
            group_all(db)
            return
        first = self._highest("vulnerability", "gid")
        first = max(first, self._highest("member", "gid")) + 1
        run_script(db, "INSERT INTO waiting SELECT id FROM touched; DELETE FROM touched")
        part = f"INSERT INTO touched SELECT id FROM waiting LIMIT {AT_ONCE}"  # noqa: S608
        while db.execute(part).rowcount:
            first = regroup(db, first)
            run_script(
                db,
                "DELETE FROM waiting WHERE id IN (SELECT id FROM touched);"
                "DELETE FROM waiting WHERE id IN (SELECT id FROM reached);"
                "DELETE FROM touched",
            )

    def _current(self, feed: str, id_: str, digest: bytes) -> int:
        """Return the number of a version that has to be there, of a feed that may be carried."""
        self._allowed(feed)
        self._feeds.add(feed)
        found = self._db.execute(CURRENT, (feed, id_, digest)).fetchone()
        if found is None:
            raise _damaged(f"it speaks of a version of {feed} {id_} that is not there")
        return int(found[0])

    def _allowed(self, feed: str) -> None:
        if self._left and feed == self._left:
            raise _damaged(f"advisories of {feed}, which it says are not in it")

    def _number(self, step: int, after: int = 0) -> int:
        """Return our number of a state that is carried."""
        if not after < step <= len(self._manifest.states):
            raise _damaged(f"a state {step} that it does not have")
        return self._first + step

    def _before(self) -> int:
        row = self._db.execute("SELECT packages FROM state ORDER BY number DESC").fetchone()
        return row[0] if row else 0

    def _wrote(self, number: int) -> None:
        self._waiting = getattr(self, "_waiting", 0) + number
        if self._waiting >= AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        for table, rows in self._rows.items():
            if rows:
                self._db.executemany(STATEMENTS[table], rows)
                rows.clear()
        self._waiting = 0

    def _highest(self, table: str, column: str) -> int:
        query = f"SELECT coalesce(max({column}), 0) FROM {table}"  # noqa: S608 (our own names)
        return int(self._db.execute(query).fetchone()[0])


def _decoded(row: RecordRow) -> Advisory:
    """Return the record of a row, which has to be of the row's feed."""
    try:
        if row.doc[:1] not in RECORDS:
            raise _damaged(f"a record of {row.feed} of no known kind")
        record = decode(row.doc)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise _damaged(f"a record of {row.feed} ({error})") from error
    if getattr(record, "feed", row.feed) != row.feed:
        raise _damaged(f"a record of {row.feed} that is of another feed")
    return record  # type: ignore[return-value]


def _damaged(what: str) -> InputError:
    return InputError(f"what is carried is damaged: {what}", HINT)
