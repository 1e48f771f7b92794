"""What layers gave, kept so that a known layer is never read again: copies that can be made anew.

A result is asked for by a key, in which everything is that decides it. What nobody asked for in
thirty days goes, and the longest unused beyond a bound on all of them.
"""

from collections.abc import Iterable

from isal import isal_zlib
from msgspec import Struct

from sbom.database import Database, Row, exists, open_database
from sbom.errors import StoreError
from sbom.image.streams import GzipError

MOST_BYTES = 1 << 30
"""Bytes that all results may take, packed; a layer of a common image has 100 kB to 1 MB."""
UNUSED_DAYS = 30
PATIENCE = 5
"""Seconds to wait for another writer: a result that is not kept is read again, that is all."""


class Totals(Struct, frozen=True, gc=False):
    """How many results there are, and their bytes."""

    count: int
    size: int


class Results:
    """The results of a store, as one run of the program asks and adds; `save` writes them.

    A store that cannot be used costs time alone: it is not asked again, and `trouble` says why.
    today: YYYY-MM-DD.
    """

    def __init__(self, url: str, program: str, today: str, most_bytes: int = MOST_BYTES) -> None:
        self.program = program
        self.trouble = ""
        self._url, self._today, self._most = url, today, most_bytes
        self._added: dict[bytes, tuple[str, bytes]] = {}
        self._touched: set[bytes] = set()

    def find(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """Return what is known of the keys."""
        found: dict[bytes, bytes] = {}
        for key, used, content in self._rows(list(keys)):
            try:
                found[bytes(key)] = isal_zlib.decompress(content)
            except GzipError:
                continue  # It is read again, and this row is written over.
            if used != self._today:
                self._touched.add(bytes(key))
        return found

    def add(self, key: bytes, about: str, content: bytes) -> None:
        """Note a result; about: the digest of the layer or image that it is of."""
        self._added[key] = (about, isal_zlib.compress(content, 1))

    def save(self) -> None:
        """Write what was added, and what was asked for today; keep to the bounds."""
        if self.trouble or not (self._added or self._touched):
            return
        try:
            self._write()
        except StoreError as error:
            self.trouble = str(error)
        self._added.clear()
        self._touched.clear()

    def _rows(self, keys: list[bytes]) -> list[Row]:
        try:
            if self.trouble or not keys or not exists(self._url):
                return []
            asked = "SELECT key, used, content FROM layer_result WHERE key IN (?)"
            with open_database(self._url, write=False, patience=PATIENCE) as database:
                return list(database.rows_in(asked, keys))
        except StoreError as error:
            self.trouble = str(error)
            return []

    def _write(self) -> None:
        rows = [
            (key, about, self.program, self._today, len(content), content)
            for key, (about, content) in self._added.items()
            if len(content) <= self._most
        ]
        with open_database(self._url, write=True, patience=PATIENCE) as database:
            database.executemany("DELETE FROM layer_result WHERE key = ?", ((r[0],) for r in rows))
            database.executemany("INSERT INTO layer_result VALUES (?, ?, ?, ?, ?, ?)", rows)
            database.executemany(
                "UPDATE layer_result SET used = ? WHERE key = ?",
                ((self._today, key) for key in self._touched),
            )
            drop_unused(database, self._today)
            _drop_oldest(database, self._most)


def totals(database: Database) -> Totals:
    """Return how much is kept."""
    row = database.execute("SELECT count(*), coalesce(sum(bytes), 0) FROM layer_result").fetchone()
    return Totals(int(row[0]), int(row[1]))


def drop_unused(database: Database, today: str) -> int:
    """Drop what was not asked for in a month; return how many results that were."""
    from datetime import date, timedelta

    last = (date.fromisoformat(today) - timedelta(days=UNUSED_DAYS)).isoformat()
    return int(database.execute("DELETE FROM layer_result WHERE used < ?", (last,)).rowcount)


def drop_of_others(database: Database, program: str) -> int:
    """Drop what another version of the program made; return how many results that were."""
    sql = "DELETE FROM layer_result WHERE program <> ?"
    return int(database.execute(sql, (program,)).rowcount)


def _drop_oldest(database: Database, most: int) -> None:
    """Drop the longest unused until the rest fits."""
    over = totals(database).size - most
    if over <= 0:
        return
    gone = []
    rows = database.execute("SELECT key, bytes FROM layer_result ORDER BY used, key").fetchall()
    for key, size in rows:
        if over <= 0:
            break
        gone.append((key,))
        over -= size
    database.executemany("DELETE FROM layer_result WHERE key = ?", gone)
