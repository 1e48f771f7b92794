"""Not a reader: the three containers of an rpm database, opened by their first bytes.

SQLite (file format 3), rpm's own ndb, and Berkeley DB hash files give the same package headers.
What is read of a file is at most a few times its size, however its parts point at each other.
"""

import struct
from collections.abc import Callable, Iterator
from struct import unpack_from

from msgspec import Struct


class Blob(Struct, frozen=True, gc=False):
    """One package header as stored, and its place in the file."""

    place: str
    data: bytes


class Damage(Struct, frozen=True, gc=False):
    """A part of the container that cannot be read; `everything` when it is the container itself."""

    place: str
    what: str
    everything: bool = False


HASH_MAGIC = b"\x61\x15\x06\x00", b"\x00\x06\x15\x61"
# Page types of Berkeley DB (db_page.h): hash, unsorted and sorted, and overflow.
HASH_PAGES, OVERFLOW = (2, 13), 7
KEYDATA, OFFPAGE = b"\1", b"\3"
# Page types of SQLite ("Database File Format", 1.6): table b-tree, interior and leaf.
INTERIOR, LEAF = 5, 13
# Every byte of a sound file belongs to one package at most.
MOST_READ = 2


def blobs(data: bytes) -> Iterator[Blob | Damage]:
    """Yield every package header, in the order of the file; never raises."""
    container, kind = _container(data)
    left = MOST_READ * len(data)
    try:
        for blob in container(data):
            yield blob
            left -= len(blob.data) if isinstance(blob, Blob) else 1
            if left < 0:
                yield Damage("header", "its parts overlap", everything=True)
                return
    except (struct.error, ValueError, IndexError) as fault:
        yield Damage("header", f"damaged {kind} database: {fault}", everything=True)


def _container(data: bytes) -> tuple[Callable[[bytes], Iterator[Blob | Damage]], str]:
    if data.startswith(b"SQLite format 3\0"):
        return _sqlite, "SQLite"
    if data.startswith(b"RpmP"):
        return _ndb, "ndb"
    return (_berkeley, "Berkeley DB") if data[12:16] in HASH_MAGIC else (_unknown, "rpm")


def _unknown(data: bytes) -> Iterator[Blob | Damage]:
    if data:
        yield Damage("header", "it is no rpm database of a known kind", everything=True)


def _ndb(data: bytes) -> Iterator[Blob | Damage]:
    """Walk the slots: 16 bytes each, the header of the file in place of the first two."""
    (pages,) = unpack_from("<I", data, 12)
    for at in range(32, min(pages * 4096, len(data)), 16):
        magic, index, block, _count = unpack_from("<4sIII", data, at)
        if magic != b"Slot":
            yield Damage(f"slot at byte {at}", "it does not begin as a slot")
            return
        if not index:
            continue
        place = f"package {index}"
        start = block * 16
        if data[start : start + 4] != b"BlbS" or start + 16 > len(data):
            yield Damage(place, "its block does not begin as a package")
            continue
        owner, _generation, length = unpack_from("<III", data, start + 4)
        if owner != index or start + 16 + length > len(data):
            yield Damage(place, "its block belongs to another package or ends too early")
            continue
        yield Blob(place, data[start + 16 : start + 16 + length])


def _berkeley(data: bytes) -> Iterator[Blob | Damage]:
    """Walk the hash pages: entries are pairs, a package number and its header."""
    order = "<" if data[12:16] == HASH_MAGIC[0] else ">"
    (size,) = unpack_from(order + "I", data, 20)
    if size < 512 or size > 65_536:
        raise ValueError(f"pages of {size} bytes")
    for number in range(1, len(data) // size):
        start = number * size
        if data[start + 25] not in HASH_PAGES:
            continue
        (entries,) = unpack_from(order + "H", data, start + 20)
        if 26 + 2 * entries > size:
            yield Damage(f"page {number}", f"{entries} entries do not fit in it")
            continue
        offsets = unpack_from(f"{order}{entries}H", data, start + 26)
        page = data[start : start + size]
        for item in range(1, entries, 2):
            key = page[offsets[item - 1] + 1 : offsets[item - 1] + 5]
            # Package 0 is the counter from which the next number is taken.
            if key == b"\0\0\0\0":
                continue
            place = f"page {number}, entry {item // 2}"
            value = page[offsets[item] : offsets[item - 1]]
            if value[:1] == KEYDATA:
                yield Blob(place, value[1:])
            elif value[:1] == OFFPAGE and len(value) == 12:
                yield _overflow(data, place, order, size, *unpack_from(order + "II", value, 4))
            else:
                yield Damage(place, "a value of an unknown type")


def _overflow(
    data: bytes, place: str, order: str, size: int, number: int, length: int
) -> Blob | Damage:
    """Follow a chain of overflow pages; all but the last are full, so that it ends."""
    if length > len(data):
        return Damage(place, "it is longer than the file")
    parts, left = [], length
    while left > 0:
        at = number * size
        if not number or at + size > len(data) or data[at + 25] != OVERFLOW:
            return Damage(place, f"page {number} is no part of a package")
        (number,) = unpack_from(order + "I", data, at + 16)
        (used,) = unpack_from(order + "H", data, at + 22)
        if used < min(left, size - 26):
            return Damage(place, f"page {number} holds too little of it")
        parts.append(data[at + 26 : at + 26 + min(left, size - 26)])
        left -= size - 26
    return Blob(place, b"".join(parts))


def _sqlite(data: bytes) -> Iterator[Blob | Damage]:
    """Find the root of table Packages in the schema table (page 1), then walk its rows."""
    for row in _rows(data, 1):
        if isinstance(row, Damage):
            yield row
            continue
        columns = _columns(row.data)
        if columns[:2] == [b"table", b"Packages"] and len(columns) > 3:
            root = columns[3]
            for package in _rows(data, root if isinstance(root, int) else 0):
                yield package if isinstance(package, Damage) else _package(package)
            return
    yield Damage("schema", "it has no table Packages", everything=True)


def _package(row: Blob) -> Blob | Damage:
    """Table Packages has the columns (hnum INTEGER PRIMARY KEY, blob BLOB)."""
    try:
        columns = _columns(row.data)
    except (struct.error, ValueError, IndexError) as fault:
        return Damage(row.place, f"damaged row: {fault}")
    if len(columns) == 2 and isinstance(columns[1], bytes):
        return Blob(row.place, columns[1])
    return Damage(row.place, "the row has no package header")


def _rows(data: bytes, root: int) -> Iterator[Blob | Damage]:
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


def _cell(data: bytes, page: bytes, at: int, size: int, usable: int) -> Blob | Damage:
    """Return one record; what does not fit its page goes on in a chain of overflow pages."""
    length, at = _varint(page, at)
    row, at = _varint(page, at)
    place = f"row {row}"
    if length > len(data):
        return Damage(place, "it is longer than the file")
    if length <= usable - 35:
        return Blob(place, page[at : at + length])
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
    return Blob(place, b"".join(parts))


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
