"""Which feeds their publishers have confirmed, and when (edge): part by part, at no record's cost.

A feed is confirmed by the time its least lately confirmed file was: what the set holds of it is all
that the publisher had by then. None of it is in a digest (docs/decisions/0020-confirmations.md).
"""

import sqlite3
from collections.abc import Collection, Iterator, Mapping

from msgspec import Struct, json

STANDING = """
SELECT DISTINCT feed, part FROM record WHERE until IS NULL
UNION SELECT feed, part FROM sheet WHERE number IN (SELECT sheet FROM likelihood)
"""
FEEDS = "SELECT name, confirmed, ahead FROM feed ORDER BY name"
ENDED = "INSERT INTO past_feed SELECT *, ?1 FROM feed WHERE name = ?2 AND since < ?1"
WRITTEN = "UPDATE feed SET confirmed = ?, ahead = ?, since = ? WHERE name = ?"
parts_ahead = json.Decoder(dict[str, str]).decode
"""Return the parts of `feed.ahead`, and when each was confirmed."""
ENCODE = json.Encoder(order="sorted").encode

News = Mapping[str, tuple[str, str]]
"""By feed, `confirmed` and `ahead` as they are to be (schemas/store.sql, `feed`)."""


class Heard(Struct, frozen=True, gc=False):
    """What was heard of publishers: files of which all was read, or said to be as it was.

    parts: by `record.part`. loose: feeds of whose records outside of snapshots that holds.
    """

    parts: Collection[str] = ()
    loose: Collection[str] = ()


def news_of(db: sqlite3.Connection, heard: Heard, learned: str) -> News:
    """Return what follows for the feeds of which more is confirmed now than was."""
    if not (learned and (heard.parts or heard.loose)):
        return {}
    parts: dict[str, list[str]] = {}
    for feed, part in standing_feeds(db):
        parts.setdefault(feed, []).append(part)
    news: dict[str, tuple[str, str]] = {}
    for feed, confirmed, ahead in db.execute(FEEDS):
        here = parts.get(feed, ())
        told = {part for part in here if _is_told(part, feed, heard)}
        if told:
            now = _confirmed(confirmed, parts_ahead(ahead), here, dict.fromkeys(told, learned))
            if now != (confirmed, ahead):
                news[feed] = now
    return news


def standing_feeds(db: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """Yield each feed with each file (`record.part`) in which current records of it stand."""
    yield from db.execute(STANDING)


def write_news(db: sqlite3.Connection, news: News, number: int) -> None:
    """Write what is confirmed from a state on."""
    for feed, (confirmed, ahead) in news.items():
        db.execute(ENDED, (number, feed))
        db.execute(WRITTEN, (confirmed, ahead, number, feed))


def written_ahead(parts: Mapping[str, str]) -> str:
    """Return `feed.ahead` of some parts, and when each was confirmed."""
    return ENCODE(parts).decode()


def _is_told(part: str, feed: str, heard: Heard) -> bool:
    return part in heard.parts if part else feed in heard.loose


def _confirmed(
    before: str, ahead: Mapping[str, str], here: Collection[str], told: Mapping[str, str]
) -> tuple[str, str]:
    """Return by when all of a feed's parts are confirmed, and which of them are by later.

    before: by when the parts were that `ahead` does not name.
    """
    later = {part: max(ahead.get(part, before), told.get(part, "")) for part in here}
    least = max(before, min(later.values()))
    ahead = {part: when for part, when in later.items() if when > least}
    return least, written_ahead(ahead)
