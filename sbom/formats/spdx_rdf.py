"""SPDX RDF/XML, versions 2.2 and 2.3, read into the members of the JSON form.

What JSON writes as `DEPENDS_ON`, RDF names `relationshipType_dependsOn`, and so every word of a
list; licences are nodes that are put together to expressions again.
"""

import re
from typing import Any

from sbom.documents.decoding import decode_xml
from sbom.documents.rdf import Node, Ref, Value, nodes
from sbom.documents.spdx import converted, read_document
from sbom.documents.spdx_members import DOCUMENT_ID, HASHES
from sbom.model import Fault, Sbom

PACKAGE = (
    "name", "versionInfo", "supplier", "originator", "downloadLocation", "sourceInfo",
    "copyrightText",
)  # fmt: skip
"""Members of a package that are the same in both forms."""
REFERENCES = {
    "packageManager": "PACKAGE-MANAGER",
    "persistentId": "PERSISTENT-ID",
    "security": "SECURITY",
    "other": "OTHER",
}
ALGORITHMS = {re.sub("[-_]", "", name).lower(): name for name in HASHES}
SETS = {"ConjunctiveLicenseSet": " AND ", "DisjunctiveLicenseSet": " OR "}
NOTHING = {"noassertion": "NOASSERTION", "none": "NONE"}
MAX_DEPTH = 50
MAX_LICENSE = 10_000
"""How deep sets of licences are followed, and how long their text may be: nodes may be shared."""


def read(data: bytes, name: str) -> Sbom:
    """Read an SPDX RDF/XML document.

    Raises:
        InputError: where it is no XML.
    """
    document, problems = converted(members(data, name), name)
    return read_document(document, name, "spdx-rdf", problems)


def faults(data: bytes) -> list[Fault]:
    """Return where an SPDX RDF/XML document breaks the specification."""
    from sbom.documents.spdx_rules import spdx_faults

    return spdx_faults(members(data, "document"))


def members(data: bytes, name: str) -> dict[str, Any]:
    """Return what a document says as the members of the JSON form.

    Raises:
        InputError: where it is no XML.
    """
    graph = nodes(decode_xml(data, name))
    kinds: dict[str, list[Node]] = {}
    for node in graph.values():
        kinds.setdefault(node.type, []).append(node)
    document = next(iter(kinds.get("SpdxDocument", ())), Node(""))
    described = [_fragment(value) for value in document.properties.get("describesPackage", ())]
    known: dict[str, str] = {}
    found = _header(document, graph, known)
    found |= {
        "packages": [_package(node, graph, known) for node in kinds.get("Package", ())],
        "files": [{"SPDXID": _fragment(Ref(node.id))} for node in kinds.get("File", ())],
        "snippets": [{"SPDXID": _fragment(Ref(node.id))} for node in kinds.get("Snippet", ())],
        "relationships": [
            _relationship(node, value, graph)
            for node in graph.values()
            for value in node.properties.get("relationship", ())
        ],
    }
    return found | ({"documentDescribes": described} if described else {})


def _header(document: Node, graph: dict[str, Node], known: dict[str, str]) -> dict[str, Any]:
    namespace, _, id_ = document.id.rpartition("#")
    info = _inner(document, "creationInfo", graph)
    creators = [value for value in info.properties.get("creator", ()) if isinstance(value, str)]
    found = {
        "spdxVersion": _text(document, "specVersion"),
        "SPDXID": id_ or DOCUMENT_ID,
        "name": _text(document, "name"),
        "documentNamespace": namespace,
        "dataLicense": _license(document, "dataLicense", graph, known),
        "creationInfo": {"created": _text(info, "created"), "creators": creators},
        "annotations": _annotations(document, graph),
    }
    return {member: value for member, value in found.items() if value}


def _package(node: Node, graph: dict[str, Node], known: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {member: _text(node, member) for member in PACKAGE}
    found |= {
        "SPDXID": _fragment(Ref(node.id)),
        "licenseDeclared": _license(node, "licenseDeclared", graph, known),
        "licenseConcluded": _license(node, "licenseConcluded", graph, known),
        "primaryPackagePurpose": _word(_text(node, "primaryPackagePurpose")).replace("_", "-"),
        "checksums": [_checksum(one) for one in _inners(node, "checksum", graph)],
        "externalRefs": [_external(one) for one in _inners(node, "externalRef", graph)],
        "attributionTexts": [
            value for value in node.properties.get("attributionText", ()) if isinstance(value, str)
        ],
        "annotations": _annotations(node, graph),
    }
    return {member: value for member, value in found.items() if value}


def _checksum(node: Node) -> dict[str, str]:
    word = _text(node, "algorithm").removeprefix("checksumAlgorithm_")
    known = ALGORITHMS.get(re.sub("[-_]", "", word).lower(), word)
    return {"algorithm": known, "checksumValue": _text(node, "checksumValue")}


def _external(node: Node) -> dict[str, str]:
    word = _text(node, "referenceCategory").removeprefix("referenceCategory_")
    type_ = _text(node, "referenceType").rpartition("/")[2]
    locator = _text(node, "referenceLocator")
    category = REFERENCES.get(word, word)
    return {"referenceCategory": category, "referenceType": type_, "referenceLocator": locator}


def _annotations(node: Node, graph: dict[str, Node]) -> list[dict[str, str]]:
    return [
        {
            "annotator": _text(one, "annotator"),
            "annotationDate": _text(one, "annotationDate"),
            "annotationType": _word(_text(one, "annotationType")),
            "comment": _text(one, "comment"),
        }
        for one in _inners(node, "annotation", graph)
    ]


def _relationship(node: Node, value: Value, graph: dict[str, Node]) -> dict[str, str]:
    one = graph.get(value.id, Node("")) if isinstance(value, Ref) else Node("")
    others = one.properties.get("relatedSpdxElement", [""])
    return {
        "spdxElementId": _fragment(Ref(node.id)),
        "relationshipType": _word(_text(one, "relationshipType")),
        "relatedSpdxElement": _fragment(others[0]),
    }


def _license(node: Node, member: str, graph: dict[str, Node], known: dict[str, str]) -> str:
    values = node.properties.get(member, ())
    return _expression(values[0], graph, known, 0) if values else ""


def _expression(value: Value, graph: dict[str, Node], known: dict[str, str], depth: int) -> str:
    """Return a licence as an SPDX expression; of a node not described, what its id says.

    known: what was found so far; each node is asked once, so shared and circular ones cost little.
    """
    if isinstance(value, str):
        return value
    if value.id not in known:
        word = _fragment(value)
        known[value.id] = NOTHING.get(word, word)
        node = graph.get(value.id)
        if node is not None and depth < MAX_DEPTH:
            members = node.properties.get("member", ())
            inner = [_expression(each, graph, known, depth + 1) for each in members]
            text = _put_together(node, inner, graph)
            if text and len(text) <= MAX_LICENSE:
                known[value.id] = text
    return known[value.id]


def _put_together(node: Node, inner: list[str], graph: dict[str, Node]) -> str:
    if node.type in SETS:
        if sum(map(len, inner)) > MAX_LICENSE:
            return ""
        return SETS[node.type].join(sorted(f"({t})" if " " in t else t for t in inner))
    if node.type == "OrLaterOperator" and inner:
        return f"{inner[0]}+"
    if node.type == "WithExceptionOperator" and inner:
        exception = _inner(node, "licenseException", graph)
        return f"{inner[0]} WITH {_text(exception, 'licenseExceptionId')}"
    return _text(node, "licenseId")


def _inner(node: Node, member: str, graph: dict[str, Node]) -> Node:
    return next(iter(_inners(node, member, graph)), Node(""))


def _inners(node: Node, member: str, graph: dict[str, Node]) -> list[Node]:
    """Return the nodes that a property has as its values; literals and ids elsewhere are none."""
    values = node.properties.get(member, ())
    return [graph[each.id] for each in values if isinstance(each, Ref) and each.id in graph]


def _text(node: Node, member: str) -> str:
    """Return the first value of a property; of an id what follows its `#`."""
    value = next(iter(node.properties.get(member, ())), "")
    if isinstance(value, str):
        return value
    word = _fragment(value)
    return NOTHING.get(word, word)


def _fragment(value: Value) -> str:
    if isinstance(value, str):
        return value
    space, hash_, fragment = value.id.rpartition("#")
    return fragment if hash_ else space.rpartition("/")[2] or fragment.rpartition("/")[2]


def _word(text: str) -> str:
    """Return `DEPENDS_ON` for `relationshipType_dependsOn`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text.partition("_")[2] or text).upper()
