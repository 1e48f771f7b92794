"""An SPDX document as the lines of its tag-value form, in the order of the specification."""

from collections.abc import Iterable, Iterator

from sbom.documents.spdx_members import DOCUMENT_ID, Annotation, Package
from sbom.documents.spdx_written import Extracted, Written

PACKAGE = (
    ("PackageName", "name"),
    ("SPDXID", "SPDXID"),
    ("PackageVersion", "versionInfo"),
    ("PackageSupplier", "supplier"),
    ("PackageOriginator", "originator"),
    ("PackageDownloadLocation", "downloadLocation"),
)
LICENSES = (
    ("PackageLicenseConcluded", "licenseConcluded"),
    ("PackageLicenseDeclared", "licenseDeclared"),
    ("PackageCopyrightText", "copyrightText"),
)
"""Tags of a package, by the members of its JSON form."""


def tags(document: Written) -> str:
    """Return the lines; names and the like are single lines already (`spdx_written.line`)."""
    info = document.creationInfo
    lines = [
        f"SPDXVersion: {document.spdxVersion}",
        f"DataLicense: {document.dataLicense}",
        f"SPDXID: {document.SPDXID}",
        f"DocumentName: {document.name}",
        f"DocumentNamespace: {document.documentNamespace}",
        *(f"Creator: {creator}" for creator in info.creators),
        f"Created: {info.created}",
        *([f"CreatorComment: <text>{info.comment}</text>"] if info.comment else []),
        *_annotations(document.annotations or (), DOCUMENT_ID),
    ]
    for package in document.packages or ():
        lines += _package(package)
    for one in document.hasExtractedLicensingInfos or ():
        lines += _license(one)
    lines.append("")
    lines += [
        f"Relationship: {one.spdxElementId} {one.relationshipType} {one.relatedSpdxElement}"
        for one in document.relationships or ()
    ]
    return "\n".join([*lines, ""])


def _package(package: Package) -> Iterator[str]:
    yield ""
    yield from _members(package, PACKAGE)
    yield "FilesAnalyzed: false"
    for checksum in package.checksums or ():
        yield f"PackageChecksum: {checksum.algorithm}: {checksum.checksumValue}"
    yield from _members(package, LICENSES)
    for ref in package.externalRefs or ():
        yield f"ExternalRef: {ref.referenceCategory} {ref.referenceType} {ref.referenceLocator}"
    if package.primaryPackagePurpose:
        # Tag-value has a hyphen where JSON has an underscore.
        yield f"PrimaryPackagePurpose: {package.primaryPackagePurpose.replace('_', '-')}"
    yield from _annotations(package.annotations or (), package.SPDXID or "")


def _members(package: Package, table: Iterable[tuple[str, str]]) -> Iterator[str]:
    for tag, member in table:
        value = getattr(package, member)
        if value:
            yield f"{tag}: {value}"


def _annotations(annotations: Iterable[Annotation], id_: str) -> Iterator[str]:
    for one in annotations:
        # In JSON `<\/` is `</`, and so our own annotations hold no mark of a text's end.
        comment = (one.comment or "").replace("</", "<\\/")
        yield f"Annotator: {one.annotator}"
        yield f"AnnotationDate: {one.annotationDate}"
        yield f"AnnotationType: {one.annotationType}"
        yield f"SPDXREF: {id_}"
        yield f"AnnotationComment: <text>{comment}</text>"


def _license(one: Extracted) -> Iterator[str]:
    text = one.extractedText.replace("</text>", "")
    yield ""
    yield f"LicenseID: {one.licenseId}"
    yield f"ExtractedText: <text>{text}</text>"
    yield f"LicenseName: {' '.join(one.name.split()) or 'unnamed'}"
