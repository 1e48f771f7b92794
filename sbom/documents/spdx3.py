"""SPDX 3.0.1 in memory: its graph told in the members of SPDX 2, which say the same of a package.

So layers, licences, suppliers and what we carry in annotations are read in one place
(`sbom/documents/spdx.py`). References are ids; an element may also stand in the place of its id.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from sbom.documents.spdx3_members import HASHES, LICENSES, PURPOSES, Element
from sbom.documents.spdx_members import (
    CARRIED,
    DISTRO_ID,
    DOCUMENT_ID,
    SOURCE,
    SUBJECT_ID,
    Annotation,
    Checksum,
    Document,
    ExternalRef,
    Package,
    Relationship,
)
from sbom.model import Problem

PACKAGES = frozenset({"software_Package", "ai_AIPackage", "dataset_DatasetPackage"})
COLLECTIONS = frozenset({"software_Sbom", "Bom", "Bundle"})
AGENTS = {"Person": "Person", "SoftwareAgent": "Tool", "Tool": "Tool"}
"""Kinds of parties in SPDX 2; every other class is an organisation."""
LOCATORS = {"packageurl": "purl", "purl": "purl", "cpe23": "cpe23Type", "cpe22": "cpe22Type"}
LICENSED = {
    "hasDeclaredLicense": "licenseDeclared",
    "hasConcludedLicense": "licenseConcluded",
}
"""Relationships that state a licence, by the member of an SPDX 2 package."""
REFERRING = (
    "suppliedBy", "originatedBy", "from_", "to", "rootElement", "creationInfo",
    "expandedlicensing_member",
)  # fmt: skip
"""Members with ids of elements, or the elements themselves."""
JOINED = {
    "expandedlicensing_ConjunctiveLicenseSet": " AND ",
    "expandedlicensing_DisjunctiveLicenseSet": " OR ",
}
MAX_DEPTH = 50
MAX_LICENSE = 10_000
"""How deep sets of licences are followed, and how long their text may be: nodes may be shared."""


def as_spdx_2(elements: Iterable[Element], name: str) -> tuple[Document, list[Problem]]:
    """Return the document that says in SPDX 2 what these elements say of packages.

    With it what could not be read; `name` is the document's, for problems.
    """
    lost: list[Problem] = []
    index = _index(elements, name, lost)
    documents = [one for one in index.values() if one.type == "SpdxDocument"]
    main = documents[0] if documents else None
    packages = {id_: _package(one, id_, index) for id_, one in index.items() if _is_package(one)}
    noted = _annotations(index)
    main_id = _id(main) if main else ""
    own = noted.get(main_id, [])
    names: dict[str, str] = {}
    if any((one.comment or "").startswith(CARRIED) for one in own):
        # In documents of ours these two are no components, and told by their names.
        space = main_id.rpartition("#")[0]
        names = {f"{space}#{name}": name for name in (SUBJECT_ID, DISTRO_ID)}
    needs: list[Relationship] = []
    known: dict[str, str] = {}
    for one in index.values():
        if one.type in {"Relationship", "LifecycleScopedRelationship"}:
            needs += _relation(one, index, packages, known)
    for id_, package in packages.items():
        package.annotations = noted.get(id_)
        package.SPDXID = names.get(id_, id_)
    for need in needs:
        need.spdxElementId = names.get(need.spdxElementId or "", need.spdxElementId)
        need.relatedSpdxElement = names.get(need.relatedSpdxElement or "", need.relatedSpdxElement)
    document = Document(
        spdxVersion=next((f"SPDX-{e.specVersion}" for e in index.values() if e.specVersion), None),
        SPDXID=DOCUMENT_ID,
        name=main.name if main else None,
        documentNamespace=main_id,
        documentDescribes=list(_roots(main, index)),
        packages=list(packages.values()),
        relationships=needs,
        annotations=own,
    )
    return document, lost


def _index(elements: Iterable[Element], name: str, lost: list[Problem]) -> dict[str, Element]:
    """Return every element by its id, those that stand in the place of an id included.

    Of several with one id the first counts; a package among the others is told in `lost`.
    """
    index: dict[str, Element] = {}
    stack = list(elements)[::-1]
    while stack:
        one = stack.pop()
        one.type = one.type or one.class_
        one.node = _id(one) or f"_:element-{len(index)}"
        if index.setdefault(one.node, one) is not one and one.type in PACKAGES:
            what = "the id is given to several elements; only the first is read"
            lost.append(_lost(f"{name}: {one.node}", what))
        for member in REFERRING:
            stack += _inline(one, member, name, lost)
    return index


def _inline(one: Element, member: str, name: str, lost: list[Problem]) -> Iterator[Element]:
    """Yield the elements that stand in a member, and leave their ids there."""
    value = getattr(one, member)
    if value is None or isinstance(value, str):
        return
    ids = []
    for number, entry in enumerate(value if isinstance(value, list) else [value]):
        if isinstance(entry, dict):
            try:
                inner = msgspec.convert(entry, Element)
            except msgspec.ValidationError as error:
                lost.append(_lost(f"{name}: {_id(one)}.{member}[{number}]", str(error)))
                continue
            inner.node = _id(inner) or f"{_id(one)}/{member}/{number}"
            yield inner
            ids.append(inner.node)
        elif isinstance(entry, str):
            ids.append(entry)
    setattr(one, member, ids)


def _lost(where: str, what: str) -> Problem:
    return Problem(source=SOURCE, where=where, what=what, effect="record_lost")


def _is_package(one: Element) -> bool:
    """Tell packages, and files that have a name elsewhere by which they can be matched."""
    if one.type in PACKAGES:
        return True
    return one.type == "software_File" and any(
        (each.externalIdentifierType or "").lower() in LOCATORS
        for each in one.externalIdentifier or ()
    )


def _package(one: Element, id_: str, index: dict[str, Element]) -> Package:
    refs = [ExternalRef("", "purl", one.software_packageUrl)] if one.software_packageUrl else []
    for each in one.externalIdentifier or ():
        kind = LOCATORS.get((each.externalIdentifierType or "").lower())
        if kind:
            refs.append(ExternalRef("", kind, each.identifier))
    purpose = one.software_primaryPurpose or ("file" if one.type == "software_File" else "")
    return Package(
        SPDXID=id_,
        name=one.name,
        versionInfo=one.software_packageVersion,
        supplier=next(_parties(one.suppliedBy, index), None),
        originator=next(_parties(one.originatedBy, index), None),
        checksums=[
            Checksum(HASHES.get(each.algorithm or "", each.algorithm), each.hashValue)
            for each in one.verifiedUsing or ()
            if each.algorithm
        ]
        or None,
        sourceInfo=one.software_sourceInfo,
        externalRefs=refs or None,
        primaryPackagePurpose=PURPOSES.get(purpose),
        attributionTexts=[
            text for text in _list(one.software_attributionText) if isinstance(text, str)
        ],
    )


def _relation(
    one: Element, index: dict[str, Element], packages: dict[str, Package], known: dict[str, str]
) -> Iterator[Relationship]:
    """Yield what a package needs; a licence is set at its package. `from` is one element."""
    user = next(iter(_ids(one.from_)), "")
    if one.relationshipType == "dependsOn":
        for used in _ids(one.to):
            yield Relationship(user, "DEPENDS_ON", used)
    elif one.relationshipType in LICENSED and user in packages:
        texts = [text for text in (_license(id_, index, known) for id_ in _ids(one.to)) if text]
        if texts:
            setattr(packages[user], LICENSED[one.relationshipType], _joined(texts, " AND "))


def _annotations(index: dict[str, Element]) -> dict[str, list[Annotation]]:
    found: dict[str, list[Annotation]] = {}
    for one in index.values():
        if one.type == "Annotation" and one.statement:
            for id_ in _ids(one.subject):
                found.setdefault(id_, []).append(Annotation(comment=one.statement))
    return found


def _roots(main: Element | None, index: dict[str, Element]) -> Iterator[str]:
    """Yield the packages that the document is about, through the SBOM that it holds."""
    seen: set[str] = set()
    collections = [one for one in index.values() if one.type in COLLECTIONS]
    waiting = deque(
        _ids(main.rootElement)
        if main
        else [id_ for c in collections for id_ in _ids(c.rootElement)]
    )
    while waiting:
        id_ = waiting.popleft()
        one = index.get(id_)
        if one is None or id_ in seen:
            continue
        seen.add(id_)
        if one.type in COLLECTIONS:
            waiting += _ids(one.rootElement)
        else:
            yield id_


def _parties(value: Any, index: dict[str, Element]) -> Iterator[str]:
    for id_ in _ids(value):
        agent = index.get(id_)
        if agent and agent.name:
            yield f"{AGENTS.get(agent.type or '', 'Organization')}: {agent.name}"


def _license(id_: str, index: dict[str, Element], known: dict[str, str], depth: int = 0) -> str:
    """Return the SPDX expression or name of a licence element; empty for none asserted.

    known: what was found so far; each element is asked once, so shared and circular ones cost
    little.
    """
    if id_ not in known:
        listed = id_.startswith((LICENSES, LICENSES.replace("https", "http")))
        known[id_] = id_.rpartition("/")[2] if listed else ""
        one = index.get(id_)
        if one is not None and depth < MAX_DEPTH:
            members = _ids(one.expandedlicensing_member)
            inner = [_license(each, index, known, depth + 1) for each in members]
            text = _put_together(one, id_, [text for text in inner if text])
            known[id_] = text if len(text) <= MAX_LICENSE else ""
    return known[id_]


def _put_together(one: Element, id_: str, inner: list[str]) -> str:
    if one.type in JOINED:
        return _joined(inner, JOINED[one.type])
    if one.simplelicensing_licenseExpression:
        return one.simplelicensing_licenseExpression
    if one.type == "expandedlicensing_ListedLicense":
        return id_.rpartition("/")[2]
    return one.name or id_.rpartition("#")[2].rpartition("/")[2]


def _joined(texts: list[str], word: str) -> str:
    """Return one text for several; empty where it would be longer than any licence's."""
    if sum(map(len, texts)) > MAX_LICENSE:
        return ""
    if len(texts) == 1:
        return texts[0]
    return word.join(f"({text})" if " " in text else text for text in texts)


def _id(one: Element) -> str:
    return one.spdxId or one.node or ""


def _ids(value: Any) -> list[str]:
    return [each for each in _list(value) if isinstance(each, str)]


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
