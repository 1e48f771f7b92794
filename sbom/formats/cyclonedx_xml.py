"""CycloneDX XML, versions 1.0 to 1.7, read into the shape of its JSON form."""

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
from sbom.errors import InputError
from sbom.model import Fault, Sbom

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

NAMESPACE = "{http://cyclonedx.org/schema/bom/"


def read(data: bytes, name: str) -> Sbom:
    """Read a CycloneDX XML document.

    Raises:
        InputError: where it is no XML, or no CycloneDX bom.
    """
    root = decode_xml(data, name)
    space, _, tag = root.tag.rpartition("}")
    if tag != "bom" or not space.startswith(NAMESPACE):
        raise InputError(f"{name}: the XML is no CycloneDX bom", "give a CycloneDX document")
    metadata = _child(root, "metadata")
    product = _child(metadata, "component") if metadata is not None else None
    bom = Bom(
        specVersion=space.removeprefix(NAMESPACE),
        serialNumber=root.get("serialNumber"),
        metadata=Metadata(component=_item(product) if product is not None else None),
        components=[_item(one) for one in _children(root, "components", "component")],
        dependencies=[_dependency(one) for one in _children(root, "dependencies", "dependency")],
    )
    return read_bom(bom, name, "cyclonedx-xml")


def faults(data: bytes) -> list[Fault]:
    """Return where a CycloneDX XML document breaks the official schema of its version."""
    from sbom.documents.conform import cyclonedx_xml_faults

    return cyclonedx_xml_faults(data)


def _item(element: "Element") -> Item:
    """Read a component; `decode_xml` bounds how deep they nest."""
    supplier = _child(element, "supplier")
    evidence = _child(element, "evidence")
    return Item(
        type=element.get("type"),
        bom_ref=element.get("bom-ref"),
        name=_text(element, "name"),
        version=_text(element, "version"),
        group=_text(element, "group"),
        description=_text(element, "description"),
        scope=_text(element, "scope"),
        publisher=_text(element, "publisher"),
        supplier=Party(_text(supplier, "name")) if supplier is not None else None,
        purl=_text(element, "purl"),
        cpe=_text(element, "cpe"),
        licenses=_licenses(element),
        hashes=[Hash(h.get("alg"), _own(h)) for h in _children(element, "hashes", "hash")],
        properties=[
            Property(p.get("name"), _own(p)) for p in _children(element, "properties", "property")
        ],
        evidence=_seen(evidence) if evidence is not None else None,
        components=[_item(one) for one in _children(element, "components", "component")],
    )


def _licenses(element: "Element") -> list[LicenseChoice]:
    stated = _child(element, "licenses")
    found = []
    for choice in stated if stated is not None else ():
        if _tag(choice) == "expression":
            found.append(LicenseChoice(expression=_own(choice)))
        elif _tag(choice) == "license":
            one = License(id=_text(choice, "id"), name=_text(choice, "name"))
            found.append(LicenseChoice(license=one))
    return found


def _seen(evidence: "Element") -> Seen:
    return Seen(
        [
            Occurrence(_text(place, "location"), _text(place, "additionalContext"))
            for place in _children(evidence, "occurrences", "occurrence")
        ]
    )


def _dependency(element: "Element") -> Dependency:
    needs = [one.get("ref") for one in element if _tag(one) == "dependency"]
    return Dependency(ref=element.get("ref"), dependsOn=[ref for ref in needs if ref])


def _tag(element: "Element") -> str:
    return element.tag.rpartition("}")[2]


def _child(element: "Element", tag: str) -> "Element | None":
    return next((child for child in element if _tag(child) == tag), None)


def _children(element: "Element", group: str, tag: str) -> "list[Element]":
    """Return the elements of a list such as `hashes/hash`."""
    stated = _child(element, group)
    return [child for child in stated if _tag(child) == tag] if stated is not None else []


def _text(element: "Element", tag: str) -> str | None:
    child = _child(element, tag)
    return _own(child) if child is not None else None


def _own(element: "Element") -> str | None:
    return element.text.strip() if element.text else None
