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
        if name == "Signature":
            found["signature"] = True
        elif tag == "dependency" and name == "dependency":
            _add(found, "dependsOn", [child.get("ref")])
        elif (listed := _listed(name, child, tag)) is not None:
            found[name] = listed
        else:
            text = (child.text or "").strip()
            _add(found, name, _object(child) if len(child) or child.attrib else text)
    return found


def _add(found: dict[str, Any], name: str, value: Any) -> None:
    """Add a value to the members that were found; of one that comes twice there is a list."""
    before = found.get(name)
    if before is None:
        found[name] = value
        return
    if not isinstance(before, list):
        before = found[name] = [before]
    before += value if isinstance(value, list) else [value]


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
