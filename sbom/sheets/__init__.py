"""Sheets of documents: one file per family of formats, `sheet(members)` → `Sheet`.

Formats of other encodings are brought to the members of the family's JSON form first. What has no
file here (syft's own JSON, formats that are read only) is judged by what Lading reads of it.
"""

from typing import Any

from msgspec.structs import replace

from sbom.documents.decoding import decode_any, decode_xml, decode_yaml, utf8
from sbom.elements.sheet import Sheet, Words, objects, words
from sbom.formats import format_of, read

SPDX_2 = frozenset({"spdx-json", "spdx-rdf", "spdx-tv", "spdx-xml", "spdx-yaml"})


def sheet(data: bytes, name: str) -> Sheet:
    """Return what a document of any known format states.

    Raises:
        InputError: where it is no such document.
    """
    found = _sheet(data, name)
    version = " ".join((*found.told.get("format", ()), *found.told.get("format-version", ())))
    return replace(found, told={**found.told, "format-and-version": words(version)})


def _sheet(data: bytes, name: str) -> Sheet:
    text = utf8(data, name)
    format_ = format_of(text, name)
    if format_.startswith("cyclonedx-"):
        from sbom.sheets.cyclonedx import sheet as of_cyclonedx

        return of_cyclonedx(_cyclonedx(text, format_, name))
    if format_ == "in-toto":
        from sbom.formats.in_toto import carried

        found = _sheet(carried(text, name), name)
        return replace(found, told={**found.told, "signature": _signatures(text, name)})
    if format_ == "spdx3-json":
        from sbom.sheets.spdx3 import sheet as of_spdx3

        return of_spdx3(decode_any(text, name))
    if format_ in SPDX_2:
        from sbom.sheets.spdx import sheet as of_spdx

        return of_spdx(_spdx(text, format_, name))
    from sbom.sheets.read import sheet as of_sbom

    return of_sbom(read(data, name), format_)


def _cyclonedx(text: bytes, format_: str, name: str) -> Any:
    if format_ == "cyclonedx-json":
        return decode_any(text, name)
    from sbom.sheets.cyclonedx_xml import members

    return members(decode_xml(text, name))


def _spdx(text: bytes, format_: str, name: str) -> Any:
    """Return the members of an SPDX 2 document, by their names in the JSON form."""
    if format_ == "spdx-json":
        return decode_any(text, name)
    if format_ == "spdx-yaml":
        return decode_yaml(text, name)
    if format_ == "spdx-tv":
        from sbom.formats.spdx_tag_value import members

        return members(text)
    if format_ == "spdx-rdf":
        from sbom.formats.spdx_rdf import members as of_rdf

        return of_rdf(text, name)
    from sbom.formats.spdx_xml import members as of_xml

    return of_xml(text, name)


def _signatures(text: bytes, name: str) -> Words:
    """Return the keys that an envelope says it is signed with; whether it is, is not asked here."""
    envelope = decode_any(text, name)
    signatures = [
        *objects(envelope, "signatures"),
        *objects(envelope, "dsseEnvelope", "signatures"),
    ]
    return words(*(one.get("keyid") or "no key named" for one in signatures if one.get("sig")))
