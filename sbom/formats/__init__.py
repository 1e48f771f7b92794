"""The table of SBOM document formats, and which of them a document is.

A format is recognised by its content, never by its file's name. Each module has
`read(data, name)`, `faults(data)` and, where we write it, `write(sbom, timestamp)`.
"""

from importlib import import_module
from typing import Any

import msgspec

from sbom.documents.decoding import utf8
from sbom.errors import InputError
from sbom.model import Fault, Sbom

MODULES = {
    "cyclonedx-json": "sbom.formats.cyclonedx_json",
    "cyclonedx-xml": "sbom.formats.cyclonedx_xml",
    "spdx-json": "sbom.formats.spdx_json",
    "spdx-tv": "sbom.formats.spdx_tag_value",
    "spdx-yaml": "sbom.formats.spdx_yaml",
    "spdx-xml": "sbom.formats.spdx_xml",
    "spdx-rdf": "sbom.formats.spdx_rdf",
    "spdx3-json": "sbom.formats.spdx3_json",
    "syft-json": "sbom.formats.syft_json",
    "in-toto": "sbom.formats.in_toto",
}
WRITTEN = (
    "cyclonedx-json",
    *(f"cyclonedx-json@1.{minor}" for minor in range(4, 8)),
    "cyclonedx-xml",
    *(f"cyclonedx-xml@1.{minor}" for minor in range(4, 8)),
    "spdx-json",
    "spdx-tv",
    "spdx3-json",
)
"""The formats that `write` knows; `@` names a version other than the newest that is common."""

HEAD = 8192
"""A document says within so many bytes what it is, or is asked at greater cost."""


class Header(msgspec.Struct, gc=False):
    """The members by which the JSON formats are told apart."""

    bomFormat: Any = None  # noqa: N815 (CycloneDX's word)
    spdxVersion: Any = None  # noqa: N815 (SPDX's word)
    context: Any = msgspec.field(default=None, name="@context")
    artifacts: msgspec.Raw = msgspec.Raw()
    schema: Any = None
    payloadType: Any = None  # noqa: N815 (DSSE's word)
    dsseEnvelope: msgspec.Raw = msgspec.Raw()  # noqa: N815 (Sigstore's word)
    predicateType: Any = None  # noqa: N815 (in-toto's word)


def read(data: bytes, name: str) -> Sbom:
    """Read an SBOM document of any known format and encoding.

    Args:
        data: the document.
        name: what messages call it, usually the file's name.

    Raises:
        InputError: where it is no such document; what is wrong inside becomes a Problem.
    """
    text = utf8(data, name)
    return _module(format_of(text, name)).read(text, name)  # type: ignore[no-any-return]


def write(sbom: Sbom, format: str, *, timestamp: str = "") -> bytes:  # noqa: A002
    """Write an SBOM; the same SBOM, format and time give the same bytes.

    Args:
        sbom: what to write.
        format: one of `WRITTEN`.
        timestamp: RFC 3339 in UTC (SOURCE_DATE_EPOCH); where empty, the image's `created`.
    """
    name, _, version = format.partition("@")
    chosen = {"version": version} if version else {}
    return _module(name).write(sbom, timestamp=timestamp, **chosen)  # type: ignore[no-any-return]


def set_aside(sbom: Sbom, format: str) -> dict[str, int]:  # noqa: A002
    """Return the members that a format's version lacks, with how many components state them.

    They are kept in properties of the component, where `read` finds them and others may not.
    """
    name, _, version = format.partition("@")
    if not name.startswith("cyclonedx") or not version:
        return {}
    from sbom.documents.cyclonedx_written import set_aside as set_aside_by

    return set_aside_by(sbom, version)


def faults(data: bytes) -> list[Fault]:
    """Return why a document does not conform to its own format; nothing where it does."""
    try:
        text = utf8(data, "document")
        return _module(format_of(text, "document")).faults(text)  # type: ignore[no-any-return]
    except InputError as error:
        return [Fault(place="", what=error.message.removeprefix("document: "))]


def _module(format_: str) -> Any:
    return import_module(MODULES[format_])


def format_of(text: bytes, name: str) -> str:
    """Return the format of a document in UTF-8; raise InputError where it has none we know."""
    head = text[:HEAD].lstrip()
    if head.startswith(b"{"):
        return _json_format(text, head, name)
    if head.startswith(b"<"):
        return _xml_format(head, name)
    if b"SPDXVersion:" in head:
        return "spdx-tv"
    if b"spdxVersion:" in text and b"SPDXID:" in text:
        return "spdx-yaml"
    raise InputError(
        f"{name}: line 1: neither JSON, XML, SPDX tag-value nor SPDX YAML",
        "give a CycloneDX or SPDX document",
    )


def is_attestation(text: bytes, name: str) -> bool:
    """Tell whether a document is an in-toto statement, or holds one in an envelope."""
    return text.startswith(b"{") and _json_format(text, text[:HEAD], name) == "in-toto"


def _json_format(text: bytes, head: bytes, name: str) -> str:
    # Within the first object, so that it is the document's own and not one that it carries.
    opening = head[: head.find(b"{", 1)] if b"{" in head[1:] else head
    if b'"bomFormat"' in opening and b'"CycloneDX"' in opening:
        return "cyclonedx-json"
    from sbom.documents.decoding import decode_json

    try:
        header = decode_json(text, Header, name)
    except msgspec.ValidationError as error:
        raise InputError(f"{name}: {error}", "give a CycloneDX or SPDX document") from None
    if header.bomFormat == "CycloneDX":
        return "cyclonedx-json"
    if header.spdxVersion:
        return "spdx-json"
    if "spdx.org/rdf/3" in str(header.context):
        return "spdx3-json"
    if header.predicateType or header.payloadType or bytes(header.dsseEnvelope):
        return "in-toto"
    if bytes(header.artifacts).startswith(b"[") and isinstance(header.schema, dict):
        return "syft-json"
    raise InputError(
        f"{name}: the JSON has neither bomFormat nor spdxVersion",
        "give a CycloneDX or SPDX document",
    )


def _xml_format(head: bytes, name: str) -> str:
    if b"cyclonedx.org/schema/bom" in head:
        return "cyclonedx-xml"
    if b"spdx.org/rdf/terms" in head:
        return "spdx-rdf"
    if b"spdxVersion" in head or b"SPDXID" in head:
        return "spdx-xml"
    raise InputError(
        f"{name}: line 1: the XML is no CycloneDX and no SPDX document",
        "give a CycloneDX or SPDX document",
    )
