"""Not a reader: the three containers of an rpm database, opened by their first bytes.

SQLite (file format 3), rpm's own ndb, and Berkeley DB hash files give the same package headers.
What is read of a file is at most a few times its size, however its parts point at each other.
"""

import struct
from collections.abc import Callable, Iterator
from struct import unpack_from

from msgspec import Struct

from sbom.readers import sqlite
from sbom.readers.sqlite import Damage


class Blob(Struct, frozen=True, gc=False):
    """One package header as stored, and its place in the file."""

    place: str
    data: bytes


HASH_MAGIC = b"\x61\x15\x06\x00", b"\x00\x06\x15\x61"
# Page types of Berkeley DB (db_page.h): hash, unsorted and sorted, and overflow.
HASH_PAGES, OVERFLOW = (2, 13), 7
KEYDATA, OFFPAGE = b"\1", b"\3"
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
    """Walk table Packages, whose columns are (hnum INTEGER PRIMARY KEY, blob BLOB)."""
    for row in sqlite.table(data, b"Packages"):
        if isinstance(row, Damage):
            yield row
        elif len(row.columns) == 2 and isinstance(row.columns[1], bytes):
            yield Blob(row.place, row.columns[1])
        else:
            yield Damage(row.place, "the row has no package header")
