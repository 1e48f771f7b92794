"""Not a reader: where the sections and segments of an ELF executable lie (System V ABI, gABI 4).

Every place is checked against the size of the file; a damaged table is as good as none.
"""

import struct
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

MAGIC = b"\x7fELF"
# More headers than this are in no real executable.
MOST = 4096
MOST_OVERLAP = 4
LOAD, NOBITS = 1, 8


class Area(Struct, frozen=True, gc=False):
    """A section or segment: its place in memory, its place in the file, its length there."""

    address: int
    offset: int
    size: int

    @property
    def end(self) -> int:
        """The place behind its last byte in the file."""
        return self.offset + self.size


class Table(Struct, frozen=True, gc=False):
    """The section headers: where they are, how they are written, and where their names are."""

    order: str
    wide: bool
    start: int
    step: int
    count: int
    names: Area


def section(data: bytes, name: str) -> Area | None:
    """Return the place of the first section of that name that has bytes in the file."""
    table = sections(data)
    if table is None:
        return None
    start, end = table.names.offset, table.names.end
    wanted = name.encode() + b"\0"
    # The name is in few executables: one search saves reading the headers of all the others.
    if data.find(wanted, start, end) < 0:
        return None
    for number in range(table.count):
        at, kind, area = _section(data, table.order, table.start + table.step * number, table.wide)
        if data.startswith(wanted, start + at) and kind != NOBITS and _within(data, area):
            return area
    return None


def sections(data: bytes) -> Table | None:
    """Return the table of sections, None where it was stripped off or is damaged."""
    try:
        order, wide = _layout(data)
        (start,) = _unpack(order + ("Q" if wide else "I"), data, 40 if wide else 32)
        step, count, names = _unpack(order + "HHH", data, 58 if wide else 46)
        if not start or names >= count or count > MOST:
            return None
        _, kind, strings = _section(data, order, start + step * names, wide)
        # The last header is read as a proof that all of them are there.
        _section(data, order, start + step * (count - 1), wide)
    except struct.error:
        return None
    whole = kind != NOBITS and _within(data, strings)
    return Table(order, wide, start, step, count, strings) if whole else None


def segments(data: bytes) -> list[Area]:
    """Return the segments that are loaded from the file; none where their table is damaged.

    Segments lie side by side; thousands that are all of the file would cost thousands of readings.
    """
    try:
        found = [area for area in _segments(data) if _within(data, area)]
    except struct.error:
        return []
    return found if sum(area.size for area in found) <= MOST_OVERLAP * len(data) else []


def _section(data: bytes, order: str, at: int, wide: bool) -> tuple[int, int, Area]:  # noqa: FBT001 - the width of a header
    """Return a header's place of name, its type and its area."""
    form = order + ("IIQQQQ" if wide else "IIIIII")
    name, kind, _flags, address, offset, size = _unpack(form, data, at)
    return name, kind, Area(address, offset, size)


def _segments(data: bytes) -> Iterator[Area]:
    order, wide = _layout(data)
    (start,) = _unpack(order + ("Q" if wide else "I"), data, 32 if wide else 28)
    step, count = _unpack(order + "HH", data, 54 if wide else 42)
    for number in range(min(count, MOST)):
        at = start + step * number
        if wide:
            kind, _flags, offset, address, _, size = _unpack(order + "IIQQQQ", data, at)
        else:
            kind, offset, address, _, size = _unpack(order + "IIIII", data, at)
        if kind == LOAD:
            yield Area(address, offset, size)


def _layout(data: bytes) -> tuple[str, bool]:
    """Return the byte order for `struct`, and whether it is a 64-bit file."""
    if len(data) < 52 or not data.startswith(MAGIC):
        raise struct.error("no ELF file")
    return "<" if data[5] == 1 else ">", data[4] == 2


def _unpack(form: str, data: bytes, at: int) -> tuple[Any, ...]:
    """Unpack what may be a wild place; `struct` itself takes none beyond the size of memory."""
    if at > len(data):
        raise struct.error("a place outside of the file")
    return struct.unpack_from(form, data, at)


def _within(data: bytes, area: Area) -> bool:
    return area.end <= len(data)
