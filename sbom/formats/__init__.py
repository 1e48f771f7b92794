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
    "syft-json": "sbom.formats.syft_json",
}
WRITTEN = ("cyclonedx-json", "spdx-json")
"""The formats that `write` knows."""

HEAD = 8192
"""A document says within so many bytes what it is, or is asked at greater cost."""


class Header(msgspec.Struct, gc=False):
    """The members by which the JSON formats are told apart."""

    bomFormat: Any = None  # noqa: N815 (CycloneDX's word)
    spdxVersion: Any = None  # noqa: N815 (SPDX's word)
    artifacts: msgspec.Raw = msgspec.Raw()
    schema: Any = None


def read(data: bytes, name: str) -> Sbom:
    """Read an SBOM document of any known format and encoding.

    Args:
        data: the document.
        name: what messages call it, usually the file's name.

    Raises:
        InputError: where it is no such document; what is wrong inside becomes a Problem.
    """
    text = utf8(data, name)
    return _module(_format(text, name)).read(text, name)  # type: ignore[no-any-return]


def write(sbom: Sbom, format: str, *, timestamp: str = "") -> bytes:  # noqa: A002
    """Write an SBOM; the same SBOM, format and time give the same bytes.

    Args:
        sbom: what to write.
        format: one of `WRITTEN`.
        timestamp: RFC 3339 in UTC (SOURCE_DATE_EPOCH); where empty, the image's `created`.
    """
    return _module(format).write(sbom, timestamp=timestamp)  # type: ignore[no-any-return]


def faults(data: bytes) -> list[Fault]:
    """Return why a document does not conform to its own format; nothing where it does."""
    try:
        text = utf8(data, "document")
        return _module(_format(text, "document")).faults(text)  # type: ignore[no-any-return]
    except InputError as error:
        return [Fault(place="", what=error.message.removeprefix("document: "))]


def _module(format_: str) -> Any:
    return import_module(MODULES[format_])


def _format(text: bytes, name: str) -> str:
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


def _json_format(text: bytes, head: bytes, name: str) -> str:
    if b'"bomFormat"' in head and b'"CycloneDX"' in head:
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
    if bytes(header.artifacts).startswith(b"[") and isinstance(header.schema, dict):
        return "syft-json"
    raise InputError(
        f"{name}: the JSON has neither bomFormat nor spdxVersion",
        "give a CycloneDX or SPDX document",
    )


def _xml_format(head: bytes, name: str) -> str:
    if b"cyclonedx.org/schema/bom" in head:
        return "cyclonedx-xml"
    if b"spdxVersion" in head or b"SPDXID" in head:
        return "spdx-xml"
    raise InputError(
        f"{name}: line 1: the XML is no CycloneDX and no SPDX document",
        "give a CycloneDX or SPDX document",
    )
