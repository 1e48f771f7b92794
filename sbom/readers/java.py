"""Java archives: the Maven coordinates inside jars, wars and their like, at any depth of nesting.

Each `pom.properties` is a component, shaded ones too; a `pom.xml` speaks where there is none, and
where both are missing, the manifest and the file name (`sbom.readers.manifest`).
"""

from collections.abc import Iterator

from msgspec import Struct

from sbom.model import Found, Problem
from sbom.readers import manifest, zipped

KINDS = ("jar", "war", "ear", "par", "sar", "nar", "kar", "jpi", "hpi", "rar", "lpkg")
GLOBS = tuple(f"**/*.{kind}" for kind in KINDS)
MAGIC: tuple[bytes, ...] = ()

NESTED = tuple(f".{kind}".encode() for kind in KINDS)
# Nothing real is nested deeper than an ear with a war with a jar with bundled jars.
DEEPEST = 6
# What is unpacked of one file: a jar in it, all jars in it, and a text that describes it.
LARGEST_JAR, LARGEST_ALL, LARGEST_TEXT = 256 << 20, 1 << 30, 4 << 20

Maven = tuple[str, str, str]


class Jar(Struct):
    """One archive: where it is, and the entries of it that matter."""

    data: bytes
    path: str
    inside: str
    depth: int
    names: list[bytes]
    metadata: list[zipped.Entry]
    nested: list[zipped.Entry]
    manifest: zipped.Entry | None = None


class Budget(Struct):
    """How many bytes of one file may still be unpacked."""

    left: int


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the components of an archive and of the archives in it."""
    waiting = [(data, "", 0)]
    budget = Budget(LARGEST_ALL)
    while waiting:
        inner, inside, depth = waiting.pop()
        where = f"{path}!/{inside}" if inside else path
        try:
            jar = _open(inner, path, inside, depth)
        except zipped.BadZip as fault:
            yield _problem(where, f"unreadable archive: {fault}", "source_lost")
            continue
        yield from _components(jar, where)
        for entry in reversed(jar.nested):
            below = _below(inside, entry.name)
            try:
                waiting.append((_unpack(jar, entry, budget), below, depth + 1))
            except zipped.BadZip as fault:
                yield _problem(f"{path}!/{below}", f"unreadable archive: {fault}", "source_lost")


def _open(data: bytes, path: str, inside: str, depth: int) -> Jar:
    jar = Jar(data, path, inside, depth, [], [], [])
    for entry in zipped.entries(data):
        name = entry.name
        jar.names.append(name)
        if name.startswith(b"META-INF/"):
            if name == b"META-INF/MANIFEST.MF":
                jar.manifest = entry
            elif name.startswith(b"META-INF/maven/"):
                if name.endswith((b"/pom.properties", b"/pom.xml")):
                    jar.metadata.append(entry)
        if name.endswith(NESTED):
            jar.nested.append(entry)
    return jar


def _unpack(jar: Jar, entry: zipped.Entry, budget: Budget) -> bytes:
    if jar.depth >= DEEPEST:
        raise zipped.BadZip(f"archives are nested deeper than {DEEPEST}")
    if entry.size > budget.left:
        raise zipped.BadZip(f"more than {LARGEST_ALL >> 20} MiB of archives in one file")
    budget.left -= entry.size
    return zipped.content(jar.data, entry, LARGEST_JAR)


def _components(jar: Jar, where: str) -> Iterator[Found | Problem]:
    """Yield what the archive itself states, its nested archives aside."""
    found: list[str] = []
    for entry, coordinates in _stated(jar):
        if isinstance(coordinates, str):
            place = f"{where}!/{_text(entry.name)}"
            yield _problem(place, coordinates, "record_lost")
            continue
        group, artifact, version = coordinates
        found.append(artifact)
        inside = _below(jar.inside, entry.name)
        yield Found(type="maven", namespace=group, name=artifact, version=version, inside=inside)
    yield from _own(jar, where, found)


def _own(jar: Jar, where: str, found: list[str]) -> Iterator[Found | Problem]:
    """Yield the archive's own identity, unless one of its poms is the archive's own."""
    stem = (jar.inside or jar.path).rpartition("/")[2].rpartition(".")[0]
    if len(found) == 1 or any(stem == name or stem.startswith(name + "-") for name in found):
        return
    text = b""
    if jar.manifest:
        try:
            text = zipped.content(jar.data, jar.manifest, LARGEST_TEXT)
        except zipped.BadZip as fault:
            place = f"{where}!/META-INF/MANIFEST.MF"
            yield _problem(place, f"unreadable manifest: {fault}", "field_lost")
    identity = manifest.identity(text.decode("utf-8", "replace"), stem, jar.names)
    if identity and identity[1] not in found:
        group, artifact, version = identity
        yield Found(
            type="maven", namespace=group, name=artifact, version=version, inside=jar.inside
        )


def _stated(jar: Jar) -> Iterator[tuple[zipped.Entry, Maven | str]]:
    """Yield each Maven description with its coordinates, or with what is wrong with it."""
    folders = {e.name.rpartition(b"/")[0] for e in jar.metadata if e.name.endswith(b".properties")}
    for entry in jar.metadata:
        folder, _, name = entry.name.rpartition(b"/")
        if name == b"pom.xml" and folder in folders:
            continue
        try:
            text = zipped.content(jar.data, entry, LARGEST_TEXT)
        except zipped.BadZip as fault:
            yield entry, f"unreadable: {fault}"
            continue
        coordinates = _pom(text) if name == b"pom.xml" else _properties(text)
        if not isinstance(coordinates, str) and not all(coordinates):
            coordinates = f"no full Maven coordinates: {':'.join(coordinates)}"
        yield entry, coordinates


def _properties(text: bytes) -> Maven:
    """Read a properties file as Maven writes it: one `key=value` a line."""
    lines = (line.partition("=") for line in text.decode("utf-8", "replace").splitlines())
    fields = {key.strip(): value.strip() for key, _, value in lines}
    said = [fields.get(key, "") for key in ("groupId", "artifactId", "version")]
    return _resolved(said[0]), _resolved(said[1]), _resolved(said[2])


def _pom(text: bytes) -> Maven | str:
    """Read a pom.xml; what it does not state, it has from its parent."""
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        project = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as fault:
        return f"unreadable: {fault}"
    own = {child.tag.rpartition("}")[2]: child for child in project}
    parent = {child.tag.rpartition("}")[2]: child.text for child in own.get("parent", ())}
    said = {key: own[key].text if key in own else parent.get(key) for key in ("groupId", "version")}
    artifact = own["artifactId"].text if "artifactId" in own else ""
    return _resolved(said["groupId"]), _resolved(artifact), _resolved(said["version"])


def _resolved(text: str | None) -> str:
    """A property that the build did not replace (`${revision}`) states nothing."""
    text = (text or "").strip()
    return "" if "${" in text else text


def _below(inside: str, name: bytes) -> str:
    return f"{inside}!/{_text(name)}" if inside else _text(name)


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _problem(where: str, what: str, effect: str) -> Problem:
    lost = "source_lost" if effect == "source_lost" else "record_lost"
    return Problem(source="java", where=where, what=what, effect=lost)
