"""`dir:PATH`: a root file system in a folder, also the running one (`dir:/`).

Links are never followed, and nothing but files is opened. Other file systems are left out unless
they are asked for; those that hold what is installed are told. What vanishes is a problem.
"""

import os
import stat
from collections.abc import Iterator
from itertools import islice

from sbom.errors import InputError
from sbom.image.mounts import KERNEL, MEMORY, mounted
from sbom.image.opened import Contents, Image, ImageLayer, Platforms, Tick, Wish
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
"""Folders at the top whose other file systems are the kernel's, whatever the table says."""
NO_LINK = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
INTO = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_DIRECTORY


def recognises(path: str) -> bool:
    """Tell whether a folder looks like a root file system."""
    return any(os.path.lexists(os.path.join(path, name)) for name in ROOTS)


def open_image(reference: str, wish: Wish) -> Image:
    """Open a folder as an image of one layer without digests."""
    if not os.path.isdir(reference):
        raise InputError(f"{reference}: no such folder", "dir: wants a root file system's folder")
    if wish.platform is not None:
        raise InputError(f"{reference}: a folder has no platform to choose", "leave --platform out")

    def contents(limits: Limits, tick: Tick | None) -> Contents:
        return Files(reference, limits, tick, mounts=wish.mounts)

    layer = ImageLayer(facts=None, where=reference, size=0, open=contents)
    return Image(subject=Subject(name=reference), layers=(layer,))


def open_all(reference: str, wish: Wish) -> Platforms:  # noqa: ARG001
    """Refuse: a folder does not say what platforms it is of."""
    told = f"{reference}: a folder has no platforms to choose from"
    raise InputError(told, "leave --all-platforms out")


class Files:
    """The entries of a folder, in the order of their names.

    Each folder is entered from the root, part by part and through no link, so that a root that
    changes meanwhile cannot lead out of itself.
    """

    def __init__(self, root: str, limits: Limits, tick: Tick | None, *, mounts: bool) -> None:
        self._root = os.fsencode(root)
        self._limits = limits
        self._tick = tick
        self._current = b""
        self._folder = -1
        self._asked = mounts
        self._device = os.stat(root).st_dev
        self._mounted = mounted(root)

    def __iter__(self) -> Iterator[Entry | Problem]:
        waiting = [b""]
        while waiting:
            folder = waiting.pop()
            try:
                found = self._enter(folder)
            except OSError as error:
                yield _unreadable(folder, error)
                continue
            below = []
            for name in found:
                self._current = os.path.join(folder, name)
                try:
                    entry, device = self._entry(name)
                except OSError as error:
                    yield _unreadable(self._current, error)
                    continue
                if entry.kind == FOLDER:
                    left = self._left_out(device)
                    if left is None:
                        below.append(entry.path)
                    elif left:
                        yield _left(self._current, left)
                yield entry
            waiting.extend(reversed(below))

    def head(self, number: int) -> bytes:
        """Return the first bytes of the current file; none where it cannot be read."""
        try:
            return self._read(number)
        except OSError:
            return b""

    def read(self) -> bytes:
        """Return the current file's content, up to the limit; raise OSError where it is gone."""
        return self._read(self._limits.file_bytes)

    def drain(self) -> None:
        """Nothing is left: a folder has no digest."""

    def __del__(self) -> None:
        self._leave()

    def _enter(self, folder: bytes) -> list[bytes]:
        """Go to a folder and return the names in it, sorted; more than may be are cut off."""
        self._leave()
        self._folder = os.open(self._root, INTO & ~os.O_NOFOLLOW)
        for part in filter(None, folder.split(b"/")):
            above = self._folder
            try:
                self._folder = os.open(part, INTO, dir_fd=above)
            finally:
                if self._folder != above:
                    os.close(above)
        with os.scandir(self._folder) as listing:
            names = [os.fsencode(item.name) for item in islice(listing, self._limits.entries + 1)]
        return sorted(names)

    def _leave(self) -> None:
        if self._folder >= 0:
            os.close(self._folder)
        self._folder = -1

    def _entry(self, name: bytes) -> tuple[Entry, int]:
        """Return the entry of a name and the device it is on."""
        facts = os.stat(name, dir_fd=self._folder, follow_symlinks=False)
        link, kind = b"", OTHER
        if stat.S_ISLNK(facts.st_mode):
            link, kind = os.readlink(name, dir_fd=self._folder), SYMLINK
        elif stat.S_ISDIR(facts.st_mode):
            kind = FOLDER
        elif stat.S_ISREG(facts.st_mode):
            kind = FILE
            if self._tick is not None:
                self._tick(facts.st_size)
        entry = Entry(self._current, kind, facts.st_size, facts.st_mode & 0o7777, link)
        return entry, facts.st_dev

    def _left_out(self, device: int) -> str | None:
        """Return the kind of file system a folder is left out for, empty where nobody needs it.

        None: the folder is read.
        """
        kind = self._mounted.get(self._current)
        if kind is None and device == self._device:
            return None
        if kind in KERNEL or self._current in KERNELS:
            return ""
        if self._asked:
            return None
        return "" if kind in MEMORY else kind or "unknown kind"

    def _read(self, number: int) -> bytes:
        descriptor = os.open(os.path.basename(self._current), NO_LINK, dir_fd=self._folder)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(0, "it is no file any more")
            return file.read(number)


def _unreadable(path: bytes, error: OSError) -> Problem:
    where = path.decode("utf-8", "backslashreplace") or "/"
    what = f"it cannot be read: {error.strerror}"
    return Problem(source="directory", where=where, what=what, effect="source_lost")


def _left(path: bytes, kind: str) -> Problem:
    where = path.decode("utf-8", "backslashreplace")
    what = f"another file system ({kind}) is mounted there and is not read; --mounts reads it"
    return Problem(source="directory", where=where, what=what, effect="source_lost")
