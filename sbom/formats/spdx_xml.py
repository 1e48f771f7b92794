"""SPDX XML, versions 2.2 and 2.3: elements named as the members of the JSON form."""

from typing import TYPE_CHECKING, Any

from sbom.documents.decoding import decode_xml
from sbom.documents.spdx import converted, read_document
from sbom.model import Fault, Sbom

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

LISTS = frozenset(
    {
        "annotations", "attributionTexts", "checksums", "creators", "documentDescribes",
        "externalDocumentRefs", "externalRefs", "fileContributors", "fileTypes", "files",
        "hasExtractedLicensingInfos", "hasFiles", "licenseInfoFromFiles", "licenseInfoInFiles",
        "licenseInfoInSnippets", "packageVerificationCodeExcludedFiles", "packages", "ranges",
        "relationships", "seeAlsos", "snippets",
    }
)  # fmt: skip
"""Members that are lists in JSON; in XML the element is repeated."""


def read(data: bytes, name: str) -> Sbom:
    """Read an SPDX XML document.

    Raises:
        InputError: where it is no XML.
    """
    document, problems = converted(_members(decode_xml(data, name)), name)
    return read_document(document, name, "spdx-xml", problems)


def faults(data: bytes) -> list[Fault]:
    """Return where an SPDX XML document breaks the specification."""
    from sbom.documents.spdx_rules import spdx_faults

    return spdx_faults(_members(decode_xml(data, "document")))


def members(data: bytes, name: str) -> Any:
    """Return what a document says as the members of the JSON form.

    Raises:
        InputError: where it is no XML.
    """
    return _members(decode_xml(data, name))


def _members(element: "Element") -> Any:
    """Return an element as JSON would have it; `decode_xml` bounds how deep they nest."""
    if not len(element):
        text = (element.text or "").strip()
        return {"true": True, "false": False}.get(text, text)
    members: dict[str, Any] = {}
    for child in element:
        tag = child.tag.rpartition("}")[2]
        if tag in LISTS:
            members.setdefault(tag, []).append(_members(child))
        else:
            members[tag] = _members(child)
    return members
