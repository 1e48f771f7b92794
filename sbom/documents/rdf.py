"""RDF/XML (W3C Recommendation) as nodes with properties: as much as SPDX documents are made of.

Elements alternate between nodes and properties; a node may be described in several places, which
together say what it is. Literals in XML, reified statements and data types are not told.
"""

from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
BASE = "{http://www.w3.org/XML/1998/namespace}base"


class Ref(Struct, frozen=True, gc=False):
    """The id of a node, as the value of a property."""

    id: str


Value = str | Ref


class Node(Struct, gc=False):
    """A resource. type, and the names of properties: without their namespace."""

    id: str
    type: str = ""
    properties: dict[str, list[Value]] = field(default_factory=dict)

    def add(self, name: str, value: Value) -> None:
        """Say one thing more of it."""
        if name == "type" and isinstance(value, Ref):
            self.type = self.type or _local(value.id)
        else:
            self.properties.setdefault(name, []).append(value)


def nodes(root: "Element") -> dict[str, Node]:
    """Return every node by its id, in the order of the document; `decode_xml` bounds the depth."""
    graph: dict[str, Node] = {}
    base = root.get(BASE, "").partition("#")[0]
    for element in root if root.tag == f"{RDF}RDF" else [root]:
        _node(element, base, graph)
    return graph


def _node(element: "Element", base: str, graph: dict[str, Node]) -> Ref:
    ref = _named(element, base) or Ref(f"_:{len(graph)}")
    node = graph.setdefault(ref.id, Node(ref.id))
    if element.tag != f"{RDF}Description":
        node.type = node.type or _local(element.tag)
    for name, value in element.attrib.items():
        if name == f"{RDF}type":
            node.add("type", Ref(value))
        elif name.startswith("{") and not name.startswith((RDF, BASE)):
            node.add(_local(name), value)
    _properties(element, node, base, graph)
    return ref


def _properties(element: "Element", node: Node, base: str, graph: dict[str, Node]) -> None:
    for child in element:
        name = _local(child.tag)
        resource = child.get(f"{RDF}resource")
        if resource is not None:
            node.add(name, Ref(_resolved(resource, base)))
        elif child.get(f"{RDF}nodeID") is not None:
            node.add(name, Ref(f"_:{child.get(f'{RDF}nodeID')}"))
        elif child.get(f"{RDF}parseType") == "Resource":
            inner = Node(f"_:{len(graph)}")
            graph[inner.id] = inner
            node.add(name, Ref(inner.id))
            _properties(child, inner, base, graph)
        elif len(child):
            for each in child:
                node.add(name, _node(each, base, graph))
        else:
            node.add(name, child.text or "")


def _named(element: "Element", base: str) -> Ref | None:
    about, id_ = element.get(f"{RDF}about"), element.get(f"{RDF}ID")
    blank = element.get(f"{RDF}nodeID")
    if about is not None:
        return Ref(_resolved(about, base))
    if id_ is not None:
        return Ref(f"{base}#{id_}")
    return Ref(f"_:{blank}") if blank is not None else None


def _resolved(reference: str, base: str) -> str:
    return base + reference if reference.startswith("#") or not reference else reference


def _local(name: str) -> str:
    return name.rpartition("}")[2].rpartition("#")[2].rpartition("/")[2]
