"""SPDX 2.2 and 2.3 in memory: what a decoded document says, the same in each of its forms."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from sbom.documents.decoding import salvage
from sbom.documents.dialects import NO_FACTS, Property, component, facts_of, operating_system
from sbom.documents.spdx_members import (
    CARRIED,
    CPES,
    DISTRO_ID,
    DOCUMENT_ID,
    HASHES,
    NOTHING,
    PURPOSES,
    SOURCE,
    SUBJECT_ID,
    CarriedComponent,
    CarriedImage,
    Document,
    Package,
    Relationship,
)
from sbom.model import Component, Distro, Problem, Root, Sbom, Subject


def converted(value: object, name: str) -> tuple[Document, list[Problem]]:
    """Return a document of another form, decoded to the members of the JSON form.

    Raises:
        InputError: where it is no document at all.
    """
    try:
        return msgspec.convert(value, Document), []
    except msgspec.ValidationError:
        return salvage(value, Document, SOURCE, name)


def read_document(
    document: Document, name: str, format_: str, problems: Iterable[Problem] = ()
) -> Sbom:
    """Return the SBOM of a decoded document, packages in its order.

    A package that the document describes is listed as others are, except in our own documents,
    where it is the image. A package with several purls is listed under each.
    """
    packages = document.packages or []
    image = carried((a.comment for a in document.annotations or ()), CarriedImage)
    distro, system = (image.distro, None) if image else _distribution(packages)
    lost = [*(image.problems if image else ()), *problems]
    known = {problem.what for problem in lost}
    found: list[Component] = []
    refs: dict[str, str] = {}
    for number, package in enumerate(packages):
        if package is system or (image and package.SPDXID in {SUBJECT_ID, DISTRO_ID}):
            continue
        for one, fault in _components(package, distro):
            found.append(one)
            refs.setdefault(package.SPDXID or "", one.ref or one.purl)
            if fault and fault not in known:
                place = f"{name}: {one.ref or f'package {number + 1} ({one.name})'}"
                lost.append(Problem(source=SOURCE, where=place, what=fault, effect="record_lost"))
    root = image.root if image else _root(document)
    refs[SUBJECT_ID] = root.ref if root else ""
    return Sbom(
        subject=image.subject if image else Subject(name=root.name if root else ""),
        distro=distro,
        layers=image.layers if image else (),
        components=tuple(found),
        history=image.history if image else (),
        problems=tuple(lost),
        root=root,
        serial=document.documentNamespace or "",
        format=f"{format_} {(document.spdxVersion or '').removeprefix('SPDX-')}".strip(),
        dependencies=_dependencies(document.relationships or (), refs)
        if image is None or image.dependencies is None
        else image.dependencies,
        facts=image.facts if image else (),
    )


def carried(comments: Iterable[str | None], type_: type[Struct]) -> Any:
    """Read our own annotation; one that is not ours, or was spoiled, says nothing."""
    for comment in comments:
        if comment and comment.startswith(CARRIED + "{"):
            try:
                return msgspec.json.decode(comment[len(CARRIED) :], type=type_)
            except (msgspec.DecodeError, UnicodeError, RecursionError):
                return None
    return None


def _distribution(packages: list[Package]) -> tuple[Distro | None, Package | None]:
    """Find the package that says which distribution this is; with a purl it stays listed."""
    for package in packages:
        is_system = package.primaryPackagePurpose in {"OPERATING-SYSTEM", "OPERATING_SYSTEM"}
        if (is_system or (package.SPDXID or "").startswith("SPDXRef-OperatingSystem")) and (
            package.name
        ):
            distro = operating_system(package.name, package.versionInfo or "")
            return distro, None if _locators(package, "purl") else package
    return None, None


def _components(package: Package, distro: Distro | None) -> list[tuple[Component, str]]:
    facts = NO_FACTS
    if package.annotations or package.attributionTexts or package.sourceInfo:
        facts = facts_of(_told(package))
    own = carried((a.comment for a in package.annotations or ()), CarriedComponent)
    first, *others = _locators(package, "purl") or (own.purl if own else "",)
    concluded = _license(package.licenseConcluded)
    stated = partial(
        component,
        name=(package.name or "") if own is None or own.name is None else own.name,
        version=_stated(package.versionInfo) if own is None or own.version is None else own.version,
        type=_type(package.primaryPackagePurpose),
        ref=package.SPDXID or "",
        vendor=_party(package.supplier)[1] or _party(package.originator)[1],
        licenses=_license(package.licenseDeclared) or concluded,
        concluded=concluded,
        parties=_parties(package),
        cpes=_locators(package, *CPES),
        hashes=_hashes(package),
        distro=distro,
    )
    found = [stated(purl=first, facts=facts)]
    # A hostile package has ten thousand purls, and as many places and CPEs: these are read once.
    evidence, elsewhere = found[0][0].evidence, replace(facts, places=())
    for purl in others:
        one, fault = stated(purl=purl, facts=elsewhere)
        found.append((replace(one, evidence=evidence), fault))
    return [with_carried(each, own) for each in found]


def with_carried(
    found: tuple[Component, str], own: CarriedComponent | None
) -> tuple[Component, str]:
    """Lay what our annotation says over what a package's own members say."""
    if own is None:
        return found
    one, fault = found
    return (
        replace(
            one,
            ref=one.purl if own.ref is None else own.ref,
            type=own.type,
            namespace=one.namespace or own.namespace,
            source=own.source,
            source_version=own.source_version,
            stream=own.stream,
            vendor=own.vendor,
            maker=own.maker,
            licenses=own.licenses or one.licenses,
            scope="optional" if own.scope == "optional" else "required",
            evidence=own.evidence,
            cpes=own.cpes or one.cpes,
            hashes=own.hashes or one.hashes,
            concluded=own.concluded or one.concluded,
            parties=own.parties,
        ),
        fault,
    )


def _told(package: Package) -> Iterator[Property]:
    """Yield what trivy and syft tell of a package, under the names they use in CycloneDX."""
    texts = list(package.attributionTexts or ())
    texts += [a.comment for a in package.annotations or () if a.comment]
    for text in texts:
        key, colon, value = text.partition(": ")
        if colon and key != "lading":
            yield Property(f"aquasecurity:trivy:{key}", value)
    how, colon, what = (package.sourceInfo or "").partition(": ")
    if how == "built package from" and colon:
        name, _, version = what.partition(" ")
        yield Property("lading:source", name)
        yield Property("lading:sourceVersion", version)
    elif how.startswith("acquired package info from") and colon:
        for path in what.split(", "):
            yield Property("SrcFile", path)


def _locators(package: Package, *types: str) -> tuple[str, ...]:
    """Return the external names of some types; some documents write the type as an address."""
    found = (
        (ref.referenceLocator or "").strip()
        for ref in package.externalRefs or ()
        if (ref.referenceType or "").rpartition("/")[2] in types
    )
    return tuple(dict.fromkeys(locator for locator in found if locator))


def _license(text: str | None) -> tuple[str, ...]:
    return (text,) if text and text not in NOTHING else ()


def _hashes(package: Package) -> tuple[tuple[str, str], ...]:
    return tuple(
        (HASHES.get(c.algorithm or "", c.algorithm or ""), c.checksumValue or "")
        for c in package.checksums or ()
    )


def _root(document: Document) -> Root | None:
    """Return the one package that the document describes; of several none is the product."""
    described = dict.fromkeys(document.documentDescribes or ())
    for relation in document.relationships or ():
        ends = (relation.spdxElementId, relation.relatedSpdxElement)
        if relation.relationshipType == "DESCRIBES" and ends[0] == DOCUMENT_ID:
            described[ends[1] or ""] = None
        elif relation.relationshipType == "DESCRIBED_BY" and ends[1] == DOCUMENT_ID:
            described[ends[0] or ""] = None
    found = [p for p in document.packages or () if p.SPDXID in described]
    if len(described) != 1 or not found:
        return None
    package = found[0]
    return Root(
        purl=next(iter(_locators(package, "purl")), ""),
        name=package.name or "",
        version=_stated(package.versionInfo),
        ref=package.SPDXID or "",
        cpes=_locators(package, *CPES),
    )


def _dependencies(
    relations: Iterable[Relationship], refs: Mapping[str, str]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Collect what depends on what, by the references of the components."""
    needs: dict[str, dict[str, None]] = {}
    for relation in relations:
        ends = [relation.spdxElementId or "", relation.relatedSpdxElement or ""]
        if relation.relationshipType == "DEPENDENCY_OF":
            ends.reverse()
        elif relation.relationshipType != "DEPENDS_ON":
            continue
        user, used = (refs.get(end, end) for end in ends)
        if user and used:
            needs.setdefault(user, {})[used] = None
    return tuple((ref, tuple(others)) for ref, others in needs.items())


def _type(purpose: str | None) -> str:
    word = (purpose or "").lower().replace("_", "-")
    return word if word in PURPOSES else "library"


def _parties(package: Package) -> tuple[tuple[str, str], ...]:
    """Return supplier and originator; one that is no organisation says what it is."""
    if not package.originator and (package.supplier or "").startswith("Organization: "):
        return (("supplier", _party(package.supplier)[1]),)
    stated = (("supplier", package.supplier), ("originator", package.originator))
    found = [(role, *_party(text)) for role, text in stated if text]
    return tuple(
        [
            (role if kind == "Organization" else f"{role}-{kind.lower()}", name)
            for role, kind, name in found
            if name
        ]
    )


def _party(text: str | None) -> tuple[str, str]:
    """Return kind and name in `Organization: Debian` or `Person: …`."""
    kind, colon, name = _stated(text).partition(": ")
    known = colon and kind in {"Organization", "Person", "Tool"}
    return (kind, name.strip()) if known else ("", "")


def _stated(text: str | None) -> str:
    return "" if text is None or text in NOTHING else text
