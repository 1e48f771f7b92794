"""What documents say of a component beside its purl: our properties, and those of trivy and syft.

One table maps every tool's name for a fact to ours (rules.md 3), so that a document of another
tool reads as our own does; unknown properties are not ours to read.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import DecodeError, Struct
from msgspec.json import decode, encode

from sbom.distro import DISTRIBUTION_TYPES, from_qualifier, read_name
from sbom.model import (
    Change,
    Component,
    Digest,
    Distro,
    Evidence,
    Layer,
    Problem,
    Purl,
    Sbom,
)
from sbom.purl import InvalidPurl, Parts, read

# fmt: off
FIELDS: dict[str, str] = {
    "lading:source": "source",
    "lading:sourceVersion": "source_version",
    "lading:rpm:modularityLabel": "stream",
    "lading:vendor": "vendor",
    "lading:maker": "maker",
    "lading:reader": "reader",
    "lading:layer:diffID": "layer",
    "lading:cpe": "cpes",
    "lading:hash": "hashes",
    "aquasecurity:trivy:SrcName": "source",
    "aquasecurity:trivy:SrcVersion": "trivy_version",
    "aquasecurity:trivy:SrcRelease": "trivy_release",
    "aquasecurity:trivy:SrcEpoch": "trivy_epoch",
    "aquasecurity:trivy:Modularitylabel": "stream",
    "aquasecurity:trivy:LayerDiffID": "layer",
    "aquasecurity:trivy:FilePath": "paths",
    "syft:metadata:source": "source",
    "syft:metadata:sourceVersion": "source_version",
    "syft:metadata:originPackage": "source",
    "syft:metadata:sourceRpm": "source_rpm",
    "syft:metadata:modularityLabel": "stream",
    "syft:metadata:maintainer": "vendor",
    "syft:metadata:vendor": "vendor",
    "syft:package:foundBy": "reader",
    "syft:cpe23": "cpes",
    "cdx:npm:package:path": "paths",
    "SrcFile": "paths",
}
# fmt: on
SEVERAL = frozenset({"cpes", "hashes", "paths"})
"""Facts of which a component may have several."""
DISTRIBUTION_SPELLINGS = DISTRIBUTION_TYPES | {"alpine"}
"""Purl types of distribution packages; `alpine` is what old versions of syft write for `apk`."""

OPTIONAL = frozenset({"optional", "excluded"})
"""CycloneDX scopes of what is not, or need not be, there when the product runs."""

SUBJECT = {
    "lading:imageId": "image_id",
    "lading:manifest": "manifest",
    "lading:index": "index",
    "lading:platform": "platform",
    "lading:created": "created",
    "aquasecurity:trivy:ImageID": "image_id",
}
"""Properties of the image as a whole, by the field of `Subject`."""

NOT_QUALIFIED: tuple[Distro | None, str, str, str] = (None, "", "", "")


class Property(Struct, gc=False, omit_defaults=True):
    """A name and a value of a tool's own, as CycloneDX has them."""

    name: str | None = None
    value: str | None = None


class Facts(Struct, gc=False, kw_only=True):
    """What properties say of one component; `places` are paths, each with its context."""

    source: str = ""
    source_version: str = ""
    source_rpm: str = ""
    trivy_version: str = ""
    trivy_release: str = ""
    trivy_epoch: str = ""
    stream: str = ""
    vendor: str = ""
    maker: str = ""
    reader: str = ""
    layer: str = ""
    cpes: tuple[str, ...] = ()
    hashes: tuple[str, ...] = ()
    places: tuple[tuple[str, str], ...] = ()


NO_FACTS = Facts()


def facts_of(properties: Iterable[Property]) -> Facts:
    """Return the facts that properties state, by our name for them; the first word counts."""
    one: dict[str, Any] = {}
    several: dict[str, list[str]] = {}
    located: dict[str, str] = {}
    for stated in properties:
        name, value = stated.name, stated.value
        if not name or not value:
            continue
        fact = FIELDS.get(name)
        if fact is None:
            if name.startswith("syft:location:"):
                located[name[14:]] = value
        elif fact in SEVERAL:
            several.setdefault(fact, []).append(value)
        elif fact not in one:
            one[fact] = value
    if not several and not located:
        return Facts(**one)
    return Facts(
        **one,
        cpes=tuple(several.get("cpes", ())),
        hashes=tuple(several.get("hashes", ())),
        places=_places(several.get("paths", ()), located),
    )


def component(  # noqa: PLR0913 (a document may say this much)
    *,
    purl: str,
    name: str,
    version: str,
    namespace: str = "",
    type: str = "library",  # noqa: A002 (the formats' word)
    ref: str = "",
    scope: str = "",
    vendor: str = "",
    licenses: tuple[str, ...] = (),
    cpes: tuple[str, ...] = (),
    hashes: tuple[tuple[str, str], ...] = (),
    places: tuple[tuple[str, str], ...] = (),
    facts: Facts = NO_FACTS,
    distro: Distro | None = None,
) -> tuple[Component, str]:
    """Assemble a component; return it with what keeps it from being matched, if anything.

    The purl's version decides over the one beside it: tools write `go1.26.8` beside `1.26.8` and
    then report falsely. A purl that is none stays as the text it is. `distro` is the document's;
    `places` are paths where it was seen, each with what the document adds to it.
    """
    canonical, fault = Purl(purl), ""
    qualified = NOT_QUALIFIED
    if purl:
        try:
            parts, canonical = read(purl)
        except InvalidPurl as error:
            fault = f"the package URL {_short(purl)} cannot be read: {error}"
        else:
            namespace, name, version = parts.namespace, name or parts.name, parts.version or version
            if parts.qualifiers:
                qualified = _qualified(parts, distro)
    elif cpes or facts.cpes:
        fault = f"no purl: {_short(name)} has a CPE only, and nothing is matched by CPE"
    release, arch, upstream, stream = qualified
    source, source_version = _source(facts, upstream)
    cpes += facts.cpes
    places = places or facts.places
    found = Component(
        purl=canonical,
        name=name,
        version=version,
        type=type,
        namespace=namespace,
        source=source,
        source_version=source_version,
        arch=arch,
        stream=stream or facts.stream,
        vendor=facts.vendor or vendor,
        maker=Purl(facts.maker) if facts.maker else None,
        distro=release,
        licenses=licenses,
        scope="optional" if scope in OPTIONAL else "required",
        evidence=_evidence(facts, places) if places or facts.layer else (),
        ref=ref,
        cpes=tuple(dict.fromkeys(cpes)) if cpes else (),
        hashes=(*hashes, *map(_hash, facts.hashes)) if facts.hashes else hashes,
    )
    return found, fault


def operating_system(
    name: str, version: str, properties: Iterable[Property] = (), description: str = ""
) -> Distro:
    """Read the component of type operating-system that says which distribution this is."""
    stated = {stated.name: stated.value for stated in properties if stated.name}
    found = read_name(
        stated.get("syft:distro:id") or name, stated.get("syft:distro:versionID") or version
    )
    return Distro(
        id=found.id,
        version=found.version,
        codename=stated.get("lading:distro:codename")
        or stated.get("syft:distro:versionCodename")
        or found.codename,
        name=stated.get("syft:distro:prettyName") or description,
    )


def _qualified(parts: Parts, distro: Distro | None) -> tuple[Distro | None, str, str, str]:
    """Return what a purl's qualifiers say: release, architecture, `upstream`, module stream.

    The release is the document's own distribution where the qualifier names the same.
    """
    stated = dict(parts.qualifiers)
    release = None
    if "distro" in stated:
        release = from_qualifier(stated["distro"], parts.namespace, parts.type)
        if release and distro and (release.id, release.version) == (distro.id, distro.version):
            release = distro
    return release, stated.get("arch", ""), stated.get("upstream", ""), stated.get("rpmmod", "")


def _source(facts: Facts, upstream: str) -> tuple[str, str]:
    """Return name and version of the source package: as stated, else as `upstream=` has it."""
    name, version = facts.source, facts.source_version
    if facts.trivy_version and not version:
        version = facts.trivy_version
        version = f"{version}-{facts.trivy_release}" if facts.trivy_release else version
        version = f"{facts.trivy_epoch}:{version}" if facts.trivy_epoch.strip("0") else version
    upstream = upstream or facts.source_rpm
    if name or not upstream:
        return name, version
    if upstream.endswith((".src.rpm", ".nosrc.rpm")):
        return _source_rpm(upstream)
    name, _, stated = upstream.partition("@")
    return name, stated or version


def _source_rpm(file: str) -> tuple[str, str]:
    """Split `NAME-VERSION-RELEASE.src.rpm`."""
    stem = file.removesuffix(".rpm").rpartition(".")[0]
    head, _, release = stem.rpartition("-")
    name, _, version = head.rpartition("-")
    return (name, f"{version}-{release}") if name else (stem, "")


def _places(paths: Iterable[str], located: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return paths with their contexts; `syft:location:0:path` and `…:0:layerID` are one place."""
    found = [(path, "") for path in paths]
    for key, path in located.items():
        number, _, what = key.partition(":")
        if what == "path":
            layer = located.get(f"{number}:layerID")
            found.append((path, f"layer={layer}" if layer else ""))
    return tuple(found)


def _evidence(facts: Facts, places: tuple[tuple[str, str], ...]) -> tuple[Evidence, ...]:
    reader, layer = facts.reader, facts.layer
    if not places:
        return (Evidence(path="", reader=reader, layer=Digest(layer)),)
    return tuple([_seen(path, context, reader, layer) for path, context in places])


def _seen(path: str, context: str, reader: str, layer: str) -> Evidence:
    """Read one place; where it differs in reader or layer, its context says so."""
    if context.startswith(("reader=", "layer=")):
        stated = dict(word.partition("=")[::2] for word in context.split(" "))
        reader, layer = stated.get("reader", reader), stated.get("layer", layer)
    return Evidence(path=path.lstrip("/"), reader=reader, layer=Digest(layer) if layer else None)


def _hash(text: str) -> tuple[str, str]:
    name, _, value = text.partition(":")
    return name, value


def _short(text: str) -> str:
    return repr(text if len(text) <= 120 else f"{text[:120]}…")


def image_properties(sbom: Sbom) -> list[Property]:
    """Return what an SBOM holds of the image as a whole, as names and values."""
    subject = sbom.subject
    stated = [
        ("lading:imageId", subject.image_id),
        ("lading:manifest", subject.manifest),
        ("lading:index", subject.index),
        ("lading:platform", subject.platform),
        ("lading:created", subject.created),
    ]
    for number, layer in enumerate(sbom.layers):
        stated += [
            (f"lading:layer:{number}:diffID", layer.diff_id),
            (f"lading:layer:{number}:digest", layer.digest),
            (f"lading:layer:{number}:createdBy", layer.created_by),
        ]
    stated += [("lading:history", encode(change).decode()) for change in sbom.history]
    stated += [("lading:problem", encode(problem).decode()) for problem in sbom.problems]
    return [Property(name, value) for name, value in stated if value]


def read_image(
    properties: Iterable[Property], where: str
) -> tuple[dict[str, str], tuple[Layer, ...], tuple[Change, ...], tuple[Problem, ...]]:
    """Read what `image_properties` wrote, or trivy: subject, layers, history, problems."""
    subject: dict[str, str] = {}
    layers: dict[str, dict[str, str]] = {}
    history: list[Change] = []
    problems: list[Problem] = []
    for stated in properties:
        name, value = stated.name or "", stated.value or ""
        if not value:
            continue
        if name in SUBJECT:
            subject.setdefault(SUBJECT[name], value)
        elif name == "aquasecurity:trivy:DiffID":
            layers.setdefault(value, {})["diffID"] = value
        elif name.startswith("lading:layer:"):
            number, _, what = name[13:].partition(":")
            layers.setdefault(number, {})[what] = value
        elif name in {"lading:history", "lading:problem"}:
            try:
                if name == "lading:history":
                    history.append(decode(value, type=Change))
                else:
                    problems.append(decode(value, type=Problem))
            except (DecodeError, UnicodeError, RecursionError) as error:
                problems.append(
                    Problem(
                        source="sbom",
                        where=f"{where}: {name}",
                        what=str(error),
                        effect="field_lost",
                    )
                )
    found = tuple(
        Layer(
            diff_id=Digest(layer["diffID"]),
            digest=Digest(layer["digest"]) if "digest" in layer else None,
            created_by=layer.get("createdBy", ""),
        )
        for layer in layers.values()
        if "diffID" in layer
    )
    return subject, found, tuple(history), tuple(problems)
