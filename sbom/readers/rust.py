"""Rust programs built with cargo-auditable: the list of crates in section `.dep-v0`.

Crates that only ran while it was built (build scripts, procedural macros) are optional.
"""

import zlib
from collections.abc import Iterator
from typing import Literal

from msgspec import DecodeError, Raw, Struct, field
from msgspec.json import Decoder

from sbom.model import Found, Problem
from sbom.readers import elf

GLOBS: tuple[str, ...] = ()
MAGIC = (elf.MAGIC,)

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
    """Yield the crates that an executable states."""
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
