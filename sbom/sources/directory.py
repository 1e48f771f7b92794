"""`dir:PATH`: a root file system in a folder, also the running one (`dir:/`).

Links are never followed. Other file systems mounted on `proc`, `sys` and `dev` are left out: what
they show is the kernel's and not the image's.
"""

import os
import stat
from collections.abc import Iterator

from sbom.errors import InputError
from sbom.image.opened import Contents, Image, ImageLayer, Tick
from sbom.image.tar import FILE, FOLDER, OTHER, SYMLINK, Entry
from sbom.limits import Limits
from sbom.model import Problem, Subject

ROOTS = (
    "etc/os-release",
    "usr/lib/os-release",
    "var/lib/dpkg",
    "lib/apk/db",
    "var/lib/rpm",
    "usr/bin",
)
KERNELS = frozenset({b"proc", b"sys", b"dev"})
NO_LINK = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


def recognises(path: str) -> bool:
    """Tell whether a folder looks like a root file system."""
    return any(os.path.lexists(os.path.join(path, name)) for name in ROOTS)


def open_image(reference: str, platform: str | None, limits: Limits) -> Image:  # noqa: ARG001
    """Open a folder as an image of one layer without digests."""
    if not os.path.isdir(reference):
        raise InputError(f"{reference}: no such folder", "dir: wants a root file system's folder")
    if platform is not None:
        raise InputError(f"{reference}: a folder has no platform to choose", "leave --platform out")

    def contents(limits: Limits, tick: Tick | None) -> Contents:
        return Files(reference, limits, tick)

    layer = ImageLayer(facts=None, where=reference, size=0, open=contents)
    return Image(subject=Subject(name=reference), layers=(layer,))


class Files:
    """The entries of a folder, in the order of their names."""

    def __init__(self, root: str, limits: Limits, tick: Tick | None) -> None:
        self._root = os.fsencode(root)
        self._limits = limits
        self._tick = tick
        self._current = b""
        self._device = os.stat(root).st_dev

    def __iter__(self) -> Iterator[Entry | Problem]:
        waiting = [b""]
        while waiting:
            folder = waiting.pop()
            try:
                with os.scandir(os.path.join(self._root, folder)) as listing:
                    found = sorted(listing, key=lambda item: item.name)
            except OSError as error:
                yield _unreadable(folder, error)
                continue
            below = []
            for item in found:
                self._current = os.path.join(folder, item.name)
                try:
                    entry = self._entry(item)
                except OSError as error:
                    yield _unreadable(self._current, error)
                    continue
                if entry.kind == FOLDER and not self._is_kernel(item):
                    below.append(entry.path)
                yield entry
            waiting.extend(reversed(below))

    def head(self, number: int) -> bytes:
        """Return the first bytes of the current file; none where it cannot be read."""
        try:
            return self._read(number)
        except OSError:
            return b""

    def read(self) -> bytes:
        """Return the current file's content, up to the limit."""
        return self._read(self._limits.file_bytes)

    def drain(self) -> None:
        """Nothing is left: a folder has no digest."""

    def _entry(self, item: os.DirEntry[bytes]) -> Entry:
        facts = item.stat(follow_symlinks=False)
        link = os.readlink(item.path) if item.is_symlink() else b""
        kind = SYMLINK if link else FOLDER if stat.S_ISDIR(facts.st_mode) else OTHER
        if stat.S_ISREG(facts.st_mode):
            kind = FILE
            if self._tick is not None:
                self._tick(facts.st_size)
        return Entry(self._current, kind, facts.st_size, facts.st_mode & 0o7777, link)

    def _is_kernel(self, item: os.DirEntry[bytes]) -> bool:
        return self._current in KERNELS and item.stat(follow_symlinks=False).st_dev != self._device

    def _read(self, number: int) -> bytes:
        descriptor = os.open(os.path.join(self._root, self._current), NO_LINK)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(0, "it is no file any more")
            return file.read(number)


def _unreadable(path: bytes, error: OSError) -> Problem:
    where = path.decode("utf-8", "backslashreplace") or "/"
    what = f"it cannot be read: {error.strerror}"
    return Problem(source="directory", where=where, what=what, effect="source_lost")
