"""CycloneDX JSON: versions 1.2 to 1.7 are read, 1.6 is written.

Reading is typed, so that ten thousand components cost some milliseconds; where one member has
another type than the specification says, the document is read again record by record, and only
what is wrong becomes a Problem.
"""

import msgspec
from msgspec import Struct

from sbom.documents.cyclonedx import (
    SOURCE,
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
    read_bom,
)
from sbom.documents.decoding import (
    TOOL,
    decode_salvaging,
    moment,
    named_by_content,
)
from sbom.documents.dialects import DISTRIBUTION_SPELLINGS, Property, image_properties
from sbom.model import Component, Digest, Distro, Fault, Root, Sbom

OPENING = (
    b'{"$schema":"http://cyclonedx.org/schema/bom-1.6.schema.json",'
    b'"bomFormat":"CycloneDX","specVersion":"1.6",'
)
DISTRO_REF = "lading:distro"
SERIALS = bytes.fromhex("5f3c1c0e6a525d0b9c558e4f1f0b7a11")
"""The namespace of our serial numbers; it must never change."""
# fmt: off
TYPES = frozenset({
    "application", "framework", "library", "container", "platform", "operating-system", "device",
    "device-driver", "firmware", "file", "machine-learning-model", "data", "cryptographic-asset",
})
HASHES = {
    "MD5": 32, "SHA-1": 40, "SHA-256": 64, "SHA-384": 96, "SHA-512": 128, "SHA3-256": 64,
    "SHA3-384": 96, "SHA3-512": 128, "BLAKE2b-256": 64, "BLAKE2b-384": 96, "BLAKE2b-512": 128,
    "BLAKE3": 64,
}
"""What CycloneDX 1.6 knows, with the number of hexadecimal digits."""
# fmt: on
DISTRIBUTION = tuple(f"pkg:{type_}/" for type_ in sorted(DISTRIBUTION_SPELLINGS))


class Tools(Struct, gc=False):
    """Who wrote the document, in the form of 1.5 and later."""

    components: list[Item]


class Written(Metadata, gc=False, omit_defaults=True, kw_only=True):
    """The metadata we write: more than we read."""

    timestamp: str | None = None
    tools: Tools | None = None


def read(data: bytes, name: str) -> Sbom:
    """Read a CycloneDX JSON document in UTF-8.

    Raises:
        InputError: where it is no JSON object.
    """
    bom, problems = decode_salvaging(data, Bom, "components", SOURCE, name)
    return read_bom(bom, name, "cyclonedx-json", problems)


def faults(data: bytes) -> list[Fault]:
    """Return where a CycloneDX JSON document breaks the official schema of its version."""
    from sbom.documents.conform import cyclonedx_json_faults

    return cyclonedx_json_faults(data)


def write(sbom: Sbom, *, timestamp: str = "") -> bytes:
    """Write CycloneDX 1.6 JSON, the same bytes for the same SBOM and time.

    The serial number is a UUIDv5 of everything else, so equal documents have equal numbers.
    """
    digests = {layer.diff_id: layer.digest for layer in sbom.layers if layer.digest}
    metadata = Written(
        timestamp=moment(timestamp) or moment(sbom.subject.created) or None,
        tools=Tools([Item(type="application", name=TOOL[0], version=TOOL[1])]),
        component=_product(sbom),
    )
    items = [_system(sbom.distro)] if sbom.distro else []
    items += [
        _item(one, ref, digests) for one, ref in zip(sbom.components, _refs(sbom), strict=True)
    ]
    bom = Bom(metadata=metadata, components=items, dependencies=_needs(sbom))
    body = msgspec.json.encode(bom)
    number = named_by_content(SERIALS, body)
    return b'%s"serialNumber":"urn:uuid:%s","version":1,%s\n' % (
        OPENING,
        number.encode(),
        body[1:],
    )


def _product(sbom: Sbom) -> Item:
    """Return the image, or what else the document is about."""
    root = sbom.root or Root(name=sbom.subject.name)
    stated = image_properties(sbom) + [Property("lading:cpe", cpe) for cpe in root.cpes[1:]]
    return Item(
        type="container" if sbom.subject.image_id else "application",
        bom_ref=root.ref or SUBJECT_REF,
        name=root.name,
        version=root.version or None,
        purl=root.purl or None,
        cpe=root.cpes[0] if root.cpes else None,
        properties=stated or None,
    )


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
    """Return a reference for each component, unique within the document."""
    taken = {SUBJECT_REF, DISTRO_REF, sbom.root.ref if sbom.root else ""}
    refs = []
    for one in sbom.components:
        ref = first = one.ref or one.purl or one.name or "component"
        number = 1
        while ref in taken:
            number += 1
            ref = f"{first}|{number}"
        taken.add(ref)
        refs.append(ref)
    return refs


def _item(one: Component, ref: str, digests: dict[Digest, Digest]) -> Item:
    return Item(
        type=one.type if one.type in TYPES else "library",
        bom_ref=ref,
        name=one.name,
        version=one.version or None,
        group=None if one.purl.startswith(DISTRIBUTION) else one.namespace or None,
        scope="optional" if one.scope == "optional" else None,
        supplier=Party(one.vendor) if one.vendor else None,
        purl=one.purl or None,
        cpe=one.cpes[0] if one.cpes else None,
        licenses=_licenses(one.licenses) if one.licenses else None,
        hashes=_hashes(one) if one.hashes else None,
        properties=_properties(one, digests),
        evidence=_seen(one) if one.evidence else None,
    )


def _properties(one: Component, digests: dict[Digest, Digest]) -> list[Property] | None:
    found = []
    if one.evidence:
        first = one.evidence[0]
        if first.layer:
            found.append(Property("lading:layer:diffID", first.layer))
            if first.layer in digests:
                found.append(Property("lading:layer:digest", digests[first.layer]))
        if first.reader:
            found.append(Property("lading:reader", first.reader))
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
    found += [Property("lading:cpe", cpe) for cpe in one.cpes[1:]]
    found += [Property("lading:hash", f"{a}:{v}") for a, v in one.hashes if not _is_hash(a, v)]
    return found or None


def _hashes(one: Component) -> list[Hash] | None:
    return [Hash(alg, value) for alg, value in one.hashes if _is_hash(alg, value)] or None


def _is_hash(alg: str, value: str) -> bool:
    """Tell whether the schema admits the checksum; what it does not is kept as a property."""
    return alg in HASHES and len(value) == HASHES[alg] and not value.strip("0123456789abcdefABCDEF")


def _seen(one: Component) -> Seen | None:
    """Return the places; one whose reader or layer is not the first one's says so."""
    first = one.evidence[0]
    places = []
    for seen in one.evidence:
        context = []
        if seen.reader != first.reader:
            context.append(f"reader={seen.reader}")
        if seen.layer != first.layer:
            context.append(f"layer={seen.layer or ''}")
        if seen.path:
            places.append(Occurrence(seen.path, " ".join(context) or None))
    return Seen(places) if places else None


def _licenses(texts: tuple[str, ...]) -> list[LicenseChoice]:
    """Write ids as ids, an expression where it stands alone, and all else as a name."""
    from sbom.documents.licenses import is_expression, spdx_ids

    known = spdx_ids()
    if len(texts) == 1 and is_expression(texts[0], known):
        return [LicenseChoice(expression=texts[0])]
    return [LicenseChoice(license=License(id=t) if t in known else License(name=t)) for t in texts]
