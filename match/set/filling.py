"""How rows go into the tables of the set (edge): many in one statement."""

import sqlite3
from functools import cache

VALUES = 384
"""Values in one statement: what Python spends on each execution is then spent on sixty rows, which
takes a third off the time that writing an import takes. SQLite allows 999 everywhere."""


def fill(db: sqlite3.Connection, into: str, columns: int, values: list[object]) -> None:
    """Insert rows.

    Args:
        db: the set, writable.
        into: the beginning of the statement, up to `VALUES`.
        columns: how many values a row has.
        values: those of all rows, one row after the other: a list of rows would be a tuple for each
            of them, which costs as much as its values.
    """
    step = VALUES // columns * columns
    whole = len(values) - len(values) % step
    several = (values[at : at + step] for at in range(0, whole, step))
    db.executemany(statement(into, columns, step // columns), several)
    rest = (values[at : at + columns] for at in range(whole, len(values), columns))
    db.executemany(statement(into, columns), rest)


@cache
def statement(into: str, columns: int, rows: int = 1) -> str:
    """Return the statement that inserts so many rows."""
    row = f"({', '.join('?' * columns)})"
    return f"{into} VALUES {', '.join([row] * rows)}"
