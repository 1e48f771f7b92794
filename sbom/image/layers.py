"""What one layer holds: a function of its bytes alone, so that it can be kept by the diff-id.

Readers are given the files they want while the layer streams past; no other content is kept. Of all
other entries only the path is kept, packed, because it may hide a file of a lower layer.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from threading import Lock
from typing import Literal, Protocol

from isal import isal_zlib
from msgspec import Struct
from msgspec.structs import replace

from sbom.errors import InputError
from sbom.image.globs import Matcher, compiled
from sbom.image.opened import Contents, ImageLayer, Tick
from sbom.image.packed import Packed
from sbom.image.tar import FILE, FOLDER, HARDLINK, OTHER, SPARSE, Entry
from sbom.image.users import names_and_numbers
from sbom.limits import Limits, advice, exceeded, size
from sbom.model import Found, Problem

WHITEOUT, OPAQUE = b".wh.", b".wh..wh..opq"
"""OCI image layer, "Whiteouts": NAME is gone; all that lower layers have in the folder is gone."""
OS_RELEASE = "os-release"
OS_RELEASE_PATHS = ("etc/os-release", "usr/lib/os-release")
OS_RELEASE_BYTES = 1 << 16
USERS, USERS_PATH = "users", "etc/passwd"
ELF = b"\x7fELF"
SMALLEST_PROGRAM = 4_096
"""An executable with a package list in it is larger; the smallest are passed unread."""
LARGE = 16 << 20
MOST_TOLD, MOST_UNREAD = 20, 1_000
"""Problems of one kind, and files a reader cannot read, that a layer lists one by one."""

large_files = Lock()
"""Held while a large file is in memory: there is one at a time, however many threads read."""


Effect = Literal["source_lost", "record_lost"]


class Reader(Protocol):
    """What each module of `sbom/readers` offers."""

    GLOBS: tuple[str, ...]
    MAGIC: tuple[bytes, ...]

    def read(self, data: bytes, path: str) -> Iterator[Found | Problem]:
        """Yield what one file names."""


class Readers(Struct, frozen=True):
    """Readers made ready: which path and which first bytes are whose."""

    matcher: Matcher
    magic: tuple[tuple[str, tuple[bytes, ...]], ...]
    heads: tuple[bytes, ...]
    read: dict[str, Callable[[bytes, str], Iterator[Found | Problem]]]


class FileContent(Struct, frozen=True, gc=False):
    """What one reader found in one file.

    text: the content itself of os-release; the names and numbers of the image's users.
    owned: the files of distribution packages, packed (`owners` unpacks them).
    """

    path: bytes
    reader: str
    found: tuple[Found, ...] = ()
    problems: tuple[Problem, ...] = ()
    owned: bytes = b""
    text: bytes = b""


class LayerContent(Struct, frozen=True, kw_only=True):
    """What one layer holds. Paths are bytes: names need not be UTF-8.

    names, links, whiteouts, opaque: packed lists (see `packed`). Of names, folders end in `/`;
        links are pairs of a path and `>` target (symbolic) or `=` target (hard).
    """

    files: tuple[FileContent, ...] = ()
    names: tuple[bytes, ...] = ()
    links: tuple[bytes, ...] = ()
    whiteouts: tuple[bytes, ...] = ()
    opaque: tuple[bytes, ...] = ()
    problems: tuple[Problem, ...] = ()


def read_layer(
    layer: ImageLayer, readers: Readers, limits: Limits, tick: Tick | None = None
) -> LayerContent:
    """Read one layer through; raise InputError where it cannot be used (docs: rule 21)."""
    scan = _Scan(readers, limits, layer)
    contents = layer.open(limits, tick)
    for entry in contents:
        if isinstance(entry, Problem):
            scan.tell(entry)
        else:
            scan.take(entry, contents)
    contents.drain()
    return scan.result()


def read_files(
    layer: ImageLayer,
    wanted: Mapping[bytes, Iterable[tuple[str, bytes]]],
    readers: Readers,
    limits: Limits,
) -> dict[tuple[bytes, str, bytes], FileContent]:
    """Read a layer again for single files: path → (reader, the path by which it asks).

    Returns what was found, by path, reader and path asked by.
    """
    scan = _Scan(readers, limits, layer)
    contents = layer.open(limits, None)
    found: dict[tuple[bytes, str, bytes], FileContent] = {}
    for entry in contents:
        if isinstance(entry, Problem) or entry.kind != FILE:
            continue
        path = normal(entry.path) or b""
        if path in wanted and entry.size <= limits.file_bytes:
            data = _data(path, contents)
            for reader, alias in wanted[path]:
                found[path, reader, alias] = (
                    FileContent(alias, reader, problems=(data,))
                    if isinstance(data, Problem)
                    else scan.ask(reader, data, alias)
                )
    contents.drain()
    return found


def ready(modules: Mapping[str, Reader]) -> Readers:
    """Make readers ready, in the order of the mapping; os-release and users are always there."""
    patterns = {OS_RELEASE: OS_RELEASE_PATHS, USERS: (USERS_PATH,)}
    patterns |= {name: m.GLOBS for name, m in modules.items()}
    magic = tuple((name, tuple(m.MAGIC)) for name, m in modules.items() if m.MAGIC)
    heads = tuple(sorted({head for _, wanted in magic for head in wanted}))
    return Readers(compiled(patterns), magic, heads, {n: m.read for n, m in modules.items()})


def shown(path: bytes) -> str:
    """Return a path as text; what is not UTF-8 is written as escapes."""
    return path.decode("utf-8", "backslashreplace")


def normal(path: bytes) -> bytes | None:
    """Return a path without leading, doubled and dotted parts; None: it leaves the root."""
    parts: list[bytes] = []
    for part in path.split(b"/"):
        if part == b"..":
            if not parts:
                return None
            parts.pop()
        elif part not in {b"", b"."}:
            parts.append(part)
    return b"/".join(parts)


def owners(content: FileContent) -> Iterator[tuple[str, str, list[bytes]]]:
    """Yield (package, its architecture, its files) as a database or file list states them."""
    if content.owned:
        for group in isal_zlib.decompress(content.owned).split(b"\0\0"):
            name, arch, *paths = group.split(b"\0")
            yield name.decode(), arch.decode().removeprefix(":"), paths


class _Scan:
    """One pass over one layer."""

    def __init__(self, readers: Readers, limits: Limits, layer: ImageLayer) -> None:
        self._readers, self._limits, self._where = readers, limits, layer.where
        # What is told of the layer itself is kept with it, and other images call it otherwise.
        self._name = f"layer {layer.facts.diff_id}" if layer.facts else layer.where
        self._names, self._links = Packed(), Packed()
        self._whiteouts, self._opaque = Packed(), Packed()
        self._files: dict[bytes, list[FileContent]] = {}
        self._problems: list[Problem] = []
        self._told: dict[str, int] = {}
        self._unread: dict[str, int] = {}
        self._entries = self._packages = 0

    def take(self, entry: Entry, contents: Contents) -> None:
        """Take one entry; its content is read only if a reader wants it."""
        self._entries += 1
        if self._entries > self._limits.entries:
            told = f"it has more than {self._limits.entries} entries (entries)"
            raise exceeded(self._where, told, "entries")
        path = self._path(entry.path)
        if not path:
            return
        slash = path.rfind(b"/") + 1
        if path.startswith(WHITEOUT, slash):
            self._whiteout(path[:slash], path[slash:])
            return
        if self._files:
            self._files.pop(path, None)  # of two entries with one path the later one counts
        if entry.kind == FOLDER:
            self._names.add(path + b"/")
            return
        self._names.add(path)
        if entry.kind == FILE:
            wanted = self._readers.matcher.wanted(path) or self._programs(entry, contents)
            if wanted:
                self._read(path, entry, contents, wanted)
        elif entry.kind != OTHER:
            self._note(path, entry)

    def tell(self, problem: Problem) -> None:
        """Keep a problem; of very many of one kind, the first and their number."""
        count = self._told[problem.what] = self._told.get(problem.what, 0) + 1
        if count <= MOST_TOLD:
            self._problems.append(problem)

    def ask(self, reader: str, data: bytes, path: bytes) -> FileContent:
        """Give a file to a reader and return what it says."""
        if reader == OS_RELEASE:
            return FileContent(path, reader, text=data[:OS_RELEASE_BYTES])
        if reader == USERS:
            return FileContent(path, reader, text=names_and_numbers(data))
        found: list[Found] = []
        problems: list[Problem] = []
        name, more = shown(path), 0
        try:
            for item in self._readers.read[reader](data, name):
                if isinstance(item, Found):
                    found.append(item)
                    self._count()
                elif len(problems) < MOST_TOLD:
                    problems.append(item)
                else:
                    more += 1
        except (InputError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 (a reader's fault must not lose the image)
            what = f"it cannot be read: {type(error).__name__}: {error}"
            problems.append(Problem(source=reader, where=name, what=what, effect="source_lost"))
        if more:
            what = f"{more} more parts cannot be read"
            problems.append(Problem(source=reader, where=name, what=what, effect="record_lost"))
        if problems:
            self._unread[reader] = self._unread.get(reader, 0) + 1
            problems = problems if self._unread[reader] <= MOST_UNREAD else []
        owned = _owned(found)
        bare = tuple(replace(f, owns=()) if f.owns else f for f in found if f.version or not f.owns)
        return FileContent(path, reader, bare, tuple(problems), owned)

    def result(self) -> LayerContent:
        """Return what was found, in the order of paths."""
        for what, count in self._told.items():
            if count > MOST_TOLD:
                self._sum_up("layer", f"{what} ({count - MOST_TOLD} more)")
        for reader, count in self._unread.items():
            if count > MOST_UNREAD:
                self._sum_up(reader, f"{count - MOST_UNREAD} more files cannot be read")
        return LayerContent(
            files=tuple(content for _, found in sorted(self._files.items()) for content in found),
            names=self._names.result(),
            links=self._links.result(),
            whiteouts=self._whiteouts.result(),
            opaque=self._opaque.result(),
            problems=tuple(self._problems),
        )

    def _sum_up(self, source: str, what: str) -> None:
        """Tell of what was too much to be told one by one."""
        self._problems.append(
            Problem(source=source, where=self._name, what=what, effect="source_lost")
        )

    def _path(self, raw: bytes) -> bytes | None:
        """Return the path inside the root; None, and a problem, for one that cannot be there."""
        path = raw[2:] if raw.startswith(b"./") else raw
        path = path[:-1] if path.endswith(b"/") else path
        if b"//" in path or b"/." in path or path.startswith((b"/", b".")):
            inside = normal(path)
            if inside is None:
                self._lost(raw, "an entry's name leads out of the image", "record_lost")
                return None
            path = inside
        return path if self._fits(path) else None

    def _fits(self, path: bytes) -> bool:
        """Tell whether a path keeps the limits; if not, it is told."""
        if len(path) > self._limits.path_bytes:
            most = f"a path has more than {self._limits.path_bytes} bytes (path_bytes)"
            self._lost(path[:100] + b"...", f"{most}; {advice('path_bytes')}", "record_lost")
            return False
        if path.count(b"/") > self._limits.path_depth:
            most = f"a path has more than {self._limits.path_depth} folders (path_depth)"
            self._lost(path[:100] + b"...", f"{most}; {advice('path_depth')}", "record_lost")
            return False
        return True

    def _note(self, path: bytes, entry: Entry) -> None:
        """Keep a link, whose target is bounded as a path is; tell of a wanted sparse file."""
        if entry.kind == SPARSE:
            if self._readers.matcher.wanted(path):
                self._lost(path, "a sparse file in a tar is not read", "source_lost")
        elif self._fits(entry.link):
            self._links.add(path, (b"=" if entry.kind == HARDLINK else b">") + entry.link)

    def _whiteout(self, folder: bytes, name: bytes) -> None:
        if name == OPAQUE:
            self._opaque.add(folder[:-1])
        elif not name.startswith(WHITEOUT + WHITEOUT):  # other marks are aufs' own bookkeeping
            self._whiteouts.add(folder + name[len(WHITEOUT) :])

    def _programs(self, entry: Entry, contents: Contents) -> tuple[str, ...]:
        """Return the readers that want an executable by its first bytes."""
        if entry.size < SMALLEST_PROGRAM or not self._readers.heads:
            return ()
        head = contents.head(8)
        if not head.startswith(self._readers.heads):
            return ()
        if not (head.startswith(ELF) or entry.mode & 0o111):
            return ()
        return tuple(name for name, heads in self._readers.magic if head.startswith(heads))

    def _read(self, path: bytes, entry: Entry, contents: Contents, wanted: tuple[str, ...]) -> None:
        if entry.size > self._limits.file_bytes:
            told = f"it has {size(entry.size)}, more than {size(self._limits.file_bytes)}"
            self._lost(path, f"{told} (file_bytes); {advice('file_bytes')}", "source_lost")
            return
        if entry.size > LARGE:
            with large_files:
                self._give(path, contents, wanted)
        else:
            self._give(path, contents, wanted)

    def _give(self, path: bytes, contents: Contents, wanted: tuple[str, ...]) -> None:
        data = _data(path, contents)
        if isinstance(data, Problem):
            self.tell(data)
            return
        answers = [self.ask(reader, data, path) for reader in wanted]
        kept = [a for a in answers if a.found or a.problems or a.owned or a.text]
        if kept:
            self._files[path] = kept

    def _count(self) -> None:
        self._packages += 1
        if self._packages > self._limits.packages:
            told = f"it names more than {self._limits.packages} packages (packages)"
            raise exceeded(self._where, told, "packages")

    def _lost(self, path: bytes, what: str, effect: Effect) -> None:
        self.tell(Problem(source="layer", where=shown(path), what=what, effect=effect))


def _data(path: bytes, contents: Contents) -> bytes | Problem:
    """Return the current content; a problem where it is closed to us, or gone by now."""
    try:
        return contents.read()
    except OSError as error:
        what = f"it cannot be read: {error.strerror}"
        return Problem(source="layer", where=shown(path), what=what, effect="source_lost")


def _owned(found: Iterable[Found]) -> bytes:
    groups = [
        b"\0".join(
            (
                f.name.encode("utf-8", "replace"),
                b":" + f.arch.encode("utf-8", "replace"),
                *map(_encoded, f.owns),
            )
        )
        for f in found
        if f.owns
    ]
    return isal_zlib.compress(b"\0\0".join(groups), 1) if groups else b""


def _encoded(path: str) -> bytes:
    """Return a path's bytes; a zero byte or an empty path would break the packed list."""
    return path.replace("\0", "?").encode("utf-8", "surrogateescape") or b"."
