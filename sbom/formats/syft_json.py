"""syft's own JSON, all versions of its schema: `artifacts` are the packages."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from sbom.distro import read_name
from sbom.documents.decoding import decode_any, decode_salvaging, salvage
from sbom.documents.dialects import Property, component, facts_of
from sbom.model import Component, Digest, Distro, Fault, Layer, Problem, Root, Sbom, Subject

# ruff: noqa: N815 (members are spelled as syft spells them)

SOURCE = "syft"
METADATA = {
    # syft's metadata by the names it uses for them in CycloneDX.
    "source": "syft:metadata:source",
    "sourceVersion": "syft:metadata:sourceVersion",
    "originPackage": "syft:metadata:originPackage",
    "sourceRpm": "syft:metadata:sourceRpm",
    "modularityLabel": "syft:metadata:modularityLabel",
    "maintainer": "syft:metadata:maintainer",
    "vendor": "syft:metadata:vendor",
}


class Location(Struct, gc=False):
    """A file, and the layer it is in."""

    path: str | None = None
    layerID: str | None = None


class Artifact(Struct, gc=False):
    """A package. Licences and CPEs are texts in old versions and objects in new ones."""

    id: str | None = None
    name: str | None = None
    version: str | None = None
    foundBy: str | None = None
    locations: list[Location] | None = None
    licenses: Any = None
    cpes: Any = None
    purl: str | None = None
    metadata: Any = None


class Relation(Struct, gc=False):
    """What one artifact is to another."""

    parent: str | None = None
    child: str | None = None
    type: str | None = None


class Origin(Struct, gc=False):
    """What was read; `target` in old versions, `metadata` in new ones."""

    name: str | None = None
    version: str | None = None
    target: Any = None
    metadata: Any = None


class SchemaVersion(Struct, gc=False):
    """The version of syft's schema."""

    version: str | None = None


class Document(Struct, gc=False):
    """The members that we read."""

    artifacts: list[Artifact] | None = None
    artifactRelationships: list[Relation] | None = None
    source: Origin | None = None
    distro: Any = None
    schema: SchemaVersion | None = None


def read(data: bytes, name: str) -> Sbom:
    """Read a document of syft's in UTF-8.

    Raises:
        InputError: where it is no JSON object.
    """
    document, problems = decode_salvaging(data, Document, "artifacts", SOURCE, name)
    distro = _distro(document.distro)
    found: list[Component] = []
    for artifact in document.artifacts or ():
        one, fault = _component(artifact, distro)
        found.append(one)
        if fault:
            place = f"{name}: {one.ref or one.name}"
            problems.append(Problem(source=SOURCE, where=place, what=fault, effect="record_lost"))
    version = document.schema.version if document.schema else ""
    image = _image(document.source)
    return Sbom(
        subject=Subject(name=_text(image, "userInput"), image_id=_digest(image, "imageID")),
        distro=distro,
        layers=tuple(_layers(image)),
        components=tuple(found),
        problems=tuple(problems),
        root=Root(name=_text(image, "userInput")) if image else None,
        format=f"syft-json {version}".strip(),
        dependencies=_dependencies(document.artifactRelationships or []),
    )


def faults(data: bytes) -> list[Fault]:
    """Return which members have another type than syft gives them; syft has no other rules."""
    document, problems = salvage(decode_any(data, "document"), Document, SOURCE, "")
    missing = (
        [] if document.artifacts is not None else [Fault(place="artifacts", what="is missing")]
    )
    return missing + [Fault(place=p.where.lstrip("."), what=p.what) for p in problems]


def _component(artifact: Artifact, distro: Distro | None) -> tuple[Component, str]:
    return component(
        purl=(artifact.purl or "").strip(),
        name=artifact.name or "",
        version=artifact.version or "",
        ref=artifact.id or "",
        licenses=tuple(_texts(artifact.licenses, "value")),
        cpes=tuple(dict.fromkeys(_texts(artifact.cpes, "cpe"))),
        facts=facts_of(_told(artifact)),
        distro=distro,
    )


def _told(artifact: Artifact) -> Iterator[Property]:
    """Yield what else it says, as syft's CycloneDX does."""
    if artifact.foundBy:
        yield Property("syft:package:foundBy", artifact.foundBy)
    for number, location in enumerate(artifact.locations or ()):
        if location.path:
            yield Property(f"syft:location:{number}:path", location.path)
            yield Property(f"syft:location:{number}:layerID", location.layerID)
    if isinstance(artifact.metadata, dict):
        for key, name in METADATA.items():
            value = artifact.metadata.get(key)
            if value and isinstance(value, str):
                yield Property(name, value)


def _texts(values: Any, member: str) -> Iterator[str]:
    for value in values if isinstance(values, list) else ():
        text = value.get(member) if isinstance(value, dict) else value
        if text and isinstance(text, str):
            yield text


def _distro(value: Any) -> Distro | None:
    """Read os-release's members; the first versions wrote `name` and `version` only."""
    if not isinstance(value, dict):
        return None
    id_ = _text(value, "id") or _text(value, "name")
    version = _text(value, "versionID") or _text(value, "version")
    if not id_:
        return None
    found = read_name(id_, version)
    return Distro(
        id=found.id,
        version=found.version,
        codename=_text(value, "versionCodename") or found.codename,
        name=_text(value, "prettyName"),
    )


def _image(origin: Origin | None) -> dict[str, Any]:
    if origin is None:
        return {}
    image = origin.metadata or origin.target
    return image if isinstance(image, dict) else {"userInput": origin.name or image or ""}


def _layers(image: dict[str, Any]) -> Iterator[Layer]:
    layers = image.get("layers")
    for layer in layers if isinstance(layers, list) else ():
        digest = _digest(layer, "digest") if isinstance(layer, dict) else None
        if digest:
            yield Layer(diff_id=digest)


def _dependencies(relations: list[Relation]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Collect `dependency-of`: the parent is what the child needs."""
    needs: dict[str, list[str]] = {}
    for relation in relations:
        if relation.type == "dependency-of" and relation.parent and relation.child:
            needs.setdefault(relation.child, []).append(relation.parent)
    return tuple((ref, tuple(others)) for ref, others in needs.items())


def _text(members: dict[str, Any], member: str) -> str:
    value = members.get(member)
    return value if isinstance(value, str) else ""


def _digest(members: dict[str, Any], member: str) -> Digest | None:
    text = _text(members, member)
    return Digest(text) if text else None
