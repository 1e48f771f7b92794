"""A store's file, opened for reading (edge): of the right layout, and recovered where need be."""

import os
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from sbom.errors import StoreError

LAYOUT = "4"
IMPORT_HINT = "`lading feeds update` fetches advisories, `lading feeds import PATH` reads them"
COMMENT = r"--[^\n]*"
TABLE = re.compile(r"^CREATE TABLE IF NOT EXISTS (\w+)", re.MULTILINE)
CACHE_KIB = 131_072
PATIENCE = 60
"""Seconds a writer waits for another and, at its end, for readers; and a reader for a writer whose
import outgrew its memory."""


@contextmanager
def opened(url: str, *, beside: bool = False) -> Iterator[sqlite3.Connection]:
    """Open the advisory set of a store for reading.

    Args:
        url: the store.
        beside: give an empty database in memory instead, with the store attached as `kept`.

    Raises:
        StoreError: where there is no store, no advisories in it, or it cannot be read.
    """
    path = _to_read(url)
    if not os.path.exists(path):
        raise StoreError(f"{path}: no store", IMPORT_HINT)
    try:
        connection = _connect(path)
        try:
            if beside:
                connection.close()
                connection = _to_one("file::memory:", uri=True)
                connection.execute("ATTACH ? AS kept", (_uri(path),))
            yield connection
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise _unusable(path, error) from error


def path_of(url: str) -> str:
    """Return the file a store's URL or path names; of a server that answers, this machine's copy.

    Raises:
        StoreError: where a server cannot be used.
    """
    if url.startswith("sqlite:///"):
        return url.removeprefix("sqlite:///")
    if not _on_server(url):
        return url
    from match.carry.server import reach

    return reach(url)


@contextmanager
def writing(url: str, *, anew: bool = False) -> Iterator[sqlite3.Connection]:
    """Open the set of a store for one transaction, made where there is none; empty: in memory.

    It is committed at the end of the block, on the server first where there is one, and undone
    where the block raises. anew: the set begins empty, whatever version wrote the one before.

    Raises:
        StoreError: where the store cannot be written.
    """
    if _on_server(url):
        from match.carry.server import writing_through

        with writing_through(url, anew=anew) as db:
            yield db
        return
    with transaction(path_of(url) if url else ":memory:", anew=anew) as db:
        yield db


@contextmanager
def transaction(path: str, *, anew: bool = False) -> Iterator[sqlite3.Connection]:
    """Open a file (or `:memory:`) for one transaction, as `writing` does.

    Raises:
        StoreError: where it cannot be written.
    """
    from schemas import text

    if not path:  # SQLite would take it for a file of no name, and remove that at the end.
        raise StoreError("sqlite:///: it names no file", "write sqlite:///FOLDER/lading.db")
    kept = path != ":memory:"
    new = kept and not os.path.exists(path)
    try:
        if new:
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        db = _locked(path, "FILE" if kept else "MEMORY")
        try:
            if anew:
                clear(db)
            check_layout(db, path, empty=True)
            run_script(db, text("store.sql"))
            yield db
            if db.in_transaction:  # A set in memory that was read needs no commit.
                db.execute("COMMIT")
            new = False
        finally:
            if new:
                _discard(db, path)
            db.close()
    except sqlite3.Error as error:
        raise _unusable(path, error) from error


def _locked(path: str, scratch: str) -> sqlite3.Connection:
    """Open a file for the one writer it can have, waiting for another."""
    settings = f"PRAGMA cache_size=-{CACHE_KIB}; PRAGMA temp_store={scratch};"
    while True:
        db = _to_one(path)
        try:
            db.executescript(f"{settings} BEGIN IMMEDIATE;")
            if path == ":memory:" or os.path.exists(path):
                return db
        except sqlite3.Error:
            if os.path.exists(path):
                db.close()
                raise
        # The other one failed, and took the new file away while this one waited for it.
        db.close()


def _discard(db: sqlite3.Connection, path: str) -> None:
    """Remove a file in which nothing was kept, unless another writer has it or has had it."""
    with suppress(sqlite3.Error, OSError):
        if db.in_transaction:
            db.execute("ROLLBACK")
        db.execute("PRAGMA busy_timeout=0")
        db.execute("BEGIN IMMEDIATE")
        if not db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            os.unlink(path)


def _to_read(url: str) -> str:
    """Return the file to read; of a server's set, the copy brought up to date."""
    if not _on_server(url):
        return path_of(url)
    from match.carry.server import local_copy

    return local_copy(url)


def _on_server(url: str) -> bool:
    return "://" in url and not url.startswith("sqlite:///")


def check_layout(connection: sqlite3.Connection, path: str, *, empty: bool) -> None:
    """Refuse a store of another version, and one without advisories unless it may be `empty`.

    Raises:
        StoreError: with the remedy.
    """
    there = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'about_set'").fetchone()
    rows = connection.execute("SELECT name, value FROM about_set").fetchall() if there else []
    layout = dict(rows).get("layout")
    if layout is None and not empty:
        raise StoreError(f"{path}: no advisories in this store", IMPORT_HINT)
    if layout not in {None, LAYOUT}:
        raise StoreError(
            f"{path}: written by another version (layout {layout}, not {LAYOUT})",
            "`lading feeds import --replace PATH` makes the advisory set of this store anew",
        )


def clear(connection: sqlite3.Connection) -> None:
    """Take the whole set out of a store, its history too; SBOMs and verdicts stay."""
    from schemas import text

    views = connection.execute("SELECT name FROM sqlite_master WHERE type = 'view'").fetchall()
    for (view,) in views:  # Sets of layout 1 had one, and no table of a view can go.
        connection.execute(f"DROP VIEW {view}")
    for table in TABLE.findall(text("store.sql")):
        connection.execute(f"DROP TABLE IF EXISTS {table}")


def run_script(
    connection: sqlite3.Connection, script: str, values: Mapping[str, object] | None = None
) -> None:
    """Run the statements of a script, inside the transaction that is open if one is.

    `values` are those of the names (`:state`) in any of its statements.
    """
    for statement in re.sub(COMMENT, "", script).split(";"):
        connection.execute(statement, values or {})


def _connect(path: str) -> sqlite3.Connection:
    """Open read-only; where a killed writer left a journal, recover from it first."""
    connection = _to_one(_uri(path), uri=True)
    try:
        check_layout(connection, path, empty=False)
    except sqlite3.OperationalError as error:
        connection.close()
        if _is_busy(error) or not os.path.exists(path + "-journal"):
            raise
        connection = _to_one(path)
        check_layout(connection, path, empty=False)
    return connection


def _to_one(name: str, *, uri: bool = False) -> sqlite3.Connection:
    """Connect to a file; who comes while another writes what it does not hold in memory waits."""
    return sqlite3.connect(name, timeout=PATIENCE, isolation_level=None, uri=uri)


def _unusable(path: str, error: sqlite3.Error) -> StoreError:
    if _is_busy(error):
        return StoreError(f"{path}: another program is at work in it", "try again when it is done")
    return StoreError(f"{path}: {error}", "name another store with --db")


def _is_busy(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def _uri(path: str) -> str:
    quoted = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    return f"file:{quoted}?mode=ro"
