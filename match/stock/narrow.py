"""The part of the advisory set that decides some vulnerabilities, as it was in a state (edge).

All records that speak of them, and their claims on every package; nothing else. What it costs
follows the ids that are asked for, and not the set.
"""

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from msgspec import json

from match.ecosystems import Lookup
from match.set.opening import opened, run_script
from match.set.past import PastSet
from match.set.states import State
from match.set.store import AdvisorySet, Package
from match.stock.keys import Range

CLAIMS = """
INSERT INTO claim SELECT c.* FROM record r CROSS JOIN kept.claim c ON c.rid = r.rid
        WHERE r.until IS NULL
    UNION ALL SELECT c.* FROM record r CROSS JOIN kept.past_claim c ON c.rid = r.rid
        WHERE r.until IS NULL;
INSERT INTO package SELECT p.* FROM (SELECT DISTINCT pid FROM claim) c
    CROSS JOIN kept.package p ON p.pid = c.pid;
INSERT INTO affected SELECT f.* FROM package p CROSS JOIN kept.affected f ON f.pid = p.pid
        WHERE f.cid IN (SELECT cid FROM claim)
    UNION ALL SELECT f.* FROM package p CROSS JOIN kept.past_affected f ON f.pid = p.pid
        WHERE f.cid IN (SELECT cid FROM claim);
"""
"""The claims of the records that were brought, their packages and ranges."""
BESIDE = """
SELECT s.id FROM record r CROSS JOIN speaks_of s ON s.rid = r.rid WHERE r.until IS NULL
"""
"""What the records speak of beside: it bears on which of them decides (rules.md 6)."""

GROUPS = """
INSERT OR IGNORE INTO vulnerability SELECT v.* FROM touched t
    CROSS JOIN kept.member m ON m.id = t.id CROSS JOIN kept.vulnerability v ON v.gid = m.gid;
INSERT OR IGNORE INTO member
    SELECT m.* FROM touched t CROSS JOIN kept.member m ON m.id = t.id;
"""
"""The groups of the ids that were reached, of a store's present set."""
ALIVE = """
(r.since <= :before AND (r.until IS NULL OR r.until > :before)
    OR r.since <= :after AND (r.until IS NULL OR r.until > :after))
"""
SPEAKERS = f"""
SELECT w.value, r.feed, r.id, r.rid FROM json_each(:ids) w
    CROSS JOIN record r ON r.id = w.value WHERE {ALIVE}
UNION SELECT w.value, r.feed, r.id, r.rid FROM json_each(:ids) w
    CROSS JOIN alias a ON a.other = w.value CROSS JOIN record r ON r.rid = a.rid WHERE {ALIVE}
UNION SELECT w.value, r.feed, r.id, r.rid FROM json_each(:ids) w
    CROSS JOIN speaks_of s ON s.id = w.value CROSS JOIN record r ON r.rid = s.rid WHERE {ALIVE}
"""  # noqa: S608
"""Who has or names some ids, in one state or another."""
RANGES = """
SELECT DISTINCT p.scheme || ':' || p.name, f.lo, f.hi
FROM package p CROSS JOIN affected f ON f.pid = p.pid
"""


Speaker = tuple[str, str, str, int]
"""An id, and a record that has or names it: its feed, its own id, and the version's number."""


def speakers_of(
    connection: sqlite3.Connection, ids: Collection[str], before: State, after: State
) -> list[Speaker]:
    """Return the records of an open store that have or name some ids, in either of two states."""
    values = {"ids": json.encode(sorted(ids)).decode()}
    numbers = {"before": before.number, "after": after.number}
    return connection.execute(SPEAKERS, {**values, **numbers}).fetchall()


def ranges_on(url: str, packages: Collection[str]) -> list[Range]:
    """Return every range of a store's set on some packages (`scheme:name`).

    Raises:
        StoreError: where there is no store, no advisories in it, or it cannot be read.
    """
    with opened(url) as connection:
        rows = connection.execute(RANGES)
        return [Range(package, lo, hi) for package, lo, hi in rows if package in packages]


@contextmanager
def open_narrow(url: str, state: State, ids: Collection[str]) -> Iterator["NarrowSet"]:
    """Open the part of a store's set, as it was in a state, that some ids need.

    Raises:
        StoreError: where there is no store, no advisories in it, or it cannot be read.
    """
    with opened(url, beside=True) as connection:
        yield NarrowSet(connection, state, ids)


class NarrowSet(PastSet):
    """Answers for the vulnerabilities of `ids` alone.

    ids: those asked for, and all that aliases join to them.
    """

    def __init__(self, connection: sqlite3.Connection, state: State, ids: Collection[str]) -> None:
        super().__init__(connection, state)
        # One transaction: what is read belongs together, whatever is imported meanwhile.
        connection.execute("BEGIN")
        (newest,) = connection.execute("SELECT max(number) FROM kept.state").fetchone()
        self._newest = newest == state.number
        self._bring(ids)
        self.ids = frozenset(id_ for (id_,) in connection.execute("SELECT id FROM closed"))
        run_script(connection, CLAIMS)
        self._bring([id_ for (id_,) in connection.execute(BESIDE).fetchall()])
        connection.execute("COMMIT")

    def packages(self, lookups: Sequence[Lookup]) -> list[Package]:
        """Return the packages that lookups lead to: what they need was brought at the start."""
        return AdvisorySet.packages(self, lookups)

    def _lay_out(self) -> None:
        """Lay out the groups of what was brought; those of the newest state lie there."""
        if self._newest:
            run_script(self._db, GROUPS)
        else:
            super()._lay_out()

    def reach(self) -> None:
        """Return nothing: a part of the set says nothing of how far it reaches."""

    def ranges(self) -> list[Range]:
        """Return every range of a claim."""
        rows = self._db.execute(RANGES)
        return [Range(package, lo, hi) for package, lo, hi in rows]
