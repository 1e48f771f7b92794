"""The members of SPDX 2.2 and 2.3 documents, as the JSON form names them, and what we add.

What SPDX has no member for (layers, evidence, source package …) is carried as JSON in one
annotation of the package, and of the document.
"""

from msgspec import Struct

from sbom.model import Change, Distro, Evidence, Layer, Problem, Purl, Root, Subject

# ruff: noqa: N815 (members are spelled as the specification spells them)

SOURCE = "spdx"
CARRIED = "lading: "
"""What opens the comment of our annotations; JSON follows."""
# fmt: off
PURPOSES = frozenset({
    "application", "framework", "library", "container", "operating-system", "device", "firmware",
    "file",
})
"""Purposes of SPDX 2.3 that are component types of CycloneDX too."""
# fmt: on
CPES = ("cpe23Type", "cpe22Type")
NOTHING = frozenset({"", "NONE", "NOASSERTION"})
HASHES = {
    name.replace("-", "", 1) if name.startswith("SHA-") else name: name
    for name in (
        "MD5", "SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512", "SHA3-256", "SHA3-384",
        "SHA3-512", "BLAKE2b-256", "BLAKE2b-384", "BLAKE2b-512", "BLAKE3", "MD2", "MD4", "MD6",
        "ADLER32",
    )
}  # fmt: skip
"""SPDX's names of checksums, with CycloneDX's, which are ours."""


class Checksum(Struct, gc=False, omit_defaults=True):
    """A checksum."""

    algorithm: str | None = None
    checksumValue: str | None = None


class ExternalRef(Struct, gc=False, omit_defaults=True):
    """A name of the package elsewhere: a purl, a CPE."""

    referenceCategory: str | None = None
    referenceType: str | None = None
    referenceLocator: str | None = None


class Annotation(Struct, gc=False, omit_defaults=True):
    """A remark of a person or tool."""

    annotationDate: str | None = None
    annotationType: str | None = None
    annotator: str | None = None
    comment: str | None = None


class Package(Struct, gc=False, omit_defaults=True):
    """A package."""

    SPDXID: str | None = None
    name: str | None = None
    versionInfo: str | None = None
    supplier: str | None = None
    originator: str | None = None
    downloadLocation: str | None = None
    filesAnalyzed: bool | None = None
    checksums: list[Checksum] | None = None
    sourceInfo: str | None = None
    licenseConcluded: str | None = None
    licenseDeclared: str | None = None
    copyrightText: str | None = None
    externalRefs: list[ExternalRef] | None = None
    primaryPackagePurpose: str | None = None
    attributionTexts: list[str] | None = None
    annotations: list[Annotation] | None = None


class Relationship(Struct, gc=False, omit_defaults=True):
    """What one element is to another."""

    spdxElementId: str | None = None
    relationshipType: str | None = None
    relatedSpdxElement: str | None = None


class Document(Struct, gc=False, omit_defaults=True):
    """The members of an SPDX document that we read."""

    spdxVersion: str | None = None
    SPDXID: str | None = None
    name: str | None = None
    documentNamespace: str | None = None
    documentDescribes: list[str] | None = None
    packages: list[Package] | None = None
    relationships: list[Relationship] | None = None
    annotations: list[Annotation] | None = None


class CarriedComponent(Struct, gc=False, omit_defaults=True):
    """What a component holds that an SPDX package has no member for.

    name, version: where they are empty, or no single line of text.
    """

    ref: str | None = None
    name: str | None = None
    version: str | None = None
    purl: str = ""
    type: str = "library"
    namespace: str = ""
    source: str = ""
    source_version: str = ""
    stream: str = ""
    vendor: str = ""
    maker: Purl | None = None
    licenses: tuple[str, ...] = ()
    scope: str = "required"
    evidence: tuple[Evidence, ...] = ()
    cpes: tuple[str, ...] = ()
    hashes: tuple[tuple[str, str], ...] = ()
    concluded: tuple[str, ...] = ()
    parties: tuple[tuple[str, str], ...] = ()


class CarriedImage(Struct, gc=False, omit_defaults=True):
    """What an SBOM holds of the image that an SPDX document has no member for."""

    subject: Subject
    root: Root | None = None
    distro: Distro | None = None
    layers: tuple[Layer, ...] = ()
    history: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()
    dependencies: tuple[tuple[str, tuple[str, ...]], ...] | None = None
    facts: tuple[tuple[str, str], ...] = ()


DOCUMENT_ID = "SPDXRef-DOCUMENT"
SUBJECT_ID = "SPDXRef-Subject"
DISTRO_ID = "SPDXRef-Distro"
