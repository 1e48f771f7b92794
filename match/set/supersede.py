"""How an import ends what it replaces (edge): it moves to the past, and is never deleted."""

import sqlite3
from collections.abc import Collection, Iterable

from match.set.opening import run_script
from sbom.errors import InputError

UNSEEN = """
r.until IS NULL AND r.since < :state
    AND NOT EXISTS (SELECT 1 FROM seen s WHERE s.digest = r.digest)
"""
REPLACED = f"""
CREATE TEMP TABLE dead (rid INTEGER PRIMARY KEY);
CREATE TEMP TABLE dead_claim (cid INTEGER PRIMARY KEY, pid INTEGER NOT NULL);
INSERT INTO dead SELECT r.rid FROM record r WHERE {UNSEEN}
    AND (r.feed, r.id) IN (SELECT feed, id FROM seen);
"""  # noqa: S608
GONE = f"""
SELECT r.rid, r.feed FROM record r WHERE {UNSEEN}
    AND (r.feed, r.part) IN (SELECT feed, part FROM seen_part)
    AND r.rid NOT IN (SELECT rid FROM dead)
"""  # noqa: S608
MOVED = """
INSERT OR IGNORE INTO touched SELECT id FROM record WHERE rid IN (SELECT rid FROM dead);
INSERT OR IGNORE INTO touched SELECT other FROM alias WHERE rid IN (SELECT rid FROM dead);
INSERT OR IGNORE INTO touched SELECT id FROM speaks_of WHERE rid IN (SELECT rid FROM dead);
UPDATE record SET until = :state WHERE rid IN (SELECT rid FROM dead);
INSERT INTO dead_claim SELECT cid, pid FROM claim WHERE rid IN (SELECT rid FROM dead);
INSERT INTO past_affected SELECT * FROM affected
    WHERE pid IN (SELECT pid FROM dead_claim) AND cid IN (SELECT cid FROM dead_claim);
DELETE FROM affected
    WHERE pid IN (SELECT pid FROM dead_claim) AND cid IN (SELECT cid FROM dead_claim);
INSERT INTO past_claim SELECT * FROM claim WHERE cid IN (SELECT cid FROM dead_claim);
DELETE FROM claim WHERE cid IN (SELECT cid FROM dead_claim);
"""
OVER = (
    "part IN (SELECT part FROM read_part) AND NOT EXISTS (SELECT 1 FROM lost l WHERE"
    " l.part = problem.part AND l.feed = problem.feed AND l.place = problem.place"
    " AND l.what = problem.what AND l.effect = problem.effect)"
)


def check_time(db: sqlite3.Connection, feeds: Collection[str], learned: str) -> None:
    """Refuse a snapshot that is older than what it would supersede.

    Raises:
        InputError: where the store learned of one of the feeds later than `learned`.
    """
    for feed, last in db.execute("SELECT name, learned FROM feed"):
        if feed in feeds and last > learned:
            raise InputError(
                f"{feed} was learned on {last} already, after {learned}",
                "import older snapshots first, into a new store",
            )


def supersede(db: sqlite3.Connection, state: int) -> list[str]:
    """End the versions that this import replaced, and what snapshot files no longer hold.

    Reads the temporary tables `seen` and `seen_part`, and adds to `touched`.

    Returns:
        The feed of each record that is gone.
    """
    run_script(db, REPLACED, {"state": state})
    gone = db.execute(GONE, {"state": state}).fetchall()
    db.executemany("INSERT INTO dead VALUES (?)", [(rid,) for rid, _ in gone])
    run_script(db, MOVED, {"state": state})
    return [feed for _, feed in gone]


def write_problems(db: sqlite3.Connection, state: int) -> None:
    """End the problems that the files read now no longer have, and keep the new ones."""
    db.execute(f"INSERT INTO past_problem SELECT *, ? FROM problem WHERE {OVER}", (state,))  # noqa: S608
    db.execute(f"DELETE FROM problem WHERE {OVER}")  # noqa: S608
    db.execute(
        "INSERT OR IGNORE INTO problem SELECT feed, part, place, what, effect, ? FROM lost",
        (state,),
    )


def write_areas(db: sqlite3.Connection, areas: Iterable[tuple[str, str]], state: int) -> None:
    """Write what the set speaks for, and of how many packages where it is a release."""
    db.executemany(
        "INSERT OR IGNORE INTO area VALUES (?, '', 0, ?)",
        ((name, state) for name, release in sorted(areas) if not release),
    )
    counted = db.execute(
        "SELECT release, count(DISTINCT name) FROM package WHERE release <> '' GROUP BY release"
    ).fetchall()
    known = dict(db.execute("SELECT name, packages FROM area WHERE release <> ''"))
    changed = [(name, count) for name, count in counted if known.get(name) != count]
    db.executemany(
        "INSERT INTO past_area SELECT name, release, packages, since, ? FROM area WHERE name = ?",
        ((state, name) for name, _ in changed),
    )
    db.executemany(
        "INSERT OR REPLACE INTO area VALUES (?1, ?1, ?2, ?3)",
        ((name, count, state) for name, count in changed),
    )
