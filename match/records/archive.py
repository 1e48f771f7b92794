"""The members of a zip archive, one at a time, within bounds (rules.md 25).

Written for archives of many small files: the standard library keeps an object for each member and
takes longer to open one than it takes to read the advisory in it.
"""

import struct
from collections.abc import Iterator
from hashlib import sha256
from typing import IO, NamedTuple, cast
from zlib import crc32
from zlib import error as ZlibError  # noqa: N812 (zlib names its exception in lower case)

from isal import igzip_lib, isal_zlib

from match.records.known import BadArchive, Ids, Known, grouped

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
DAMAGE = "the member is damaged: "

END = struct.Struct("<4s4H2LH")
END64 = struct.Struct("<4sQ2H2L4Q")
LOCATOR64 = struct.Struct("<4sLQL")
CENTRAL = struct.Struct("<4s6H3L5H2L")
LOCAL = struct.Struct("<4s5H3L2H")
LONGEST_ENTRY = CENTRAL.size + 3 * 0xFFFF
"""Of the directory: with the longest name, extra field and comment."""
DIRECTORY_CHUNK = 4 * LONGEST_ENTRY
"""How much of the directory is held at once, whatever its length."""


class Member(NamedTuple):
    """One member: its bytes, or why it cannot be read.

    raw: the digest of it as it is stored, where it was asked whether that is known.
    """

    name: str
    data: bytes = b""
    fault: str = ""
    raw: bytes = b""


class _Entry(NamedTuple):
    name: str
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int


class _Stored(NamedTuple):
    """A member as it lies in the archive, or why it cannot be had."""

    entry: _Entry
    data: bytes = b""
    fault: str = ""
    raw: bytes = b""
    id: str = ""


def members(file: IO[bytes]) -> Iterator[Member]:
    """Yield the regular members of a seekable zip archive in the order of its directory.

    Raises:
        BadArchive: where the directory cannot be read; members before the damage are yielded.
    """
    for entry in _entries(file):
        if not entry.name.endswith("/"):
            yield _member(_stored(file, entry))


def unknown(file: IO[bytes], known: Known, ids: Ids) -> Iterator[Member]:
    """Yield the members that are not known, as `members` does: the others are not even unpacked.

    Args:
        file: a seekable zip archive.
        known: asked with digests of all that says what a member unpacks to.
        ids: which members it is asked of.

    Raises:
        BadArchive: as above.
    """
    entries = (entry for entry in _entries(file) if not entry.name.endswith("/"))
    for group in grouped(_stored(file, entry, ids(entry.name)) for entry in entries):
        held = known([(stored.id, stored.raw) for stored in group if stored.id])
        for stored in group:
            if stored.raw not in held or not stored.id:
                yield _member(stored)


def _entries(file: IO[bytes]) -> Iterator[_Entry]:
    count, size, position = _directory(file)
    if count > size // CENTRAL.size:
        raise BadArchive("the directory is shorter than its number of entries needs")
    end, number, length = position + size, 0, file.seek(0, 2)
    left = 2 * length
    block, at, more = b"", 0, True
    while position < end:
        if more and len(block) - at < LONGEST_ENTRY:
            # Thousands of entries come in one read; members are read in between.
            file.seek(position)
            block, at = file.read(DIRECTORY_CHUNK), 0
            more = len(block) == DIRECTORY_CHUNK
        if len(block) - at < CENTRAL.size or block[at : at + 4] != b"PK\x01\x02":
            raise BadArchive(f"the directory is damaged at byte {position}")
        (_, _, _, flags, method, _, _, crc, packed, plain, name, extra, note, _, _, _, offset) = (
            CENTRAL.unpack_from(block, at)
        )
        start = at + CENTRAL.size
        raw = block[start : start + name]
        if 0xFFFFFFFF in {packed, plain, offset}:
            wide = block[start + name : start + name + extra]
            packed, plain, offset = _wide(wide, plain, packed, offset)
        # Nearly every name is ASCII, and the codec of code page 437 is written in Python.
        code = "ascii" if raw.isascii() else "utf-8" if flags & 0x800 else "cp437"
        text = raw.decode(code, "replace")
        left -= min(packed, length)
        if left < 0:
            # Else a directory that names one long member a million times costs us as many. Twice
            # the length is allowed, so that one entry that lies spoils none but itself.
            raise BadArchive("its members lie over each other")
        yield _Entry(text, flags, method, crc, packed, plain, offset)
        step = CENTRAL.size + name + extra + note
        position, at, number = position + step, at + step, number + 1
    if (number - count) % 0x10000:
        # Without zip64 the end record counts 65,535 at most, and some writers begin again there.
        raise BadArchive(f"its directory has {number} entries and says {count}")


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
            body = extra[at : at + length]
            wide = struct.unpack_from(f"<{min(len(places), len(body) // 8)}Q", body)
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


def _stored(file: IO[bytes], entry: _Entry, id_: str = "") -> _Stored:
    """Return a member; digested where it stands for a record of this id."""
    fault = _refusal(entry)
    if fault:
        return _Stored(entry, fault=fault)
    try:
        data = _packed(file, entry)
    except DAMAGED as error:
        return _Stored(entry, fault=f"{DAMAGE}{error}")
    if not id_:
        return _Stored(entry, data)
    # Method, checksum and length are the directory's word, and belong to what it comes to.
    said = b"%d %d %d " % (entry.method, entry.crc, entry.size)
    return _Stored(entry, data, "", sha256(said + data).digest(), id_)


def _packed(file: IO[bytes], entry: _Entry) -> bytes:
    packed = entry.packed
    file.seek(entry.offset)
    # Most names are shorter: header, name and data come in one read.
    block = file.read(LOCAL.size + 128 + packed)
    if len(block) < LOCAL.size or block[:4] != b"PK\x03\x04":
        raise ValueError("its header is missing")
    name, extra = LOCAL.unpack_from(block)[9:11]
    start = LOCAL.size + name + extra
    if start + packed > len(block):
        block += file.read(start + packed - len(block))
    return block[start : start + packed]


def _member(stored: _Stored) -> Member:
    (name, _, method, crc, _, size, _), data, fault, raw, _ = stored
    if fault:
        return Member(name, fault=fault)
    try:
        if method:
            # One byte more than stated shows a member that is longer than its directory says.
            data = isal_zlib.decompressobj(-15).decompress(data, size + 1)
        if len(data) != size or crc32(data) != crc:
            return Member(name, fault=DAMAGE + "its length or checksum is not as stated")
    except DAMAGED as error:
        return Member(name, fault=f"{DAMAGE}{error}")
    return Member(name, data, raw=raw)
