"""The part of the advisory set that decides some vulnerabilities, as it was in a state (edge).

All records that speak of them, and their claims on every package; nothing else. What it costs
follows the ids that are asked for, and not the set.
"""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
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
OWN = """
SELECT r.id FROM json_each(:rids) w CROSS JOIN record r ON r.rid = w.value
UNION SELECT a.other FROM json_each(:rids) w CROSS JOIN alias a ON a.rid = w.value
"""
NAMED = "SELECT s.id FROM json_each(:rids) w CROSS JOIN speaks_of s ON s.rid = w.value"
"""The ids that records have or join to theirs, and those that they name."""
SPEAKERS = """
SELECT w.value, r.rid, 1 FROM json_each(:ids) w CROSS JOIN record r ON r.id = w.value
UNION ALL SELECT w.value, a.rid, 1 FROM json_each(:ids) w CROSS JOIN alias a ON a.other = w.value
UNION ALL SELECT w.value, s.rid, 0 FROM json_each(:ids) w CROSS JOIN speaks_of s ON s.id = w.value
"""
"""Which records ever spoke of some ids, and whether they join others to them (1): indices alone."""
CURRENT = """
SELECT r.rid FROM json_each(:rids) w CROSS JOIN record r ON r.rid = w.value
WHERE r.since <= :before AND (r.until IS NULL OR r.until > :before)
    OR r.since <= :after AND (r.until IS NULL OR r.until > :after)
"""
ABOUT = """
SELECT c.rid, p.scheme || ':' || p.name FROM json_each(:rids) w
    CROSS JOIN claim c ON c.rid = w.value CROSS JOIN package p ON p.pid = c.pid
UNION ALL SELECT c.rid, p.scheme || ':' || p.name FROM json_each(:rids) w
    CROSS JOIN past_claim c ON c.rid = w.value CROSS JOIN package p ON p.pid = c.pid
"""
RELEASES = """
SELECT release, packages FROM area WHERE since <= :state AND release <> ''
UNION ALL SELECT release, packages FROM past_area
    WHERE since <= :state AND until > :state AND release <> ''
"""
RANGES = """
SELECT DISTINCT p.scheme || ':' || p.name, f.lo, f.hi
FROM package p CROSS JOIN affected f ON f.pid = p.pid
"""


def speakers_of(
    connection: sqlite3.Connection, rids: Collection[int], before: State, after: State
) -> set[tuple[str, int]]:
    """Return who speaks of what some records do, over all that aliases join to it.

    Args:
        connection: the store of the set, open.
        rids: records.
        before: a state.
        after: another; who spoke in one of them counts.

    Returns:
        Ids, each with the number of a record that has or names it; the records asked for are
        among them.
    """
    numbers = {"before": before.number, "after": after.number}
    found: set[tuple[str, int]] = set()
    ids: set[str] = set()
    new = {id_ for (id_,) in connection.execute(NAMED, {"rids": _each(rids)})}
    left, joined, asked, current = set(rids), set(rids), set(rids), set(rids)
    while left:
        new |= {id_ for (id_,) in connection.execute(OWN, {"rids": _each(left)})}
        new -= ids
        ids |= new
        rows = connection.execute(SPEAKERS, {"ids": _each(new)}).fetchall()
        others = {rid for _, rid, _ in rows} - asked
        asked |= others
        values = {"rids": _each(others), **numbers}
        current |= {rid for (rid,) in connection.execute(CURRENT, values)}
        found.update((id_, rid) for id_, rid, _ in rows if rid in current)
        left = {rid for _, rid, joins in rows if joins and rid in current} - joined
        joined |= left
    return found


def packages_of(connection: sqlite3.Connection, rids: Collection[int]) -> dict[int, set[str]]:
    """Return the packages (`scheme:name`) that each of some records is about."""
    found: dict[int, set[str]] = {}
    for rid, package in connection.execute(ABOUT, {"rids": _each(rids)}):
        found.setdefault(rid, set()).add(package)
    return found


def releases_of(connection: sqlite3.Connection, state: State) -> dict[str, int]:
    """Return the releases that the set spoke for in a state, as `AdvisorySet.areas` has them."""
    return dict(connection.execute(RELEASES, {"state": state.number}).fetchall())


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

    def _bring_likelihoods(self) -> None:
        """Leave them where they are: no transition follows from one (match.changes.transitions)."""

    def reach(self) -> None:
        """Return nothing: a part of the set says nothing of how far it reaches."""

    def ranges(self) -> list[Range]:
        """Return every range of a claim."""
        rows = self._db.execute(RANGES)
        return [Range(package, lo, hi) for package, lo, hi in rows]


def _each(values: Iterable[int] | Iterable[str]) -> str:
    return json.encode(sorted(values)).decode()
