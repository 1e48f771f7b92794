"""Verdicts in the store: what `gate` and `scan` decided there, so that it can be asked later."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from lading.place import database
from sbom.errors import StoreError
from sbom.text import plain

if TYPE_CHECKING:
    from gate.model import Run

NoKeep = Annotated[bool, Meta(description="Keep neither SBOM nor verdict in the store.")]


def keep_verdicts(runs: Sequence["Run"], db: str) -> None:
    """Keep the runs that were decided; a store that cannot be written changes no verdict."""
    from gate.verdicts import keep

    try:
        for run in runs:
            if run.verdict:
                keep(database(db), run)
    except StoreError as error:
        sys.stderr.write(f"lading: the verdict is not kept: {plain(str(error))}\n")


def read_stored(name: str, db: str) -> bytes:
    """Return the stored run in a file, or of a verdict in the store where it is a digest."""
    if name.startswith("sha256:"):
        from gate.verdicts import get

        return get(database(db), name)
    with open(name, "rb") as stream:
        return stream.read()
