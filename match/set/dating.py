"""The state an import leaves the set in (edge): its digest, its date, and those of its feeds."""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from hashlib import sha256
from heapq import merge
from itertools import islice

from msgspec import json

from match.model import HOUSE_FEED
from match.set import likelihoods
from match.set.confirming import Heard, news_of, write_news
from match.set.opening import LAYOUT
from match.set.reach import reach

AT_ONCE = 4096
SAME = """
UPDATE state SET (digest, as_of, unmatchable, packages) = (
    SELECT digest, as_of, unmatchable, packages FROM state
    WHERE number < ?1 ORDER BY number DESC LIMIT 1
) WHERE number = ?1
"""
"""A state that no record changed is the one before in all but its date."""
CHANGED = """
SELECT 1 FROM record WHERE feed = ?1 AND since = ?2
UNION ALL SELECT 1 FROM record WHERE until = ?2 AND feed = ?1
UNION ALL SELECT 1 FROM sheet WHERE feed = ?1 AND since = ?2
UNION ALL SELECT 1 FROM past_likelihood p CROSS JOIN sheet s ON s.number = p.sheet
    WHERE s.feed = ?1 AND p.until = ?2 LIMIT 1
"""


def begin_state(db: sqlite3.Connection, number: int, learned: str) -> None:
    """Write a state before what it brought is laid out; `date_state` says what it came to."""
    (last,) = db.execute("SELECT coalesce(max(dated), '') FROM state").fetchone()
    row = (number, learned, max(last, learned))
    db.execute("INSERT INTO state VALUES (?, ?, ?, '', '', 0, 0)", row)


def date_state(
    db: sqlite3.Connection, feeds: Iterable[str], number: int, learned: str, heard: Heard
) -> None:
    """Write the state of the set and of these feeds; one that changed nothing leaves none.

    heard: what was read to its end, and so is confirmed.
    """
    for feed in feeds:
        _date_feed(db, feed, number, learned)
    write_news(db, news_of(db, heard, learned), number)
    about = about_set(db)
    db.execute(
        "UPDATE state SET digest = ?, as_of = ?, unmatchable = ?,"
        " packages = (SELECT coalesce(max(pid), 0) FROM package) WHERE number = ?",
        (about["digest"], about["as_of"], int(about["unmatchable"]), number),
    )
    _forget_idle(db, number)


def confirm_state(db: sqlite3.Connection, parts: Collection[str], learned: str) -> None:
    """Write a state in which publishers have said that these files are as the set has them.

    Its digest is that of the state before, and no record is looked into. There is none where the
    set knows as much already.
    """
    news = news_of(db, Heard(parts), learned)
    if not news:
        return
    (number,) = db.execute("SELECT coalesce(max(number), 0) + 1 FROM state").fetchone()
    begin_state(db, number, learned)
    db.execute(SAME, (number,))
    write_news(db, news, number)


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
    digests: Iterator[bytes] = (digest for (digest,) in held)
    if likely := likelihoods.digests(db, feed):
        digests = merge(digests, likely)
    whole, some = sha256(), False
    while batch := b"".join(islice(digests, AT_ONCE)):
        whole.update(batch)
        some = True
    return whole.hexdigest() if some else ""


def _date_feed(db: sqlite3.Connection, feed: str, number: int, learned: str) -> None:
    """Write the state of one feed where it changed; a feed without records has none."""
    if not db.execute(CHANGED, (feed, number)).fetchone():
        return
    records, as_of, last = db.execute(
        "SELECT count(*), max(dated), max(learned) FROM record WHERE feed = ? AND until IS NULL",
        (feed,),
    ).fetchone()
    likely = likelihoods.facts(db, feed)
    confirmed = db.execute("SELECT confirmed, ahead FROM feed WHERE name = ?", (feed,)).fetchone()
    db.execute("INSERT INTO past_feed SELECT *, ? FROM feed WHERE name = ?", (number, feed))
    db.execute("DELETE FROM feed WHERE name = ?", (feed,))
    if records + likely.records:
        as_of, last = max(as_of or "", likely.as_of), max(last or "", likely.learned, learned)
        said = (feed, records + likely.records, as_of, last, *(confirmed or ("", "{}")))
        row = (*said, digest_of_feed(db, feed), number)
        db.execute("INSERT INTO feed VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)


def _forget_idle(db: sqlite3.Connection, number: int) -> None:
    """Forget a state that differs in nothing from the one before; the first has none."""
    for table in ("feed", "problem", "area"):
        for column, of in (("since", table), ("until", f"past_{table}")):
            query = f"SELECT 1 FROM {of} WHERE {column} = ? LIMIT 1"  # noqa: S608
            if db.execute(query, (number,)).fetchone():
                return
    db.execute("DELETE FROM state WHERE number = ?1 AND number > 1", (number,))
