"""Not a reader: the rows of one table of a SQLite database, read from its bytes.

Pages, cells and records are those of SQLite's "Database File Format". What is read is at most a few
times the file, however its parts point at each other; a write-ahead log is not looked at.
"""

import struct
from collections.abc import Iterator
from struct import unpack_from

from msgspec import Struct

MAGIC = b"SQLite format 3\0"
# Page types ("Database File Format", 1.6): table b-tree, interior and leaf.
INTERIOR, LEAF = 5, 13


class Row(Struct, frozen=True, gc=False):
    """One row: its place for people, and its columns; texts are bytes."""

    place: str
    columns: list[int | bytes | None]


class Record(Struct, frozen=True, gc=False):
    """A row as it is stored."""

    place: str
    data: bytes


class Damage(Struct, frozen=True, gc=False):
    """A part of the file that cannot be read; `everything` when it is what was asked for itself."""

    place: str
    what: str
    everything: bool = False


def table(data: bytes, name: bytes) -> Iterator[Row | Damage]:
    """Yield the rows of a table: its root stands in the schema table, which begins on page 1.

    Raises struct.error, ValueError or IndexError where the file itself is damaged.
    """
    for record in _rows(data, 1):
        if isinstance(record, Damage):
            yield record
            continue
        columns = _columns(record.data)
        if columns[:2] == [b"table", name] and len(columns) > 3:
            root = columns[3]
            for row in _rows(data, root if isinstance(root, int) else 0):
                yield row if isinstance(row, Damage) else _row(row)
            return
    yield Damage("schema", f"it has no table {name.decode()}", everything=True)


def _row(record: Record) -> Row | Damage:
    try:
        return Row(record.place, _columns(record.data))
    except (struct.error, ValueError, IndexError) as fault:
        return Damage(record.place, f"damaged row: {fault}")


def _rows(data: bytes, root: int) -> Iterator[Record | Damage]:
    """Yield the records of one table b-tree, each with its row number as place."""
    (size,) = unpack_from(">H", data, 16)
    size = 65_536 if size == 1 else size
    usable = size - data[20]
    if size < 512 or usable < 480:
        raise ValueError(f"pages of {size} bytes")
    waiting, seen = [root], set[int]()
    while waiting:
        number = waiting.pop()
        page = data[(number - 1) * size : number * size] if number > 0 else b""
        if number in seen or len(page) < size:
            yield Damage(f"page {number}", "a page is missing, or stands twice in the table")
            continue
        seen.add(number)
        # The first page begins with the header of the file.
        start = 100 if number == 1 else 0
        kind, _, cells = unpack_from(">BHH", page, start)
        if kind == INTERIOR:
            pointers = unpack_from(f">{cells}H", page, start + 12)
            children = [unpack_from(">I", page, at)[0] for at in pointers]
            children += unpack_from(">I", page, start + 8)
            waiting += reversed(children)
        elif kind == LEAF:
            for at in unpack_from(f">{cells}H", page, start + 8):
                yield _cell(data, page, at, size, usable)
        else:
            yield Damage(f"page {number}", f"pages of type {kind} are no part of a table")


def _cell(data: bytes, page: bytes, at: int, size: int, usable: int) -> Record | Damage:
    """Return one record; what does not fit its page goes on in a chain of overflow pages."""
    length, at = _varint(page, at)
    row, at = _varint(page, at)
    place = f"row {row}"
    if length > len(data):
        return Damage(place, "it is longer than the file")
    if length <= usable - 35:
        return Record(place, page[at : at + length])
    least = (usable - 12) * 32 // 255 - 23
    local = least + (length - least) % (usable - 4)
    local = local if local <= usable - 35 else least
    parts, left = [page[at : at + local]], length - local
    (following,) = unpack_from(">I", page, at + local)
    while left > 0:
        start = (following - 1) * size
        if following < 1 or start + size > len(data):
            return Damage(place, "it goes on in a page that is not there")
        parts.append(data[start + 4 : start + 4 + min(usable - 4, left)])
        left -= usable - 4
        (following,) = unpack_from(">I", data, start)
    return Record(place, b"".join(parts))


def _columns(record: bytes) -> list[int | bytes | None]:
    """Decode a record ("Database File Format", 2.1): serial types, then the values."""
    end, at = _varint(record, 0)
    kinds, columns, start = [], [], end
    while at < end:
        kind, at = _varint(record, at)
        kinds.append(kind)
    for kind in kinds:
        width = (0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0)[kind] if kind < 12 else (kind - 12) // 2
        value = record[start : start + width]
        if len(value) < width:
            raise ValueError("a value ends too early")
        columns.append(_value(kind, value))
        start += width
    return columns


def _value(kind: int, value: bytes) -> int | bytes | None:
    if kind == 0:
        return None
    if kind in {8, 9}:
        return kind - 8
    return value if kind >= 12 else int.from_bytes(value, "big", signed=True)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a number of SQLite's variable length and the place after it."""
    number = 0
    for step in range(8):
        byte = data[at + step]
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            return number, at + step + 1
    return number << 8 | data[at + 8], at + 9
