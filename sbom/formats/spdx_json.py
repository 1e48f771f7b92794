"""SPDX JSON: versions 2.2 and 2.3 are read, 2.3 is written."""

import msgspec

from sbom.documents.decoding import decode_any, decode_salvaging, repeated_keys
from sbom.documents.spdx import read_document
from sbom.documents.spdx_members import SOURCE, Document
from sbom.model import Fault, Sbom


def read(data: bytes, name: str) -> Sbom:
    """Read an SPDX JSON document in UTF-8.

    Raises:
        InputError: where it is no JSON object.
    """
    document, problems = decode_salvaging(data, Document, "packages", SOURCE, name)
    return read_document(document, name, "spdx-json", problems)


def faults(data: bytes) -> list[Fault]:
    """Return where an SPDX JSON document breaks the specification."""
    from sbom.documents.spdx_rules import spdx_faults

    document = decode_any(data, "document")
    twice = [Fault(place=key, what="is given twice") for key in repeated_keys(data)]
    return twice + spdx_faults(document)


def write(sbom: Sbom, *, timestamp: str = "") -> bytes:
    """Write SPDX 2.3 JSON, the same bytes for the same SBOM and time."""
    from sbom.documents.spdx_written import document

    return msgspec.json.encode(document(sbom, timestamp)) + b"\n"
