"""CycloneDX in memory: the members we read, the same in JSON and XML, and what they come to."""

from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

from sbom.documents.dialects import (
    NO_FACTS,
    Property,
    bare,
    component,
    facts_of,
    operating_system,
)
from sbom.documents.image import read_image
from sbom.model import Component, Distro, Problem, Root, Sbom, Subject

SOURCE = "cyclonedx"
SUBJECT_REF = "lading:subject"
"""The reference we give the product where it has none of its own."""


class Party(Struct, gc=False, omit_defaults=True):
    """An organisation."""

    name: str | None = None


class License(Struct, gc=False, omit_defaults=True):
    """An SPDX id or a name; declared, or concluded by an analysis (1.6)."""

    id: str | None = None
    name: str | None = None
    acknowledgement: str | None = None


class LicenseChoice(Struct, gc=False, omit_defaults=True):
    """A licence or an SPDX expression."""

    license: License | None = None
    expression: str | None = None
    acknowledgement: str | None = None


class Hash(Struct, gc=False, omit_defaults=True):
    """A checksum."""

    alg: str | None = None
    content: str | None = None


class Occurrence(Struct, gc=False, omit_defaults=True):
    """A place where the component was seen."""

    location: str | None = None
    additionalContext: str | None = None  # noqa: N815 (the specification's word)


class Seen(Struct, gc=False, omit_defaults=True):
    """The evidence of a component."""

    occurrences: list[Occurrence] | None = None


class Item(Struct, gc=False, omit_defaults=True, rename={"bom_ref": "bom-ref"}):
    """A component, with those nested in it."""

    type: str | None = None
    bom_ref: str | None = None
    name: str | None = None
    version: str | None = None
    group: str | None = None
    description: str | None = None
    scope: str | None = None
    author: str | None = None
    publisher: str | None = None
    supplier: Party | None = None
    manufacturer: Party | None = None
    authors: list[Party] | None = None
    purl: str | None = None
    cpe: str | None = None
    licenses: list[LicenseChoice] | None = None
    hashes: list[Hash] | None = None
    properties: list[Property] | None = None
    evidence: Seen | None = None
    components: "list[Item] | None" = None


# Otherwise msgspec asks Python to compile the text above, the only one of a plain `lading match`,
# for which Python first makes the types of its syntax trees: 0.7 ms.
Item.__annotations__["components"] = list[Item] | None


class Dependency(Struct, gc=False, omit_defaults=True):
    """What a component depends on."""

    ref: str | None = None
    dependsOn: list[str] | None = None  # noqa: N815 (the specification's word)


class Metadata(Struct, gc=False, omit_defaults=True):
    """What the document says of itself: we read the product only."""

    component: Item | None = None


class Bom(Struct, gc=False, omit_defaults=True):
    """The members of a CycloneDX document that we read."""

    specVersion: str | None = None  # noqa: N815 (the specification's word)
    serialNumber: str | None = None  # noqa: N815 (the specification's word)
    metadata: Metadata | None = None
    components: list[Item] | None = None
    dependencies: list[Dependency] | None = None


def read_bom(bom: Bom, name: str, format_: str, problems: Iterable[Problem] = ()) -> Sbom:
    """Return the SBOM of a decoded document; nested components are listed after their parent."""
    root = bom.metadata.component if bom.metadata else None
    items = list(_walk(bom.components or ()))
    if root and root.components:
        # A product that lists its own modules is listed with them.
        items = [root, *_walk(root.components), *items]
    distro, system = _distribution(items)
    found: list[Component] = []
    image = read_image((root.properties or ()) if root else (), name)
    known = {problem.what for problem in image.problems}
    lost = [*image.problems, *problems]
    for number, item in enumerate(items):
        if item is system:
            continue
        one, fault = _component(item, distro)
        found.append(one)
        if fault and fault not in known:
            place = one.ref or f"component {number + 1} ({one.name})"
            lost.append(
                Problem(source=SOURCE, where=f"{name}: {place}", what=fault, effect="record_lost")
            )
    product = _root(root) if root else None
    return Sbom(
        subject=msgspec.convert(
            {"name": product.name if product else "", **image.subject}, Subject
        ),
        distro=distro,
        layers=image.layers,
        components=tuple(found),
        history=image.history,
        problems=tuple(lost),
        root=product,
        serial=bom.serialNumber or "",
        format=f"{format_} {bom.specVersion}" if bom.specVersion else format_,
        dependencies=_dependencies(bom.dependencies or ()),
        facts=image.facts,
    )


def _walk(items: Iterable[Item]) -> Iterator[Item]:
    """Yield components and those nested in them, in the order of the document."""
    stack = list(items)[::-1]
    while stack:
        item = stack.pop()
        yield item
        if item.components:
            stack.extend(reversed(item.components))


def _distribution(items: list[Item]) -> tuple[Distro | None, Item | None]:
    """Find the component that says which distribution this is; with a purl it stays listed."""
    for item in items:
        if item.type == "operating-system" and item.name:
            distro = operating_system(
                item.name, item.version or "", item.properties or (), item.description or ""
            )
            return distro, None if item.purl else item
    return None, None


def _component(item: Item, distro: Distro | None) -> tuple[Component, str]:
    """Return a component, and what keeps it from being matched, if anything."""
    if item.purl and not _more(item):
        found = bare(
            item.purl.strip(),
            item.name or "",
            item.type or "library",
            item.bom_ref or "",
        )
        if found:
            return found, ""
    seen = item.evidence.occurrences if item.evidence else None
    licenses, concluded = _licenses(item.licenses) if item.licenses else ((), ())
    return component(
        purl=item.purl.strip() if item.purl else "",
        name=item.name or "",
        version=item.version or "",
        namespace=item.group or "",
        type=item.type or "library",
        ref=item.bom_ref or "",
        scope=item.scope or "",
        vendor=item.publisher or (item.supplier.name if item.supplier else "") or "",
        licenses=licenses,
        concluded=concluded,
        parties=_parties(item),
        cpes=(item.cpe,) if item.cpe else (),
        hashes=tuple([(h.alg or "", h.content or "") for h in item.hashes]) if item.hashes else (),
        places=tuple([(s.location, s.additionalContext or "") for s in seen if s.location])
        if seen
        else (),
        facts=facts_of(item.properties) if item.properties else NO_FACTS,
        distro=distro,
    )


def _more(item: Item) -> object:
    """Tell whether an item says more than what it is."""
    return (
        item.properties
        or item.licenses
        or item.hashes
        or item.evidence
        or item.scope
        or item.cpe
        or item.supplier
        or item.publisher
        or item.author
        or item.authors
        or item.manufacturer
    )


def _root(item: Item) -> Root | None:
    """Return the product; None where the document says nothing of it."""
    cpes = (item.cpe,) if item.cpe else ()
    found = Root(
        purl=(item.purl or "").strip(),
        name=f"{item.group}/{item.name}" if item.group else item.name or "",
        version=item.version or "",
        ref="" if item.bom_ref == SUBJECT_REF else item.bom_ref or "",
        cpes=cpes + facts_of(item.properties or ()).cpes,
    )
    return found if found != Root() else None


def _dependencies(stated: Iterable[Dependency]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return what depends on what, each said once."""
    needs: dict[str, dict[str, None]] = {}
    for one in stated:
        if one.ref:
            needs.setdefault(one.ref, {}).update((ref, None) for ref in one.dependsOn or () if ref)
    return tuple((ref, tuple(others)) for ref, others in needs.items())


def _licenses(choices: list[LicenseChoice]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the declared licences, and those concluded, which stand for the others if alone."""
    declared: list[str] = []
    concluded: list[str] = []
    for choice in choices:
        stated = choice.license
        name = choice.expression or (stated and (stated.id or stated.name))
        if name:
            how = stated.acknowledgement if stated else choice.acknowledgement
            (concluded if how == "concluded" else declared).append(name)
    return tuple(declared or concluded), tuple(concluded)


def _parties(item: Item) -> tuple[tuple[str, str], ...]:
    """Return everyone the component names, with the member that names them as the role."""
    supplier = item.supplier.name if item.supplier else None
    if not (item.publisher or item.author or item.manufacturer or item.authors):
        return (("supplier", supplier),) if supplier else ()
    found = [("supplier", supplier), ("publisher", item.publisher), ("author", item.author)]
    found += [("author", one.name) for one in item.authors or ()]
    found += [("manufacturer", item.manufacturer.name)] if item.manufacturer else []
    return tuple([(role, name) for role, name in found if name])
