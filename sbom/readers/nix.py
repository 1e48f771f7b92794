"""Nix and Guix packages: the store's database, and the folder in which an executable lies.

Images seldom hold the database, so the folder's name speaks: HASH-NAME-VERSION, where the version
begins at the first hyphen before a digit, and the name of an output may follow it.
"""

import re
import struct
from collections.abc import Iterator
from typing import Literal

from sbom.model import Found, Problem
from sbom.readers import elf, sqlite

GLOBS = ("nix/var/nix/db/db.sqlite", "var/guix/db/db.sqlite")
MAGIC = (elf.MAGIC,)

STORE = re.compile(r"(nix|gnu)/store/[0-9a-z]{32}-([^/]{1,200})(?:/|$)")
# Table ValidPaths has the columns (id, path, hash, …); derivations are recipes, no packages.
PATHS, RECIPE = b"ValidPaths", ".drv"
NAME_VERSION = re.compile(r"(.+?)-(\d[^/]*)")
OUTPUTS = ("bin", "data", "debug", "dev", "dist", "doc", "info", "lib", "libgcc", "man", "out")


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the package of a store's folder, or those that the database lists.

    A folder without a version was made for this image and is no package.
    """
    if path in GLOBS:
        yield from _listed(data, path)
    elif found := _named(path):
        yield found


def _listed(data: bytes, path: str) -> Iterator[Found | Problem]:
    told: set[Found] = set()
    try:
        for row in sqlite.table(data, PATHS) if data else ():
            if isinstance(row, sqlite.Damage):
                yield _problem(f"{path}: {row.place}", row.what, whole=row.everything)
                continue
            said = row.columns[1] if len(row.columns) > 1 else None
            text = said.decode("utf-8", "replace") if isinstance(said, bytes) else ""
            found = _named(text.lstrip("/"))
            if found and found not in told and not text.endswith(RECIPE):
                told.add(found)
                yield found
    except (struct.error, ValueError, IndexError) as fault:
        yield _problem(path, f"damaged database: {fault}", whole=True)


def _named(path: str) -> Found | None:
    store = STORE.match(path)
    named = NAME_VERSION.fullmatch(store[2]) if store else None
    if store is None or named is None:
        return None
    version, hyphen, output = named[2].rpartition("-")
    if not hyphen or output not in OUTPUTS:
        version = named[2]
    return Found(type="generic", namespace=store[1], name=named[1], version=version)


def _problem(where: str, what: str, *, whole: bool) -> Problem:
    effect: Literal["source_lost", "record_lost"] = "source_lost" if whole else "record_lost"
    return Problem(source="nix", where=where, what=what, effect=effect)
