"""The elements of SPDX 3.0.1 JSON-LD documents that we read and write, in one shape.

An element's class is its `type`; which members a class has, the official schema says.
"""

from typing import Any

from msgspec import Struct

# ruff: noqa: N815 (members are spelled as the specification spells them)

CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
VERSION = "3.0.1"
LICENSES = "https://spdx.org/licenses/"
HASHES = {
    "md2": "MD2", "md4": "MD4", "md5": "MD5", "md6": "MD6", "adler32": "ADLER32", "sha1": "SHA1",
    "sha224": "SHA224", "sha256": "SHA256", "sha384": "SHA384", "sha512": "SHA512",
    "sha3_224": "SHA3-224", "sha3_256": "SHA3-256", "sha3_384": "SHA3-384",
    "sha3_512": "SHA3-512", "blake2b256": "BLAKE2b-256", "blake2b384": "BLAKE2b-384",
    "blake2b512": "BLAKE2b-512", "blake3": "BLAKE3",
}  # fmt: skip
"""Names of checksums in SPDX 3, with those of SPDX 2."""
PURPOSES = {
    "application": "APPLICATION", "framework": "FRAMEWORK", "library": "LIBRARY",
    "container": "CONTAINER", "operatingSystem": "OPERATING_SYSTEM", "device": "DEVICE",
    "firmware": "FIRMWARE", "file": "FILE",
}  # fmt: skip
"""Purposes in SPDX 3, with those of SPDX 2."""


class Identifier(Struct, gc=False, omit_defaults=True):
    """A name of the element elsewhere: a purl, a CPE."""

    type: str | None = None
    externalIdentifierType: str | None = None
    identifier: str | None = None


class Integrity(Struct, gc=False, omit_defaults=True):
    """A checksum."""

    type: str | None = None
    algorithm: str | None = None
    hashValue: str | None = None


class Entry(Struct, gc=False, omit_defaults=True):
    """A licence of the document's own, and the element that has its text."""

    type: str | None = None
    key: str | None = None
    value: str | None = None


class Element(
    Struct, gc=False, omit_defaults=True, rename={"node": "@id", "from_": "from", "class_": "@type"}
):
    """Any element; what refers to others may be an id, an element in place, or a list of them."""

    type: str | None = None
    spdxId: str | None = None
    node: str | None = None
    class_: str | None = None
    creationInfo: Any = None
    name: str | None = None
    specVersion: str | None = None
    created: str | None = None
    createdBy: Any = None
    createdUsing: Any = None
    software_packageVersion: str | None = None
    software_packageUrl: str | None = None
    software_primaryPurpose: str | None = None
    software_sourceInfo: str | None = None
    software_attributionText: Any = None
    externalIdentifier: list[Identifier] | None = None
    verifiedUsing: list[Integrity] | None = None
    suppliedBy: Any = None
    originatedBy: Any = None
    relationshipType: str | None = None
    from_: Any = None
    to: Any = None
    annotationType: str | None = None
    subject: Any = None
    statement: str | None = None
    simplelicensing_licenseExpression: str | None = None
    simplelicensing_licenseText: str | None = None
    simplelicensing_customIdToUri: list[Entry] | None = None
    expandedlicensing_member: Any = None
    dataLicense: Any = None
    profileConformance: list[str] | None = None
    software_sbomType: list[str] | None = None
    rootElement: Any = None
    element: Any = None


class Graph(
    Struct, gc=False, omit_defaults=True, rename={"context": "@context", "graph": "@graph"}
):
    """The document as a whole."""

    context: Any = None
    graph: list[Element] | None = None
