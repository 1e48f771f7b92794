"""Bitnami's images: the SPDX document that lies beside each application (`.spdx-NAME.spdx`).

Each names the application and what was built in; every package has a package URL.
"""

from collections.abc import Iterator

from msgspec import Raw, Struct, field
from msgspec.json import Decoder

from sbom import purl
from sbom.model import Found, Problem
from sbom.readers import decoded

GLOBS = ("opt/bitnami/**/.spdx-*.spdx",)
MAGIC: tuple[bytes, ...] = ()

UNSAID = frozenset({"", "NOASSERTION", "NONE"})


class Reference(Struct, rename="camel", gc=False):
    """A name that a package has elsewhere; `purl` is the type of package URLs."""

    reference_type: str = ""
    reference_locator: str = ""


class Package(Struct, rename="camel"):
    """The part of a package that says what it is."""

    name: str = ""
    supplier: str = ""
    license_declared: str = ""
    license_concluded: str = ""
    external_refs: list[Reference] = field(default_factory=list)


class Document(Struct):
    """The document; its packages are read one by one."""

    packages: list[Raw]


DOCUMENT, PACKAGE = Decoder(Document), Decoder(Package)


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the packages of a document."""
    document = decoded.whole(DOCUMENT, data, "bitnami", path, "SPDX document")
    if isinstance(document, Problem):
        yield document
        return
    for number, raw in enumerate(document.packages):
        where = f"{path}: packages[{number}]"
        package = decoded.entry(PACKAGE, raw, "bitnami", where, "package")
        yield package if isinstance(package, Problem) else _found(package, where)


def _found(package: Package, where: str) -> Found | Problem:
    names = [r.reference_locator for r in package.external_refs if r.reference_type == "purl"]
    try:
        parts = purl.parse(names[0] if names else "")
    except purl.InvalidPurl:
        parts = None
    if parts is None or not parts.version:
        what = f"package {package.name!r} has no package URL with a version"
        return Problem(source="bitnami", where=where, what=what, effect="record_lost")
    licenses = (package.license_declared, package.license_concluded)
    stated = next((text for text in licenses if text not in UNSAID), "")
    supplier = package.supplier.removeprefix("Organization: ").removeprefix("Person: ")
    return Found(
        type=parts.type,
        namespace=parts.namespace,
        name=parts.name,
        version=parts.version,
        subpath=parts.subpath,
        qualifiers=parts.qualifiers,
        vendor="" if supplier in UNSAID else supplier,
        licenses=(stated,) if stated else (),
    )
