"""Where house advisories are kept (edge): every version of every id, and none is ever changed.

A book is open for one transaction; whoever may write has it alone (sbom.database), so that an id
is given out once, whoever asks at the same moment.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import json

from match.house.entry import Entry
from match.house.ids import Name, parse, write
from sbom.database import Database, exists, open_database, shown
from sbom.errors import InputError, StoreError

ENTRY = json.Decoder(Entry)
LATEST = (
    "SELECT h.entry FROM house_advisory h WHERE h.version = (SELECT max(l.version)"
    " FROM house_advisory l WHERE l.organisation = h.organisation AND l.year = h.year"
    " AND l.number = h.number)"
)
ONE = "organisation = ? AND year = ? AND number = ?"


class Book:
    """All house advisories of a store. Use it inside `open_book`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def entries(self) -> tuple[Entry, ...]:
        """Return the latest version of each id, in order of organisation, year and number."""
        rows = self._database.execute(f"{LATEST} ORDER BY h.organisation, h.year, h.number")
        return tuple(ENTRY.decode(entry) for (entry,) in rows.fetchall())

    def get(self, id_: str) -> Entry:
        """Return the latest version of an id.

        Raises:
            InputError: where the id was never given out.
        """
        return self.history(id_)[-1]

    def history(self, id_: str) -> tuple[Entry, ...]:
        """Return all versions of an id, the first one first.

        Raises:
            InputError: where the id was never given out.
        """
        rows = self._database.execute(
            f"SELECT entry FROM house_advisory WHERE {ONE} ORDER BY version",  # noqa: S608
            parse(id_),
        ).fetchall()
        if not rows:
            raise InputError(f"{id_}: no such house advisory", "see `lading advisory list`")
        return tuple(ENTRY.decode(entry) for (entry,) in rows)

    def next_ids(self, organisation: str, year: int, count: int = 1) -> tuple[str, ...]:
        """Return the next ids of an organisation and year: above all that were ever given out."""
        highest = self._database.execute(
            "SELECT coalesce(max(number), 0) FROM house_advisory"
            " WHERE organisation = ? AND year = ?",
            (organisation, year),
        ).fetchone()[0]
        numbers = range(highest + 1, highest + 1 + count)
        return tuple(write(Name(organisation, year, number)) for number in numbers)

    def append(self, entry: Entry) -> None:
        """Keep a further version."""
        self._database.execute(
            "INSERT INTO house_advisory VALUES (?, ?, ?, ?, ?, ?)",
            (*parse(entry.id), entry.version, entry.at, json.encode(entry).decode()),
        )


@contextmanager
def open_book(url: str, *, write: bool) -> Iterator[Book]:
    """Open the house advisories of a store; what was appended is kept where the block ends well.

    Raises:
        StoreError: where there is no store to read, or it cannot be used.
    """
    if not write and not exists(url):
        raise StoreError(f"{shown(url)}: no store", "`lading advisory new` makes one")
    with open_database(url, write=write) as database:
        yield Book(database)
