"""The advisory set as it was (edge): laid out in memory for what is asked of it, and no more.

Records, claims and ranges are copied from the store as they stood; alias groups and cards are laid
out from them by the same functions as at an import. So an answer of then can be given again.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from msgspec import json

from match.ecosystems import Lookup
from match.model import Reach
from match.set.likelihoods import Then
from match.set.opening import LAYOUT, opened, run_script
from match.set.regroup import regroup
from match.set.states import State, find, read_states
from match.set.store import AdvisorySet, Package
from schemas import text

SCRATCH = """
CREATE TEMP TABLE touched (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TEMP TABLE closed (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TEMP TABLE brought (number INTEGER PRIMARY KEY);
"""
THEN = "r.since <= :state AND (r.until IS NULL OR r.until > :state)"
"""A record was current then."""
ENDED = "since <= :state AND until > :state"

FRAME = f"""
INSERT INTO state SELECT * FROM kept.state WHERE number <= :state;
INSERT INTO feed SELECT * FROM kept.feed WHERE since <= :state
    UNION ALL SELECT name, records, as_of, learned, confirmed, ahead, digest, since
    FROM kept.past_feed WHERE {ENDED};
INSERT INTO area SELECT * FROM kept.area WHERE since <= :state
    UNION ALL SELECT name, release, packages, since FROM kept.past_area WHERE {ENDED};
INSERT INTO problem SELECT * FROM kept.problem WHERE since <= :state
    UNION ALL SELECT feed, part, place, what, effect, since FROM kept.past_problem WHERE {ENDED};
INSERT INTO sheet SELECT * FROM kept.sheet WHERE since <= :state;
"""  # noqa: S608
"""What the whole set says of itself."""

PACKAGES = f"""
DELETE FROM brought;
INSERT OR IGNORE INTO brought SELECT p.pid FROM json_each(:names) w
    CROSS JOIN kept.package p ON p.name = json_extract(w.value, '$[1]')
        AND p.scheme = json_extract(w.value, '$[0]')
    WHERE p.pid <= :packages AND p.pid NOT IN (SELECT pid FROM package);
INSERT INTO package SELECT p.* FROM brought b CROSS JOIN kept.package p ON p.pid = b.number;
INSERT INTO claim SELECT c.* FROM brought b CROSS JOIN kept.claim c ON c.pid = b.number
        CROSS JOIN kept.record r ON r.rid = c.rid WHERE {THEN}
    UNION ALL SELECT c.* FROM brought b CROSS JOIN kept.past_claim c ON c.pid = b.number
        CROSS JOIN kept.record r ON r.rid = c.rid WHERE {THEN};
INSERT INTO affected SELECT f.* FROM brought b CROSS JOIN kept.affected f ON f.pid = b.number
        WHERE f.cid IN (SELECT cid FROM claim)
    UNION ALL SELECT f.* FROM brought b CROSS JOIN kept.past_affected f ON f.pid = b.number
        WHERE f.cid IN (SELECT cid FROM claim);
"""  # noqa: S608
"""The packages of some names, all claims on them and their ranges."""

SPOKEN = """
SELECT s.id FROM brought b CROSS JOIN claim c ON c.pid = b.number
    CROSS JOIN kept.speaks_of s ON s.rid = c.rid
UNION SELECT a.other FROM brought b CROSS JOIN claim c ON c.pid = b.number
    CROSS JOIN kept.alias a ON a.rid = c.rid
UNION SELECT r.id FROM brought b CROSS JOIN claim c ON c.pid = b.number
    CROSS JOIN kept.record r ON r.rid = c.rid
"""
"""The ids that the claims brought speak of."""

RECORDS = f"""
DELETE FROM touched;
INSERT INTO touched WITH RECURSIVE reach (id) AS (
    SELECT value FROM json_each(:ids) WHERE value NOT IN (SELECT id FROM closed)
    UNION SELECT a.other FROM reach CROSS JOIN kept.record r ON r.id = reach.id
        CROSS JOIN kept.alias a ON a.rid = r.rid WHERE {THEN}
    UNION SELECT r.id FROM reach CROSS JOIN kept.alias a ON a.other = reach.id
        CROSS JOIN kept.record r ON r.rid = a.rid WHERE {THEN}
) SELECT id FROM reach WHERE id NOT IN (SELECT id FROM closed);
INSERT INTO closed SELECT id FROM touched;
DELETE FROM brought;
INSERT OR IGNORE INTO brought
    SELECT r.rid FROM touched t CROSS JOIN kept.record r ON r.id = t.id WHERE r.since <= :state
    UNION SELECT r.rid FROM touched t CROSS JOIN kept.speaks_of s ON s.id = t.id
        CROSS JOIN kept.record r ON r.rid = s.rid WHERE r.since <= :state;
DELETE FROM brought WHERE number IN (SELECT rid FROM record);
INSERT INTO record SELECT r.* FROM brought b CROSS JOIN kept.record r ON r.rid = b.number;
UPDATE record SET until = NULL WHERE until > :state;
INSERT INTO document SELECT d.* FROM brought b CROSS JOIN record r ON r.rid = b.number
    CROSS JOIN kept.document d ON d.rid = b.number WHERE r.until IS NULL;
INSERT INTO alias SELECT a.* FROM brought b CROSS JOIN kept.alias a ON a.rid = b.number;
INSERT INTO speaks_of
    SELECT s.* FROM brought b CROSS JOIN kept.speaks_of s ON s.rid = b.number;
"""  # noqa: S608
"""All versions until then of the records that bear on some ids, over all that aliases reach."""


@contextmanager
def open_past(url: str, which: str | State) -> Iterator[AdvisorySet]:
    """Open the advisory set of a store as it was in a state, or the one a date or digest names.

    Raises:
        InputError: where the name stands for no state.
        StoreError: where there is no store, no advisories in it, or it cannot be read.
    """
    with opened(url, beside=True) as connection:
        state = find(read_states(connection), which) if isinstance(which, str) else which
        yield PastSet(connection, state)


class PastSet(AdvisorySet):
    """The set as it was in one state. `connection` is in memory, beside the store as `kept`."""

    def __init__(self, connection: sqlite3.Connection, state: State) -> None:
        self._state = state
        self._next = 1
        self._reach: Reach | None = None
        self._likelihoods = Then(connection, state.number)
        run_script(connection, text("store.sql") + text("store_indices.sql"))
        run_script(connection, FRAME, {"state": state.number})
        about = {
            "layout": LAYOUT,
            "digest": state.digest,
            "as_of": state.as_of,
            "unmatchable": str(state.unmatchable),
        }
        connection.executemany("INSERT INTO about_set VALUES (?, ?)", about.items())
        super().__init__(connection)
        # After the settings of the set: what is temporary is lost with them.
        run_script(connection, SCRATCH)

    def reach(self) -> Reach | None:
        """Return how much of what had been published lately the set could match then."""
        if self._reach is None:
            from match.set.reach import reach

            self._reach = reach(self._db, self._state.as_of, self._state.number, "kept")
        return self._reach

    def packages(self, lookups: Sequence[Lookup]) -> list[Package]:
        """Return the packages that lookups lead to, with all that can be asked of them next."""
        names = sorted({(lookup.key.scheme, lookup.key.name) for lookup in lookups})
        values = {
            "state": self._state.number,
            "packages": self._state.packages,
            "names": json.encode(names).decode(),
        }
        run_script(self._db, PACKAGES, values)
        self._bring(id_ for (id_,) in self._db.execute(SPOKEN).fetchall())
        return super().packages(lookups)

    def groups_of(self, id_: str) -> tuple[int, ...]:
        """Return the groups an id leads to, laid out before they are."""
        self._bring([id_])
        named = self._db.execute(
            "SELECT s.id FROM record r JOIN speaks_of s ON s.rid = r.rid WHERE r.id = ?", (id_,)
        ).fetchall()
        self._bring(other for (other,) in named)
        return super().groups_of(id_)

    def _bring(self, ids: Iterable[str]) -> None:
        """Bring every record that bears on these ids, and lay out their groups."""
        values = {"state": self._state.number, "ids": json.encode(sorted(ids)).decode()}
        run_script(self._db, RECORDS, values)
        self._bring_likelihoods()
        self._lay_out()

    def _bring_likelihoods(self) -> None:
        """Bring the likelihoods of the ids in `touched`."""
        self._likelihoods.bring()

    def _lay_out(self) -> None:
        """Lay out the groups of the ids in `touched`."""
        self._next = regroup(self._db, self._next)
