"""Java archives: the Maven coordinates inside jars, wars and their like, at any depth of nesting.

Each `pom.properties` is a component, shaded ones too; a `pom.xml` speaks where there is none, and
where both are missing, the manifest and the file name (`jar_identity`).
"""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from sbom.model import Found, Problem
from sbom.readers import jar_identity, zipped

KINDS = ("jar", "war", "ear", "par", "sar", "nar", "kar", "rar", "hpi", "jpi", "lpkg")
GLOBS = tuple(f"**/*.{kind}" for kind in KINDS)
MAGIC: tuple[bytes, ...] = ()

NESTED = tuple(f".{kind}".encode() for kind in KINDS)
MANIFEST = b"META-INF/MANIFEST.MF"
MAVEN = b"META-INF/maven/"
# Nothing real is nested deeper than an ear with a war with a jar with bundled jars.
DEEPEST = 6
# What is unpacked: of one nested archive, of one text, and of a whole file by its size.
LARGEST_ARCHIVE, LARGEST_TEXT = 512 << 20, 4 << 20
LEAST_BUDGET, BUDGET_RATIO = 64 << 20, 20

Maven = tuple[str, str, str]


class Budget(Struct):
    """How many bytes of one file may still be unpacked."""

    left: int


class Archive(Struct, frozen=True):
    """One archive, its place (`inside` the file at `where`), and the entries that matter."""

    data: bytes
    where: str
    stem: str
    inside: str
    names: list[bytes]
    poms: list[zipped.Entry]
    nested: list[zipped.Entry]
    manifest: zipped.Entry | None

    def unpack(self, entry: zipped.Entry, most: int, budget: Budget) -> bytes:
        """Return an entry's bytes; raise ZipError where it is damaged or too large."""
        # Entries may lie over each other, so what is looked at counts as what comes of it.
        cost = max(entry.size, entry.packed)
        if cost > budget.left:
            raise zipped.ZipError("the file unpacks to too many bytes in all")
        budget.left -= cost
        return zipped.content(self.data, entry, most)


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the components of an archive and of the archives in it."""
    budget = Budget(max(LEAST_BUDGET, BUDGET_RATIO * len(data)))
    yield from _archive(data, path, "", budget, 0)


def _archive(
    data: bytes, path: str, inside: str, budget: Budget, depth: int
) -> Iterator[Found | Problem]:
    where = f"{path}!/{inside}" if inside else path
    try:
        archive = _open(data, where, inside)
    except zipped.ZipError as fault:
        yield _lost(where, f"unreadable archive: {fault}", "source_lost")
        return
    yield from _components(archive, budget)
    for entry in archive.nested:
        below = _below(inside, entry.name)
        if depth == DEEPEST:
            what = f"archives are nested deeper than {DEEPEST}: this one is not read"
            yield _lost(f"{path}!/{below}", what, "source_lost")
            continue
        try:
            inner = archive.unpack(entry, LARGEST_ARCHIVE, budget)
        except zipped.ZipError as fault:
            yield _lost(f"{path}!/{below}", f"unreadable archive: {fault}", "source_lost")
        else:
            yield from _archive(inner, path, below, budget, depth + 1)


def _open(data: bytes, where: str, inside: str) -> Archive:
    entries = list(zipped.entries(data))
    return Archive(
        data=data,
        where=where,
        stem=where.rpartition("/")[2].rpartition(".")[0],
        inside=inside,
        names=[entry.name for entry in entries],
        poms=[e for e in entries if MAVEN in e.name and e.name.endswith((b".properties", b".xml"))],
        nested=[entry for entry in entries if entry.name.endswith(NESTED)],
        manifest=next((entry for entry in entries if entry.name == MANIFEST), None),
    )


def _components(archive: Archive, budget: Budget) -> Iterator[Found | Problem]:
    """Yield what the archive itself states, its nested archives aside."""
    artifacts = []
    for entry, coordinates in _stated(archive, budget):
        below = _below(archive.inside, entry.name)
        if isinstance(coordinates, str):
            yield _lost(f"{archive.where}!/{_text(entry.name)}", coordinates, "record_lost")
        else:
            artifacts.append(coordinates[1])
            yield _found(coordinates, below)
    # A pom of the archive's own has said all that the manifest could say, and so has the only one,
    # unless it is of an artifact that was shaded into a known one.
    if not any(_is_own(archive.stem, name) for name in artifacts):
        yield from _unstated(archive, artifacts, budget, only_known=len(artifacts) == 1)


def _is_own(stem: str, artifact: str) -> bool:
    return stem == artifact or stem.startswith(f"{artifact}-")


def _stated(archive: Archive, budget: Budget) -> Iterator[tuple[zipped.Entry, Maven | str]]:
    """Yield each Maven description with its coordinates, or with what is wrong with it."""
    folders = {_folder(e.name) for e in archive.poms if e.name.endswith(b"/pom.properties")}
    for entry in archive.poms:
        is_pom = entry.name.endswith(b"/pom.xml")
        if is_pom and _folder(entry.name) in folders:
            continue
        if not is_pom and not entry.name.endswith(b"/pom.properties"):
            continue
        try:
            text = archive.unpack(entry, LARGEST_TEXT, budget)
        except zipped.ZipError as fault:
            yield entry, f"unreadable: {fault}"
            continue
        coordinates = _pom(text) if is_pom else _properties(text)
        if not isinstance(coordinates, str) and not all(coordinates):
            coordinates = f"incomplete Maven coordinates {':'.join(coordinates)!r}"
        yield entry, coordinates


def _unstated(
    archive: Archive, known: list[str], budget: Budget, *, only_known: bool
) -> Iterator[Found | Problem]:
    """Yield the archive by its manifest and name; a group nobody states is a problem."""
    text = b""
    if archive.manifest:
        try:
            text = archive.unpack(archive.manifest, LARGEST_TEXT, budget)
        except zipped.ZipError as fault:
            place = f"{archive.where}!/{MANIFEST.decode()}"
            yield _lost(place, f"unreadable manifest: {fault}", "field_lost")
    manifest = text.decode("utf-8", "replace")
    identity = jar_identity.identity(manifest, archive.stem, archive.names)
    if identity is None or identity[1] in known:
        return
    if only_known and not jar_identity.is_known(identity[1]):
        return
    if identity[0]:
        yield _found(identity, archive.inside)
    else:
        what = f"no rule gives the Maven group of {identity[1]} {identity[2]}: it is not listed"
        yield _lost(archive.where, what, "record_lost")


def _found(coordinates: Maven, inside: str) -> Found:
    group, artifact, version = coordinates
    return Found(type="maven", namespace=group, name=artifact, version=version, inside=inside)


def _properties(text: bytes) -> Maven:
    """Read a properties file as Maven writes it: one `key=value` a line."""
    lines = (line.partition("=") for line in text.decode("utf-8", "replace").splitlines())
    fields = {key.strip(): _resolved(value) for key, _, value in lines}
    return fields.get("groupId", ""), fields.get("artifactId", ""), fields.get("version", "")


def _pom(text: bytes) -> Maven | str:
    """Read a pom.xml; a group or version that it does not state is its parent's."""
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        project = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as fault:
        return f"unreadable: {fault}"
    own = {child.tag.rpartition("}")[2]: child for child in project}
    inherited = {child.tag.rpartition("}")[2]: child.text for child in own.get("parent", ())}
    fields = inherited | {key: child.text for key, child in own.items()}
    artifact = fields["artifactId"] if "artifactId" in own else ""
    return _resolved(fields.get("groupId")), _resolved(artifact), _resolved(fields.get("version"))


def _resolved(text: str | None) -> str:
    """A property that the build did not replace (`${revision}`) states nothing."""
    text = (text or "").strip()
    return "" if "${" in text else text


def _folder(name: bytes) -> bytes:
    return name.rpartition(b"/")[0]


def _below(inside: str, name: bytes) -> str:
    return f"{inside}!/{_text(name)}" if inside else _text(name)


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")


def _lost(
    where: str, what: str, effect: Literal["source_lost", "record_lost", "field_lost"]
) -> Problem:
    return Problem(source="java", where=where, what=what, effect=effect)
