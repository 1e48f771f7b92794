"""CycloneDX XML brought to the members of its JSON form, as far as a sheet asks for them."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

LISTS = {
    "authors": "author", "components": "component", "compositions": "composition",
    "dependencies": "dependency", "externalReferences": "reference", "hashes": "hash",
    "lifecycles": "lifecycle", "properties": "property", "services": "service",
}  # fmt: skip
"""Elements that are lists in JSON, with the elements in them."""
REFERENCES = frozenset({"assemblies", "dependencies"})
"""In a composition these list references, not components."""
OWN_TEXT = {"hash": "content", "property": "value"}
"""Elements with attributes whose text is a member of its own."""


def members(root: "Element") -> dict[str, Any]:
    """Return a `bom` element as JSON would have it; `decode_xml` bounds how deep it nests."""
    document = _object(root)
    document["specVersion"] = root.tag.partition("}")[0].rpartition("/")[2]
    return document


def _object(element: "Element") -> dict[str, Any]:
    found: dict[str, Any] = dict(element.attrib)
    tag = _tag(element)
    if tag in OWN_TEXT:
        found[OWN_TEXT[tag]] = (element.text or "").strip()
    for child in element:
        name = _tag(child)
        found.update(_member(name, child, tag, found))
    return found


def _member(name: str, child: "Element", parent: str, found: dict[str, Any]) -> dict[str, Any]:
    """Return what one child adds to the members found before it; one that comes twice is a list."""
    if name == "Signature":
        return {"signature": True}
    if parent == "dependency" and name == "dependency":
        return {"dependsOn": [*found.get("dependsOn", ()), child.get("ref")]}
    listed = _listed(name, child, parent)
    if listed is not None:
        return {name: listed}
    value: Any = _object(child) if len(child) or child.attrib else (child.text or "").strip()
    if name not in found:
        return {name: value}
    before = found[name]
    return {name: [*before, value] if isinstance(before, list) else [before, value]}


def _listed(name: str, child: "Element", parent: str) -> list[Any] | None:
    """Return the list that an element is in JSON, None where it is none."""
    if name == "licenses":
        return [_license(each) for each in child]
    if parent == "composition" and name in REFERENCES:
        return [each.get("ref") for each in child]
    if name == "tools" and any(_tag(each) == "tool" for each in child):
        return [_object(each) for each in child]
    if name in LISTS:
        return [_object(each) for each in child if _tag(each) == LISTS[name]]
    return None


def _license(element: "Element") -> dict[str, Any]:
    if _tag(element) == "expression":
        return {"expression": (element.text or "").strip()}
    return {"license": {_tag(each): (each.text or "").strip() for each in element}}


def _tag(element: "Element") -> str:
    return element.tag.rpartition("}")[2]
