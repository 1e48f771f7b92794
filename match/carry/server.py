"""The advisory set on PostgreSQL (edge): the server keeps what each import brought.

Every machine has a copy by which it matches, brought up to date by what it lacks. A writer has the
server's lock, imports into its own copy, sends what that brought, and the server commits first.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from io import BytesIO

from msgspec import Struct

from match.carry.exporting import carried
from match.carry.laying import lay
from match.carry.lineage import Known, history
from match.carry.parcel import decoded, encoded
from match.carry.stream import read
from match.carry.taking import Taking
from match.fetch.shelf import default_cache
from match.set.opening import IMPORT_HINT, LAYOUT, clear, run_script, transaction
from sbom.database import Database, identity, open_database, shown
from sbom.errors import InputError, StoreError
from schemas import text

PATIENCE = 900
"""Seconds a writer waits for another machine's import."""
PART = 8 << 20
COPIED = "copied"
"""The name in `about_set` of what a copy was last brought up to: number and digest."""
EVERYTHING = ""
"""What is left out of a set that goes to the server: nothing."""
REPAIR = "restore the database"
ANEW = "`lading feeds import --replace PATH` makes the advisory set of this store anew"
LISTED = "SELECT number, digest FROM advisory_delta ORDER BY number"
STANDS_IN = (
    "SELECT m.rid, r.part FROM moved m JOIN record r ON r.rid = m.rid WHERE m.state > ?1"
    " UNION ALL SELECT s.number, count(*) FROM sheet s JOIN likelihood l ON l.sheet = s.number"
    " WHERE s.moved > ?1 GROUP BY s.number"
)


class Copy(Struct, frozen=True, gc=False):
    """This machine's copy of a server's set. path: its file. current: whether it is up to date."""

    path: str
    there: bool
    current: bool
    size: int


def local_copy(url: str) -> str:
    """Return the file that has this machine's copy of a server's set, brought up to date.

    Raises:
        StoreError: where the server cannot be asked, or has no advisories.
    """
    path = copy_of(url)
    with open_database(url, write=False) as server:
        listed = server.execute(LISTED).fetchall()
        if not listed:
            raise StoreError(f"{shown(url)}: no advisories in this store", IMPORT_HINT)
        if _copied(path) != _mark(listed[-1]):
            _private(path)
            with transaction(path) as db:
                _bring(db, server, url)
    return path


@contextmanager
def writing_through(url: str, *, anew: bool = False) -> Iterator[sqlite3.Connection]:
    """Open this machine's copy for one transaction; what it changes is sent to the server.

    anew: the set begins empty; the server's is replaced as a whole.

    Raises:
        StoreError: where another machine keeps writing, or either side cannot be written.
    """
    path = copy_of(url)
    _private(path)
    # Left in the opposite order: the server commits before the copy does.
    with (
        transaction(path, anew=anew) as db,
        open_database(url, write=True, patience=PATIENCE) as server,
    ):
        if anew:
            server.execute("DELETE FROM advisory_delta_part")
            server.execute("DELETE FROM advisory_delta")
        else:
            _bring(db, server, url)
        before = history(db, EVERYTHING)
        last = before[-1].own.number if before else 0
        moved = set(db.execute(STANDS_IN, (last,)))
        yield db
        after = history(db, EVERYTHING)
        if after != before or set(db.execute(STANDS_IN, (last,))) != moved:
            _send(db, server, before, after)


def reach(url: str) -> str:
    """Return the file of this machine's copy, whatever is in it, where the server answers.

    Raises:
        StoreError: where it does not.
    """
    with open_database(url, write=False):
        return copy_of(url)


def copy_of(url: str) -> str:
    """Return the file of this machine's copy: below LADING_CACHE, else the user's cache folder."""
    name = sha256(identity(url).encode()).hexdigest()[:20]
    folder = default_cache(os.environ.get("LADING_CACHE", ""))
    return os.path.join(folder, "sets", f"{name}-{LAYOUT}.db")


def inspect(url: str) -> Copy:
    """Tell of this machine's copy, without bringing it up to date.

    Raises:
        StoreError: where the server cannot be asked.
    """
    path = copy_of(url)
    with open_database(url, write=False) as server:
        listed = server.execute(LISTED).fetchall()
    there = os.path.exists(path)
    current = bool(listed) and _copied(path) == _mark(listed[-1])
    return Copy(path, there, current, os.path.getsize(path) if there else 0)


def _bring(db: sqlite3.Connection, server: Database, url: str) -> None:
    """Bring a copy up to date; one of another history is made anew."""
    listed = server.execute(LISTED).fetchall()
    row = db.execute("SELECT value FROM about_set WHERE name = ?", (COPIED,)).fetchone()
    marks = [_mark(each) for each in listed]
    done = marks.index(row[0]) + 1 if row and row[0] in marks else 0
    if not done:
        clear(db)
        run_script(db, text("store.sql"))
    for number, digest in listed[done:]:
        _lay_one(db, server, number, digest, shown(url))
    if marks:
        _note(db, marks[-1])


def _lay_one(
    db: sqlite3.Connection, server: Database, number: int, digest: str, where: str
) -> None:
    """Lay one import of the server's into a copy."""
    ask = "SELECT manifest FROM advisory_delta WHERE number = ?"
    told = bytes(server.execute(ask, (number,)).fetchone()[0])
    damaged = StoreError(f"{where}: import {number} is damaged", REPAIR)
    if sha256(told).hexdigest() != digest:
        raise damaged
    try:
        manifest = decoded(told, where)
    except InputError as error:  # It is what was written, so by another version.
        raise StoreError(error.message, ANEW) from error
    known = history(db, EVERYTHING)
    if (manifest.base.lineage if manifest.base else "") != (known[-1].lineage if known else ""):
        raise damaged
    try:
        lay(db, manifest, read(_parts(server, number), manifest.body, where), EVERYTHING)
    except InputError as error:
        raise StoreError(f"{error.message} (import {number})", REPAIR) from error


def _parts(server: Database, number: int) -> Iterator[bytes]:
    """Yield the body of an import, part by part."""
    ask = "SELECT body FROM advisory_delta_part WHERE number = ? AND place = ?"
    place = 0
    while row := server.execute(ask, (number, place)).fetchone():
        yield bytes(row[0])
        place += 1


def _send(
    db: sqlite3.Connection,
    server: Database,
    before: tuple[Known, ...],
    after: tuple[Known, ...],
) -> None:
    """Send what an import brought; a set that took another history replaces the server's."""
    base = before[-1] if before else None
    if after[: len(before)] != before:
        server.execute("DELETE FROM advisory_delta_part")
        server.execute("DELETE FROM advisory_delta")
        base = None
    (number,) = server.execute("SELECT coalesce(max(number), 0) + 1 FROM advisory_delta").fetchone()
    body = _Body(server, number)
    manifest = carried(db, Taking(db, after, base, EVERYTHING), EVERYTHING, body.put)
    body.flush()
    told = encoded(manifest)
    digest = sha256(told).hexdigest()
    server.execute("INSERT INTO advisory_delta VALUES (?, ?, ?)", (number, digest, told))
    _note(db, _mark((number, digest)))


class _Body:
    """The parts of an import on their way to the server."""

    def __init__(self, server: Database, number: int) -> None:
        self._server, self._number = server, number
        self._place, self._held = 0, BytesIO()

    def put(self, block: bytes) -> None:
        """Take a block; send a part where it is large enough."""
        self._held.write(block)
        if self._held.tell() >= PART:
            self.flush()

    def flush(self) -> None:
        """Send what is held."""
        if self._held.tell():
            row = (self._number, self._place, self._held.getvalue())
            self._server.execute("INSERT INTO advisory_delta_part VALUES (?, ?, ?)", row)
            self._place, self._held = self._place + 1, BytesIO()


def _copied(path: str) -> str:
    """Return what a copy was last brought up to; an empty text where there is none to be read."""
    if not os.path.exists(path):
        return ""
    quoted = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    try:
        db = sqlite3.connect(f"file:{quoted}?mode=ro", uri=True)
        try:
            ask = "SELECT value FROM about_set WHERE name = ?"
            row = db.execute(ask, (COPIED,)).fetchone()
        finally:
            db.close()
    except sqlite3.Error:
        return ""
    return row[0] if row else ""


def _note(db: sqlite3.Connection, mark: str) -> None:
    db.execute("INSERT OR REPLACE INTO about_set VALUES (?, ?)", (COPIED, mark))


def _mark(listed: tuple[int, str]) -> str:
    return f"{listed[0]}:{listed[1]}"


def _private(path: str) -> None:
    """Make the folder of the copies: theirs is what the house keeps to itself."""
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}", "name a folder with LADING_CACHE") from error
