"""The readers of package databases, in order; docs/readers.md is made of this table.

Modules of this folder that are not in the table are parts of readers (`elf`, `rpmdb`, `zipped` …).
"""

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Protocol

from msgspec import Struct

from sbom.model import Found, Problem


class Reader(Protocol):
    """The shape of a reader's module; MAGIC holds first bytes of executables, else nothing."""

    GLOBS: tuple[str, ...]
    MAGIC: tuple[bytes, ...]

    def read(self, data: bytes, path: str, /) -> Iterator[Found | Problem]:
        """Yield what one file holds; never raises on any bytes."""


class Entry(Struct, frozen=True, kw_only=True):
    """A row of the table: the module of a reader, what it reads, and what it cannot know."""

    name: str
    reads: str
    cannot: str


READERS: tuple[Entry, ...] = (
    Entry(name="dpkg", reads="", cannot=""),
    Entry(name="apk", reads="", cannot=""),
    Entry(name="rpm", reads="", cannot=""),
    Entry(name="python", reads="", cannot=""),
    Entry(name="node", reads="", cannot=""),
    Entry(name="java", reads="", cannot=""),
    Entry(name="golang", reads="", cannot=""),
    Entry(name="rust", reads="", cannot=""),
    Entry(name="ruby", reads="", cannot=""),
    Entry(name="php", reads="", cannot=""),
)


def load(names: Iterable[str] | None = None) -> tuple[tuple[str, Reader], ...]:
    """Return the named readers, or all, as (name, module) in the table's order.

    A name that is not in the table raises KeyError.
    """
    wanted = None if names is None else set(names)
    known = {entry.name for entry in READERS}
    if wanted and not wanted <= known:
        raise KeyError(*sorted(wanted - known))
    return tuple(
        (entry.name, _module(entry.name))
        for entry in READERS
        if wanted is None or entry.name in wanted
    )


def _module(name: str) -> Reader:
    module: Reader = import_module(f"sbom.readers.{name}")
    return module
