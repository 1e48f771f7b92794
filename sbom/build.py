"""From an image to its SBOM: layers are read, laid over each other, and what is found is named.

The components are those of the final file system. What an upper layer replaced or removed is in the
history. The same image gives the same SBOM, whatever the number of threads.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from sbom import distro, purl
from sbom.distro import DISTRIBUTION_TYPES
from sbom.facts import SSHD, image_facts
from sbom.image.filesystem import FileSystem, Missing, merge, present
from sbom.image.history import Event, Seen, identity, presence
from sbom.image.known import Known, Results
from sbom.image.layers import (
    OS_RELEASE_PATHS,
    USERS,
    USERS_PATH,
    FileContent,
    LayerContent,
    Readers,
    owners,
    ready,
    shown,
)
from sbom.image.opened import Image, ImageLayer
from sbom.image.threads import Progress
from sbom.limits import DEFAULT, Limits, exceeded
from sbom.model import (
    Change,
    Component,
    Digest,
    Distro,
    Evidence,
    Found,
    Problem,
    Purl,
    Sbom,
)
from sbom.readers import Reader, load

TREES = frozenset({"npm", "composer"})
"""Types whose packages are installed below their lock file; others are installed for the system."""

STAND_IN = "generic"
"""The type of what no package database names; a package that owns the file names it better."""
NAMED = 1 << 14
"""Packages whose names are remembered: each is named for its place, its makers and its history."""
EVERY = "*"
"""Stands for the names of all readers: they are in the program's digest."""


class Place(Struct, frozen=True, gc=False):
    """A package in the final file system, the reader that saw it, and since which layer.

    written: the layer that the file itself is of; a later one where it was written again.
    """

    found: Found
    path: bytes
    reader: str
    since: int
    written: int


def build(
    image: Image,
    *,
    readers: Mapping[str, Reader] | None = None,
    limits: Limits = DEFAULT,
    threads: int = 2,
    progress: Progress | None = None,
    results: Results | None = None,
) -> Sbom:
    """Return the SBOM of an image; raise InputError where a layer of it cannot be used.

    readers: name → module, all by default. progress: is told bytes done, bytes in all, and a text.
    results: what earlier readings left; the SBOM is the same with and without them.
    """
    known = Known(results, [EVERY] if readers is None else readers, limits)
    made = known.image(image)
    if made is not None:
        return made
    asked = ready(dict(load()) if readers is None else readers)
    contents = known.layers(image.layers, asked, threads, progress)
    made = composed(image, contents, asked, known, limits)
    known.keep_image(image, made)
    return made


def composed(
    image: Image,
    contents: Sequence[LayerContent],
    readers: Readers,
    known: Known,
    limits: Limits = DEFAULT,
) -> Sbom:
    """Return the SBOM of an image whose layers' contents are known."""
    files = merge(contents, readers.matcher, limits)
    if files.missing:
        contents = _completed(contents, files.missing, image.layers, readers, known)
        files = merge(contents, readers.matcher, limits)
    since, events = presence(files.steps)
    written = {each.path: number for number, step in enumerate(files.steps) for each in step.come}
    places = [
        Place(found, path, content.reader, since[identity(found, path)], written.get(path, 0))
        for path, found_in in sorted(files.files.items())
        for content in found_in
        for found in content.found
    ]
    release = _distro(files)
    makers = _makers(files, places, release, limits)
    spoken_for = _spoken_for(files, places, events, limits)
    places = [p for p in places if (p.found.type, p.path) not in spoken_for]
    events = [e for e in events if (e.seen.found.type, e.seen.path) not in spoken_for]
    digests = [layer.facts.diff_id if layer.facts else None for layer in image.layers]
    components = sorted(_components(_installed(places), makers, digests, release), key=_order)
    servers = map(shown, present(contents, SSHD))
    facts, untold = image_facts(image.config, image.annotations, components, servers, _users(files))
    return Sbom(
        subject=image.subject,
        distro=release,
        layers=tuple(layer.facts for layer in image.layers if layer.facts),
        components=tuple(components),
        history=tuple(_changes(events, digests, release)),
        problems=(*_problems(contents, files, places, release), *untold),
        facts=facts,
    )


def _completed(
    contents: Sequence[LayerContent],
    missing: Sequence[Missing],
    layers: Sequence[ImageLayer],
    readers: Readers,
    known: Known,
) -> list[LayerContent]:
    """Read layers again for files that are wanted by the path of a link; add what they hold."""
    added: dict[int, list[FileContent]] = {}
    for number in sorted({each.layer for each in missing}):
        wanted: dict[bytes, list[tuple[str, bytes]]] = {}
        for each in missing:
            if each.layer == number:
                wanted.setdefault(each.path, []).append((each.reader, each.alias))
        found = known.files(layers[number], wanted, readers)
        for each in missing:
            content = found.get((each.path, each.reader, each.alias))
            if content is not None:
                added.setdefault(each.into, []).append(replace(content, path=each.place))
    return [
        replace(content, files=(*content.files, *added.get(number, ())))
        for number, content in enumerate(contents)
    ]


def _distro(files: FileSystem) -> Distro | None:
    """Return the distribution, as the first os-release that can be read states it."""
    for name in OS_RELEASE_PATHS:
        for path in (name.encode(), files.resolved(name.encode())):
            for content in files.files.get(path or b"", ()):
                found = distro.read_os_release(content.text) if content.text else None
                if found is not None:
                    return found
    return None


def _users(files: FileSystem) -> bytes:
    """Return the names and numbers of the image's users, wherever its passwd file lies."""
    path = USERS_PATH.encode()
    found = files.files.get(path) or files.files.get(files.resolved(path) or b"", [])
    return b"".join(content.text for content in found if content.reader == USERS)


def _installed(places: Sequence[Place]) -> Iterator[Place]:
    """Leave out the names of a lock file that are installed in its tree (docs: rule 5)."""
    trees = {_name(p.found): set[bytes]() for p in places if p.found.scope == "optional"}
    for place in places:
        if place.found.scope == "required" and _name(place.found) in trees:
            trees[_name(place.found)] |= _folders(place.path, place.found.type)
    for place in places:
        if place.found.scope == "required":
            yield place
            continue
        folder = place.path[: max(place.path.rfind(b"/"), 0)]
        top = folder if place.found.type in TREES else b""
        if top not in trees[_name(place.found)]:
            yield place


def _name(found: Found) -> tuple[str, str, str]:
    return found.type, found.namespace, found.name


def _folders(path: bytes, type_: str) -> set[bytes]:
    """Return the folders whose lock file a package at a path answers."""
    folders = {b""}
    while type_ in TREES and (path := path[: max(path.rfind(b"/"), 0)]):
        folders.add(path)
    return folders


def _makers(
    files: FileSystem, places: Sequence[Place], release: Distro | None, limits: Limits
) -> dict[bytes, Purl]:
    """Return the distribution package that a file of a language package belongs to (rule 24)."""
    of_languages = (p.path for p in places if p.found.type not in DISTRIBUTION_TYPES)
    wanted = _spelled(files, of_languages, limits)
    packages: dict[tuple[str, str, str], Found] = {}
    for place in places:
        if place.found.type in DISTRIBUTION_TYPES:
            packages.setdefault((place.reader, place.found.name, place.found.arch), place.found)
            packages.setdefault((place.reader, place.found.name, ""), place.found)
    makers: dict[bytes, Purl] = {}
    for content in (each for found in files.files.values() for each in found if wanted):
        for name, arch, owned in owners(content):
            package = packages.get((content.reader, name, arch))
            if package is not None:
                maker = _purl(package, release)[0]
                for spelling in wanted.keys() & set(owned):
                    makers.setdefault(wanted[spelling], maker)
    return makers


def _spoken_for(
    files: FileSystem, places: Iterable[Place], events: Iterable[Event], limits: Limits
) -> frozenset[tuple[str, bytes]]:
    """Return the places, in any layer, of stand-ins whose file a package owns."""
    seen = {place.path for place in places if place.found.type == STAND_IN}
    seen |= {event.seen.path for event in events if event.seen.found.type == STAND_IN}
    if not seen:
        return frozenset()
    wanted = _spelled(files, sorted(seen), limits)
    return frozenset(
        (STAND_IN, wanted[path])
        for step in files.steps
        for content in step.come
        for _, _, owned in owners(content)
        for path in wanted.keys() & set(owned)
    )


def _spelled(files: FileSystem, paths: Iterable[bytes], limits: Limits) -> dict[bytes, bytes]:
    """Return paths by all their spellings; many links to one folder make many of them."""
    folders: dict[bytes, list[bytes]] = {}
    for link in files.links:
        folders.setdefault(files.resolved(link) or b"", []).append(link)
    found: dict[bytes, bytes] = {}
    for path in paths:
        found.update(dict.fromkeys(_spellings(path, folders), path))
        if len(found) > limits.packages:
            told = f"files of packages have more than {limits.packages} names (packages)"
            raise exceeded("the image", told, "packages")
    return found


def _spellings(path: bytes, linked: Mapping[bytes, list[bytes]]) -> Iterator[bytes]:
    """Yield a path and the paths by which links to its folders lead to it (`lib` of `usr/lib`)."""
    yield path
    folder = path
    while folder := folder[: max(folder.rfind(b"/"), 0)]:
        for link in linked.get(folder, ()):
            yield link + path[len(folder) :]


def _components(
    places: Iterable[Place],
    makers: Mapping[bytes, Purl],
    digests: Sequence[Digest | None],
    release: Distro | None,
) -> Iterator[Component]:
    """Yield one component for all places of one package (rule 2: of one maker)."""
    groups: dict[tuple[Purl, str, Purl | None], list[Place]] = {}
    for place in places:
        name, fallback = _purl(place.found, release)
        key = (name, fallback, makers.get(place.path))
        groups.setdefault(key, []).append(place)
    for (name, _, maker), group in groups.items():
        group.sort(key=lambda place: (place.since, place.path, place.found.inside))
        yield _component(name, maker, group, digests, release)


@lru_cache(NAMED)
def _purl(found: Found, release: Distro | None) -> tuple[Purl, str]:
    """Return a purl; where none can be made, an empty one and a text that stands for it."""
    space, qualifiers = found.namespace, dict(found.qualifiers)
    if found.type in DISTRIBUTION_TYPES:
        if release is not None:
            space = space or distro.namespace(release)
            qualifiers["distro"] = distro.qualifier(release)
        if found.arch:
            qualifiers["arch"] = found.arch
        if found.type != "rpm" and (found.source or found.source_version):
            version = f"@{found.source_version}" if found.source_version else ""
            qualifiers["upstream"] = (found.source or found.name) + version
    try:
        return purl.build(
            found.type, space, found.name, found.version, qualifiers.items(), found.subpath
        ), ""
    except purl.InvalidPurl:
        return Purl(""), f"{found.type} {space} {found.name} {found.version}"


def _component(
    name: Purl,
    maker: Purl | None,
    group: Sequence[Place],
    digests: Sequence[Digest | None],
    release: Distro | None,
) -> Component:
    found = group[0].found
    native = found.type in DISTRIBUTION_TYPES
    space = distro.namespace(release) if native and release else found.namespace
    return Component(
        purl=name,
        name=found.name,
        version=found.version,
        namespace=space,
        source=found.source or (found.name if native else ""),
        source_version=found.source_version or (found.version if native else ""),
        arch=found.arch,
        stream=found.stream,
        vendor=next((place.found.vendor for place in group if place.found.vendor), ""),
        maker=maker,
        distro=release if native else None,
        cpes=tuple(sorted({cpe for place in group for cpe in place.found.cpes})),
        licenses=tuple(sorted({text for place in group for text in place.found.licenses})),
        scope="required" if any(p.found.scope == "required" for p in group) else "optional",
        evidence=tuple(dict.fromkeys(_evidence(place, digests) for place in group)),
    )


def _evidence(place: Place, digests: Sequence[Digest | None]) -> Evidence:
    inside = f"!/{place.found.inside}" if place.found.inside else ""
    path = shown(place.path) + inside
    own = place.found.type not in DISTRIBUTION_TYPES and place.written > place.since
    rewritten = digests[place.written] if own else None
    return Evidence(path=path, reader=place.reader, layer=digests[place.since], rewritten=rewritten)


def _order(component: Component) -> tuple[str, ...]:
    return (component.purl, component.name, component.version, component.maker or "")


def _changes(
    events: Iterable[Event], digests: Sequence[Digest | None], release: Distro | None
) -> Iterator[Change]:
    """Name the events; a folder has no layers, so nothing happened in them."""
    for event in events:
        layer = digests[event.layer]
        if layer is None:
            continue
        yield Change(
            event=event.event,
            purl=_purl(event.seen.found, release)[0],
            layer=layer,
            path=_seen_at(event.seen),
            replaces=_purl(event.replaces, release)[0] if event.replaces else None,
        )


def _seen_at(seen: Seen) -> str:
    return shown(seen.path) + (f"!/{seen.found.inside}" if seen.found.inside else "")


def _problems(
    contents: Iterable[LayerContent],
    files: FileSystem,
    places: Sequence[Place],
    release: Distro | None,
) -> Iterator[Problem]:
    """Yield what could not be read; of files that an upper layer replaced nothing is wanted."""
    if release is None:
        yield _problem("etc/os-release", "the image does not say which distribution it is")
    elif not any(place.found.type in DISTRIBUTION_TYPES for place in places):
        what = f"no package of {release.name or release.id} was found"
        yield Problem(source="build", where="/", what=what, effect="source_lost")
    for place in places:
        if not _purl(place.found, release)[0]:
            what = f"no package URL can be made for {place.found.type} {place.found.name!r}"
            yield _problem(shown(place.path), what)
    for content in contents:
        yield from content.problems
    for _, found in sorted(files.files.items()):
        for file in found:
            yield from file.problems


def _problem(where: str, what: str) -> Problem:
    return Problem(source="build", where=where, what=what, effect="field_lost")
