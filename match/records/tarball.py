"""The files of a tar archive as a stream, within bounds (rules.md 25).

Nothing is written to disk. Names serve as places and ids alone, and one that leaves its archive is
refused all the same.
"""

import os
from collections.abc import Iterator
from hashlib import sha256
from typing import IO, TYPE_CHECKING

from match.records.archive import MEMBER_BYTES, RATIO, Member
from match.records.known import BadArchive, Ids, Known, grouped
from sbom.errors import InputError

if TYPE_CHECKING:
    from sbom.image.tar import Entry, Tar

MEMBERS = 1_000_000
"""The CVE list, the largest of these archives, has a third of it."""
TOTAL_BYTES = 16 << 30
RATIO_FREE = 64 << 20
"""Archives up to this length may have any ratio."""
CHUNK = 1 << 18
MAGIC, KIND = slice(257, 262), slice(156, 157)
HEAD_BYTES = 512


def is_tar(head: bytes) -> bool:
    """Whether bytes are the beginning of a tar archive (POSIX.1-2017, pax, ustar header)."""
    return head[MAGIC] == b"ustar"


def is_archive_of(head: bytes, *repositories: str) -> bool:
    """Whether bytes begin an archive of a repository: all is in one folder, `NAME-REF`.

    The folder is the first member, but for the global header that git writes before it.
    """
    start = 2 * HEAD_BYTES if head[KIND] == b"g" else 0
    folder = head[start : start + 100].partition(b"\0")[0].partition(b"/")[0]
    names = tuple(f"{name}-".encode() for name in repositories)
    return is_tar(head) and folder.startswith(names)


def files(path: str, head: bytes, file: IO[bytes]) -> Iterator[Member]:
    """Yield the regular files of an archive in the order they are in it.

    Args:
        path: the archive's name; its length on disk, where it has one, bounds what it may hold.
        head: what was read of it already.
        file: the rest, decompressed.

    Raises:
        BadArchive: where it is damaged or holds too much; files before that are yielded.
    """
    from sbom.image.tar import FILE, Tar

    seen = bytearray()
    tar = Tar(_chunks(head, file, _ceiling(path), seen), os.path.basename(path))
    try:
        for number, entry in enumerate(tar):
            if number >= MEMBERS:
                raise BadArchive(f"it has more than {MEMBERS} members")
            if entry.kind == FILE:
                yield _file(entry, tar)
    except InputError as error:
        raise BadArchive(error.message) from None
    if any(seen):
        # What was cut short between two members looks whole but for the zeros at its end.
        raise BadArchive("it ends without the mark of its end, so the rest of it may be missing")


def unknown_files(found: Iterator[Member], known: Known, ids: Ids) -> Iterator[Member]:
    """Yield those of an archive's files that are not known.

    Args:
        found: what `files` yields.
        known: asked with the digests of files.
        ids: of which files it is asked.

    Raises:
        BadArchive: as above.
    """
    for group in grouped(_digested(found, ids)):
        held = known([(ids(member.name), member.raw) for member in group if member.raw])
        for member in group:
            if not member.raw or member.raw not in held:
                yield member


def _digested(found: Iterator[Member], ids: Ids) -> Iterator[Member]:
    for member in found:
        asked = ids(member.name) and not member.fault
        yield member._replace(raw=sha256(member.data).digest()) if asked else member


def _file(entry: "Entry", tar: "Tar") -> Member:
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


def _chunks(head: bytes, file: IO[bytes], ceiling: int, seen: bytearray) -> Iterator[bytes]:
    """Yield the archive in chunks; `seen` holds its last block once it has been read to its end."""
    last = head
    yield head
    total = len(head)
    while chunk := file.read(CHUNK):
        total += len(chunk)
        if total > ceiling:
            raise BadArchive(f"it unpacks to more than {ceiling >> 20} MiB")
        last = chunk
        yield chunk
    seen += last[-HEAD_BYTES:]
