"""CycloneDX JSON: versions 1.2 to 1.7 are read, 1.4 to 1.7 are written.

Reading is typed, so that ten thousand components cost some milliseconds; where one member has
another type than the specification says, the document is read again record by record, and only
what is wrong becomes a Problem.
"""

import msgspec

from sbom.documents.cyclonedx import SOURCE, Bom, read_bom
from sbom.documents.decoding import decode_salvaging
from sbom.model import Fault, Sbom

SERIALS = bytes.fromhex("5f3c1c0e6a525d0b9c558e4f1f0b7a11")
"""The namespace of our serial numbers; it must never change."""


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


def write(sbom: Sbom, *, timestamp: str = "", version: str = "1.6") -> bytes:
    """Write CycloneDX JSON, the same bytes for the same SBOM, time and version.

    The serial number is a UUIDv5 of everything else, so equal documents have equal numbers.
    """
    from sbom.documents.cyclonedx_written import document
    from sbom.documents.decoding import named_by_content

    body = msgspec.json.encode(document(sbom, timestamp, version))
    number = named_by_content(SERIALS, body)
    opening = (
        f'{{"$schema":"http://cyclonedx.org/schema/bom-{version}.schema.json",'
        f'"bomFormat":"CycloneDX","specVersion":"{version}",'
        f'"serialNumber":"urn:uuid:{number}","version":1,'
    )
    return b"%s%s\n" % (opening.encode(), body[1:])
