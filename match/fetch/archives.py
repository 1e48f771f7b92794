"""A zip archive with some of its members exchanged: the others are copied as they lie in it."""

import struct
from collections.abc import Container, Mapping
from typing import IO
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from sbom.errors import FetchError

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a member can have; ours state none."""
BLOCK = 1 << 20
DAMAGED = (BadZipFile, ValueError, struct.error, NotImplementedError, EOFError)


def patched(path: str, target: str, new: Mapping[str, bytes], gone: Container[str]) -> None:
    """Write the archive at `path` to `target`, with members added, exchanged or left out.

    Raises:
        FetchError: where the archive cannot be read.
    """
    try:
        with ZipFile(path) as old, ZipFile(target, "w", ZIP_DEFLATED, compresslevel=6) as archive:
            for info, end in _spans(old):
                if info.filename not in new and info.filename not in gone:
                    _copy(old, archive, info, end)
            for name in sorted(new):
                archive.writestr(ZipInfo(name, EPOCH), new[name], ZIP_DEFLATED)
    except DAMAGED as error:
        raise FetchError(f"{path}: cannot be changed: {error}", "remove it, and update") from None


def fault(path: str) -> str:
    """Say what is wrong with a zip archive's directory, or nothing; other files have no fault."""
    with open(path, "rb") as file:
        if file.read(4) not in {b"PK\x03\x04", b"PK\x05\x06"}:
            return ""
    try:
        with ZipFile(path):
            return ""
    except DAMAGED:
        return "it is damaged or cut short"


def _spans(archive: ZipFile) -> list[tuple[ZipInfo, int]]:
    """Return the members as they lie in the file, each with the place where the next begins."""
    members = sorted(archive.infolist(), key=lambda info: info.header_offset)
    starts = [*(info.header_offset for info in members), archive.start_dir]
    return list(zip(members, starts[1:], strict=True))


def _copy(old: ZipFile, archive: ZipFile, info: ZipInfo, end: int) -> None:
    source, target = _file(old), _file(archive)
    source.seek(info.header_offset)
    target.seek(archive.start_dir)
    left = end - info.header_offset
    start = archive.start_dir
    while left > 0 and (block := source.read(min(left, BLOCK))):
        target.write(block)
        left -= len(block)
    info.header_offset = start
    archive.start_dir = target.tell()
    archive.filelist.append(info)
    archive.NameToInfo[info.filename] = info


def _file(archive: ZipFile) -> IO[bytes]:
    if archive.fp is None:
        raise ValueError("the archive is closed")
    return archive.fp
