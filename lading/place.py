"""Where the store is: `--db`, else LADING_DB, else a file in the user's data directory."""

import os
from typing import Annotated

from msgspec import Meta

SetStore = Annotated[
    str, Meta(description="The store of the advisory set, where --db is a server.")
]


def database(stated: str) -> str:
    """Return the store's URL or path."""
    if stated:
        return stated
    if named := os.environ.get("LADING_DB", ""):
        return named
    base = os.environ.get("XDG_DATA_HOME") or os.path.join(
        os.path.expanduser("~"), ".local", "share"
    )
    return os.path.join(base, "lading", "lading.db")
