"""CycloneDX XML: 1.0 to 1.7 are read into the shape of the JSON form, 1.4 to 1.7 written."""

from typing import TYPE_CHECKING

from sbom.documents.cyclonedx import (
    Bom,
    Dependency,
    Hash,
    Item,
    License,
    LicenseChoice,
    Metadata,
    Occurrence,
    Party,
    Seen,
    read_bom,
)
from sbom.documents.decoding import decode_xml
from sbom.documents.dialects import Property
from sbom.documents.xml_text import MARK, plain
from sbom.errors import InputError
from sbom.model import Fault, Sbom

if TYPE_CHECKING:
    from collections.abc import Iterable
    from xml.etree.ElementTree import Element

NAMESPACE = "{http://cyclonedx.org/schema/bom/"
SERIALS = bytes.fromhex("b7d1f6a2c3e45b8f9a60d2c4e8f01357")
"""The namespace of our serial numbers; it must never change."""


def read(data: bytes, name: str) -> Sbom:
    """Read a CycloneDX XML document.

    Raises:
        InputError: where it is no XML, or no CycloneDX bom.
    """
    root = decode_xml(data, name)
    space, _, tag = root.tag.rpartition("}")
    if tag != "bom" or not space.startswith(NAMESPACE):
        raise InputError(f"{name}: the XML is no CycloneDX bom", "give a CycloneDX document")
    settle(root)
    told = _members(root)
    product = _members(told["metadata"]).get("component") if "metadata" in told else None
    bom = Bom(
        specVersion=space.removeprefix(NAMESPACE),
        serialNumber=root.get("serialNumber"),
        metadata=Metadata(component=_item(product) if product is not None else None),
        components=[_item(one) for one in told.get("components", ()) if _tag(one) == "component"],
        dependencies=[
            _dependency(one) for one in told.get("dependencies", ()) if _tag(one) == "dependency"
        ],
    )
    return read_bom(bom, name, "cyclonedx-xml")


def faults(data: bytes) -> list[Fault]:
    """Return where a CycloneDX XML document breaks the official schema of its version."""
    from sbom.documents.conform import cyclonedx_xml_faults

    return cyclonedx_xml_faults(data)


def write(sbom: Sbom, *, timestamp: str = "", version: str = "1.6") -> bytes:
    """Write CycloneDX XML, the same bytes for the same SBOM, time and version.

    The serial number is a UUIDv5 of everything else, so equal documents have equal numbers.
    """
    from sbom.documents.cyclonedx_elements import elements
    from sbom.documents.cyclonedx_written import document
    from sbom.documents.decoding import named_by_content

    body = elements(document(sbom, timestamp, version)).encode()
    number = named_by_content(SERIALS, version.encode() + body)
    opening = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<bom xmlns="http://cyclonedx.org/schema/bom/{version}"'
        f' serialNumber="urn:uuid:{number}" version="1">\n'
    )
    return opening.encode() + body + b"</bom>\n"


def settle(root: "Element") -> None:
    """Take the white space from around every text; in documents of ours, undo `xml_text`."""
    marked = any(
        _tag(element) == "property" and (element.get("name"), (element.text or "").strip()) == MARK
        for metadata in root
        if _tag(metadata) == "metadata"
        for element in metadata.iter()
    )
    for element in root.iter():
        if element.text:
            text = element.text.strip()
            element.text = plain(text) if marked else text
        if marked:
            for name, value in element.attrib.items():
                element.attrib[name] = plain(value)


def _item(element: "Element") -> Item:
    """Read a component; `decode_xml` bounds how deep they nest."""
    told = _members(element)
    hashes = told.get("hashes", ())
    stated = [one for one in told.get("properties", ()) if _tag(one) == "property"]
    return Item(
        type=element.get("type"),
        bom_ref=element.get("bom-ref"),
        name=_text(told, "name"),
        version=_text(told, "version"),
        group=_text(told, "group"),
        description=_text(told, "description"),
        scope=_text(told, "scope"),
        author=_text(told, "author"),
        publisher=_text(told, "publisher"),
        supplier=_party(told["supplier"]) if "supplier" in told else None,
        manufacturer=_party(told["manufacturer"]) if "manufacturer" in told else None,
        authors=[_party(one) for one in told.get("authors", ()) if _tag(one) == "author"],
        purl=_text(told, "purl"),
        cpe=_text(told, "cpe"),
        licenses=_licenses(told.get("licenses", ())),
        hashes=[Hash(one.get("alg"), one.text or None) for one in hashes if _tag(one) == "hash"],
        properties=[Property(one.get("name"), one.text or None) for one in stated],
        evidence=_seen(told["evidence"]) if "evidence" in told else None,
        components=[_item(one) for one in told.get("components", ()) if _tag(one) == "component"],
    )


def _licenses(choices: "Iterable[Element]") -> list[LicenseChoice]:
    found = []
    for choice in choices:
        how = choice.get("acknowledgement")
        if _tag(choice) == "expression":
            found.append(LicenseChoice(expression=choice.text or None, acknowledgement=how))
        elif _tag(choice) == "license":
            told = _members(choice)
            one = License(id=_text(told, "id"), name=_text(told, "name"), acknowledgement=how)
            found.append(LicenseChoice(license=one))
    return found


def _party(element: "Element") -> Party:
    return Party(_text(_members(element), "name"))


def _seen(evidence: "Element") -> Seen:
    places = [
        _members(place)
        for place in _members(evidence).get("occurrences", ())
        if _tag(place) == "occurrence"
    ]
    return Seen(
        [
            Occurrence(_text(place, "location"), _text(place, "additionalContext"))
            for place in places
        ]
    )


def _dependency(element: "Element") -> Dependency:
    needs = [one.get("ref") for one in element if _tag(one) == "dependency"]
    return Dependency(ref=element.get("ref"), dependsOn=[ref for ref in needs if ref])


def _tag(element: "Element") -> str:
    return element.tag.rpartition("}")[2]


def _members(element: "Element") -> "dict[str, Element]":
    """Return the elements in an element, the first of each name."""
    found: dict[str, Element] = {}
    for child in element:
        found.setdefault(_tag(child), child)
    return found


def _text(members: "dict[str, Element]", tag: str) -> str | None:
    child = members.get(tag)
    return (child.text or None) if child is not None else None
