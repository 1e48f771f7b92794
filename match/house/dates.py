"""Who spoke of each CVE when, from the versions of all records a store has learned (edge)."""

import sqlite3
from collections.abc import Iterator
from itertools import groupby

from msgspec import Struct

from match.model import HOUSE_FEED, Advisory
from match.set.keeping import decode
from match.set.opening import opened

SPOKEN = (
    "SELECT m.gid, v.id, r.feed, r.id, coalesce(min(nullif(r.published, '')), ''), min(r.learned)"
    " FROM member m JOIN vulnerability v ON v.gid = m.gid JOIN record r ON r.id = m.id"
    " WHERE m.alias = 1 GROUP BY m.gid, v.id, r.feed, r.id"
    " UNION ALL "
    "SELECT m.gid, v.id, r.feed, r.id, coalesce(min(nullif(r.published, '')), ''), min(r.learned)"
    " FROM member m JOIN vulnerability v ON v.gid = m.gid JOIN speaks_of s ON s.id = m.id"
    " JOIN record r ON r.rid = s.rid"
    " WHERE m.alias = 1 AND r.id <> s.id GROUP BY m.gid, v.id, r.feed, r.id"
    " ORDER BY 1, 3, 4"
)
"""Each record of a group (rule 7), and each advisory that names it (rule 6): its first dates."""
VERSIONS = (
    "SELECT d.doc, r.learned FROM record r JOIN document d ON d.rid = r.rid"
    " WHERE r.feed = 'nvd' AND r.id = ?"
)
NO_DATES = frozenset({"epss", "kev"})
"""Feeds that say something of a CVE that others have published."""


class Heard(Struct, frozen=True, gc=False):
    """One record's first word on one vulnerability.

    feed, id: the record. published: as it states; learned: when its first version was learned.
    """

    feed: str
    id: str
    published: str
    learned: str


class Case(Struct, frozen=True, gc=False):
    """One vulnerability, everybody who spoke of it, and when NVD had analysed it.

    analysed: the earliest moment at which NVD's own score or products are known to have been there;
        they may have been there before. Empty where they are not known to be.
    """

    id: str
    heard: tuple[Heard, ...]
    analysed: str = ""


def cases(url: str) -> Iterator[Case]:
    """Yield each vulnerability of a store that somebody spoke of, in no particular order.

    Raises:
        StoreError: where there is no store, or no advisories in it.
    """
    with opened(url) as database:
        rows = database.execute(SPOKEN)
        for (_, id_), group in groupby(rows, key=lambda row: row[:2]):
            heard = tuple(Heard(*row[2:]) for row in group if row[2] not in NO_DATES)
            if len({each.feed for each in heard}) > 1 or any(h.feed == HOUSE_FEED for h in heard):
                yield Case(id_, heard, _analysed(database, heard))


def _analysed(database: sqlite3.Connection, heard: tuple[Heard, ...]) -> str:
    """Return the earliest date at which a version of NVD's record had a score or products."""
    found = [
        min(date for date in (record.modified, learned) if date)
        for cve in {each.id for each in heard if each.feed == "nvd"}
        for doc, learned in database.execute(VERSIONS, (cve,)).fetchall()
        if isinstance(record := decode(doc), Advisory)
        and (record.unmatchable or any(each.source == "nvd" for each in record.severities))
        and (record.modified or learned)
    ]
    return min(found, default="")
