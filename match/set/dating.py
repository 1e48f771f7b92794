"""The state an import leaves the set in (edge): its digest, its date, and those of its feeds."""

import sqlite3
from collections.abc import Iterable, Mapping
from hashlib import sha256
from itertools import chain

from msgspec import json

from match.model import HOUSE_FEED
from match.set.opening import LAYOUT
from match.set.reach import reach


def begin_state(db: sqlite3.Connection, number: int, learned: str) -> None:
    """Write a state before what it brought is laid out; `date_state` says what it came to."""
    (last,) = db.execute("SELECT coalesce(max(dated), '') FROM state").fetchone()
    row = (number, learned, max(last, learned))
    db.execute("INSERT INTO state VALUES (?, ?, ?, '', '', 0, 0)", row)


def date_state(db: sqlite3.Connection, feeds: Iterable[str], number: int, learned: str) -> None:
    """Write the state of the set and of these feeds; one that changed nothing leaves none."""
    for feed in feeds:
        _date_feed(db, feed, number, learned)
    about = about_set(db)
    db.execute(
        "UPDATE state SET digest = ?, as_of = ?, unmatchable = ?,"
        " packages = (SELECT coalesce(max(pid), 0) FROM package) WHERE number = ?",
        (about["digest"], about["as_of"], int(about["unmatchable"]), number),
    )
    _forget_idle(db, number)


def about_set(db: sqlite3.Connection) -> dict[str, str]:
    """Write what is read of a set at every start, from its feeds and records; return it."""
    feeds = {n: (a, d) for n, a, d in db.execute("SELECT name, as_of, digest FROM feed")}
    digest, newest = digest_of_set(feeds)
    (unmatchable,) = db.execute(
        "SELECT coalesce(sum(unmatchable), 0) FROM record WHERE until IS NULL"
    ).fetchone()
    about = {
        "layout": LAYOUT,
        "digest": digest,
        "as_of": newest,
        "unmatchable": str(unmatchable),
    }
    (number,) = db.execute("SELECT coalesce(max(number), 0) FROM state").fetchone()
    about["reach"] = json.encode(reach(db, newest, number)).decode()
    db.executemany("INSERT OR REPLACE INTO about_set VALUES (?, ?)", about.items())
    return about


def digest_of_set(feeds: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    """Return the digest and the date of a set of feeds: name to date and digest.

    The house's own advisories date a set only where there is nothing else: what was authored here
    today says nothing of how old the publishers' records are.
    """
    whole, own, newest = sha256(), "", ""
    for name, (as_of, digest) in sorted(feeds.items()):
        whole.update(f"{name}\0{digest}\n".encode())
        if name == HOUSE_FEED:
            own = as_of
        else:
            newest = max(newest, as_of)
    return f"sha256:{whole.hexdigest()}", newest or own


def digest_of_feed(db: sqlite3.Connection, feed: str) -> str:
    """Return the digest over a feed's current records; an empty text where it has none."""
    held = db.execute(
        "SELECT digest FROM record WHERE feed = ? AND until IS NULL ORDER BY digest", (feed,)
    )
    whole, first = sha256(), next(held, None)
    for (one,) in chain([first] if first else [], held):
        whole.update(one)
    return whole.hexdigest() if first else ""


def _date_feed(db: sqlite3.Connection, feed: str, number: int, learned: str) -> None:
    """Write the state of one feed where it changed; a feed without records has none."""
    records, as_of, last = db.execute(
        "SELECT count(*), max(dated), max(learned) FROM record WHERE feed = ? AND until IS NULL",
        (feed,),
    ).fetchone()
    row: tuple[object, ...] | None = None
    if records:
        row = (feed, records, as_of, max(last, learned), digest_of_feed(db, feed))
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
