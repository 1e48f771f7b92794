"""VEX documents: the table of formats, and reading a document of any of them by its content.

Each file has `recognises(document)`, `read(document, name)` and `faults(document)`, where the
document is decoded JSON.
"""

from collections.abc import Iterator
from importlib import import_module
from typing import Any, Protocol

import msgspec

from gate.model import Statement
from sbom.errors import InputError
from sbom.model import Fault, Problem

FORMATS = ("openvex", "csaf", "cyclonedx")
MAX_BYTES = 256 * 1024 * 1024


class Format(Protocol):
    """What each file of this folder offers."""

    def recognises(self, document: dict[str, Any]) -> bool:
        """Tell by its marks whether the document is of this format."""

    def read(self, document: dict[str, Any], name: str) -> Iterator[Statement | Problem]:
        """Yield each statement, and a problem for each part that cannot be read."""

    def faults(self, document: dict[str, Any]) -> Iterator[Fault]:
        """Yield every reason why the document is not valid."""


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


def faults(data: bytes) -> tuple[Fault, ...]:
    """Return why the document is not a valid VEX document of its format; nothing when it is."""
    try:
        document = _decode(data, "")
        found = _format(document, "")
    except InputError as error:
        return (Fault(place="", what=error.message.removeprefix(": ")),)
    return tuple(found.faults(document))


def _decode(data: bytes, name: str) -> dict[str, Any]:
    if len(data) > MAX_BYTES:
        raise InputError(f"{name}: larger than {MAX_BYTES} bytes", "split the document")
    try:
        document = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{name}: not JSON ({error})", "VEX documents are JSON") from None
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
