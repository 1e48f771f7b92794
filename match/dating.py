"""The state an import leaves the set in (edge): its digest, its date, and those of its feeds."""

import sqlite3
from collections.abc import Iterable
from hashlib import sha256

from match.opening import LAYOUT


def begin_state(db: sqlite3.Connection, number: int, learned: str) -> None:
    """Write a state before what it brought is laid out; `date_state` says what it came to."""
    (last,) = db.execute("SELECT coalesce(max(dated), '') FROM state").fetchone()
    row = (number, learned, max(last, learned))
    db.execute("INSERT INTO state VALUES (?, ?, ?, '', '', 0, 0)", row)


def date_state(db: sqlite3.Connection, feeds: Iterable[str], number: int, learned: str) -> None:
    """Write the state of the set and of these feeds; one that changed nothing leaves none."""
    for feed in feeds:
        _date_feed(db, feed, number, learned)
    whole, newest = sha256(), ""
    for name, as_of, digest in db.execute("SELECT name, as_of, digest FROM feed ORDER BY name"):
        whole.update(f"{name}\0{digest}\n".encode())
        newest = max(newest, as_of)
    (unmatchable,) = db.execute(
        "SELECT coalesce(sum(unmatchable), 0) FROM record WHERE until IS NULL"
    ).fetchone()
    about = {
        "layout": LAYOUT,
        "digest": f"sha256:{whole.hexdigest()}",
        "as_of": newest,
        "unmatchable": str(unmatchable),
    }
    db.executemany("INSERT OR REPLACE INTO about_set VALUES (?, ?)", about.items())
    db.execute(
        "UPDATE state SET digest = ?, as_of = ?, unmatchable = ?,"
        " packages = (SELECT coalesce(max(pid), 0) FROM package) WHERE number = ?",
        (about["digest"], newest, unmatchable, number),
    )
    _forget_idle(db, number)


def _date_feed(db: sqlite3.Connection, feed: str, number: int, learned: str) -> None:
    """Write the state of one feed where it changed; a feed without records has none."""
    records, as_of, last = db.execute(
        "SELECT count(*), max(dated), max(learned) FROM record WHERE feed = ? AND until IS NULL",
        (feed,),
    ).fetchone()
    row: tuple[object, ...] | None = None
    if records:
        held = db.execute(
            "SELECT digest FROM record WHERE feed = ? AND until IS NULL ORDER BY digest", (feed,)
        )
        digest = sha256(b"".join(one for (one,) in held)).hexdigest()
        row = (feed, records, as_of, max(last, learned), digest)
    known = db.execute(
        "SELECT name, records, as_of, learned, digest FROM feed WHERE name = ?", (feed,)
    ).fetchone()
    if row == known:
        return
    db.execute("INSERT INTO past_feed SELECT *, ? FROM feed WHERE name = ?", (number, feed))
    db.execute("DELETE FROM feed WHERE name = ?", (feed,))
    if row:
        db.execute("INSERT INTO feed VALUES (?, ?, ?, ?, ?, ?)", (*row, number))


def _forget_idle(db: sqlite3.Connection, number: int) -> None:
    """Forget a state that differs in nothing from the one before; the first has none."""
    for table in ("feed", "problem", "area"):
        for column, of in (("since", table), ("until", f"past_{table}")):
            query = f"SELECT 1 FROM {of} WHERE {column} = ? LIMIT 1"  # noqa: S608
            if db.execute(query, (number,)).fetchone():
                return
    db.execute("DELETE FROM state WHERE number = ?1 AND number > 1", (number,))
