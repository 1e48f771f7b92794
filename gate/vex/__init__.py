"""VEX documents: the table of formats, and reading a document of any of them by its content.

Each file has `recognises(document)`, `read(document, name)`, `faults(document)` and
`write(statements, heading)`, where the document is decoded JSON.
"""

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any, Protocol

import msgspec

from gate.model import Statement
from gate.statements.heading import Heading
from sbom.errors import InputError
from sbom.model import Fault, Problem

FORMATS = ("openvex", "csaf", "cyclonedx")
VERSIONS = ("1.4", "1.5", "1.6", "1.7")
"""The versions of CycloneDX that are written."""
WRITTEN = (
    *FORMATS,
    *(f"cyclonedx@{each}" for each in VERSIONS),
    "cyclonedx-xml",
    *(f"cyclonedx-xml@{each}" for each in VERSIONS),
)
"""What `write` knows; `@` names another version than the usual one."""
MAX_BYTES = 256 * 1024 * 1024


class Format(Protocol):
    """What each file of this folder offers."""

    def recognises(self, document: dict[str, Any]) -> bool:
        """Tell by its marks whether the document is of this format."""

    def read(self, document: dict[str, Any], name: str) -> Iterator[Statement | Problem]:
        """Yield each statement, and a problem for each part that cannot be read."""

    def faults(self, document: dict[str, Any]) -> Iterator[Fault]:
        """Yield every reason why the document is not valid."""

    def write(self, statements: Sequence[Statement], heading: Heading) -> dict[str, Any]:
        """Return a document of what the format can say of the statements."""


def read(data: bytes, name: str) -> tuple[tuple[Statement, ...], tuple[Problem, ...]]:
    """Read a VEX document of any known format; `name` is used in messages.

    Raises:
        InputError: where the whole document cannot be used.
    """
    document = _decode(data, name)
    found = _format(document, name)
    records = tuple(found.read(document, name))
    problems = tuple(r for r in records if isinstance(r, Problem))
    for each in problems:
        if each.effect == "source_lost":
            raise InputError(f"{each.where}: {each.what}", "the document cannot be applied")
    return tuple(r for r in records if isinstance(r, Statement)), problems


def write(
    format_: str, statements: Sequence[Statement], heading: Heading
) -> tuple[bytes, tuple[Problem, ...]]:
    """Write a document of the format, and tell what it cannot say.

    The document is read again and held against the statements: whatever of their meaning is not
    there is a problem; a product that the format cannot name as narrowly is left out.

    Raises:
        InputError: where the format cannot say any of it, or demands what the heading lacks.
    """
    from gate.statements.losses import losses

    name, _, version = format_.partition("@")
    writer: Format = import_module(f"gate.vex.{name.removesuffix('-xml')}")
    document = writer.write(statements, heading)
    if not (document.get("statements") or document.get("vulnerabilities")):
        what = f"{format_} can say none of the statements: neither products nor reasons fit"
        raise InputError(what, "choose another format")
    if version:
        from gate.statements.cyclonedx_document import in_version

        document = in_version(document, version)
    data = _xml(document) if name.endswith("-xml") else encode(document)
    wrong = next(iter(faults(data)), None)
    if wrong is not None:
        what = f"the {format_} document would not be valid: {wrong.place}: {wrong.what}"
        raise InputError(what, "change what it is made of, or choose another format")
    kept, _ = read(data, format_)
    return data, losses(statements, kept, format_)


def _xml(document: dict[str, Any]) -> bytes:
    from gate.statements.cyclonedx_xml import text_of

    return text_of(document)


def encode(document: dict[str, Any]) -> bytes:
    """Return the bytes of a document, for people to read too."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def format_of(data: bytes, name: str) -> tuple[str, dict[str, Any]]:
    """Return the name of the document's format, and the decoded document.

    Raises:
        InputError: where it is none that Lading knows.
    """
    document = _decode(data, name)
    return _format(document, name).__name__.rpartition(".")[2], document  # type: ignore[attr-defined]


def speaks(data: bytes) -> bool:
    """Tell whether a document says anything of a status: an SBOM in CycloneDX may not."""
    try:
        document = _decode(data, "")
        found = _format(document, "")
    except InputError:
        return False
    if found.__name__.endswith(".cyclonedx"):  # type: ignore[attr-defined]
        from gate.vex.cyclonedx import has_analysis

        return has_analysis(document)
    return True


def faults(data: bytes) -> tuple[Fault, ...]:
    """Return why the document is not a valid VEX document of its format; nothing when it is."""
    try:
        document = _decode(data, "")
        found = _format(document, "")
        if _is_xml(data):
            return tuple(_xml_faults(data, document))
    except InputError as error:
        return (Fault(place="", what=error.message.removeprefix(": ")),)
    return tuple(found.faults(document))


def _xml_faults(data: bytes, document: dict[str, Any]) -> Iterator[Fault]:
    from gate.vex.cyclonedx import says_nothing
    from sbom.documents.conform import cyclonedx_xml_faults

    yield from cyclonedx_xml_faults(data)
    yield from says_nothing(document)


def _is_xml(data: bytes) -> bool:
    return data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def _decode(data: bytes, name: str) -> dict[str, Any]:
    if len(data) > MAX_BYTES:
        raise InputError(f"{name}: larger than {MAX_BYTES} bytes", "split the document")
    if _is_xml(data):
        from gate.statements.cyclonedx_xml import document_of

        return document_of(data, name)
    try:
        document = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{name}: not JSON ({error})", "VEX is JSON, or CycloneDX XML") from None
    if not isinstance(document, dict):
        raise InputError(f"{name}: not a VEX document: its top level is no object")
    return document


def _format(document: dict[str, Any], name: str) -> Format:
    for each in FORMATS:
        found: Format = import_module(f"gate.vex.{each}")
        if found.recognises(document):
            return found
    raise InputError(
        f"{name}: not a VEX document that Lading knows",
        "OpenVEX, CSAF or CycloneDX, with its marks",
    )
