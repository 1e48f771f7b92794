"""The store's database (edge): SQLite in a file, or PostgreSQL by URL, spoken to as one dialect.

SQL is written as SQLite has it, with `?` for each argument and nowhere else. There is one writer at
a time, in both: whoever may write has the store to itself until the block ends.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Literal

from sbom.errors import StoreError

Dialect = Literal["sqlite", "postgresql"]
Row = tuple[Any, ...]

SERVERS = ("postgresql://", "postgres://")
PATIENCE = 60
"""Seconds a writer waits for another one."""
REACH = 10
"""Seconds to wait for a server."""
WRITERS = 0x6C6164696E67
"""The advisory lock (PostgreSQL, 13.3.5) that a writer holds: `lading` in ASCII."""
AT_ONCE = 500
"""Values of one `IN` list: SQLite before 3.32 takes 999 arguments at most."""
MIGRATIONS = "store"
"""The folder in `schemas`; its files `NNNN_what.sql` are applied in order, each once."""
WORDS = {"BLOB": "BYTEA", "INTEGER": "BIGINT", "TEXT": 'TEXT COLLATE "C"', "WITHOUT ROWID": ""}
"""SQLite's words in migrations, and what PostgreSQL calls them; text sorts by its bytes in both."""


class Database:
    """One transaction. Rows come as tuples; BLOBs are `bytes`, TEXT is `str` without NUL."""

    def __init__(self, connection: Any, dialect: Dialect) -> None:
        self._connection = connection
        self.dialect: Dialect = dialect

    def execute(self, sql: str, arguments: Sequence[object] = ()) -> Any:
        """Run one statement; returns the cursor (`fetchone`, `fetchall`, iteration, `rowcount`)."""
        if self.dialect == "sqlite":
            return self._connection.execute(sql, arguments)
        return self._connection.execute(_percent(sql), arguments)

    def executemany(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run one statement for each row."""
        if self.dialect == "sqlite":
            self._connection.executemany(sql, rows)
            return
        with self._connection.cursor() as cursor:
            cursor.executemany(_percent(sql), rows)

    def rows_in(self, sql: str, values: Iterable[object]) -> Iterator[Row]:
        """Yield what a statement with `IN (?)` gives for a list of any length, part by part."""
        wanted = list(values)
        for start in range(0, len(wanted), AT_ONCE):
            part = wanted[start : start + AT_ONCE]
            marks = ", ".join("?" * len(part))
            yield from self.execute(sql.replace("IN (?)", f"IN ({marks})"), part)

    def has_table(self, name: str) -> bool:
        """Tell whether there is a table."""
        if self.dialect == "sqlite":
            sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
        else:
            sql = "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = ?"
        return self.execute(sql, (name,)).fetchone() is not None

    def size(self) -> int:
        """Return how many bytes the whole database takes."""
        if self.dialect == "sqlite":
            sql = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        else:
            sql = "SELECT pg_database_size(current_database())"
        return int(self.execute(sql).fetchone()[0])


@contextmanager
def open_database(url: str, *, write: bool, patience: int = PATIENCE) -> Iterator[Database]:
    """Open a store with its tables up to date, for one transaction.

    It is committed at the end of the block, and undone where the block raises. A reader sees the
    store as it was at its first question, whatever is written meanwhile.

    Args:
        url: a SQLite file (or `sqlite:///FILE`), or `postgresql://…`.
        write: a writer makes the file where there is none, and waits for other writers.
        patience: for how many seconds.

    Raises:
        StoreError: no store to read, another version's, no driver, or what the engine says;
            a password in `url` is in none of them.
    """
    if not write:
        with _transaction(url, write=False, patience=patience) as database:
            pending = _pending(database, shown(url))
            if not pending:
                yield database
        if not pending:
            return
        with _transaction(url, write=True, patience=patience) as database:
            migrate(database, url)
    with _transaction(url, write=write, patience=patience) as database:
        if write:
            migrate(database, url)
        yield database


def exists(url: str) -> bool:
    """Tell whether there is something to read; a server's database is taken to be there."""
    return url.startswith(SERVERS) or os.path.exists(_path(url))


def shown(url: str) -> str:
    """Return a store's URL as it may be told: without user, password and settings."""
    scheme, slashes, rest = url.partition("://")
    if not slashes or scheme == "sqlite":
        return url
    if "password" in rest:
        return f"{scheme}://..."
    return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"


def identity(url: str) -> str:
    """Return what tells a server's store from every other, without the password.

    Raises:
        StoreError: where `url` names no database on a server, or there is no driver.
    """
    if not url.startswith(SERVERS):
        raise StoreError(f"{shown(url)}: this kind of store is not known", "see `--db`")
    settings = _settings(url)
    names = ("host", "hostaddr", "port", "dbname", "user", "options", "service")
    return "\n".join(f"{name}={settings.get(name) or ''}" for name in names)


def migrate(database: Database, url: str) -> tuple[int, ...]:
    """Bring the tables up to date inside a writer's transaction; return the numbers applied.

    Raises:
        StoreError: where a newer version has written the store.
    """
    pending = _pending(database, shown(url))
    if not pending:
        return ()
    from schemas import text

    if not database.has_table("migration"):
        _run(database, "CREATE TABLE migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL);")
    for number, name in pending:
        _run(database, text(f"{MIGRATIONS}/{name}"))
        database.execute("INSERT INTO migration VALUES (?, ?)", (number, name))
    return tuple(number for number, _ in pending)


def applied(database: Database) -> int:
    """Return the number of the newest migration of a store, 0 where it has none."""
    if not database.has_table("migration"):
        return 0
    return int(database.execute("SELECT coalesce(max(number), 0) FROM migration").fetchone()[0])


def _pending(database: Database, where: str) -> list[tuple[int, str]]:
    """Return the migrations that a store has yet to see."""
    there, known = applied(database), _migrations()
    newest = known[-1][0]
    if there > newest:
        raise StoreError(
            f"{where}: a newer version of Lading has written it (layout {there}, not {newest})",
            "use that version, or name another store with --db",
        )
    return [(number, name) for number, name in known if number > there]


@cache
def _migrations() -> tuple[tuple[int, str], ...]:
    """Return the migrations there are, in order: number and file."""
    from schemas import names

    files = sorted(name for name in names(MIGRATIONS) if name.endswith(".sql"))
    return tuple((int(name.partition("_")[0]), name) for name in files)


def _run(database: Database, script: str) -> None:
    """Run the statements of a migration: each ends in `;` at the end of a line."""
    lines = [line for line in script.splitlines() if not line.lstrip().startswith("--")]
    for statement in "\n".join(lines).split(";\n"):
        text = statement.strip().rstrip(";")
        if database.dialect == "postgresql":
            for word, other in WORDS.items():
                text = text.replace(word, other)
        if text:
            database.execute(text)


@contextmanager
def _transaction(url: str, *, write: bool, patience: int) -> Iterator[Database]:
    if url.startswith(SERVERS):
        with _postgresql(url, write=write, patience=patience) as database:
            yield database
    else:
        with _sqlite(_path(url), write=write, patience=patience) as database:
            yield database


@contextmanager
def _sqlite(path: str, *, write: bool, patience: int) -> Iterator[Database]:
    """Open a file. It keeps its rollback journal: a set on a read-only disk has to be readable."""
    if write:
        _make_folder(path)
    elif not os.path.exists(path):
        raise StoreError(f"{path}: no store", "`lading scan` keeps SBOMs in it")
    try:
        connection = sqlite3.connect(path, timeout=patience, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            yield Database(connection, "sqlite")
            connection.execute("COMMIT")
        finally:
            connection.close()
    except sqlite3.Error as error:
        locked = "locked" in str(error)
        hint = "another process is writing to it" if locked else "name another store with --db"
        raise StoreError(f"{path}: {error}", hint) from error


def _make_folder(path: str) -> None:
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}", "name another store with --db") from error


@contextmanager
def _postgresql(url: str, *, write: bool, patience: int) -> Iterator[Database]:
    """Open a server's database; a writer waits for the lock that all writers of a store take."""
    settings = _settings(url)
    import psycopg

    try:
        with psycopg.connect(**settings) as connection:
            if write:
                connection.execute(f"SET LOCAL lock_timeout = '{patience}s'")
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (WRITERS,))
            else:
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield Database(connection, "postgresql")
    except psycopg.Error as error:
        said = (str(error).strip() or type(error).__name__).splitlines()[0]
        secret = str(settings.get("password") or "")
        said = said.replace(secret, "...") if secret else said
        raise StoreError(f"{shown(url)}: {said}", "see `--db` and LADING_DB") from None


def _settings(url: str) -> dict[str, Any]:
    """Return the settings in a URL; one that a password has broken up is told without its parts."""
    try:
        import psycopg
        from psycopg.conninfo import conninfo_to_dict
    except ImportError:
        raise StoreError(
            f"{shown(url)}: the driver for PostgreSQL is not installed",
            "pip install 'lading[postgres]'",
        ) from None
    try:
        settings: dict[str, Any] = conninfo_to_dict(url)
        port = str(settings.get("port") or "5432")
        names = (str(settings.get(name) or "") for name in ("host", "dbname"))
        if port.replace(",", "").isdigit() and not any("@" in name for name in names):
            return {"connect_timeout": REACH, **settings}
    except psycopg.Error:
        pass
    raise StoreError(
        f"{shown(url)}: this is no URL of a PostgreSQL database",
        "write postgresql://USER:PASSWORD@HOST/NAME, special characters as %XX",
    ) from None


def _path(url: str) -> str:
    """Return the file a store's URL names.

    Raises:
        StoreError: for a kind of database that there is no dialect for.
    """
    if url.startswith("sqlite:///"):
        return url.removeprefix("sqlite:///")
    if "://" in url:
        raise StoreError(f"{shown(url)}: this kind of store is not known", "see `--db`")
    return url


@cache
def _percent(sql: str) -> str:
    """Return a statement with psycopg's placeholders."""
    return sql.replace("%", "%%").replace("?", "%s")
