"""What documents say of a component beside its purl: our properties, and those of trivy and syft.

One table maps every tool's name for a fact to ours (rules.md 3), so that a document of another
tool reads as our own does; unknown properties are not ours to read.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from msgspec import DecodeError
from msgspec.json import decode, encode

from sbom.distro import from_qualifier, read_name
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
from sbom.purl import InvalidPurl, Pairs, parse, write

# fmt: off
FIELDS: dict[str, str] = {
    "lading:source": "source",
    "lading:sourceVersion": "source_version",
    "lading:rpm:modularityLabel": "stream",
    "lading:vendor": "vendor",
    "lading:maker": "maker",
    "lading:reader": "reader",
    "lading:layer:diffID": "layer",
    "lading:cpe": "cpe",
    "lading:hash": "hash",
    "aquasecurity:trivy:SrcName": "source",
    "aquasecurity:trivy:SrcVersion": "trivy_version",
    "aquasecurity:trivy:SrcRelease": "trivy_release",
    "aquasecurity:trivy:SrcEpoch": "trivy_epoch",
    "aquasecurity:trivy:Modularitylabel": "stream",
    "aquasecurity:trivy:LayerDiffID": "layer",
    "aquasecurity:trivy:FilePath": "path",
    "syft:metadata:source": "source",
    "syft:metadata:sourceVersion": "source_version",
    "syft:metadata:originPackage": "source",
    "syft:metadata:sourceRpm": "source_rpm",
    "syft:metadata:modularityLabel": "stream",
    "syft:metadata:maintainer": "vendor",
    "syft:metadata:vendor": "vendor",
    "syft:package:foundBy": "reader",
    "syft:cpe23": "cpe",
    "cdx:npm:package:path": "path",
    "SrcFile": "path",
}
# fmt: on
SEVERAL = frozenset({"cpe", "hash", "path"})
"""Facts of which a component may have several."""
DISTRIBUTION_TYPES = frozenset({"alpine", "alpm", "apk", "deb", "rpm"})
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

NO_FACTS: Mapping[str, tuple[str, ...]] = {}
NOT_QUALIFIED: tuple[Distro | None, str, str, str] = (None, "", "", "")


def facts_of(properties: Iterable[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    """Return the facts that properties state, by our name for them; the first word counts."""
    found: dict[str, tuple[str, ...]] = {}
    layers: dict[str, str] = {}
    paths: dict[str, str] = {}
    for name, value in properties:
        fact = FIELDS.get(name)
        if fact:
            if fact not in found:
                found[fact] = (value,)
            elif fact in SEVERAL:
                found[fact] += (value,)
        elif name.startswith("syft:location:"):
            # `syft:location:0:path` and `syft:location:0:layerID` belong together.
            number, _, what = name[14:].partition(":")
            if what == "path":
                paths[number] = value
            elif what == "layerID":
                layers[number] = value
    if paths:
        found["path"] = (*found.get("path", ()), *paths.values())
        found["path_layer"] = tuple(layers.get(number, "") for number in paths)
    return found


def component(  # noqa: D417, PLR0913 (a document may say this much; names are the model's)
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
    facts: Mapping[str, tuple[str, ...]] = NO_FACTS,
    distro: Distro | None = None,
) -> tuple[Component, str]:
    """Assemble a component; return it with what keeps it from being matched, if anything.

    The purl's version decides over the one beside it: tools write `go1.26.8` beside `1.26.8` and
    then report falsely. A purl that is none stays as the text it is.

    Args:
        places: paths where it was seen, each with what the document adds to it.
        facts: what `facts_of` found.
        distro: the distribution of the document.
    """
    canonical, fault = Purl(purl), ""
    qualified = NOT_QUALIFIED
    if purl:
        try:
            parts = parse(purl)
            canonical = write(parts)
        except InvalidPurl as error:
            fault = f"the package URL {_short(purl)} cannot be read: {error}"
        else:
            namespace, name, version = parts.namespace, name or parts.name, parts.version or version
            qualified = _qualified(parts.qualifiers, namespace, parts.type, distro)
    elif cpes:
        fault = f"no purl: {_short(name)} has a CPE only, and nothing is matched by CPE"
    release, arch, upstream, stream = qualified
    source, source_version = _source(facts, upstream) if facts or upstream else ("", "")
    if "cpe" in facts:
        cpes = (*cpes, *facts["cpe"])
    if "hash" in facts:
        hashes = (*hashes, *map(_hash, facts["hash"]))
    found = Component(
        purl=canonical,
        name=name,
        version=version,
        type=type,
        namespace=namespace,
        source=source,
        source_version=source_version,
        arch=arch,
        stream=stream or _first(facts, "stream"),
        vendor=_first(facts, "vendor") or vendor,
        maker=Purl(facts["maker"][0]) if "maker" in facts else None,
        distro=release,
        licenses=licenses,
        scope="optional" if scope in OPTIONAL else "required",
        evidence=_evidence(facts, places) if facts or places else (),
        ref=ref,
        cpes=tuple(dict.fromkeys(cpes)) if cpes else (),
        hashes=hashes,
    )
    return found, fault


def operating_system(
    name: str, version: str, properties: Iterable[tuple[str, str]] = (), description: str = ""
) -> Distro:
    """Read the component of type operating-system that says which distribution this is."""
    stated = dict(properties)
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


@lru_cache(maxsize=4096)
def _qualified(
    qualifiers: Pairs, namespace: str, type_: str, distro: Distro | None
) -> tuple[Distro | None, str, str, str]:
    """Return what a purl's qualifiers say: release, architecture, `upstream`, module stream.

    The release is the document's own distribution where the qualifier names the same.
    """
    stated = dict(qualifiers)
    release = None
    if "distro" in stated:
        release = from_qualifier(stated["distro"], namespace, type_)
        if release and distro and (release.id, release.version) == (distro.id, distro.version):
            release = distro
    return release, stated.get("arch", ""), stated.get("upstream", ""), stated.get("rpmmod", "")


def _source(facts: Mapping[str, tuple[str, ...]], upstream: str) -> tuple[str, str]:
    """Return name and version of the source package: as stated, else as `upstream=` has it."""
    name, version = _first(facts, "source"), _first(facts, "source_version")
    if "trivy_version" in facts and not version:
        version = facts["trivy_version"][0]
        release, epoch = _first(facts, "trivy_release"), _first(facts, "trivy_epoch")
        version = f"{version}-{release}" if release and version else version
        version = f"{epoch}:{version}" if epoch not in {"", "0"} and version else version
    upstream = upstream or _first(facts, "source_rpm")
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


def _evidence(
    facts: Mapping[str, tuple[str, ...]], places: tuple[tuple[str, str], ...]
) -> tuple[Evidence, ...]:
    reader, layer = _first(facts, "reader"), _first(facts, "layer")
    if not places and "path" in facts:
        paths, own = facts["path"], facts.get("path_layer", ())
        own = ("",) * (len(paths) - len(own)) + own
        places = tuple((p, f"layer={o}" if o else "") for p, o in zip(paths, own, strict=True))
    if not places:
        return (Evidence(path="", reader=reader, layer=Digest(layer)),) if layer else ()
    return tuple(_seen(path, context, reader, layer) for path, context in places)


def _seen(path: str, context: str, reader: str, layer: str) -> Evidence:
    """Read one place; where it differs in reader or layer, its context says so."""
    if context.startswith(("reader=", "layer=")):
        stated = dict(word.partition("=")[::2] for word in context.split(" "))
        reader, layer = stated.get("reader", reader), stated.get("layer", layer)
    return Evidence(path=path.lstrip("/"), reader=reader, layer=Digest(layer) if layer else None)


def _first(facts: Mapping[str, tuple[str, ...]], fact: str) -> str:
    values = facts.get(fact)
    return values[0] if values else ""


def _hash(text: str) -> tuple[str, str]:
    name, _, value = text.partition(":")
    return name, value


def _short(text: str) -> str:
    return repr(text if len(text) <= 120 else f"{text[:120]}…")


def image_properties(sbom: Sbom) -> list[tuple[str, str]]:
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
    return [(name, value) for name, value in stated if value]


def read_image(
    properties: Iterable[tuple[str, str]], where: str
) -> tuple[dict[str, str], tuple[Layer, ...], tuple[Change, ...], tuple[Problem, ...]]:
    """Read what `image_properties` wrote, or trivy: subject, layers, history, problems."""
    subject: dict[str, str] = {}
    layers: dict[str, dict[str, str]] = {}
    history: list[Change] = []
    problems: list[Problem] = []
    for name, value in properties:
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
