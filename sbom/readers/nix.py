"""Nix and Guix packages: the folder of the store in which an executable or library lies.

Images seldom hold the store's database, so the folder's name speaks: HASH-NAME-VERSION, where the
version begins at the first hyphen before a digit, and the name of an output may follow it.
"""

import re
from collections.abc import Iterator

from sbom.model import Found, Problem
from sbom.readers import elf

GLOBS: tuple[str, ...] = ()
MAGIC = (elf.MAGIC,)

STORE = re.compile(r"(?:nix|gnu)/store/[0-9a-z]{32}-([^/]{1,200})/.")
NAME_VERSION = re.compile(r"(.+?)-(\d[^/]*)")
OUTPUTS = ("bin", "data", "debug", "dev", "dist", "doc", "info", "lib", "libgcc", "man", "out")


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the package of the store's folder; one without a version is made for this image."""
    del data
    store = STORE.match(path)
    named = NAME_VERSION.fullmatch(store[1]) if store else None
    if named is None:
        return
    version, hyphen, output = named[2].rpartition("-")
    if not hyphen or output not in OUTPUTS:
        version = named[2]
    yield Found(type="generic", namespace=path.partition("/")[0], name=named[1], version=version)
