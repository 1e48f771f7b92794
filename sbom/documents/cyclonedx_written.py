"""An SBOM as a CycloneDX document of one of the versions we write, 1.4 to 1.7.

What a version has no member for is kept in properties whose names begin with `lading:`; reading
finds it there, so no version loses anything.
"""

from msgspec import Struct
from msgspec.json import encode

from sbom.documents.cyclonedx import (
    SUBJECT_REF,
    Bom,
    Dependency,
    Hash,
    Item,
    License,
    LicenseChoice,
    Metadata,
    Occurrence,
    Party,
    Seen,
)
from sbom.documents.decoding import TOOL, authors, moment, unique
from sbom.documents.dialects import DISTRIBUTION_SPELLINGS, Property
from sbom.documents.image import image_properties
from sbom.model import Component, Digest, Distro, Evidence, Root, Sbom

VERSIONS = ("1.4", "1.5", "1.6", "1.7")
DISTRO_REF, CPE = "lading:distro", "lading:cpe"
# fmt: off
TYPES_1_4 = frozenset({
    "application", "framework", "library", "container", "operating-system", "device", "firmware",
    "file",
})
TYPES_1_5 = TYPES_1_4 | {"platform", "device-driver", "machine-learning-model", "data"}
TYPES_1_6 = TYPES_1_5 | {"cryptographic-asset"}
TYPES = {"1.4": TYPES_1_4, "1.5": TYPES_1_5, "1.6": TYPES_1_6, "1.7": TYPES_1_6}
"""The types of component that each version knows."""
HASHES = {
    "MD5": 32, "SHA-1": 40, "SHA-256": 64, "SHA-384": 96, "SHA-512": 128, "SHA3-256": 64,
    "SHA3-384": 96, "SHA3-512": 128, "BLAKE2b-256": 64, "BLAKE2b-384": 96, "BLAKE2b-512": 128,
    "BLAKE3": 64,
}
"""What every version knows, with the number of hexadecimal digits."""
# fmt: on
DISTRIBUTION = tuple(f"pkg:{type_}/" for type_ in sorted(DISTRIBUTION_SPELLINGS))


class Tool(Struct, gc=False):
    """Who wrote the document, in the form of 1.4."""

    name: str
    version: str


class Tools(Struct, gc=False):
    """Who wrote the document, in the form of 1.5 and later."""

    components: list[Item]


class Phase(Struct, gc=False):
    """A point of the life cycle, as 1.5 and later name it."""

    phase: str


class Composition(Struct, gc=False):
    """How much is told of what depends on what."""

    aggregate: str
    dependencies: list[str]


class Author(Struct, gc=False):
    """Who made the document."""

    name: str


class Written(Metadata, gc=False, omit_defaults=True, kw_only=True):
    """The metadata we write: more than we read."""

    timestamp: str | None = None
    lifecycles: list[Phase] | None = None
    tools: Tools | list[Tool] | None = None
    authors: list[Author] | None = None


class WrittenBom(Bom, gc=False, omit_defaults=True, kw_only=True):
    """The document we write: more than we read."""

    compositions: list[Composition] | None = None


class Rules(Struct, gc=False):
    """What differs between the versions, and what every component needs of the SBOM."""

    types: frozenset[str]
    occurrences: bool
    contexts: bool
    manufacturer: bool
    digests: dict[Digest, Digest]


def document(sbom: Sbom, timestamp: str, version: str) -> Bom:
    """Return the document, all but its own number: the same for the same arguments.

    timestamp: RFC 3339; where empty, the image's `created`. version: one of `VERSIONS`.
    """
    rules = Rules(
        types=TYPES[version],
        occurrences=version != "1.4",
        contexts=version not in {"1.4", "1.5"},
        manufacturer=version not in {"1.4", "1.5"},
        digests={layer.diff_id: layer.digest for layer in sbom.layers if layer.digest},
    )
    items = [_system(sbom.distro)] if sbom.distro else []
    items += [_item(one, ref, rules) for one, ref in zip(sbom.components, _refs(sbom), strict=True)]
    metadata = Written(
        timestamp=moment(timestamp) or moment(sbom.subject.created) or None,
        tools=[Tool(*TOOL)]
        if version == "1.4"
        else Tools([Item(type="application", name=TOOL[0], version=TOOL[1])]),
        authors=[Author(name) for name in authors(sbom)] or None,
        component=_product(sbom),
        lifecycles=[Phase("post-build")] if sbom.subject.image_id and version != "1.4" else None,
    )
    return WrittenBom(
        metadata=metadata,
        components=items,
        dependencies=_needs(sbom),
        compositions=_compositions(sbom),
    )


def set_aside(sbom: Sbom, version: str) -> dict[str, int]:
    """Return what the version has no member for, with how many components have it.

    Of what every version can say, and of what none can, there is nothing to tell.
    """
    found = {"evidence.occurrences": 0, "manufacturer": 0, "type": 0}
    for one in sbom.components:
        found["evidence.occurrences"] += version == "1.4" and any(
            seen.path for seen in one.evidence
        )
        found["manufacturer"] += version in {"1.4", "1.5"} and any(
            role == "manufacturer" for role, _ in one.parties
        )
        found["type"] += one.type in TYPES_1_6 - TYPES[version]
    return {member: count for member, count in found.items() if count}


def _product(sbom: Sbom) -> Item:
    """Return the image, or what else the document is about."""
    root = sbom.root or Root(name=sbom.subject.name)
    return Item(
        type="container" if sbom.subject.image_id else "application",
        bom_ref=root.ref or SUBJECT_REF,
        name=root.name,
        version=root.version or None,
        purl=root.purl or None,
        cpe=root.cpes[0] if root.cpes else None,
        properties=image_properties(sbom) + [Property(CPE, cpe) for cpe in root.cpes[1:]] or None,
    )


def _compositions(sbom: Sbom) -> list[Composition] | None:
    """Say openly that an image does not tell all that its packages depend on (CISA 2026)."""
    if not sbom.subject.image_id:
        return None
    ref = (sbom.root.ref if sbom.root else "") or SUBJECT_REF
    return [Composition("incomplete" if sbom.dependencies else "unknown", [ref])]


def _needs(sbom: Sbom) -> list[Dependency] | None:
    """Return the dependencies, each reference once, as the schema wants them."""
    needs: dict[str, dict[str, None]] = {}
    for ref, others in sbom.dependencies:
        needs.setdefault(ref, {}).update(dict.fromkeys(others))
    return [Dependency(ref=ref, dependsOn=list(others)) for ref, others in needs.items()] or None


def _system(distro: Distro) -> Item:
    return Item(
        type="operating-system",
        bom_ref=DISTRO_REF,
        name=distro.id,
        version=distro.version or None,
        description=distro.name or None,
        properties=[Property("lading:distro:codename", distro.codename)]
        if distro.codename
        else None,
    )


def _refs(sbom: Sbom) -> list[str]:
    """Return a reference for each component, unique within the document.

    One with neither id nor purl has none: nothing can refer to it.
    """
    taken = {SUBJECT_REF, DISTRO_REF, sbom.root.ref if sbom.root else ""}
    numbers: dict[str, int] = {}
    named = (one.ref or one.purl for one in sbom.components)
    return [unique(ref, taken, numbers, "|") if ref else "" for ref in named]


def _item(one: Component, ref: str, rules: Rules) -> Item:
    item = Item(
        type=one.type if one.type in rules.types else "library",
        bom_ref=ref or None,
        name=one.name,
        version=one.version or None,
        group=None if one.purl.startswith(DISTRIBUTION) else one.namespace or None,
        scope="optional" if one.scope == "optional" else None,
        purl=one.purl or None,
        cpe=one.cpes[0] if one.cpes else None,
        licenses=_licenses(one.licenses) if one.licenses else None,
        hashes=_hashes(one) if one.hashes else None,
        properties=_properties(one, rules) or None,
    )
    if one.parties:
        item.properties = (item.properties or []) + _name_parties(item, one, rules)
    elif one.vendor:
        item.supplier = Party(one.vendor)
    if one.ref and ref != one.ref:
        item.properties = [*(item.properties or ()), Property("lading:ref", one.ref)]
    if one.evidence and rules.occurrences:
        item.evidence = _seen(one.evidence, rules)
    return item


def _properties(one: Component, rules: Rules) -> list[Property]:
    found = _origin(one, rules) if one.evidence else []
    if one.source:
        found.append(Property("lading:source", one.source))
    if one.source_version:
        found.append(Property("lading:sourceVersion", one.source_version))
    if one.stream:
        found.append(Property("lading:rpm:modularityLabel", one.stream))
    if one.vendor:
        found.append(Property("lading:vendor", one.vendor))
    if one.maker:
        found.append(Property("lading:maker", one.maker))
    if one.type not in rules.types:
        found.append(Property("lading:type", one.type))
    found += [Property(CPE, cpe) for cpe in one.cpes[1:]]
    found += [Property("lading:concluded", text) for text in one.concluded]
    found += [Property("lading:hash", f"{a}:{v}") for a, v in one.hashes if not _is_hash(a, v)]
    return found


def _origin(one: Component, rules: Rules) -> list[Property]:
    """Tell layer and reader of the first place, which others rely on, and what places cannot."""
    first = one.evidence[0]
    found = []
    if first.layer:
        found.append(Property("lading:layer:diffID", first.layer))
        if first.layer in rules.digests:
            found.append(Property("lading:layer:digest", rules.digests[first.layer]))
    if first.reader:
        found.append(Property("lading:reader", first.reader))
    if not _occurrences_tell(one.evidence, rules):
        found += [Property("lading:evidence", encode(seen).decode()) for seen in one.evidence]
    return found


def _occurrences_tell(evidence: tuple[Evidence, ...], rules: Rules) -> bool:
    """Tell whether the version's occurrences, with the first's layer and reader, say it all."""
    first = evidence[0]
    if len(evidence) == 1 and not first.path and first.layer and not first.rewritten:
        return True
    return rules.occurrences and all(
        seen.path
        and seen.path[0] != "/"
        and " " not in seen.reader
        and seen.rewritten is None
        and (rules.contexts or (seen.reader == first.reader and seen.layer == first.layer))
        for seen in evidence
    )


def _seen(evidence: tuple[Evidence, ...], rules: Rules) -> Seen | None:
    """Return the places; one whose reader or layer is not the first one's says so."""
    first = evidence[0]
    places = []
    for seen in evidence:
        context = []
        if seen.reader != first.reader:
            context.append(f"reader={seen.reader}")
        if seen.layer != first.layer:
            context.append(f"layer={seen.layer or ''}")
        if seen.path:
            told = " ".join(context) if rules.contexts else ""
            places.append(Occurrence(seen.path, told or None))
    return Seen(places) if places else None


def _hashes(one: Component) -> list[Hash] | None:
    return [Hash(alg, value) for alg, value in one.hashes if _is_hash(alg, value)] or None


def _is_hash(alg: str, value: str) -> bool:
    """Tell whether the schema admits the checksum; what it does not is kept as a property."""
    return alg in HASHES and len(value) == HASHES[alg] and not value.strip("0123456789abcdefABCDEF")


def _licenses(texts: tuple[str, ...]) -> list[LicenseChoice]:
    """Write ids as ids, an expression where it stands alone, and all else as a name."""
    from sbom.documents.licenses import is_expression, spdx_ids

    known = spdx_ids()
    if len(texts) == 1 and is_expression(texts[0], known):
        return [LicenseChoice(expression=texts[0])]
    return [LicenseChoice(license=License(id=t) if t in known else License(name=t)) for t in texts]


def _name_parties(item: Item, one: Component, rules: Rules) -> list[Property]:
    """Name each party in the member for its role; return those for whom there is none."""
    found = []
    for role, name in one.parties:
        if role == "supplier" and item.supplier is None:
            item.supplier = Party(name)
        elif role == "manufacturer" and item.manufacturer is None and rules.manufacturer:
            item.manufacturer = Party(name)
        elif role == "author" and item.author is None:
            item.author = name
        elif role == "publisher" and item.publisher is None:
            item.publisher = name
        else:
            found.append(Property("lading:party", f"{role}: {name}"))
    return found
