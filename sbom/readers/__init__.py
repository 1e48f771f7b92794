"""The readers of package databases, in the order of their table (`reader_table.py`).

Modules of this folder that are not in the table are parts of readers (`elf`, `rpmdb`, `zipped` …).
"""

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Protocol

from sbom.model import Found, Problem
from sbom.readers.reader_table import READERS, Entry

__all__ = ["READERS", "Entry", "Reader", "load"]


class Reader(Protocol):
    """The shape of a reader's module; MAGIC holds first bytes of executables, else nothing."""

    GLOBS: tuple[str, ...]
    MAGIC: tuple[bytes, ...]

    def read(self, data: bytes, path: str, /) -> Iterator[Found | Problem]:
        """Yield what one file holds; never raises on any bytes."""


def load(names: Iterable[str] | None = None) -> tuple[tuple[str, Reader], ...]:
    """Return the named readers, or all, as (name, module) in the table's order.

    A name that is not in the table raises KeyError.
    """
    known = [entry.name for entry in READERS]
    wanted = set(known if names is None else names)
    if unknown := wanted.difference(known):
        raise KeyError(*sorted(unknown))
    return tuple((name, _module(name)) for name in known if name in wanted)


def _module(name: str) -> Reader:
    module: Reader = import_module(f"sbom.readers.{name}")
    return module
