"""Rust programs built with cargo-auditable: the list of crates in section `.dep-v0`."""

from collections.abc import Iterator
from typing import Any
from zlib import decompressobj
from zlib import error as ZlibError

from msgspec import DecodeError, Struct, ValidationError, convert, field
from msgspec.json import Decoder

from sbom.model import Found, Problem
from sbom.readers import elf

GLOBS: tuple[str, ...] = ()
MAGIC = (elf.MAGIC,)

# A crate takes some hundred bytes; cargo has no project with so many.
LARGEST = 16 << 20


class Crate(Struct, gc=False):
    """One entry of cargo-auditable's `packages`."""

    name: str
    version: str
    kind: str = "runtime"


class Crates(Struct):
    """The document of cargo-auditable; entries are read one by one."""

    packages: list[Any] = field(default_factory=list)


DOCUMENT = Decoder(Crates)


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the crates; those that only ran while it was built are optional."""
    area = elf.section(data, ".dep-v0")
    if area is None:
        return
    where = f"{path}: .dep-v0"
    unpack = decompressobj()
    try:
        text = unpack.decompress(data[area.offset : area.offset + area.size], LARGEST)
        if unpack.unconsumed_tail:
            raise ValueError(f"more than {LARGEST >> 20} MiB")
        crates = DOCUMENT.decode(text).packages
    except (ZlibError, DecodeError, ValueError) as fault:
        what = f"unreadable list of crates: {fault}"
        yield Problem(source="rust", where=where, what=what, effect="source_lost")
        return
    for number, entry in enumerate(crates):
        yield _crate(entry, f"{where}: packages[{number}]")


def _crate(entry: Any, where: str) -> Found | Problem:
    try:
        crate = convert(entry, Crate)
    except ValidationError as fault:
        what = f"unreadable crate: {fault}"
        return Problem(source="rust", where=where, what=what, effect="record_lost")
    scope = "optional" if crate.kind == "build" else "required"
    return Found(type="cargo", name=crate.name, version=crate.version, scope=scope)
