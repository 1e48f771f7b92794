"""Where the store is: `--db`, else LADING_DB, else a file in the user's data directory."""

import os


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
