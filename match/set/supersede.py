"""How an import ends what it replaces (edge): it moves to the past, and is never deleted."""

import sqlite3
from collections.abc import Collection, Iterable

from match.model import HOUSE_FEED
from match.set.opening import run_script
from match.set.unread import HAS_MORE, IS_UNREAD, PARTLY_UNREAD, mended, note_unread
from sbom.errors import InputError

PARTIAL = frozenset({HOUSE_FEED, "osv:LDG"})
"""Feeds of single findings: what they name is matched, but nothing is covered by them."""
IN_PART = "({})".format(", ".join(f"'{feed}'" for feed in sorted(PARTIAL)))

UNSEEN = """
r.until IS NULL AND r.since < :state
    AND NOT EXISTS (SELECT 1 FROM seen s WHERE s.digest = r.digest)
"""
REPLACED = f"""
CREATE TEMP TABLE dead (rid INTEGER PRIMARY KEY);
CREATE TEMP TABLE dead_claim (cid INTEGER PRIMARY KEY, pid INTEGER NOT NULL);
INSERT INTO dead SELECT r.rid FROM record r WHERE {UNSEEN}
    AND (r.feed, r.id) IN (SELECT feed, id FROM seen) AND NOT ({PARTLY_UNREAD} AND {HAS_MORE});
"""  # noqa: S608
GONE = f"""
SELECT r.rid, r.feed FROM record r WHERE {UNSEEN}
    AND (r.feed, r.part) IN (SELECT feed, part FROM seen_part)
    AND r.rid NOT IN (SELECT rid FROM dead) AND NOT {IS_UNREAD}
"""  # noqa: S608
MOVED = """
INSERT OR IGNORE INTO touched SELECT id FROM record WHERE rid IN (SELECT rid FROM dead);
INSERT OR IGNORE INTO touched SELECT other FROM alias WHERE rid IN (SELECT rid FROM dead);
INSERT OR IGNORE INTO touched SELECT id FROM speaks_of WHERE rid IN (SELECT rid FROM dead);
UPDATE record SET until = :state WHERE rid IN (SELECT rid FROM dead);
DELETE FROM read_from WHERE rid IN (SELECT rid FROM dead);
INSERT INTO dead_claim SELECT cid, pid FROM claim WHERE rid IN (SELECT rid FROM dead);
INSERT INTO past_affected SELECT * FROM affected
    WHERE pid IN (SELECT pid FROM dead_claim) AND cid IN (SELECT cid FROM dead_claim);
DELETE FROM affected
    WHERE pid IN (SELECT pid FROM dead_claim) AND cid IN (SELECT cid FROM dead_claim);
INSERT INTO past_claim SELECT * FROM claim WHERE cid IN (SELECT cid FROM dead_claim);
DELETE FROM claim WHERE cid IN (SELECT cid FROM dead_claim);
"""
OVER = (
    "(EXISTS (SELECT 1 FROM read_part p WHERE p.part = problem.part AND"
    " (p.whole OR substr(problem.place, 1, length(p.file)) = p.file))"
    " OR (part, place) IN (SELECT part, place FROM mended))"
    " AND NOT EXISTS (SELECT 1 FROM lost l WHERE l.part = problem.part"
    " AND l.feed = problem.feed AND l.place = problem.place"
    " AND l.what = problem.what AND l.effect = problem.effect)"
)
PARTLY = f"""
SELECT DISTINCT c.pid FROM record r CROSS JOIN claim c ON c.rid = r.rid WHERE r.feed IN {IN_PART}
UNION SELECT c.pid FROM record r CROSS JOIN past_claim c ON c.rid = r.rid WHERE r.feed IN {IN_PART}
"""  # noqa: S608 (our own names)
NAMED = f"""
SELECT p.release, count(DISTINCT CASE WHEN p.pid NOT IN (SELECT pid FROM partly)
    OR EXISTS (SELECT 1 FROM claim c CROSS JOIN record r ON r.rid = c.rid
        WHERE c.pid = p.pid AND r.feed NOT IN {IN_PART})
    OR EXISTS (SELECT 1 FROM past_claim c CROSS JOIN record r ON r.rid = c.rid
        WHERE c.pid = p.pid AND r.feed NOT IN {IN_PART})
    THEN p.name END)
FROM package p WHERE p.release <> '' GROUP BY p.release
"""  # noqa: S608 (our own names)
"""Each release, and how many of its packages some feed names that speaks for the whole of it."""
NAMED_ALONE = """
INSERT INTO area SELECT p.release, p.release, 0, min(r.since)
    FROM package p CROSS JOIN (SELECT pid, rid FROM claim UNION ALL SELECT pid, rid FROM past_claim)
        AS c ON c.pid = p.pid
    CROSS JOIN record r ON r.rid = c.rid
    WHERE p.release <> '' AND p.release NOT IN (SELECT name FROM area) GROUP BY p.release
"""
"""What `write_areas` writes of a release that feeds of single findings alone name."""


def check_time(db: sqlite3.Connection, feeds: Collection[str], learned: str) -> None:
    """Refuse a snapshot that is older than what it would supersede.

    Raises:
        InputError: where the store learned of one of the feeds, or had it confirmed, later than
            `learned`.
    """
    for feed, *known in db.execute("SELECT name, learned, confirmed FROM feed"):
        last = max(known)
        if feed in feeds and last > learned:
            raise InputError(
                f"{feed} was learned on {last} already, after {learned}",
                "import older snapshots first, into a new store",
            )


def supersede(db: sqlite3.Connection, state: int) -> list[str]:
    """End the versions that this import replaced, and what snapshot files no longer hold.

    What could not be read ends nothing. Reads the temporary tables `seen`, `seen_part` and those of
    `note_unread`, and adds to `touched`.

    Returns:
        The feed of each record that is gone.
    """
    note_unread(db, state)
    run_script(db, REPLACED, {"state": state})
    gone = db.execute(GONE, {"state": state}).fetchall()
    db.executemany("INSERT INTO dead VALUES (?)", [(rid,) for rid, _ in gone])
    run_script(db, MOVED, {"state": state})
    return [feed for _, feed in gone]


def write_problems(db: sqlite3.Connection, state: int) -> None:
    """End the problems that the files read now no longer have, and keep the new ones.

    Of a file of which only what changed was read, those end that are about that.
    """
    db.execute("CREATE TEMP TABLE mended (part TEXT, place TEXT)")
    db.executemany("INSERT INTO mended VALUES (?, ?)", mended(db))
    db.execute(f"INSERT INTO past_problem SELECT *, ? FROM problem WHERE {OVER}", (state,))  # noqa: S608
    db.execute(f"DELETE FROM problem WHERE {OVER}")  # noqa: S608
    db.execute(
        "INSERT OR IGNORE INTO problem SELECT feed, part, place, what, effect, ? FROM lost",
        (state,),
    )


def write_areas(db: sqlite3.Connection, areas: Iterable[tuple[str, str]], state: int) -> None:
    """Write what the set speaks for, and of how many packages where it is a release.

    A release that feeds of single findings alone name has none: it is looked up, and not covered.
    areas: name and release of what this import's feeds speak for (match.ecosystems.area_of).
    """
    db.executemany(
        "INSERT OR IGNORE INTO area VALUES (?, '', 0, ?)",
        ((name, state) for name, release in sorted(areas) if not release),
    )
    db.execute(f"CREATE TEMP TABLE partly AS {PARTLY}")
    counted = db.execute(NAMED).fetchall()
    db.execute("DROP TABLE partly")
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
