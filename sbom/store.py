"""Where SBOMs are kept (edge): each document once, by the digest of its bytes."""

import hashlib
import os
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct

from sbom.errors import InputError, StoreError
from sbom.model import Digest, Sbom

TABLE = """
CREATE TABLE IF NOT EXISTS sbom (
    digest     TEXT PRIMARY KEY,
    image_id   TEXT NOT NULL,
    name       TEXT NOT NULL,
    components INTEGER NOT NULL,
    kept_at    TEXT NOT NULL,
    document   BLOB NOT NULL
) WITHOUT ROWID
"""
SHORTEST_PREFIX = 6


class Kept(Struct, frozen=True, kw_only=True, gc=False):
    """One SBOM in the store. kept_at: RFC 3339 in UTC, when it was first kept."""

    digest: str
    image_id: str
    name: str
    components: int
    kept_at: str


def digest_of(document: bytes) -> Digest:
    """Return the digest an SBOM document is known by."""
    return Digest("sha256:" + hashlib.sha256(document).hexdigest())


def keep(url: str, sbom: Sbom, document: bytes, kept_at: str) -> Digest:
    """Keep `document`, the written form of `sbom`; keeping it again changes nothing."""
    digest = digest_of(document)
    row = (
        digest,
        sbom.subject.image_id or "",
        sbom.subject.name,
        len(sbom.components),
        kept_at,
        zlib.compress(document, 6),
    )
    with _open(url) as connection:
        connection.execute(TABLE)
        connection.execute("INSERT OR IGNORE INTO sbom VALUES (?, ?, ?, ?, ?, ?)", row)
    return digest


def get(url: str, digest: str) -> bytes:
    """Return the document of `digest`: an SBOM's digest or image id, or the start of one."""
    if not os.path.exists(url):
        raise StoreError(f"{url}: no store", "`lading scan` keeps SBOMs in it")
    if len(digest.removeprefix("sha256:")) < SHORTEST_PREFIX:
        raise InputError(f"{digest}: too short", "give at least six characters of the digest")
    start = digest if digest.startswith("sha256:") else "sha256:" + digest
    with _open(url) as connection:
        rows = connection.execute(
            "SELECT digest, document FROM sbom"
            " WHERE substr(digest, 1, length(?1)) = ?1 OR substr(image_id, 1, length(?1)) = ?1"
            " ORDER BY kept_at DESC, digest LIMIT 2",
            (start,),
        ).fetchall()
    if not rows:
        raise InputError(f"{digest}: no such SBOM in the store", "see `lading sbom list`")
    if len(rows) > 1 and rows[0][0] != start:
        raise InputError(f"{digest}: several SBOMs", "give more of the digest")
    return zlib.decompress(rows[0][1])


def kept(url: str) -> tuple[Kept, ...]:
    """Return what is in the store, newest first."""
    if not os.path.exists(url):
        return ()
    with _open(url) as connection:
        connection.execute(TABLE)
        rows = connection.execute(
            "SELECT digest, image_id, name, components, kept_at FROM sbom"
            " ORDER BY kept_at DESC, name, digest"
        ).fetchall()
    return tuple(
        Kept(digest=d, image_id=i, name=n, components=c, kept_at=k) for d, i, n, c, k in rows
    )


@contextmanager
def _open(url: str) -> Iterator[sqlite3.Connection]:
    """Open the store, commit at the end, and tell of its faults as a StoreError."""
    try:
        os.makedirs(os.path.dirname(url) or ".", exist_ok=True)
        connection = sqlite3.connect(url, timeout=30)
        try:
            with connection:
                yield connection
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StoreError(f"{url}: {error}", "name another store with --db") from error
