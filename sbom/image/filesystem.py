"""Layers laid over each other: what is there in the end, and what each layer brought and took.

OCI image layer, "Applying Changesets": an upper entry hides the lower one of its path, and all that
is below it unless both are folders; whiteouts and opaque folders take away what lower layers have,
never what their own layer brings. Links are followed inside the image, as if its root were `/`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from sbom.image.globs import SPECIAL, Beginnings, Matcher, beginnings, expression
from sbom.image.layers import FileContent, LayerContent, normal
from sbom.image.packed import unpack
from sbom.limits import DEFAULT, Limits, exceeded

MOST_LINKS = 40
"""Links that are followed for one path, as in path_resolution(7)."""

MERGED = frozenset(
    {b"bin", b"sbin", b"lib", b"lib32", b"lib64", b"libx32", b"usr/sbin", b"usr/lib64"}
)
"""Folders that distributions made links (file-hierarchy(7)); their file lists still name them."""

Files = dict[bytes, list[FileContent]]
Targets = dict[bytes, bytes]
"""Path of a symbolic link → where it leads, as written."""


class Link(Struct, frozen=True):
    """A link that matters, and the layer that brought it."""

    target: bytes
    hard: bool
    layer: int


class Step(Struct, frozen=True):
    """What one layer did: contents that went and that came; a rewritten file does both."""

    gone: tuple[FileContent, ...]
    come: tuple[FileContent, ...]


class Missing(Struct, frozen=True):
    """A file that is wanted through a link, and was not given to the reader by its own path.

    layer, path: the layer whose archive holds the file, and its path there.
    reader, alias: who wants it, by which path.
    into, place: where what is found belongs: to the file, or to a hard link of an upper layer.
    """

    layer: int
    path: bytes
    reader: str
    alias: bytes
    into: int
    place: bytes


class FileSystem(Struct, frozen=True):
    """The final state. `links`: path → target of the symbolic links that matter."""

    files: Files
    links: Targets
    steps: tuple[Step, ...]
    missing: tuple[Missing, ...] = ()

    def resolved(self, path: bytes) -> bytes | None:
        """Return a path with all links followed, None where they loop."""
        return resolved(path, self.links)


class Cover(Struct, frozen=True):
    """What one layer hides of the lower ones, as far as it was asked."""

    entries: set[bytes]
    folders: set[bytes]
    whiteouts: set[bytes]
    opaque: set[bytes]
    known: dict[bytes, bool]

    def hides(self, path: bytes) -> bool:
        """Tell whether a file or link of a lower layer is no more seen."""
        return (
            path in self.entries
            or path in self.folders
            or path in self.whiteouts
            or self._empties(path[: max(path.rfind(b"/"), 0)])
        )

    def _empties(self, folder: bytes) -> bool:
        """Tell whether nothing of lower layers is left in a folder."""
        below = []
        answer = b"" in self.opaque
        while folder:
            if folder in self.known:
                answer = self.known[folder]
                break
            below.append(folder)
            if folder in self.opaque or folder in self.whiteouts or folder in self.entries:
                answer = True
                break
            folder = folder[: max(folder.rfind(b"/"), 0)]
        for inner in below:
            self.known[inner] = answer
        return answer


def merge(
    contents: Sequence[LayerContent], matcher: Matcher, limits: Limits = DEFAULT
) -> FileSystem:
    """Lay the layers over each other, lowest first; raise InputError past the limit `links`."""
    starts = beginnings(matcher.patterns)
    brought, asked = _relevant_links(contents, matcher, starts, limits)
    slashed = {path + b"/" for path in asked}
    files: Files = {}
    links: dict[bytes, Link] = {}
    steps = []
    for content, new in zip(contents, brought, strict=True):
        cover = _cover(content, asked, slashed, _targets(links))
        gone = {path: files.pop(path) for path in [p for p in files if cover.hides(p)]}
        links = {path: link for path, link in links.items() if not cover.hides(path)} | new
        come = _placed(content.files, _targets(links))
        for path, link in new.items():
            target = normal(link.target) or b""
            found = (come.get(target) or files.get(target)) if link.hard else None
            if found and (matcher.wanted(path) or not matcher.wanted(target)):
                come[path] = [_renamed(each, path) for each in found]
        gone |= {path: files[path] for path in come if path in files}
        files |= come
        steps.append(Step(_flat(gone), _flat(come)))
    missing = _missing(contents, files, links, matcher, starts)
    return FileSystem(files, _targets(links), tuple(steps), tuple(missing))


def present(contents: Sequence[LayerContent], paths: Iterable[bytes]) -> list[bytes]:
    """Return which of these files or links are in the final file system, whoever reads them."""
    asked = set(paths)
    named = {
        path
        for content in contents
        for part in unpack(content.names)
        for path in asked.intersection(part)
    }
    return sorted(_holders(contents, named))


def resolved(path: bytes, links: Targets) -> bytes | None:
    """Follow links in every part of a path; `..` stops at the root. None where they loop."""
    todo = path.split(b"/")[::-1]
    done: list[bytes] = []
    followed = 0
    while todo:
        part = todo.pop()
        if part == b"..":
            del done[-1:]
            continue
        if part in {b"", b"."}:
            continue
        done.append(part)
        target = links.get(b"/".join(done))
        if target is not None:
            followed += 1
            if followed > MOST_LINKS:
                return None
            done = [] if target.startswith(b"/") else done[:-1]
            todo += target.split(b"/")[::-1]
    return b"/".join(done)


def _relevant_links(
    contents: Sequence[LayerContent], matcher: Matcher, starts: Beginnings, limits: Limits
) -> tuple[list[dict[bytes, Link]], set[bytes]]:
    """Return each layer's links that matter, and all paths whose fate has to be known.

    A link matters if a reader wants its path, if a pattern begins with it, if it is another name of
    a file that was read, or if it lies on the way to something that matters. The last is asked
    again until nothing new turns up.
    """
    asked = _with_folders(file.path for content in contents for file in content.files)
    asked |= _linked_folders(contents)
    links: list[dict[bytes, Link]] = [{} for _ in contents]
    for attempt in range(MOST_LINKS):
        for layer, content in enumerate(contents):
            for path, target in _pairs(content.links):
                if (
                    path in asked
                    or path in MERGED
                    or (attempt == 0 and (matcher.wanted(path) or starts.matcher.wanted(path)))
                    or (target.startswith(b"=") and normal(target[1:]) in asked)
                ):
                    links[layer][path] = Link(target[1:], target.startswith(b"="), layer)
            if len(links[layer]) > limits.links:
                told = f"more than {limits.links} links lead to packages (links)"
                raise exceeded(f"layer {layer}", told, "links")
        new = _with_folders(_led_to(links, starts)) - asked
        if not new:
            break
        asked |= new
    return links, asked


def _linked_folders(contents: Sequence[LayerContent]) -> set[bytes]:
    """Return the links on the way to whiteouts: what these take away lies where the links lead."""
    if not any(content.whiteouts for content in contents):
        return set()
    links = {path for content in contents for path, _ in _pairs(content.links)}
    found: set[bytes] = set()
    for content in contents:
        for part in unpack(content.whiteouts):
            found |= links & _with_folders({path[: max(path.rfind(b"/"), 0)] for path in part})
    return found


def _pairs(packed: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    for part in unpack(packed):
        yield from zip(part[::2], part[1::2], strict=True)


def _led_to(links: Sequence[Mapping[bytes, Link]], starts: Beginnings) -> Iterator[bytes]:
    """Yield the links themselves, and what they and the patterns that go through them lead to."""
    targets = {path: target for of_layer in links for path, target in _targets(of_layer).items()}
    for of_layer in links:
        for path, link in of_layer.items():
            yield path
            if link.hard:
                yield normal(link.target) or b""
                continue
            yield resolved(path, targets) or b""
            for _, rest in starts.through(path):
                yield resolved(path + b"/" + _literal(rest), targets) or b""


def _literal(rest: str) -> bytes:
    """Return the part of a pattern before the first that is not literal."""
    special = SPECIAL.search(rest)
    return (rest[: rest.rfind("/", 0, special.start()) + 1] if special else rest).encode()


def _targets(links: Mapping[bytes, Link]) -> Targets:
    return {path: link.target for path, link in links.items() if not link.hard}


def _with_folders(paths: Iterable[bytes]) -> set[bytes]:
    """Return paths and all folders above them."""
    known: set[bytes] = set()
    for path in paths:
        while path and path not in known:
            known.add(path)
            path = path[: max(path.rfind(b"/"), 0)]  # noqa: PLW2901 (goes up)
    return known


def _cover(content: LayerContent, asked: set[bytes], slashed: set[bytes], lower: Targets) -> Cover:
    """Return what a layer hides; names through a link of a lower layer mean what it leads to.

    asked, slashed: the paths that are asked about, and the same as folders are named.
    """
    entries: set[bytes] = set()
    folders: set[bytes] = set()
    for part in unpack(content.names):
        here = set(part)
        entries |= here & asked
        folders |= {name[:-1] for name in here & slashed}
    links = {path: target for path, target in lower.items() if path not in folders}
    whiteouts = {_real(path, links) for part in unpack(content.whiteouts) for path in part} & asked
    opaque = {resolved(path, links) or path for part in unpack(content.opaque) for path in part}
    return Cover(entries, folders, whiteouts, opaque, {})


def _real(path: bytes, links: Targets) -> bytes:
    """Return a path whose folders are links no more; its own last part is not followed."""
    folder, slash, name = path.rpartition(b"/")
    if not slash or not links:
        return path
    real = resolved(folder, links)
    return path if real is None else real + b"/" + name if real else name


def _placed(found: Iterable[FileContent], links: Targets) -> Files:
    """Return a layer's files where they come to lie: a folder of theirs may be a link."""
    files: Files = {}
    for content in found:
        path = _real(content.path, links)
        placed = content if path == content.path else _renamed(content, path)
        files.setdefault(path, []).append(placed)
    return files


def _renamed(content: FileContent, path: bytes) -> FileContent:
    return replace(content, path=path)


def _flat(files: Files) -> tuple[FileContent, ...]:
    return tuple(content for _, found in sorted(files.items()) for content in found)


def _missing(
    contents: Sequence[LayerContent],
    files: Files,
    links: Mapping[bytes, Link],
    matcher: Matcher,
    starts: Beginnings,
) -> list[Missing]:
    """Return the files that a reader wants by a link's path and was not given by their own."""
    wanted: dict[bytes, list[tuple[str, bytes, Link | None]]] = {}
    targets = _targets(links)
    for path, link in sorted(links.items()):
        if link.hard and path in files:
            continue
        real = (normal(link.target) if link.hard else resolved(path, targets)) or b""
        for reader in matcher.wanted(path) if real else ():
            if link.hard or reader not in matcher.wanted(real):
                wanted.setdefault(real, []).append((reader, path, link if link.hard else None))
    for real, reader, path in _through_folders(contents, links, targets, starts):
        if reader not in matcher.wanted(real):
            wanted.setdefault(real, []).append((reader, path, None))
    missing = [
        Missing(layer, path, reader, alias, hard.layer, alias)
        if hard
        else Missing(layer, path, reader, alias, layer, path)
        for path, layer in _holders(contents, set(wanted)).items()
        for reader, alias, hard in wanted[path]
    ]
    return sorted(missing, key=lambda m: (m.layer, m.path, m.reader, m.alias))


def _through_folders(
    contents: Sequence[LayerContent],
    links: Mapping[bytes, Link],
    targets: Targets,
    starts: Beginnings,
) -> Iterator[tuple[bytes, str, bytes]]:
    """Yield (path, reader, path through the link) of what links to folders make wanted."""
    literal: dict[bytes, list[tuple[str, bytes]]] = {}
    special: list[tuple[re.Pattern[bytes], str, bytes, bytes]] = []
    for path, link in sorted(links.items()):
        for reader, rest in () if link.hard else starts.through(path):
            prefix = _literal(rest)
            above = path + b"/" + prefix
            below = resolved(above, targets)
            if not below:
                continue
            if len(prefix) == len(rest.encode()):
                literal.setdefault(below, []).append((reader, above))
            else:
                rule = re.escape(below + b"/") + expression(rest[len(prefix.decode()) :]) + rb"\Z"
                special.append((re.compile(rule), reader, below + b"/", above))
    for name in _named(contents, set(literal), [rule[0].pattern for rule in special]):
        for reader, alias in literal.get(name, ()):
            yield name, reader, alias
        for whole, reader, below, above in special:
            if whole.match(name):
                yield name, reader, above + name[len(below) :]


def _named(
    contents: Sequence[LayerContent], literal: set[bytes], patterns: Sequence[bytes]
) -> list[bytes]:
    """Return the names of all layers that are among `literal` or match a pattern."""
    union = re.compile(b"|".join(b"(?:%s)" % pattern for pattern in patterns))
    found: set[bytes] = set()
    for content in contents if literal or patterns else ():
        for part in unpack(content.names):
            found |= literal.intersection(part)
            if patterns:
                found |= set(filter(union.match, part))
    return sorted(found)


def _holders(contents: Sequence[LayerContent], paths: set[bytes]) -> dict[bytes, int]:
    """Return the layer of each file that is there in the end."""
    asked = _with_folders(paths)
    slashed = {path + b"/" for path in asked}
    holders: dict[bytes, int] = {}
    for layer, content in enumerate(contents if paths else ()):
        cover = _cover(content, asked, slashed, {})
        holders = {path: held for path, held in holders.items() if not cover.hides(path)}
        links = {path for path, _ in _pairs(content.links) if path in paths}
        holders |= dict.fromkeys((paths & cover.entries) - links, layer)
    return holders
