"""SPDX tag-value: 2.2 and 2.3 are read into the members of the JSON form, 2.3 is written."""

import re
from collections.abc import Iterator
from typing import Any

from sbom.documents.spdx import converted, read_document
from sbom.documents.spdx_members import SOURCE
from sbom.model import Fault, Problem, Sbom

# fmt: off
DOCUMENT = {
    "SPDXVersion": "spdxVersion", "DataLicense": "dataLicense", "DocumentName": "name",
    "DocumentNamespace": "documentNamespace", "DocumentComment": "comment",
}
PACKAGE = {
    "PackageVersion": "versionInfo", "PackageSupplier": "supplier",
    "PackageOriginator": "originator", "PackageDownloadLocation": "downloadLocation",
    "PackageSourceInfo": "sourceInfo", "PackageLicenseConcluded": "licenseConcluded",
    "PackageLicenseDeclared": "licenseDeclared", "PackageCopyrightText": "copyrightText",
    "PrimaryPackagePurpose": "primaryPackagePurpose",
}
ANNOTATION = {
    "AnnotationDate": "annotationDate", "AnnotationType": "annotationType",
    "AnnotationComment": "comment",
}
# fmt: on
TAG = re.compile(r"([A-Za-z][A-Za-z0-9]*)[ \t]*:[ \t]*(.*)")
OPEN, CLOSE = "<text>", "</text>"


def read(data: bytes, name: str) -> Sbom:
    """Read an SPDX tag-value document in UTF-8; a line that is no tag is a Problem.

    Raises:
        InputError: where it is no document at all.
    """
    lines = list(_lines(data.decode("utf-8", "replace")))
    document, problems = converted(_document(lines), name)
    problems += [
        Problem(source=SOURCE, where=f"{name}: line {n}", what=value, effect="field_lost")
        for n, tag, value in lines
        if not tag
    ]
    return read_document(document, name, "spdx-tv", problems)


def faults(data: bytes) -> list[Fault]:
    """Return where an SPDX tag-value document breaks the specification."""
    from sbom.documents.spdx_rules import spdx_faults

    lines = list(_lines(data.decode("utf-8", "replace")))
    broken = [Fault(place=f"line {n}", what=value) for n, tag, value in lines if not tag]
    return broken + spdx_faults(_document(lines))


def write(sbom: Sbom, *, timestamp: str = "") -> bytes:
    """Write SPDX 2.3 tag-value, the same bytes for the same SBOM and time."""
    from sbom.documents.spdx_tags import tags
    from sbom.documents.spdx_written import document

    return tags(document(sbom, timestamp)).encode()


def members(data: bytes) -> dict[str, Any]:
    """Return what a document says as the members of the JSON form."""
    return _document(list(_lines(data.decode("utf-8", "replace"))))


def _lines(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield line number, tag and value; of a bad line an empty tag, and the reason."""
    # `splitlines` would also split at characters that texts may have, such as U+2028.
    lines = enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1)
    for number, line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = TAG.fullmatch(line.strip())
        if not found:
            yield number, "", "the line is neither a tag nor a comment"
            continue
        tag, value = found.groups()
        if value.startswith(OPEN):
            value = value[len(OPEN) :]
            pieces = [value]
            while CLOSE not in pieces[-1]:
                _, following = next(lines, (0, None))
                if following is None:
                    yield number, "", f"{OPEN} is never closed"
                    return
                pieces.append(following)
            value = "\n".join(pieces).partition(CLOSE)[0]
        yield number, tag, value


def _document(lines: list[tuple[int, str, str]]) -> dict[str, Any]:
    """Gather the tags into the elements they follow (specification, chapter on tag-value)."""
    document: dict[str, Any] = {"creationInfo": {}, "annotations": []}
    element, group = document, ""
    about: list[str] = []
    for _, tag, value in lines:
        if tag in STARTS:
            group, member = STARTS[tag]
            element = {member: value}
            document.setdefault(group, []).append(element)
        elif tag == "Annotator":
            document["annotations"].append({"annotator": value})
            about.append("")
        elif tag == "SPDXREF" and about:
            about[-1] = value
        elif tag in ANNOTATION and about:
            document["annotations"][-1][ANNOTATION[tag]] = value
        elif tag == "SPDXID":
            element["SPDXID"] = value
        elif not group or tag == "Relationship":
            _header(document, tag, value)
        elif group == "packages":
            _package(element, tag, value)
    return _hung(document, about)


STARTS = {
    "PackageName": ("packages", "name"),
    "FileName": ("files", "fileName"),
    "SnippetSPDXID": ("snippets", "SPDXID"),
    "LicenseID": ("hasExtractedLicensingInfos", "licenseId"),
}
"""Tags with which an element begins: where it belongs, and what the tag is of it."""


def _header(document: dict[str, Any], tag: str, value: str) -> None:
    if tag in DOCUMENT:
        document[DOCUMENT[tag]] = value
    elif tag == "Created":
        document["creationInfo"]["created"] = value
    elif tag == "CreatorComment":
        document["creationInfo"]["comment"] = value
    elif tag == "Creator":
        document["creationInfo"].setdefault("creators", []).append(value)
    elif tag == "Relationship":
        one, type_, other = [*value.split(None, 2), "", "", ""][:3]
        relation = {
            "spdxElementId": one,
            "relationshipType": type_,
            "relatedSpdxElement": other.strip(),
        }
        document.setdefault("relationships", []).append(relation)


def _package(package: dict[str, Any], tag: str, value: str) -> None:
    if tag in PACKAGE:
        package[PACKAGE[tag]] = value
    elif tag == "PackageChecksum":
        algorithm, _, digest = value.partition(":")
        checksum = {"algorithm": algorithm.strip(), "checksumValue": digest.strip()}
        package.setdefault("checksums", []).append(checksum)
    elif tag == "ExternalRef":
        category, type_, locator = [*value.split(None, 2), "", "", ""][:3]
        ref = {"referenceCategory": category, "referenceType": type_, "referenceLocator": locator}
        package.setdefault("externalRefs", []).append(ref)
    elif tag == "PackageAttributionText":
        package.setdefault("attributionTexts", []).append(value)


def _hung(document: dict[str, Any], about: list[str]) -> dict[str, Any]:
    """Put annotations to the packages they are about."""
    packages = {package.get("SPDXID"): package for package in document.get("packages", ())}
    kept = []
    for annotation, id_ in zip(document["annotations"], about, strict=True):
        if id_ in packages:
            packages[id_].setdefault("annotations", []).append(annotation)
        else:
            kept.append(annotation)
    return {**document, "annotations": kept}
