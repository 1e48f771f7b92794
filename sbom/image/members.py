"""Files of an image on disk: in a folder, or inside a tar, where each is found by its place."""

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from msgspec import Struct

from sbom.errors import InputError
from sbom.image import streams
from sbom.image.streams import BROKEN, GZIP, ZSTD
from sbom.image.tar import FILE, HARDLINK, SYMLINK, Tar
from sbom.limits import Limits, exceeded, size

STEP = 1 << 18
LOOKAHEAD = 1 << 12
MOST_LINKS = 40
"""Links that are followed for one name, as in path_resolution(7)."""


class Place(Protocol):
    """An open file that can be read anywhere."""

    def at(self, number: int, offset: int) -> bytes:
        """Return up to so many bytes from a place on."""


class Member(Struct, frozen=True, gc=False):
    """A run of bytes of a file."""

    file: Place
    offset: int
    size: int
    where: str

    def stream(self) -> Iterator[bytes]:
        """Yield the content in blocks; raise InputError where the file ends before it does."""
        at, end = self.offset, self.offset + self.size
        while at < end:
            block = self.file.at(min(STEP, end - at), at)
            if not block:
                raise InputError(f"{self.where}: the file ends too early", BROKEN)
            at += len(block)
            yield block

    def read(self, limits: Limits) -> bytes:
        """Return the content of a manifest or the like, if it is of a sane size."""
        if self.size > limits.manifest_bytes:
            most = size(limits.manifest_bytes)
            told = f"it has {size(self.size)}, more than {most} (manifest_bytes)"
            raise exceeded(self.where, told, "manifest_bytes")
        return b"".join(self.stream())


class OnDisk:
    """A file by its descriptor, which is closed with the last member that needs it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def at(self, number: int, offset: int) -> bytes:
        """Return up to so many bytes from a place on; threads may ask at the same time."""
        return os.pread(self._descriptor, number, offset)

    def length(self) -> int:
        """Return the size of the file."""
        return os.fstat(self._descriptor).st_size

    def __del__(self) -> None:
        os.close(self._descriptor)


class Folder:
    """The files of an image layout in a folder, by name."""

    def __init__(self, path: str) -> None:
        self._path = path

    def get(self, name: str) -> Member | None:
        """Return a file, or None."""
        path = os.path.join(self._path, name)
        if not os.path.isfile(path):
            return None
        file = OnDisk(_opened(path))
        return Member(file, 0, file.length(), path)


class Archive:
    """The files of a tar, by name; only its headers were read. file: it, where it has no name."""

    def __init__(self, path: str, limits: Limits, file: OnDisk | None = None) -> None:
        self._path = path
        self._members, self._links = _index(file or OnDisk(_opened(path)), path, limits)

    def get(self, name: str) -> Member | None:
        """Return a file, through links inside the archive, or None."""
        for _ in range(MOST_LINKS):
            target = self._links.get(name)
            if target is None:
                return self._members.get(name)
            name = target
        raise InputError(f"{self._path}: the link {name} leads nowhere", BROKEN)

    def names(self) -> Mapping[str, Member]:
        """Return all files, as they are named."""
        return self._members


def is_archive(path: str) -> bool:
    """Tell whether a file looks like a tar, packed or not, by its first bytes."""
    if not os.path.isfile(path):
        return False
    head = OnDisk(_opened(path)).at(263, 0)
    return head.startswith((GZIP, ZSTD)) or head[257:262] == b"ustar"


def _opened(path: str) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", "check the name and the rights") from None


def spooled(blocks: Iterable[bytes], where: str) -> OnDisk:
    """Return a stream as a nameless file on disk, where it can be read anywhere."""
    import tempfile

    try:
        with tempfile.TemporaryFile() as spool:
            for block in blocks:
                spool.write(block)
            spool.flush()
            return OnDisk(os.dup(spool.fileno()))
    except OSError as error:
        told = f"{where}: it cannot be kept on disk to be read: {error.strerror}"
        raise InputError(told, "set TMPDIR to a folder with more room") from None


def _index(file: OnDisk, path: str, limits: Limits) -> tuple[dict[str, Member], dict[str, str]]:
    """Go from header to header; what lies between is not read."""
    if file.at(4, 0).startswith((GZIP, ZSTD)):
        file = _unpacked(file, path, limits)
    walk = _Walk(file, path)
    tar = Tar(walk, path, walk.skip)
    members: dict[str, Member] = {}
    links: dict[str, str] = {}
    for count, entry in enumerate(tar):
        if count >= limits.entries:
            raise exceeded(path, f"it has more than {limits.entries} entries (entries)", "entries")
        name = os.path.normpath(os.fsdecode(entry.path)).lstrip("/")
        if entry.kind == FILE:
            members[name] = Member(file, tar.offset, entry.size, f"{path}: {name}")
            links.pop(name, None)
        elif entry.kind in {SYMLINK, HARDLINK}:
            start = os.path.dirname(name) if entry.kind == SYMLINK else ""
            target = os.path.normpath(os.path.join("/", start, os.fsdecode(entry.link)))
            links[name] = target.lstrip("/")
    return members, links


class _Walk:
    """The stream of a file whose parts can be skipped."""

    def __init__(self, file: OnDisk, where: str) -> None:
        self._file, self._where = file, where
        self._at, self._end = 0, file.length()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        block = self._file.at(LOOKAHEAD, self._at)
        if not block:
            raise StopIteration
        self._at += len(block)
        return block

    def skip(self, number: int) -> None:
        self._at += number
        if self._at > self._end:
            told = f"the archive ends too early: it has {self._end} bytes and promises {self._at}"
            raise InputError(f"{self._where}: {told}", BROKEN)


def _unpacked(file: OnDisk, path: str, limits: Limits) -> OnDisk:
    """Unpack a compressed archive to disk: in a packed one no place is known."""
    meter = streams.Meter()
    packed = streams.metered(Member(file, 0, file.length(), path).stream(), meter, None)
    return spooled(streams.bounded(streams.unpacked(packed, path), meter, limits, path), path)
