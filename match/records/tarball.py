"""The files of a tar archive as a stream, within bounds (rules.md 25).

Nothing is written to disk. Names serve as places and ids alone, and one that leaves its archive is
refused all the same.
"""

import os
from collections.abc import Iterator
from typing import IO

from match.records.archive import MEMBER_BYTES, RATIO, BadArchive, Member
from sbom.errors import InputError
from sbom.image.tar import FILE, Entry, Tar

MEMBERS = 1_000_000
"""The CVE list, the largest of these archives, has a third of it."""
TOTAL_BYTES = 16 << 30
RATIO_FREE = 64 << 20
"""Archives up to this length may have any ratio."""
CHUNK = 1 << 18
MAGIC = slice(257, 262)
HEAD_BYTES = 512


def is_tar(head: bytes) -> bool:
    """Whether bytes are the beginning of a tar archive (POSIX.1-2017, pax, ustar header)."""
    return head[MAGIC] == b"ustar"


def files(path: str, head: bytes, file: IO[bytes]) -> Iterator[Member]:
    """Yield the regular files of an archive in the order they are in it.

    Args:
        path: the archive's name; its length on disk, where it has one, bounds what it may hold.
        head: what was read of it already.
        file: the rest, decompressed.

    Raises:
        BadArchive: where it is damaged or holds too much; files before that are yielded.
    """
    tar = Tar(_chunks(head, file, _ceiling(path)), os.path.basename(path))
    try:
        for number, entry in enumerate(tar):
            if number >= MEMBERS:
                raise BadArchive(f"it has more than {MEMBERS} members")
            if entry.kind == FILE:
                yield _file(entry, tar)
    except InputError as error:
        raise BadArchive(error.message) from None


def _file(entry: Entry, tar: Tar) -> Member:
    name = entry.path.decode("utf-8", "replace").removeprefix("./")
    if name.startswith("/") or ".." in name.split("/"):
        return Member(name, fault="the member's name leaves the archive")
    if entry.size > MEMBER_BYTES:
        return Member(name, fault=f"the member is longer than {MEMBER_BYTES >> 20} MiB")
    return Member(name, tar.read())


def _ceiling(path: str) -> int:
    """Return how many bytes an archive may unpack to."""
    try:
        packed = os.path.getsize(path)
    except OSError:
        packed = 0
    return min(TOTAL_BYTES, max(RATIO_FREE, RATIO * packed))


def _chunks(head: bytes, file: IO[bytes], ceiling: int) -> Iterator[bytes]:
    yield head
    total = len(head)
    while chunk := file.read(CHUNK):
        total += len(chunk)
        if total > ceiling:
            raise BadArchive(f"it unpacks to more than {ceiling >> 20} MiB")
        yield chunk
