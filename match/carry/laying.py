"""Rows that were carried, laid into a store's advisory set (edge), inside the caller's transaction.

The set has to be in the state the rows start from. What follows from the records (edges, groups,
cards) is laid out here; what is said of them (digests) is compared before the caller commits.
"""

import sqlite3
from array import array
from collections.abc import Callable, Iterable
from typing import Any

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
    SheetEndRow,
    SheetRow,
)
from match.carry.lineage import history, left_unmatchable
from match.carry.rows import damaged, decoded
from match.carry.sheets import Sheets
from match.judge import Claim
from match.model import Advisory
from match.set.confirming import written_ahead
from match.set.dating import about_set, digest_of_feed, digest_of_set
from match.set.filling import statement
from match.set.keeping import digest_of, facts_of, packer
from match.set.ledger import ANYTHING, INTO, PACKAGE
from match.set.opening import run_script
from match.set.regroup import group_all, regroup
from match.set.supersede import MOVED, NAMED_ALONE
from schemas import text

AT_ONCE = 4096
SCRATCH = """
CREATE TEMP TABLE touched (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TEMP TABLE waiting (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TEMP TABLE ending (rid INTEGER PRIMARY KEY, state INTEGER NOT NULL);
CREATE TEMP TABLE dead (rid INTEGER PRIMARY KEY);
CREATE TEMP TABLE dead_claim (cid INTEGER PRIMARY KEY, pid INTEGER NOT NULL);
"""
DROPPED = """
DROP TABLE touched; DROP TABLE waiting; DROP TABLE ending; DROP TABLE dead; DROP TABLE dead_claim;
"""
STATEMENTS = {table: statement(*into) for table, into in INTO.items()} | {
    "record": "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "past_claim": "INSERT INTO past_claim VALUES (?, ?, ?, ?)",
    "past_affected": "INSERT OR IGNORE INTO past_affected VALUES (?, ?, ?, ?, ?, ?)",
}
FEEDS = """
SELECT name, as_of, digest FROM feed WHERE since <= ?1
UNION ALL SELECT name, as_of, digest FROM past_feed WHERE since <= ?1 AND until > ?1
"""
DIGEST_THEN = """
SELECT digest FROM feed WHERE name = ?1 AND since <= ?2
UNION ALL SELECT digest FROM past_feed WHERE name = ?1 AND since <= ?2 AND until > ?2
"""
CURRENT = "SELECT rid FROM record WHERE feed = ? AND id = ? AND digest = ? AND until IS NULL"
KEYS = {
    "feed": ("name",),
    "area": ("name",),
    "problem": ("feed", "part", "place", "what", "effect"),
}
CARD = msgpack.Decoder(Claim)


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
        self._fresh = db.execute(ANYTHING).fetchone() is None
        self._before = self._pid
        self._pids = array("q")
        self._named: dict[int, int] = {}
        self._last_first = 0
        self._rows: dict[str, list[tuple[object, ...]]] = {name: [] for name in STATEMENTS}
        self._pack = packer(compress=True)
        self._waiting = 0
        self._cards: dict[bytes, int] = {}
        self._feeds: set[str] = set()
        run_script(db, SCRATCH)
        self._sheets = Sheets(db, self._first)

    def lay(self, rows: Iterable[Row]) -> None:
        """Write everything, then what follows from it."""
        takes: dict[object, Callable[[Any], None]] = {
            PackageRow: self._package,
            EndedRow: self._ended,
            MovedRow: self._moved,
            OverRow: self._over,
            FeedRow: self._feed,
            AreaRow: self._area,
            ProblemRow: self._problem,
            SheetRow: self._sheet,
            SheetEndRow: self._sheet_ended,
            RecordRow: self._record,
        }
        try:
            for row in rows:
                takes[type(row)](row)
            self._flush()
            run_script(self._db, text("store_indices.sql"))
            self._end()
            if self._left:
                run_script(self._db, NAMED_ALONE)
            self._states()
            self._sheets.finish()
            self._check()
            self._regroup()
            if self._fresh or self._feeds:
                about_set(self._db)
            run_script(self._db, DROPPED)
        except (sqlite3.IntegrityError, OverflowError) as error:
            raise damaged(f"two rows where one can be ({error})") from error

    def _package(self, row: PackageRow) -> None:
        if not self._last_first <= row.first <= len(self._manifest.states):
            raise damaged("a package of no state")
        self._last_first = row.first
        key = (row.name, row.scheme, row.release, row.product, row.stream, row.names)
        found = None if self._fresh else self._db.execute(PACKAGE, key).fetchone()
        if found is None:
            self._pid += 1
            self._rows["package"].append((self._pid, *key))
        self._pids.append(found[0] if found else self._pid)
        self._named[row.first] = self._pid
        self._wrote(1)

    def _ended(self, row: EndedRow) -> None:
        found = self._current(row.feed, row.id, row.digest)
        number = self._number(row.until)
        self._db.execute("INSERT INTO ending VALUES (?, ?)", (found, number))

    def _end(self) -> None:
        """Move the versions that ended to the past, state by state."""
        db = self._db
        for (number,) in db.execute("SELECT DISTINCT state FROM ending ORDER BY 1").fetchall():
            values = {"state": number}
            run_script(db, "INSERT INTO dead SELECT rid FROM ending WHERE state = :state", values)
            run_script(db, MOVED, values)
            run_script(db, "DELETE FROM dead; DELETE FROM dead_claim")

    def _moved(self, row: MovedRow) -> None:
        last = self._first + max(1, len(self._manifest.states))
        if self._sheets.moved(row.feed, row.id, row.digest, row.part, last):
            return
        rid = self._current(row.feed, row.id, row.digest)
        self._db.execute("UPDATE record SET part = ? WHERE rid = ?", (row.part, rid))
        self._db.execute("INSERT OR REPLACE INTO moved VALUES (?, ?)", (rid, last))

    def _over(self, row: OverRow) -> None:
        if len(row.key) != len(KEYS[row.table]):
            raise damaged(f"a {row.table} without its name")
        self._allowed(row.key[0] if row.table != "area" else "")
        if not self._end_timed(row.table, row.key, row.until) and row.table != "area":
            raise damaged(f"it ends what is not there: {row.table} {row.key[0]}")

    def _end_timed(self, table: str, key: tuple[str, ...], step: int) -> bool:
        """Move what held until now to the past; tell whether it did."""
        where = " AND ".join(f"{name} = ?" for name in KEYS[table])
        moved = self._db.execute(
            f"INSERT INTO past_{table} SELECT *, ? FROM {table} WHERE {where}",  # noqa: S608
            (self._number(step), *key),
        )
        self._db.execute(f"DELETE FROM {table} WHERE {where}", key)  # noqa: S608
        return moved.rowcount == 1

    def _feed(self, row: FeedRow) -> None:
        self._allowed(row.name)
        if self._digest_before(row.name) != row.digest:
            # Else nothing but its confirmation is new, and its records need not be digested; where
            # one of them is among the rows, that row adds the feed.
            self._feeds.add(row.name)
        ahead = written_ahead(dict(row.ahead))
        said = (row.name, row.records, row.as_of, row.learned, row.confirmed, ahead, row.digest)
        self._timed("feed", said, row.since, row.until)

    def _digest_before(self, feed: str) -> str:
        """Return a feed's digest in the state before what is carried, nothing where it had none."""
        found = self._db.execute(DIGEST_THEN, (feed, self._first)).fetchone()
        return found[0] if found else ""

    def _area(self, row: AreaRow) -> None:
        if row.until is None:  # The house's own may have named it here, alone.
            self._end_timed("area", (row.name,), row.since)
        self._timed("area", (row.name, row.release, row.packages), row.since, row.until)

    def _problem(self, row: ProblemRow) -> None:
        self._allowed(row.feed)
        said = (row.feed, row.part, row.place, row.what, row.effect)
        self._timed("problem", said, row.since, row.until)

    def _timed(self, table: str, said: tuple[object, ...], since: int, until: int | None) -> None:
        """Write what held from one state to another, or still does."""
        when = [self._number(since)]
        if until is not None:
            table = f"past_{table}"
            when.append(self._number(until, after=since))
        marks = ", ".join("?" * (len(said) + len(when)))
        self._db.execute(f"INSERT INTO {table} VALUES ({marks})", (*said, *when))  # noqa: S608

    def _sheet(self, row: SheetRow) -> None:
        self._allowed(row.feed)
        self._feeds.add(row.feed)
        self._sheets.begin(row, *self._time(row))

    def _sheet_ended(self, row: SheetEndRow) -> None:
        self._allowed(row.feed)
        self._feeds.add(row.feed)
        self._sheets.ended(row, self._number(row.until))

    def _record(self, row: RecordRow) -> None:
        self._allowed(row.feed)
        self._feeds.add(row.feed)
        since, until = self._time(row)
        record = decoded(row)
        self._rid += 1
        rid, put = self._rid, self._rows
        digest = digest_of(row.feed, row.doc)
        facts = facts_of(record, row.learned)
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
            raise damaged("a claim on a package that is not among them")
        places = self._places(row.card)
        if any(each.place > places for each in row.ranges):
            raise damaged("a range at no place of its claim")
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
                raise damaged(f"a claim ({error})") from error
            if len(self._cards) >= AT_ONCE:
                self._cards.clear()
            self._cards[card] = places
        return places

    def _states(self) -> None:
        """Write the states; the date of one that was learned here meanwhile is not undercut."""
        db = self._db
        (dated,) = db.execute("SELECT coalesce(max(dated), '') FROM state").fetchone()
        packages = self._named.get(0, self._before)
        own = left_unmatchable(db, self._left)
        for step, state in enumerate(self._manifest.states, 1):
            dated = max(dated, state.learned)
            packages = self._named.get(step, packages)
            number = self._number(step)
            unmatchable = state.unmatchable + own(number)
            row = (state.learned, dated, *self._with_own(number), unmatchable, packages)
            db.execute("INSERT INTO state VALUES (?, ?, ?, ?, ?, ?, ?)", (number, *row))

    def _check(self) -> None:
        """Compare the last state with what was said of it: records, feeds, the digest of all.

        Feeds of which no row but their confirmation is new are not digested again.
        """
        for feed in sorted(self._feeds):
            said = self._db.execute("SELECT digest FROM feed WHERE name = ?", (feed,)).fetchone()
            found = digest_of_feed(self._db, feed)
            if (said[0] if said else "") != found:
                raise damaged(f"its records of {feed} are not those its digest is of")
        known = history(self._db, self._left)
        states = self._manifest.states
        if states and (not known or known[-1].lineage != states[-1].lineage):
            raise damaged("it does not come to the state it names")

    def _with_own(self, number: int) -> tuple[str, str]:
        """Return a state's digest and date, with what was left."""
        rows = self._db.execute(FEEDS, (number,))
        return digest_of_set({name: (as_of, digest) for name, as_of, digest in rows})

    def _regroup(self) -> None:
        """Lay out the groups of all that was touched, a part at a time."""
        db = self._db
        ended = "SELECT 1 FROM record WHERE until IS NOT NULL LIMIT 1"
        if self._fresh and not db.execute(ended).fetchone():
            group_all(db)
            return
        first = self._highest("vulnerability", "gid") + 1
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
            raise damaged(f"it speaks of a version of {feed} {id_} that is not there")
        return int(found[0])

    def _allowed(self, feed: str) -> None:
        if self._left and feed == self._left:
            raise damaged(f"advisories of {feed}, which it says are not in it")

    def _time(self, row: RecordRow | SheetRow) -> tuple[int, int | None]:
        """Return our numbers of the states that began and ended something."""
        until = None if row.until is None else self._number(row.until, after=row.since)
        return self._number(row.since), until

    def _number(self, step: int, after: int = 0) -> int:
        """Return our number of a state that is carried."""
        if not after < step <= len(self._manifest.states):
            raise damaged(f"a state {step} that it does not have")
        return self._first + step

    def _wrote(self, number: int) -> None:
        self._waiting += number
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
