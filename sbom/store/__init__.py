"""Where SBOMs are kept: each document once, by the digest of its bytes, newest first.

`parts` keeps their distinct components, `results` what layers gave; `listing` finds some of them,
`forgetting` says what may go.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from msgspec import Struct

from sbom.database import Database, applied, exists, open_database
from sbom.digest import digest_of
from sbom.errors import InputError, LadingError, StoreError
from sbom.model import Digest, Layer, Sbom

SHORTEST_PREFIX = 6
AT_ONCE = 5_000
"""SBOMs whose components are numbered together when many are kept."""


class Kept(Struct, frozen=True, kw_only=True, gc=False):
    """One SBOM in the store. kept_at: RFC 3339 in UTC, when it was first kept."""

    digest: str
    image_id: str
    manifest: str
    platform: str
    name: str
    components: int
    kept_at: str


COLUMNS = ", ".join(Kept.__struct_fields__)


class Health(Struct, frozen=True, kw_only=True, gc=False):
    """What a store is and holds. layout: its newest migration. size, results_size: bytes.

    unreadable: SBOMs whose document cannot be read, or is not there.
    """

    dialect: str
    layout: int
    size: int
    sboms: int
    components: int
    unreadable: int
    results: int
    results_size: int


def keep(url: str, sbom: Sbom, document: bytes, kept_at: str) -> Digest:
    """Keep `document`, the written form of `sbom`; keeping it again changes nothing."""
    keep_all(url, [(sbom, document)], kept_at)
    return digest_of(document)


def keep_all(url: str, sboms: Iterable[tuple[Sbom, bytes]], kept_at: str) -> int:
    """Keep many SBOMs with their documents, all or none; return how many are new."""
    new = 0
    with open_store(url, write=True) as database:
        waiting = iter(sboms)
        while batch := list(islice(waiting, AT_ONCE)):
            new += _keep_batch(database, batch, kept_at)
    return new


def get(url: str, digest: str) -> bytes:
    """Return the document of `digest`: an SBOM's, image's or manifest's, or the start of one."""
    with open_store(url, write=False) as database:
        number = find(database, digest)
        row = database.execute("SELECT document FROM sbom_document WHERE number = ?", (number,))
        kept_as = row.fetchone()
    try:
        return zlib.decompress(kept_as[0] if kept_as else b"")
    except zlib.error:
        told = f"{digest}: its document in the store is damaged"
        raise StoreError(told, "forget it, and scan the image again") from None


def find(database: Database, digest: str) -> int:
    """Return the number of the SBOM that a digest, or the start of one, names.

    Of several SBOMs of one image the newest counts.

    Raises:
        InputError: where it names none, or several images' SBOMs.
    """
    if len(digest.removeprefix("sha256:")) < SHORTEST_PREFIX:
        raise InputError(f"{digest}: too short", "give at least six characters of the digest")
    start = digest if digest.startswith("sha256:") else "sha256:" + digest
    span = (start, start + "~")
    rows = database.execute(
        "SELECT number, digest, image_id FROM sbom WHERE (digest >= ? AND digest < ?)"
        " OR (image_id >= ? AND image_id < ?) OR (manifest >= ? AND manifest < ?)"
        " ORDER BY kept_at DESC, number DESC",
        (*span, *span, *span),
    ).fetchall()
    if not rows:
        raise InputError(f"{digest}: no such SBOM in the store", "see `lading sbom list`")
    exact = [number for number, known, _ in rows if known == start]
    if not exact and len({image or known for _, known, image in rows}) > 1:
        raise InputError(f"{digest}: several SBOMs", "give more of the digest")
    return int(exact[0] if exact else rows[0][0])


def kept(url: str) -> tuple[Kept, ...]:
    """Return what is in the store, newest first; nothing where there is no store."""
    if not exists(url):
        return ()
    with open_store(url, write=False) as database:
        return tuple(entry for _, entry in entries(database))


def entries(database: Database) -> list[tuple[int, Kept]]:
    """Return what is in the store by number, newest first."""
    rows = database.execute(
        f"SELECT number, {COLUMNS} FROM sbom ORDER BY kept_at DESC, name, digest"  # noqa: S608
    )
    return [(number, _entry(row)) for number, *row in rows]


def bases(url: str, layers: Sequence[Layer]) -> tuple[Kept, ...]:
    """Return the kept images that an image of these layers was built on, the nearest first.

    A base is known by its ChainID (OCI image-spec, config.md): all its layers, in order, are the
    lowest of this image, and there is at least one more.
    """
    chains = chain_ids(layers)[:-1]
    if not chains or not exists(url):
        return ()
    with open_store(url, write=False) as database:
        asked = f"SELECT chain, {COLUMNS} FROM sbom WHERE chain IN (?)"  # noqa: S608
        found = [(chain, _entry(row)) for chain, *row in database.rows_in(asked, chains)]
    places = {chain: -number for number, chain in enumerate(chains)}
    found.sort(key=lambda pair: pair[1].digest)
    found.sort(key=lambda pair: pair[1].kept_at, reverse=True)
    found.sort(key=lambda pair: places[pair[0]])
    return tuple(entry for _, entry in found)


def chain_ids(layers: Sequence[Layer]) -> list[str]:
    """Return the ChainID up to each layer, lowest first (OCI image-spec, "Layer ChainID")."""
    chains: list[str] = []
    for layer in layers:
        below = f"{chains[-1]} {layer.diff_id}" if chains else ""
        chains.append(digest_of(below.encode()) if below else layer.diff_id)
    return chains


def health(url: str) -> Health:
    """Return what a store is and holds."""
    from sbom.store.results import totals

    asked = {
        "sboms": "SELECT count(*) FROM sbom",
        "components": "SELECT count(*) FROM component",
        "unreadable": "SELECT count(*) FROM sbom s LEFT JOIN sbom_document d"
        " ON d.number = s.number WHERE d.number IS NULL OR length(s.parts) = 0",
    }
    with open_store(url, write=False) as database:
        counts = {name: int(database.execute(sql).fetchone()[0]) for name, sql in asked.items()}
        results = totals(database)
        return Health(
            dialect=database.dialect,
            layout=applied(database),
            size=database.size(),
            results=results.count,
            results_size=results.size,
            **counts,
        )


@contextmanager
def open_store(url: str, *, write: bool) -> Iterator[Database]:
    """Open the store for one transaction; SBOMs of an older layout are taken apart first.

    Raises:
        StoreError: as `sbom.database.open_database`.
    """
    if not write:
        with open_database(url, write=False) as database:
            whole = _whole(database)
            if not whole:
                yield database
        if not whole:
            return
        with open_database(url, write=True) as database:
            _take_apart_old(database)
    with open_database(url, write=write) as database:
        if write:
            _take_apart_old(database)
        yield database


def _keep_batch(database: Database, sboms: Sequence[tuple[Sbom, bytes]], kept_at: str) -> int:
    """Keep what is not there yet; return how many that were."""
    from sbom.store.parts import next_number, take_apart

    wanted = {digest_of(document): (sbom, document) for sbom, document in sboms}
    there = {d for (d,) in database.rows_in("SELECT digest FROM sbom WHERE digest IN (?)", wanted)}
    new = [(digest, *pair) for digest, pair in wanted.items() if digest not in there]
    first = next_number(database, "sbom", len(new))
    rows = [
        (number, digest, *_facts(sbom), kept_at)
        for number, (digest, sbom, _) in enumerate(new, first)
    ]
    database.executemany("INSERT INTO sbom VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)", rows)
    database.executemany(
        "INSERT INTO sbom_document VALUES (?, ?)",
        ((number, zlib.compress(d, 6)) for number, (_, _, d) in enumerate(new, first)),
    )
    take_apart(database, {number: sbom for number, (_, sbom, _) in enumerate(new, first)})
    return len(new)


def _facts(sbom: Sbom) -> tuple[str, str, str, str, str, int]:
    """Return image id, manifest, platform, name, chain and number of components."""
    subject = sbom.subject
    chain = (chain_ids(sbom.layers) or [""])[-1]
    texts = (subject.image_id or "", subject.manifest or "", subject.platform, subject.name)
    image_id, manifest, platform, name = map(_text, texts)
    return image_id, manifest, platform, name, chain, len(sbom.components)


def _text(text: str) -> str:
    """Return a text that every database takes: no NUL, nothing but Unicode."""
    return text.replace("\0", "?").encode("utf-8", "backslashreplace").decode()


def _entry(row: Sequence[Any]) -> Kept:
    return Kept(**dict(zip(Kept.__struct_fields__, row, strict=True)))


def _whole(database: Database) -> list[int]:
    """Return the SBOMs that were not taken apart yet."""
    return [n for (n,) in database.execute("SELECT number FROM sbom WHERE parts IS NULL")]


def _take_apart_old(database: Database) -> None:
    """Take the SBOMs apart that were kept before components were; one unreadable keeps its row."""
    whole = _whole(database)
    if not whole:
        return
    from sbom.formats import read
    from sbom.store.parts import take_apart

    asked = "SELECT number, document FROM sbom_document WHERE number IN (?)"
    for number, document in database.rows_in(asked, whole):
        try:
            sbom = read(zlib.decompress(document), f"SBOM {number} of the store")
        except (LadingError, zlib.error):
            database.execute("UPDATE sbom SET parts = ? WHERE number = ?", (b"", number))
            continue
        _, manifest, platform, _, chain, _ = _facts(sbom)
        database.execute(
            "UPDATE sbom SET manifest = ?, platform = ?, chain = ? WHERE number = ?",
            (manifest, platform, chain, number),
        )
        take_apart(database, {number: sbom})
