"""An SPDX 2.3 document told as the elements of SPDX 3.0.1: nothing that it says is left out."""

import re
from collections.abc import Iterator

from msgspec import Struct

from sbom.documents.decoding import TOOL, named_by_content
from sbom.documents.spdx3_members import (
    CONTEXT,
    HASHES,
    LICENSES,
    PURPOSES,
    VERSION,
    Element,
    Entry,
    Graph,
    Identifier,
    Integrity,
)
from sbom.documents.spdx_members import DOCUMENT_ID, NOTHING, SUBJECT_ID, Package
from sbom.documents.spdx_written import Written

DOCUMENTS = bytes.fromhex("6d0f2f1b9e7a5c3d8b4a1c2e3f405162")
"""The namespace of the ids of our documents; it must never change."""
CREATION = "_:creation"
PROFILES = ["core", "software", "simpleLicensing"]
ALGORITHMS = {theirs: ours for ours, theirs in HASHES.items()}
PURPOSE = {theirs: ours for ours, theirs in PURPOSES.items()}
OWN_LICENSE = re.compile(r"LicenseRef-[A-Za-z0-9.\-]+")
AGENTS = {"Organization": "Organization", "Person": "Person", "Tool": "SoftwareAgent"}
CPES = {"cpe23Type": "cpe23", "cpe22Type": "cpe22"}


class Shared(Struct, gc=False):
    """Elements that several packages refer to, by the text that they say; `space` opens ids."""

    space: str
    agents: dict[str, str]
    licenses: dict[str, str]


def graph(document: Written) -> Graph:
    """Return the document in SPDX 3.0.1; its id is a UUIDv5 of the other's content."""
    content = (document.documentNamespace or "").encode()
    shared = Shared(f"urn:uuid:{named_by_content(DOCUMENTS, content)}#", {}, {})
    packages = list(document.packages or ())
    described: list[Element] = []
    for package in packages:
        described.append(_package(package, shared))
        described += _licensed(package, shared)
    return Graph(
        context=CONTEXT,
        graph=[
            *_document(document, shared),
            *_agents(shared),
            *_licenses(document, shared),
            *described,
            *_relationships(document, shared.space),
            *_annotations(document, shared.space),
        ],
    )


def _document(document: Written, shared: Shared) -> Iterator[Element]:
    space, tool = shared.space, f"{TOOL[0]}-{TOOL[1]}"
    creators = (each for each in document.creationInfo.creators if not each.startswith("Tool: "))
    authors = [_agent(each, shared) for each in creators]
    yield Element(
        type="CreationInfo",
        node=CREATION,
        specVersion=VERSION,
        created=document.creationInfo.created,
        createdBy=[id_ for id_ in authors if id_] or [f"{space}Agent-{TOOL[0]}"],
        createdUsing=[f"{space}Tool-{TOOL[0]}"],
    )
    yield _element("SoftwareAgent", f"{space}Agent-{TOOL[0]}", name=TOOL[0])
    yield _element("Tool", f"{space}Tool-{TOOL[0]}", name=tool)
    yield _element(
        "SpdxDocument",
        f"{space}{DOCUMENT_ID}",
        name=document.name,
        dataLicense=f"{LICENSES}{document.dataLicense}",
        profileConformance=PROFILES,
        rootElement=[f"{space}SBOM"],
        element=[f"{space}SBOM"],
    )
    yield _element(
        "software_Sbom",
        f"{space}SBOM",
        profileConformance=PROFILES,
        software_sbomType=["analyzed"],
        rootElement=[f"{space}{SUBJECT_ID}"],
        element=[f"{space}{package.SPDXID}" for package in document.packages or ()],
    )


def _package(package: Package, shared: Shared) -> Element:
    refs = package.externalRefs or ()
    return _element(
        "software_Package",
        f"{shared.space}{package.SPDXID}",
        name=package.name,
        software_packageVersion=package.versionInfo,
        software_packageUrl=next(
            (ref.referenceLocator for ref in refs if ref.referenceType == "purl"), None
        ),
        software_primaryPurpose=PURPOSE.get(package.primaryPackagePurpose or ""),
        externalIdentifier=[
            Identifier("ExternalIdentifier", CPES[ref.referenceType or ""], ref.referenceLocator)
            for ref in refs
            if ref.referenceType in CPES
        ]
        or None,
        verifiedUsing=[
            Integrity("Hash", ALGORITHMS[one.algorithm or ""], one.checksumValue)
            for one in package.checksums or ()
        ]
        or None,
        suppliedBy=_agent(package.supplier, shared),
        originatedBy=[_agent(package.originator, shared)] if package.originator else None,
    )


def _agent(stated: str | None, shared: Shared) -> str | None:
    """Return the id of a party; it is one element, however many packages name it."""
    if not stated or stated in NOTHING:
        return None
    return shared.agents.setdefault(stated, f"{shared.space}Party-{len(shared.agents) + 1}")


def _agents(shared: Shared) -> Iterator[Element]:
    for stated, id_ in shared.agents.items():
        kind, _, name = stated.partition(": ")
        yield _element(AGENTS[kind], id_, name=name)


def _licensed(package: Package, shared: Shared) -> Iterator[Element]:
    stated = (("Declared", package.licenseDeclared), ("Concluded", package.licenseConcluded))
    for how, text in stated:
        if text and text not in NOTHING:
            number = len(shared.licenses) + 1
            license_ = shared.licenses.setdefault(text, f"{shared.space}License-{number}")
            yield _element(
                "Relationship",
                f"{shared.space}{package.SPDXID}-{how}License",
                from_=f"{shared.space}{package.SPDXID}",
                relationshipType=f"has{how}License",
                to=[license_],
            )


def _licenses(document: Written, shared: Shared) -> Iterator[Element]:
    for one in document.hasExtractedLicensingInfos or ():
        yield _element(
            "simplelicensing_SimpleLicensingText",
            f"{shared.space}{one.licenseId}",
            name=" ".join(one.name.split()) or None,
            simplelicensing_licenseText=one.extractedText,
        )
    for text, id_ in shared.licenses.items():
        own = [
            Entry("DictionaryEntry", name, f"{shared.space}{name}")
            for name in dict.fromkeys(OWN_LICENSE.findall(text))
        ]
        yield _element(
            "simplelicensing_LicenseExpression",
            id_,
            simplelicensing_licenseExpression=text,
            simplelicensing_customIdToUri=own or None,
        )


def _relationships(document: Written, space: str) -> Iterator[Element]:
    """Yield one relationship for all that an element contains, or depends on."""
    words = {"CONTAINS": "contains", "DEPENDS_ON": "dependsOn"}
    ends: dict[tuple[str, str], list[str]] = {}
    for one in document.relationships or ():
        word = words.get(one.relationshipType or "")
        if word:
            key = (one.spdxElementId or "", word)
            ends.setdefault(key, []).append(f"{space}{one.relatedSpdxElement}")
    for (id_, word), others in ends.items():
        yield _element(
            "Relationship",
            f"{space}{id_}-{word}",
            from_=f"{space}{id_}",
            relationshipType=word,
            to=others,
        )


def _annotations(document: Written, space: str) -> Iterator[Element]:
    about = [(DOCUMENT_ID, document.annotations)]
    about += [(one.SPDXID or "", one.annotations) for one in document.packages or ()]
    for id_, annotations in about:
        for number, one in enumerate(annotations or (), 1):
            yield _element(
                "Annotation",
                f"{space}{id_}-annotation-{number}",
                annotationType="other",
                subject=f"{space}{id_}",
                statement=one.comment,
            )


def _element(type_: str, id_: str, **members: object) -> Element:
    return Element(type=type_, spdxId=id_, creationInfo=CREATION, **members)  # type: ignore[arg-type]
