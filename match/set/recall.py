"""What of a file need not be read again (edge): what current records were read from, as it was.

It counts only while this program is the one that read it (docs/decisions/0023-reading-again.md).
"""

import os
import sqlite3
import sys
from collections.abc import Callable, Container, Iterable, Sequence
from functools import cache
from hashlib import sha256

from msgspec import json

from match.set.filling import fill

INTO_READ_FROM = ("INSERT OR REPLACE INTO read_from", 2)
READER = "SELECT value FROM about_set WHERE name = 'reader'"
NOTE_READER = "INSERT OR REPLACE INTO about_set VALUES ('reader', ?)"
HELD = """
SELECT f.raw, r.digest, r.feed, r.id FROM json_each(?1) w CROSS JOIN record r ON r.id = w.value
    CROSS JOIN read_from f ON f.rid = r.rid
    WHERE r.until IS NULL AND r.since < ?2 AND r.part = ?3
"""
"""Of the current records of some ids in a snapshot file: their bytes, and what these came to."""


class Recall:
    """What is known of one file; `counts` has how many records of each feed were passed over.

    state: the import's own; None for the first of a set, which knows nothing.
    settle: called once before anything is passed over, to settle what was read of other files:
        a record that is in several stands in the last of them that had to be read.
    """

    def __init__(
        self, db: sqlite3.Connection, state: int | None, part: str, settle: Callable[[], None]
    ) -> None:
        self._db, self._state, self._part = db, state, part
        self._settle, self._begun, self._able = settle, False, False
        self.counts: dict[str, int] = {}

    def __call__(self, members: Sequence[tuple[str, bytes]]) -> Container[bytes]:
        """Return the digests of what is known (match.records.known); it counts as seen."""
        if not self._begun:
            self._settle()
            # The first import has no index of its records yet to ask by.
            self._begun, self._able = True, begin(self._db) and self._state is not None
        if not self._able:
            return ()
        ids = json.encode([id_ for id_, _ in members]).decode()
        found = self._db.execute(HELD, (ids, self._state, self._part))
        held = {raw: (digest, feed, id_) for raw, digest, feed, id_ in found}
        rows: list[object] = []
        for _, raw in members:
            if raw in held:
                record = held[raw]
                rows += record
                self.counts[record[1]] = self.counts.get(record[1], 0) + 1
        fill(self._db, "INSERT OR IGNORE INTO seen (digest, feed, id)", 3, rows)
        return held


def begin(db: sqlite3.Connection) -> bool:
    """Forget what another program read than this one; return whether anything is known then."""
    reader = this_reader()
    known = db.execute(READER).fetchone()
    if not known or known[0] != reader or not reader:
        db.execute("DELETE FROM read_from")
        db.execute(NOTE_READER, (reader,))
    return db.execute("SELECT 1 FROM read_from LIMIT 1").fetchone() is not None


@cache
def this_reader() -> str:
    """Return the digest of all that decides what bytes come to (5 ms).

    That is every file of the two packages that read and lay out, and what decodes and unpacks for
    them. Empty where the program's files cannot be read: then nothing is known.
    """
    from importlib.metadata import version

    import isal
    import msgspec

    import match
    import sbom

    below = f"{sys.version} {msgspec.__version__} {isal.__version__} {version('cvss')}"
    try:
        return reader_of(below, [*match.__path__, *sbom.__path__])
    except OSError:
        return ""


def reader_of(below: str, roots: Iterable[str]) -> str:
    """Return the digest of a program in some folders; `below` says what it stands on."""
    whole, files = sha256(below.encode()), 0
    for root in roots:
        for folder, folders, names in os.walk(root):
            # Compiled files follow from the others, and need not be there.
            folders[:] = sorted(set(folders) - {"__pycache__"})
            for name in sorted(names):
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    text = file.read()
                whole.update(f"\n{os.path.relpath(path, root)} {len(text)}\n".encode() + text)
                files += 1
    return whole.hexdigest() if files else ""
