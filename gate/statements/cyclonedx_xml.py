"""CycloneDX VEX in XML, as the JSON form has it and back: only what statements are made of.

The order of elements is that of the official schemas (1.4 to 1.7), which a written document is held
to before anybody gets it.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from sbom.documents.decoding import decode_xml
from sbom.documents.xml_text import MARK, attribute, content
from sbom.errors import InputError
from sbom.formats.cyclonedx_xml import NAMESPACE, settle

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

LISTS = {
    "authors": "author",
    "components": "component",
    "hashes": "hash",
    "properties": "property",
    "vulnerabilities": "vulnerability",
    "references": "reference",
    "affects": "target",
    "versions": "version",
    "responses": "response",
    "tools": "tool",
}
"""Elements that hold a list, and the name of its members."""
ATTRIBUTES = ("type", "bom-ref")
TEXTS = {"hash": ("alg", "content"), "property": ("name", "value")}
"""Elements whose attribute and text are two members of an object."""
LEFT = frozenset({"tools"})
"""Members that statements are not made of, and whose form differs between versions."""


def document_of(data: bytes, name: str) -> dict[str, Any]:
    """Read a document into the shape of the JSON form.

    Raises:
        InputError: where it is no XML, or no CycloneDX bom.
    """
    root = decode_xml(data, name)
    space, _, tag = root.tag.rpartition("}")
    if tag != "bom" or not space.startswith(NAMESPACE):
        raise InputError(f"{name}: the XML is no CycloneDX bom", "VEX in XML is CycloneDX")
    settle(root)
    found = _object(root)
    head = {"bomFormat": "CycloneDX", "specVersion": space.removeprefix(NAMESPACE)}
    return found | head | {"serialNumber": root.get("serialNumber", "")}


def text_of(document: dict[str, Any]) -> bytes:
    """Return the XML of a document that Lading wrote in the JSON form."""
    version, serial = document["specVersion"], document["serialNumber"]
    metadata = document["metadata"]
    told = {name: metadata[name] for name in ("timestamp", "authors")}
    marked = told | {"properties": [{"name": MARK[0], "value": MARK[1]}]}
    members = {
        "metadata": marked,
        "components": document["components"],
        "vulnerabilities": document["vulnerabilities"],
    }
    body = "".join(text for name, value in members.items() for text in _written(name, value))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<bom xmlns="http://cyclonedx.org/schema/bom/{version}"'
        f' serialNumber="{attribute(serial)}" version="1">\n{body}</bom>\n'
    ).encode()


def _object(element: "Element") -> dict[str, Any]:
    """Read an element whose attributes and elements are members; lists by the table."""
    found: dict[str, Any] = {key: element.get(key) for key in ATTRIBUTES if element.get(key)}
    for child in element:
        tag = _tag(child)
        if tag not in LEFT and tag not in found:
            found[tag] = _list(child, LISTS[tag]) if tag in LISTS else _value(child)
    return found


def _list(element: "Element", tag: str) -> list[Any]:
    return [_value(child) for child in element if _tag(child) == tag]


def _value(element: "Element") -> Any:
    """Return an element's text, or its members where it has some."""
    tag = _tag(element)
    if tag in TEXTS:
        key, inner = TEXTS[tag]
        return {key: element.get(key, ""), inner: element.text or ""}
    if len(element) or any(element.get(key) for key in ATTRIBUTES):
        return _object(element)
    return element.text or ""


def _tag(element: "Element") -> str:
    return element.tag.rpartition("}")[2]


def _written(tag: str, value: Any) -> Iterator[str]:
    """Yield the element of a member, a line for each entry of a list."""
    if isinstance(value, list):
        inner = (text for each in value for text in _written(LISTS[tag], each))
        yield f"<{tag}>\n{''.join(inner)}</{tag}>\n"
    elif isinstance(value, dict) and tag in TEXTS:
        key, inner_key = TEXTS[tag]
        named = f'{key}="{attribute(value[key])}"'
        yield f"<{tag} {named}>{content(value[inner_key])}</{tag}>\n"
    elif isinstance(value, dict):
        named = "".join(f' {key}="{attribute(value[key])}"' for key in ATTRIBUTES if key in value)
        members: Iterable[tuple[str, Any]] = (
            (key, value[key]) for key in _ordered(value) if key not in ATTRIBUTES
        )
        yield f"<{tag}{named}>{''.join(t for k, v in members for t in _written(k, v))}</{tag}>\n"
    else:
        yield f"<{tag}>{content(str(value))}</{tag}>"


ORDER = (
    *("timestamp", "authors"),
    *("name", "version", "range", "status", "hashes", "cpe", "purl"),
    *("id", "source", "references", "recommendation", "analysis", "affects"),
    *("state", "justification", "detail", "firstIssued", "lastUpdated", "ref", "versions"),
    *("properties", "components"),
)
"""One order that is each element's own: no two of them disagree."""


def _ordered(value: dict[str, Any]) -> list[str]:
    return sorted(value, key=lambda key: ORDER.index(key) if key in ORDER else len(ORDER))
