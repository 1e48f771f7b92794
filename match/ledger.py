"""Where advisory records are written (edge): versioned by when learned, and never overwritten.

One import is one transaction: killed halfway, it leaves the set as it was. What follows from the
records (claims, ranges, alias groups, cards) is laid out again for what an import touched alone.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256

from msgspec import msgpack

from match.aliases import Assertion, Group, Member, group, leads_to, member_of, merge
from match.ecosystems import area_of
from match.judge import claim_of
from match.model import Advisory, AdvisoryId, Affected, Exploited, FeedReport, Likelihood
from match.store import LAYOUT, Record, check_layout, decode, encode, facts_of, packer, path_of
from sbom.errors import InputError, StoreError
from sbom.model import Problem
from schemas import text

BATCH = 4096
"""Records between two writes: what an import holds in memory does not grow with the feed."""
CACHE_KIB = 131_072
PACKAGES_KEPT = 100_000
READ, ADDED, CHANGED, GONE, PROBLEMS = range(5)

SCRATCH = """
CREATE TEMP TABLE seen (digest BLOB PRIMARY KEY, feed TEXT, id TEXT) WITHOUT ROWID;
CREATE TEMP TABLE seen_part (feed TEXT, part TEXT, PRIMARY KEY (feed, part)) WITHOUT ROWID;
CREATE TEMP TABLE touched (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TEMP TABLE dead (rid INTEGER PRIMARY KEY);
"""
INSERTS = {
    "record": "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
    "document": "INSERT INTO document VALUES (?, ?)",
    "alias": "INSERT OR IGNORE INTO alias VALUES (?, ?)",
    "speaks_of": "INSERT OR IGNORE INTO speaks_of VALUES (?, ?)",
    "package": "INSERT INTO package VALUES (?, ?, ?, ?, ?, ?, ?)",
    "claim": "INSERT INTO claim VALUES (?, ?, ?, ?)",
    "affected": "INSERT OR IGNORE INTO affected VALUES (?, ?, ?, ?, ?, ?)",
    "touched": "INSERT OR IGNORE INTO touched VALUES (?)",
    "problem": "INSERT INTO problem VALUES (?, ?, ?, ?, ?)",
}


@contextmanager
def open_ledger(url: str, learned: str) -> Iterator["Ledger"]:
    """Begin an import into a store (made where there is none), or into memory where `url` is empty.

    It is committed at the end of the block, and undone where the block raises.

    Raises:
        StoreError: where the store cannot be written.
    """
    path = path_of(url) if url else ":memory:"
    new = bool(url) and not os.path.exists(path)
    try:
        if new:
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        db = sqlite3.connect(path, timeout=60, isolation_level=None)
        try:
            db.executescript(
                f"PRAGMA cache_size=-{CACHE_KIB}; PRAGMA temp_store={'FILE' if url else 'MEMORY'};"
                f"BEGIN IMMEDIATE; {text('store.sql')} {SCRATCH}"
            )
            check_layout(db, path, empty=True)
            yield Ledger(db, learned, compress=bool(url))
            if db.in_transaction:  # A set in memory that was read needs no commit.
                db.execute("COMMIT")
            new = False
        finally:
            db.close()
    except sqlite3.Error as error:
        raise StoreError(f"{url}: {error}", "name another store with --db") from error
    finally:
        if new:
            with suppress(OSError):
                os.unlink(path)


class Ledger:
    """One import into one set. `add` everything, then `finish`; the caller commits."""

    def __init__(self, db: sqlite3.Connection, learned: str, *, compress: bool) -> None:
        self.connection = db
        self._learned = learned
        self._place = ""
        self._fresh = db.execute("SELECT 1 FROM record LIMIT 1").fetchone() is None
        self._rid = self._highest("record", "rid")
        self._cid = self._highest("claim", "cid")
        self._pid = self._highest("package", "pid")
        self._gid = self._highest("vulnerability", "gid")
        self._pids: dict[tuple[str | None, ...], int] = {}
        self._ask_packages = not self._fresh
        self._areas: set[tuple[str, str]] = set()
        self._rows: dict[str, list[tuple[object, ...]]] = {table: [] for table in INSERTS}
        self._counts: dict[str, list[int]] = {}
        self._pack = packer(compress=compress)

    def add(self, record: Record, feed: str, part: str) -> None:
        """Take one record of a feed; one that the set already holds changes nothing."""
        doc = encode(record)
        digest = sha256(feed.encode() + b"\0" + doc).digest()
        self._count(feed)[READ] += 1
        cursor = self.connection.execute(
            "INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", (digest, feed, record.id)
        )
        if not cursor.rowcount or self._holds(record.id, feed, digest, part):
            return
        self._rid += 1
        rows = self._rows
        facts = facts_of(record, self._learned)
        rows["record"].append((self._rid, feed, record.id, digest, part, *facts, self._learned))
        rows["document"].append((self._rid, self._pack(doc)))
        rows["touched"].append((record.id,))
        if isinstance(record, Advisory):
            self._lay_out(record, feed)
        if len(rows["record"]) >= BATCH:
            self._flush()

    def whole(self, feed: str, part: str) -> None:
        """Note that a snapshot file was read to its end: what it no longer holds is gone."""
        self.connection.execute("INSERT OR IGNORE INTO seen_part VALUES (?, ?)", (feed, part))

    def begin(self, place: str) -> None:
        """Note which file is read now, and forget the problems of its earlier reading."""
        self._place = place
        if not self._fresh:
            self.connection.execute("DELETE FROM problem WHERE part = ?", (place,))

    def problem(self, lost: Problem) -> None:
        """Keep what could not be read."""
        self._count(lost.source)[PROBLEMS] += 1
        row = (lost.source, self._place, lost.where, lost.what, lost.effect)
        self._rows["problem"].append(row)

    def finish(self) -> tuple[FeedReport, ...]:
        """Supersede what changed or is gone, lay out the groups anew, and date the set.

        Raises:
            InputError: where the store learned of one of the feeds later than now is said to be.
        """
        self._flush()
        if not self._fresh:
            self._check_time()
            self._supersede()
        self._write_areas()
        self._regroup()
        self._date()
        reports = (FeedReport(feed, *counts) for feed, counts in sorted(self._counts.items()))
        return tuple(reports)

    def _holds(self, id_: str, feed: str, digest: bytes, part: str) -> bool:
        """Tell whether a current record is the same; count a new one as added or changed."""
        if self._fresh:
            self._count(feed)[ADDED] += 1
            return False
        known = self.connection.execute(
            "SELECT rid, digest, part FROM record WHERE id = ? AND feed = ? AND superseded IS NULL",
            (id_, feed),
        ).fetchall()
        for rid, other, held_in in known:
            if other == digest:
                if held_in != part:
                    self.connection.execute("UPDATE record SET part = ? WHERE rid = ?", (part, rid))
                return True
        self._count(feed)[CHANGED if known else ADDED] += 1
        return False

    def _lay_out(self, advisory: Advisory, feed: str) -> None:
        """Write what follows from one advisory: its edges, claims and ranges."""
        rows, rid = self._rows, self._rid
        if not advisory.withdrawn:
            rows["alias"] += ((rid, other) for other in advisory.aliases)
        spoken = advisory.names or (advisory.id,)
        rows["speaks_of"] += ((rid, id_) for id_ in spoken)
        rows["touched"] += ((id_,) for id_ in (*advisory.aliases, *advisory.names))
        for affected in advisory.affected:
            claim, laid = claim_of(affected, advisory.withdrawn)
            self._cid += 1
            pid = self._package(affected)
            rows["claim"].append((self._cid, rid, pid, msgpack.encode(claim)))
            where = f"{advisory.id}: {affected.name}"
            for what in laid.faults:
                self.problem(Problem(source=feed, where=where, what=what, effect="field_lost"))
            if not advisory.withdrawn:
                rows["affected"] += (
                    (pid, span.hi, span.lo, self._cid, span.place, span.how) for span in laid.spans
                )

    def _package(self, a: Affected) -> int:
        """Return the number of a package key."""
        key = (a.name, a.scheme, a.release, a.product, a.stream, a.names)
        pid = self._pids.get(key)
        if pid is not None:
            return pid
        found = None
        if self._ask_packages:
            found = self.connection.execute(
                "SELECT pid FROM package WHERE name = ? AND scheme = ? AND release = ?"
                " AND product = ? AND stream IS ? AND names = ?",
                key,
            ).fetchone()
        if found is None:
            self._pid += 1
            self._rows["package"].append((self._pid, *key))
            self._areas.add((area_of(a.scheme, a.release, a.name), a.release))
        self._pids[key] = pid = found[0] if found else self._pid
        if len(self._pids) >= PACKAGES_KEPT:
            self._flush()
            self._pids.clear()
            self._ask_packages = True
        return pid

    def _write_areas(self) -> None:
        """Write what the set speaks for, and of how many packages where it is a release."""
        self.connection.executemany("INSERT OR IGNORE INTO area VALUES (?, ?, 0)", self._areas)
        self.connection.execute(
            "INSERT OR REPLACE INTO area SELECT release, release, count(DISTINCT name)"
            " FROM package WHERE release <> '' GROUP BY release"
        )

    def _flush(self) -> None:
        for table, rows in self._rows.items():
            if rows:
                self.connection.executemany(INSERTS[table], rows)
                rows.clear()

    def _supersede(self) -> None:
        """End the versions that this import replaced, and what snapshot files no longer hold."""
        current = "FROM record r WHERE r.superseded IS NULL"
        unseen = "NOT EXISTS (SELECT 1 FROM seen s WHERE s.digest = r.digest)"
        self.connection.execute(
            f"INSERT INTO dead SELECT r.rid {current} AND {unseen} AND (r.feed, r.id) IN"  # noqa: S608
            " (SELECT feed, id FROM seen)"
        )
        gone = self.connection.execute(
            f"SELECT r.rid, r.feed {current} AND {unseen} AND (r.feed, r.part) IN"  # noqa: S608
            " (SELECT feed, part FROM seen_part) AND r.rid NOT IN (SELECT rid FROM dead)"
        ).fetchall()
        for rid, feed in gone:
            self._count(feed)[GONE] += 1
            self.connection.execute("INSERT INTO dead VALUES (?)", (rid,))
        for source in (
            "SELECT id FROM record WHERE rid IN dead",
            "SELECT other FROM alias WHERE rid IN dead",
            "SELECT id FROM speaks_of WHERE rid IN dead",
        ):
            self.connection.execute(f"INSERT OR IGNORE INTO touched {source}")
        self.connection.execute(
            "UPDATE record SET superseded = ? WHERE rid IN dead", (self._learned,)
        )
        self.connection.execute(
            "DELETE FROM affected WHERE (pid, cid) IN"
            " (SELECT pid, cid FROM claim WHERE rid IN dead)"
        )
        for table in ("claim", "alias", "speaks_of"):
            self.connection.execute(f"DELETE FROM {table} WHERE rid IN dead")  # noqa: S608

    def _check_time(self) -> None:
        """Refuse a snapshot that is older than what it would supersede."""
        for feed, learned in self.connection.execute("SELECT name, learned FROM feed"):
            if feed in self._counts and learned > self._learned:
                raise InputError(
                    f"{feed} was learned on {learned} already, after {self._learned}",
                    "import older snapshots first, into a new store",
                )

    def _regroup(self) -> None:
        """Lay out the alias groups of everything an edge of this import can reach."""
        db = self.connection
        db.execute(
            "CREATE TEMP TABLE reached AS WITH RECURSIVE reach (id) AS ("
            " SELECT id FROM touched"
            " UNION SELECT a.other FROM reach JOIN record r ON r.id = reach.id"
            "  AND r.superseded IS NULL JOIN alias a ON a.rid = r.rid"
            " UNION SELECT r.id FROM reach JOIN alias a ON a.other = reach.id"
            "  JOIN record r ON r.rid = a.rid"
            ") SELECT id FROM reach"
        )
        if not self._fresh:
            old = "SELECT gid FROM member WHERE id IN (SELECT id FROM reached)"
            db.execute(f"CREATE TEMP TABLE old AS {old}")
            db.execute("DELETE FROM vulnerability WHERE gid IN (SELECT gid FROM old)")
            db.execute("DELETE FROM member WHERE gid IN (SELECT gid FROM old)")
        self._write_groups(group(self._assertions()))

    def _assertions(self) -> Iterable[Assertion]:
        """Yield what the records reached assert, and the ids they speak of or lead to."""
        for (id_,) in self.connection.execute(
            "SELECT c.id FROM reached c JOIN speaks_of s ON s.id = c.id"
            " UNION SELECT c.id FROM reached c JOIN alias a ON a.other = c.id"
            " UNION SELECT c.id FROM reached c JOIN record r ON r.id = c.id"
            "  WHERE r.superseded IS NULL AND r.rid NOT IN (SELECT rid FROM speaks_of)"
        ):
            yield Assertion(id_)
        last, id_ = 0, AdvisoryId("")
        others: list[AdvisoryId] = []
        for rid, own, other in self.connection.execute(
            "SELECT r.rid, r.id, a.other FROM reached c JOIN record r ON r.id = c.id"
            " JOIN alias a ON a.rid = r.rid ORDER BY r.rid"
        ):
            if rid != last:
                if others:
                    yield Assertion(id_, tuple(others))
                last, id_, others = rid, own, []
            others.append(other)
        if others:
            yield Assertion(id_, tuple(others))

    def _write_groups(self, groups: tuple[Group, ...]) -> None:
        """Write who belongs where, then the card of each group."""
        first = self._gid + 1
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
        self.connection.executemany("INSERT INTO member VALUES (?, ?, ?)", members)
        self._gid += len(groups)
        for start in range(first, self._gid + 1, BATCH):
            chunk = range(start, min(start + BATCH, self._gid + 1))
            self._write_cards({gid: cards[gid] for gid in chunk if gid in cards}, chunk)

    def _write_cards(self, groups: dict[int, Group], chunk: range) -> None:
        """Write what all records of each group together know; `chunk` spans their numbers."""
        span = (chunk[0], chunk[-1])
        told: dict[int, list[Member]] = {}
        known: dict[int, list[Exploited | Likelihood]] = {}
        for gid, doc in self.connection.execute(
            "SELECT gid, doc FROM told WHERE gid BETWEEN ? AND ?", span
        ):
            record = decode(doc)
            if isinstance(record, Advisory):
                told.setdefault(gid, []).append(member_of(record))
            else:
                known.setdefault(gid, []).append(record)
        heard = (
            "SELECT gid, coalesce(min(published), ''), min(learned) FROM heard"
            " WHERE gid BETWEEN ? AND ? GROUP BY gid"
        )
        dates = {gid: when for gid, *when in self.connection.execute(heard, span)}
        rows: list[tuple[int, str, bytes]] = []
        for gid, found in groups.items():
            named, learned = dates.get(gid, ["", ""])
            card = merge(found, told.get(gid, ()), known.get(gid, ()), named=named, learned=learned)
            rows.append((gid, card.id, msgpack.encode(card)))
        self.connection.executemany("INSERT INTO vulnerability VALUES (?, ?, ?)", rows)

    def _date(self) -> None:
        """Write the state of the feeds and of the set."""
        db = self.connection
        for feed in self._counts:
            records, as_of, learned = db.execute(
                "SELECT count(*), max(dated), max(learned) FROM record"
                " WHERE feed = ? AND superseded IS NULL",
                (feed,),
            ).fetchone()
            db.execute("DELETE FROM feed WHERE name = ?", (feed,))
            if records:
                held = db.execute(
                    "SELECT digest FROM record WHERE feed = ? AND superseded IS NULL"
                    " ORDER BY digest",
                    (feed,),
                )
                digest = sha256(b"".join(one for (one,) in held))
                row = (feed, records, as_of, max(learned, self._learned), digest.hexdigest())
                db.execute("INSERT INTO feed VALUES (?, ?, ?, ?, ?)", row)
        whole = sha256()
        newest = ""
        for name, as_of, digest in db.execute("SELECT name, as_of, digest FROM feed ORDER BY name"):
            whole.update(f"{name}\0{digest}\n".encode())
            newest = max(newest, as_of)
        unmatchable = db.execute(
            "SELECT coalesce(sum(unmatchable), 0) FROM record WHERE superseded IS NULL"
        ).fetchone()[0]
        about = {
            "layout": LAYOUT,
            "digest": f"sha256:{whole.hexdigest()}",
            "as_of": newest,
            "unmatchable": str(unmatchable),
        }
        db.executemany("INSERT OR REPLACE INTO about_set VALUES (?, ?)", about.items())

    def _count(self, feed: str) -> list[int]:
        return self._counts.setdefault(feed, [0, 0, 0, 0, 0])

    def _highest(self, table: str, column: str) -> int:
        query = f"SELECT coalesce(max({column}), 0) FROM {table}"  # noqa: S608 (our own names)
        return int(self.connection.execute(query).fetchone()[0])
