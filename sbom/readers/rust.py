"""Rust programs built with cargo-auditable: the list of crates in section `.dep-v0`; Cargo's lock.

Crates that only ran while it was built (build scripts, procedural macros) are optional, and so is
what only the lock file names (rule 5).
"""

import zlib
from collections.abc import Iterator
from typing import Literal

from msgspec import DecodeError, Raw, Struct, field
from msgspec.json import Decoder

from sbom.model import Found, Problem
from sbom.readers import elf, toml_tables

GLOBS = ("**/Cargo.lock",)
MAGIC = (elf.MAGIC,)

# Sources of crates bring the lock files of their makers along.
SOURCES = frozenset({"registry", "vendor", "git"})
# A crate takes some hundred bytes; no project has tens of thousands.
LARGEST = 8 << 20


class Crate(Struct, gc=False):
    """One entry of cargo-auditable's `packages`."""

    name: str
    version: str
    kind: str = "runtime"


class Crates(Struct):
    """The document of cargo-auditable; its entries are read one by one."""

    packages: list[Raw] = field(default_factory=list)


DOCUMENT, CRATE = Decoder(Crates), Decoder(Crate)


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the crates that an executable states, or that a lock file names."""
    if path.endswith("Cargo.lock"):
        yield from _locked(data, path)
        return
    area = elf.section(data, ".dep-v0")
    if area is None:
        return
    where = f"{path}: .dep-v0"
    try:
        text = zlib.decompressobj().decompress(data[area.offset : area.end], LARGEST)
        crates = DOCUMENT.decode(text).packages
    except (zlib.error, DecodeError, UnicodeError, RecursionError) as fault:
        what = f"unreadable list of crates: {fault}"
        yield Problem(source="rust", where=where, what=what, effect="source_lost")
        return
    for number, entry in enumerate(crates):
        yield _crate(entry, f"{where}: packages[{number}]")


def _locked(data: bytes, path: str) -> Iterator[Found]:
    """Read the published crates; those of a folder have no source, others a repository."""
    if not SOURCES.isdisjoint(path.split("/")):
        return
    for table, texts in toml_tables.tables(data):
        name, version = texts.get("name", ""), texts.get("version", "")
        published = texts.get("source", "").startswith(("registry+", "sparse+"))
        if table == "package" and published and name and version:
            yield Found(type="cargo", name=name, version=version, scope="optional")


def _crate(entry: Raw, where: str) -> Found | Problem:
    try:
        crate = CRATE.decode(entry)
    except (DecodeError, UnicodeError, RecursionError) as fault:
        what = f"unreadable crate: {fault}"
        return Problem(source="rust", where=where, what=what, effect="record_lost")
    if not (crate.name and crate.version):
        what = f"crate {crate.name!r} has no {'version' if crate.name else 'name'}"
        return Problem(source="rust", where=where, what=what, effect="record_lost")
    scope: Literal["optional", "required"] = "optional" if crate.kind == "build" else "required"
    return Found(type="cargo", name=crate.name, version=crate.version, scope=scope)
