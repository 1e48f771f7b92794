"""The members of a zip archive, one at a time, within bounds (rules.md 25).

Written for archives of many small files: the standard library keeps an object for each member and
takes longer to open one than it takes to read the advisory in it.
"""

import struct
from collections.abc import Iterator
from typing import IO, NamedTuple, cast
from zlib import crc32
from zlib import error as ZlibError  # noqa: N812 (zlib names its exception in lower case)

from isal import igzip_lib, isal_zlib

MEMBER_BYTES = 16 << 20
"""No advisory is longer; a member that is, is not read."""
RATIO = 400
"""Text of many records deflates to a twentieth; what goes far beyond is made to exhaust us."""
RATIO_FREE = 1 << 20
"""Members up to this length may have any ratio."""
TAIL_BYTES = 65_557
"""The end record (22 bytes) and the longest comment behind it (APPNOTE.TXT 4.3.16)."""

ISAL_ERROR = cast("type[Exception]", igzip_lib.IsalError)
DAMAGED = (ValueError, struct.error, ZlibError, ISAL_ERROR)
"""What reading a damaged member raises."""

END = struct.Struct("<4s4H2LH")
END64 = struct.Struct("<4sQ2H2L4Q")
LOCATOR64 = struct.Struct("<4sLQL")
CENTRAL = struct.Struct("<4s6H3L5H2L")
LOCAL = struct.Struct("<4s5H3L2H")


class Member(NamedTuple):
    """One member: its bytes, or why it cannot be read."""

    name: str
    data: bytes = b""
    fault: str = ""


class BadArchive(ValueError):  # noqa: N818 (named as every `BadX` and `InvalidX` of the project is)
    """The file is no zip archive, or its directory is damaged."""


class _Entry(NamedTuple):
    name: str
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int


def members(file: IO[bytes]) -> Iterator[Member]:
    """Yield the regular members of a seekable zip archive in the order of its directory.

    Raises:
        BadArchive: where the directory cannot be read; members before the damage are yielded.
    """
    for entry in _entries(file):
        if entry.name.endswith("/"):
            continue
        fault = _refusal(entry)
        if fault:
            yield Member(entry.name, fault=fault)
            continue
        try:
            yield Member(entry.name, _extract(file, entry))
        except DAMAGED as error:
            yield Member(entry.name, fault=f"the member is damaged: {error}")


def _entries(file: IO[bytes]) -> Iterator[_Entry]:
    count, size, start = _directory(file)
    if count > size // CENTRAL.size:
        raise BadArchive("the directory is shorter than its number of entries needs")
    position = start
    for _ in range(count):
        file.seek(position)
        # Long enough for nearly every entry with its name: one read for each.
        block = file.read(CENTRAL.size + 512)
        if len(block) < CENTRAL.size or block[:4] != b"PK\x01\x02":
            raise BadArchive(f"the directory is damaged at byte {position}")
        (_, _, _, flags, method, _, _, crc, packed, plain, name, extra, note, _, _, _, offset) = (
            CENTRAL.unpack_from(block)
        )
        end = CENTRAL.size + name + extra
        if end > len(block):
            block += file.read(end - len(block))
        raw = block[CENTRAL.size : CENTRAL.size + name]
        if 0xFFFFFFFF in {packed, plain, offset}:
            packed, plain, offset = _wide(block[CENTRAL.size + name : end], plain, packed, offset)
        text = raw.decode("utf-8" if flags & 0x800 else "cp437", "replace")
        yield _Entry(text, flags, method, crc, packed, plain, offset)
        position += end + note


def _directory(file: IO[bytes]) -> tuple[int, int, int]:
    """Return the directory's number of entries, length and start (APPNOTE.TXT 4.3.14 to 4.3.16)."""
    length = file.seek(0, 2)
    file.seek(max(0, length - TAIL_BYTES))
    tail = file.read(TAIL_BYTES)
    at = len(tail)
    while (at := tail.rfind(b"PK\x05\x06", 0, at)) >= 0:
        # A comment may hold the same signature; the record is where its comment ends the file.
        if at + END.size <= len(tail) == at + END.size + END.unpack_from(tail, at)[-1]:
            break
    else:
        raise BadArchive("it is no zip archive, or its end is missing")
    _, _, _, _, count, size, start, _ = END.unpack_from(tail, at)
    if 0xFFFFFFFF in {size, start} or count == 0xFFFF:
        locator = at - LOCATOR64.size
        if locator >= 0 and tail[locator : locator + 4] == b"PK\x06\x07":
            file.seek(LOCATOR64.unpack_from(tail, locator)[2])
            block = file.read(END64.size)
            if len(block) < END64.size or block[:4] != b"PK\x06\x06":
                raise BadArchive("its zip64 end record is damaged")
            count, size, start = END64.unpack(block)[7:10]
    if start + size > length:
        raise BadArchive("its directory lies beyond its end: the file is cut short")
    return count, size, start


def _wide(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """Read the zip64 extra field (APPNOTE.TXT 4.5.3): only the values that overflowed, in order."""
    values = [size, packed, offset]
    at = 0
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<HH", extra, at)
        at += 4
        if tag == 1:
            places = [i for i, value in enumerate(values) if value == 0xFFFFFFFF]
            wide = struct.unpack_from(f"<{min(len(places), length // 8)}Q", extra[at : at + length])
            for place, value in zip(places, wide, strict=False):
                values[place] = value
        at += length
    return values[1], values[0], values[2]


def _refusal(entry: _Entry) -> str:
    if entry.flags & 1:
        return "the member is encrypted"
    if entry.method not in {0, 8}:
        return f"the member is packed by method {entry.method}; only stored and deflated are read"
    if max(entry.size, entry.packed) > MEMBER_BYTES:
        return f"the member is longer than {MEMBER_BYTES >> 20} MiB"
    if entry.size > RATIO_FREE and entry.size > RATIO * entry.packed:
        return f"the member is packed more than {RATIO}-fold"
    return ""


def _extract(file: IO[bytes], entry: _Entry) -> bytes:
    file.seek(entry.offset)
    # Most names are shorter: header, name and data come in one read.
    block = file.read(LOCAL.size + 128 + entry.packed)
    if len(block) < LOCAL.size or block[:4] != b"PK\x03\x04":
        raise ValueError("its header is missing")
    name, extra = LOCAL.unpack_from(block)[9:11]
    start = LOCAL.size + name + extra
    if start + entry.packed > len(block):
        block += file.read(start + entry.packed - len(block))
    packed = block[start : start + entry.packed]
    if entry.method == 0:
        data = packed
    else:
        # One byte more than stated shows a member that is longer than its directory says.
        data = isal_zlib.decompressobj(-15).decompress(packed, entry.size + 1)
    if len(data) != entry.size or crc32(data) != entry.crc:
        raise ValueError("its length or checksum is not as stated")
    return data
