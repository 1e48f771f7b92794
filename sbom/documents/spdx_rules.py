"""The rules of SPDX 2.2 and 2.3 for a document and its packages, in any of its forms.

They are checked here rather than by `spdx-tools`, which takes a minute for four thousand packages.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from sbom.documents.spdx_members import HASHES, Document
from sbom.model import Fault

VERSIONS = frozenset({"SPDX-2.0", "SPDX-2.1", "SPDX-2.2", "SPDX-2.3"})
ELEMENT_ID = re.compile(r"SPDXRef-[A-Za-z0-9.\-]+")
FOREIGN_ID = re.compile(r"(DocumentRef-[A-Za-z0-9.\-+]+:SPDXRef-[A-Za-z0-9.\-]+|NONE|NOASSERTION)")
CREATED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
CREATOR = re.compile(r"(Person|Organization|Tool): \S.*", re.DOTALL)
NAMESPACE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^#\s]+")
CATEGORIES = frozenset({"SECURITY", "PACKAGE-MANAGER", "PACKAGE_MANAGER", "PERSISTENT-ID", "OTHER"})
RELATIONSHIPS = frozenset(
    {
        "AMENDS", "ANCESTOR_OF", "BUILD_DEPENDENCY_OF", "BUILD_TOOL_OF", "CONTAINED_BY",
        "CONTAINS", "COPY_OF", "DATA_FILE_OF", "DEPENDENCY_MANIFEST_OF", "DEPENDENCY_OF",
        "DEPENDS_ON", "DESCENDANT_OF", "DESCRIBED_BY", "DESCRIBES", "DEV_DEPENDENCY_OF",
        "DEV_TOOL_OF", "DISTRIBUTION_ARTIFACT", "DOCUMENTATION_OF", "DYNAMIC_LINK", "EXAMPLE_OF",
        "EXPANDED_FROM_ARCHIVE", "FILE_ADDED", "FILE_DELETED", "FILE_MODIFIED", "GENERATED_FROM",
        "GENERATES", "HAS_PREREQUISITE", "METAFILE_OF", "OPTIONAL_COMPONENT_OF",
        "OPTIONAL_DEPENDENCY_OF", "OTHER", "PACKAGE_OF", "PATCH_APPLIED", "PATCH_FOR",
        "PREREQUISITE_FOR", "PROVIDED_DEPENDENCY_OF", "REQUIREMENT_DESCRIPTION_FOR",
        "RUNTIME_DEPENDENCY_OF", "SPECIFICATION_FOR", "STATIC_LINK", "TEST_CASE_OF",
        "TEST_DEPENDENCY_OF", "TEST_OF", "TEST_TOOL_OF", "VARIANT_OF",
    }
)  # fmt: skip
MAX_FAULTS = 200


def spdx_faults(document: object) -> list[Fault]:
    """Return where a document, decoded to the members of its JSON form, breaks the rules."""
    if not isinstance(document, dict):
        return [Fault(place="", what="not an SPDX document")]
    try:
        msgspec.convert(document, Document, strict=False)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at ")
        return [Fault(place=place.strip("`").removeprefix("$."), what=what)]
    found = [*_header(document), *_creation(document.get("creationInfo"))]
    ids: set[str] = {"SPDXRef-DOCUMENT"}
    for group in ("packages", "files", "snippets"):
        entries = document.get(group)
        for number, entry in enumerate(entries if isinstance(entries, list) else ()):
            place = f"{group}[{number}]"
            found += _element(entry, place, ids)
            ids.add(str(entry.get("SPDXID")) if isinstance(entry, dict) else "")
            if group == "packages":
                found += _package(entry, place)
    found += _relations(document.get("relationships") or (), ids)
    return found[:MAX_FAULTS]


def _header(document: dict[str, Any]) -> Iterator[Fault]:
    version, namespace = document.get("spdxVersion"), document.get("documentNamespace")
    if version not in VERSIONS:
        yield Fault(
            place="spdxVersion", what=f"{version!r} is none of {', '.join(sorted(VERSIONS))}"
        )
    if document.get("dataLicense") != "CC0-1.0":
        yield Fault(place="dataLicense", what="must be CC0-1.0")
    if document.get("SPDXID") != "SPDXRef-DOCUMENT":
        yield Fault(place="SPDXID", what="must be SPDXRef-DOCUMENT")
    if not document.get("name"):
        yield Fault(place="name", what="is missing")
    if not isinstance(namespace, str) or not NAMESPACE.fullmatch(namespace):
        yield Fault(place="documentNamespace", what="must be an absolute URI without '#'")


def _creation(info: Any) -> Iterator[Fault]:
    if not isinstance(info, dict):
        yield Fault(place="creationInfo", what="is missing")
        return
    if not CREATED.fullmatch(str(info.get("created"))):
        yield Fault(place="creationInfo.created", what="must be YYYY-MM-DDThh:mm:ssZ")
    creators = info.get("creators")
    if not isinstance(creators, list) or not creators:
        yield Fault(place="creationInfo.creators", what="must name at least one")
        return
    for number, creator in enumerate(creators):
        if not CREATOR.fullmatch(str(creator)):
            place = f"creationInfo.creators[{number}]"
            yield Fault(place=place, what="must begin with Person:, Organization: or Tool:")


def _element(entry: Any, place: str, ids: set[str]) -> Iterator[Fault]:
    id_ = entry.get("SPDXID") if isinstance(entry, dict) else None
    if not isinstance(id_, str) or not ELEMENT_ID.fullmatch(id_):
        what = "must be SPDXRef- and letters, digits, '.' or '-'"
        yield Fault(place=f"{place}.SPDXID", what=what)
    elif id_ in ids:
        yield Fault(place=f"{place}.SPDXID", what=f"{id_} is given to several elements")


def _package(entry: Any, place: str) -> Iterator[Fault]:
    if not isinstance(entry, dict):
        return
    for member in ("name", "downloadLocation"):
        if not entry.get(member):
            yield Fault(place=f"{place}.{member}", what="is missing")
    for number, checksum in enumerate(entry.get("checksums") or ()):
        algorithm = str(checksum.get("algorithm"))
        if algorithm not in HASHES:
            where = f"{place}.checksums[{number}]"
            yield Fault(place=where, what=f"{algorithm!r} is no checksum algorithm")
    for number, ref in enumerate(entry.get("externalRefs") or ()):
        where = f"{place}.externalRefs[{number}]"
        if ref.get("referenceCategory") not in CATEGORIES:
            yield Fault(place=f"{where}.referenceCategory", what="is none of the specification's")
        for member in ("referenceType", "referenceLocator"):
            if not ref.get(member):
                yield Fault(place=f"{where}.{member}", what="is missing")


def _relations(relations: Any, ids: set[str]) -> Iterator[Fault]:
    for number, relation in enumerate(relations):
        place = f"relationships[{number}]"
        if relation.get("relationshipType") not in RELATIONSHIPS:
            yield Fault(place=f"{place}.relationshipType", what="is none of the specification's")
        for member in ("spdxElementId", "relatedSpdxElement"):
            end = str(relation.get(member))
            if end not in ids and not FOREIGN_ID.fullmatch(end):
                yield Fault(place=f"{place}.{member}", what=f"{end!r} is not in the document")
