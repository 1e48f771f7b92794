"""A store's advisory set to one file: all of its history, or what came after a state.

The house's own advisories stay where they are unless they are asked for: drafts under embargo are
among them.
"""

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct

from match.carry.form import SCHEMA, Feed, Manifest
from match.carry.lineage import Known, history, left_out
from match.carry.parcel import write_parcel
from match.carry.stream import write
from match.carry.taking import Taking
from match.set.opening import LAYOUT, opened
from match.set.states import find, read_states
from sbom.errors import InputError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from match.carry.form import Body
    from sbom.signing.keys import Signer

FEEDS = """
SELECT name, records, as_of, learned, confirmed, digest FROM feed WHERE name <> ? ORDER BY name
"""


class Exported(Struct, frozen=True, kw_only=True):
    """What was written. kept_back: current advisories of the house's own that stayed."""

    manifest: Manifest
    kept_back: int


def export(
    url: str,
    path: str,
    *,
    since: str = "",
    house: bool = False,
    signer: "Signer | None" = None,
) -> Exported:
    """Write the advisory set of a store to a file, as a whole or not at all.

    Args:
        url: the store.
        path: the file.
        since: the state that the other side has, as a day, a time or a digest; else all goes along.
        house: whether the house's own advisories do.
        signer: signs the file.

    Raises:
        InputError: where `since` names no state.
        StoreError: where there is no advisory set, or it cannot be read.
    """
    left = left_out(house=house)
    rows = f"{path}.{os.getpid()}.rows"
    try:
        with opened(url) as db:
            db.execute("BEGIN")  # All questions are to one state, whoever writes meanwhile.
            known = history(db, left)
            base = _base(db, known, since)
            with open(rows, "wb") as stream:
                manifest = carried(db, Taking(db, known, base, left), left, stream.write)
            kept = db.execute("SELECT records FROM feed WHERE name = ?", (left,)).fetchone()
        write_parcel(path, manifest, rows, signer)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(rows)
    return Exported(manifest=manifest, kept_back=kept[0] if kept else 0)


def carried(
    db: "sqlite3.Connection", taking: Taking, left: str, put: "Callable[[bytes], object]"
) -> Manifest:
    """Give the compressed rows to `put`, block by block; return their manifest."""
    body: Body = write(taking.rows(), put)
    feeds = (
        Feed(
            name=name, records=records, as_of=as_of, learned=learned, confirmed=sure, digest=digest
        )
        for name, records, as_of, learned, sure, digest in db.execute(FEEDS, (left,))
    )
    return Manifest(
        schema=SCHEMA,
        layout=LAYOUT,
        house=not left,
        base=taking.base,
        states=taking.states(),
        feeds=tuple(feeds),
        counts=taking.counts,
        body=body,
    )


def _base(db: "sqlite3.Connection", known: tuple[Known, ...], since: str) -> Known | None:
    """Return the last state that goes along up to the one that a name stands for."""
    if not known:
        raise InputError("there is nothing but the house's own advisories", "see --with-house")
    if not since:
        return None
    number = find(read_states(db), since).number
    return max((k for k in known if k.own.number <= number), key=_number, default=None)


def _number(known: Known) -> int:
    return known.own.number
