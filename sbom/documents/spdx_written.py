"""An SBOM as an SPDX 2.3 document, in the members of its JSON form."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from sbom.documents.decoding import TOOL, authors, moment, named_by_content, unique
from sbom.documents.licenses import extracted, spdx_expression
from sbom.documents.spdx_members import (
    CARRIED,
    DISTRO_ID,
    DOCUMENT_ID,
    HASHES,
    PURPOSES,
    SUBJECT_ID,
    Annotation,
    CarriedComponent,
    CarriedImage,
    Checksum,
    Document,
    ExternalRef,
    Package,
    Relationship,
)
from sbom.model import Component, Distro, Root, Sbom

# ruff: noqa: N815 (members are spelled as the specification spells them)

PURL = re.compile(r"pkg:[^/\s]+/\S+")
CPE_23 = re.compile(r"cpe:2\.3:[aho*\-](?::(?:[A-Za-z0-9\-._*?]|\\[^A-Za-z0-9\s])+){10}")
CPE_22 = re.compile(r"cpe:/[aho](?::[A-Za-z0-9._\-~%]*){0,6}")
"""What the specification admits as locators; other texts are carried in the annotation."""
NO_TIME = "1970-01-01T00:00:00Z"
"""SPDX wants a time of creation; where none is known we say none that could be true."""
# fmt: off
DIGITS = {
    "MD5": 32, "SHA-1": 40, "SHA-224": 56, "SHA-256": 64, "SHA-384": 96, "SHA-512": 128,
    "SHA3-256": 64, "SHA3-384": 96, "SHA3-512": 128, "BLAKE2b-256": 64, "BLAKE2b-384": 96,
    "BLAKE2b-512": 128,
}
"""How many hexadecimal digits a checksum has."""
# fmt: on
ALGORITHMS = {ours: theirs for theirs, ours in HASHES.items()}
UNSAID: dict[str, Any] = {
    "downloadLocation": "NOASSERTION",
    "filesAnalyzed": False,
    "copyrightText": "NOASSERTION",
}
NAMESPACES = bytes.fromhex("0b8a6a9c58d55f0e8a377c2b1f9d6e02")
"""The namespace of our document namespaces; it must never change."""
LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-")
AFTER_BUILD = "Generation context: post-build"
"""An image is read when it is built; SPDX 2 has no other member to say so (CISA 2026)."""


class Creation(Struct, gc=False, omit_defaults=True):
    """Who wrote the document, and when; the comment says at which point of the life cycle."""

    created: str
    creators: list[str]
    comment: str | None = None


class Extracted(Struct, gc=False):
    """A licence that is not on SPDX's list."""

    licenseId: str
    extractedText: str
    name: str


class Written(Document, gc=False, omit_defaults=True, kw_only=True):
    """The document we write: more than we read."""

    dataLicense: str
    creationInfo: Creation
    hasExtractedLicensingInfos: list[Extracted] | None = None


def document(sbom: Sbom, timestamp: str) -> Written:
    """Return the document: the same for the same arguments.

    The namespace is a UUIDv5 of everything else, so equal documents have equal namespaces.
    timestamp: RFC 3339; where empty, the image's `created`.
    """
    created = moment(timestamp) or moment(sbom.subject.created) or NO_TIME
    licenses = extracted(
        text for one in sbom.components for text in (*one.licenses, *one.concluded)
    )
    packages = [_subject(sbom), *([_system(sbom.distro)] if sbom.distro else [])]
    ids = element_ids(sbom.components)
    packages += [
        _package(one, id_, created, licenses) for one, id_ in zip(sbom.components, ids, strict=True)
    ]
    known = ids_by_ref(sbom, ids)
    written = Written(
        spdxVersion="SPDX-2.3",
        dataLicense="CC0-1.0",
        SPDXID=DOCUMENT_ID,
        name=line(sbom.subject.name or (sbom.root and sbom.root.name) or ""),
        creationInfo=Creation(
            created,
            [f"Organization: {line(name)}" for name in authors(sbom)]
            + [f"Tool: {TOOL[0]}-{TOOL[1]}"],
            AFTER_BUILD if sbom.subject.image_id else None,
        ),
        packages=packages,
        relationships=_relationships(packages, sbom, known),
        annotations=[_annotation(carried_image(sbom, known), created)],
        hasExtractedLicensingInfos=[
            Extracted(id_, text or "(empty)", text or "(empty)") for text, id_ in licenses.items()
        ]
        or None,
    )
    body = msgspec.json.encode(written)
    written.documentNamespace = f"urn:uuid:{named_by_content(NAMESPACES, body)}"
    return written


def ids_by_ref(sbom: Sbom, ids: list[str]) -> dict[str, str]:
    """Return the id in the document of everything that dependencies can name."""
    known = {sbom.root.ref: SUBJECT_ID} if sbom.root and sbom.root.ref else {}
    named = ((one.ref or one.purl, id_) for one, id_ in zip(sbom.components, ids, strict=True))
    return known | {ref: id_ for ref, id_ in named if ref}


def line(text: str) -> str:
    """Return a text as one line that is not empty, as names in SPDX have to be.

    The marks of long texts in tag-value cannot be in a text there.
    """
    if "text>" in text:
        text = text.replace("<text>", " ").replace("</text>", " ")
    return " ".join(text.split()) or "unnamed"


def _subject(sbom: Sbom) -> Package:
    """Return the image, or what else the document is about."""
    root = sbom.root
    return Package(
        SPDXID=SUBJECT_ID,
        name=line((root and root.name) or sbom.subject.name),
        versionInfo=line(root.version) if root and root.version else None,
        externalRefs=_external((root and root.purl) or "", root.cpes if root else ()),
        primaryPackagePurpose="CONTAINER" if sbom.subject.image_id else "APPLICATION",
        **UNSAID,
    )


def _system(distro: Distro) -> Package:
    return Package(
        SPDXID=DISTRO_ID,
        name=distro.id,
        versionInfo=distro.version or None,
        primaryPackagePurpose="OPERATING_SYSTEM",
        **UNSAID,
    )


def _package(one: Component, id_: str, created: str, licenses: Mapping[str, str]) -> Package:
    declared = spdx_expression(one.licenses, licenses) if one.licenses else ""
    concluded = spdx_expression(one.concluded, licenses) if one.concluded else ""
    supplier, originator = _parties(one)
    checksums = [Checksum(ALGORITHMS[a], v) for a, v in one.hashes if is_hash(a, v)]
    return Package(
        SPDXID=id_,
        name=line(one.name),
        versionInfo=line(one.version) if one.version else None,
        supplier=supplier or "NOASSERTION",
        originator=originator,
        checksums=checksums or None,
        licenseDeclared=declared or "NOASSERTION",
        licenseConcluded=concluded or "NOASSERTION",
        externalRefs=_external(one.purl, one.cpes),
        primaryPackagePurpose=one.type.upper().replace("-", "_") if one.type in PURPOSES else None,
        annotations=[
            _annotation(carried_component(one, declared, concluded, len(checksums)), created)
        ],
        **UNSAID,
    )


def carried_component(
    one: Component, declared: str, concluded: str, checksums: int
) -> CarriedComponent:
    """Gather what the package's own members do not tell.

    declared, concluded: the expressions it has. checksums: how many of the component's it has.
    """
    return CarriedComponent(
        ref=None if one.ref == one.purl else one.ref,
        name=None if line(one.name) == one.name else one.name,
        version=None if not one.version or line(one.version) == one.version else one.version,
        purl="" if PURL.fullmatch(one.purl) else one.purl,
        type=one.type,
        namespace="" if f"/{one.namespace}/" in one.purl else one.namespace,
        source=one.source,
        source_version=one.source_version,
        stream=one.stream,
        vendor=one.vendor,
        maker=one.maker,
        licenses=() if one.licenses == (declared,) else one.licenses,
        scope=one.scope,
        evidence=one.evidence,
        cpes=() if all(cpe_type(cpe) for cpe in one.cpes) else one.cpes,
        hashes=() if checksums == len(one.hashes) else one.hashes,
        concluded=() if one.concluded == (concluded,) else one.concluded,
        parties=one.parties,
    )


def carried_image(sbom: Sbom, known: Mapping[str, str]) -> CarriedImage:
    """Gather what the document's own members do not tell."""
    told = all(
        user in known and others and all(other in known for other in others)
        for user, others in sbom.dependencies
    )
    return CarriedImage(
        subject=sbom.subject,
        root=sbom.root or (Root(name=sbom.subject.name) if sbom.subject.name else None),
        distro=sbom.distro,
        layers=sbom.layers,
        history=sbom.history,
        problems=sbom.problems,
        dependencies=None if told else sbom.dependencies,
        facts=sbom.facts,
    )


def _parties(one: Component) -> tuple[str | None, str | None]:
    """Return supplier and originator; whom SPDX has no member for is carried."""
    found: dict[str, str] = {}
    for stated, name in one.parties or ((("supplier", one.vendor),) if one.vendor else ()):
        role, _, kind = stated.partition("-")
        member = "supplier" if role == "supplier" else "originator"
        found.setdefault(member, f"{kind.capitalize() or 'Organization'}: {line(name)}")
    return found.get("supplier"), found.get("originator")


def _annotation(carried: Struct, created: str) -> Annotation:
    return Annotation(
        annotationDate=created,
        annotationType="OTHER",
        annotator=f"Tool: {TOOL[0]}-{TOOL[1]}",
        comment=CARRIED + msgspec.json.encode(carried).decode(),
    )


def _external(purl: str, cpes: tuple[str, ...]) -> list[ExternalRef] | None:
    refs = [ExternalRef("PACKAGE-MANAGER", "purl", purl)] if PURL.fullmatch(purl) else []
    refs += [ExternalRef("SECURITY", cpe_type(cpe), cpe) for cpe in cpes if cpe_type(cpe)]
    return refs or None


def cpe_type(cpe: str) -> str:
    """Return the type of the reference; empty for a text that SPDX does not admit."""
    if CPE_23.fullmatch(cpe):
        return "cpe23Type"
    return "cpe22Type" if CPE_22.fullmatch(cpe) else ""


def is_hash(algorithm: str, value: str) -> bool:
    """Tell whether SPDX admits the checksum; what it does not is carried in the annotation."""
    return DIGITS.get(algorithm) == len(value) and not value.strip("0123456789abcdef")


def element_ids(components: tuple[Component, ...]) -> list[str]:
    """Return a unique SPDXID for each: its own where it has one, else of name and digest."""
    from hashlib import sha1

    taken = {SUBJECT_ID, DISTRO_ID, DOCUMENT_ID}
    numbers: dict[str, int] = {}
    ids = []
    for one in components:
        id_ = one.ref
        if not id_.startswith("SPDXRef-") or set(id_) - LETTERS:
            name = "".join(letter if letter in LETTERS else "-" for letter in one.name)
            digest = sha1((one.ref or one.purl or one.name).encode()).hexdigest()[:16]
            id_ = f"SPDXRef-{name}-{digest}"
        ids.append(unique(id_, taken, numbers))
    return ids


def _relationships(
    packages: list[Package], sbom: Sbom, known: Mapping[str, str]
) -> list[Relationship]:
    """Return what is in the image, and what depends on what."""
    found = [Relationship(DOCUMENT_ID, "DESCRIBES", SUBJECT_ID)]
    found += [Relationship(SUBJECT_ID, "CONTAINS", package.SPDXID) for package in packages[1:]]
    for user, used in sbom.dependencies:
        found += [
            Relationship(known[user], "DEPENDS_ON", known[other])
            for other in used
            if user in known and other in known
        ]
    return found
