"""CycloneDX VEX (1.4 to 1.7): the analyses of a document's vulnerabilities to statements.

A product is named by a bom-ref of the document itself, whose component says who that is, or by a
BOM-link to another document, which holds for the SBOM of that serial number alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from msgspec.structs import replace

from gate.instants import utc
from gate.model import Product, Statement, Status
from gate.statements.assertions import bom_link
from gate.statements.cyclonedx_document import JUSTIFIED, NOTED, WITHIN, document_of
from gate.statements.foreign import mapping, sequence, stripped
from gate.statements.heading import Heading
from sbom.model import Fault, Problem

STATES = {
    "resolved": Status.FIXED,
    "resolved_with_pedigree": Status.FIXED,
    "exploitable": Status.AFFECTED,
    "in_triage": Status.UNDER_INVESTIGATION,
    "false_positive": Status.NOT_AFFECTED,
    "not_affected": Status.NOT_AFFECTED,
}
JUSTIFICATIONS = {
    "code_not_present": "vulnerable_code_not_present",
    "code_not_reachable": "vulnerable_code_not_in_execute_path",
    "requires_configuration": "vulnerable_code_cannot_be_controlled_by_adversary",
    "requires_dependency": "vulnerable_code_cannot_be_controlled_by_adversary",
    "requires_environment": "vulnerable_code_cannot_be_controlled_by_adversary",
    "protected_by_compiler": "inline_mitigations_already_exist",
    "protected_at_runtime": "inline_mitigations_already_exist",
    "protected_at_perimeter": "inline_mitigations_already_exist",
    "protected_by_mitigating_control": "inline_mitigations_already_exist",
}
"""CycloneDX's justifications in OpenVEX's five words; the original stays in the notes."""


def recognises(document: Mapping[str, Any]) -> bool:
    """CycloneDX documents name their format."""
    return document.get("bomFormat") == "CycloneDX"


def read(document: Mapping[str, Any], name: str) -> Iterator[Statement | Problem]:
    """Yield a statement for each analysis; a vulnerability without one says nothing of a status."""
    vulnerabilities = sequence(document.get("vulnerabilities"))
    if not vulnerabilities:
        what = "the document has no vulnerabilities, so it says nothing"
        yield _problem(name, "vulnerabilities", what, "source_lost")
    components = dict(_components(document))
    for index, each in enumerate(map(mapping, vulnerabilities)):
        place = f"vulnerabilities[{index}]"
        analysis = mapping(each.get("analysis"))
        if not analysis.get("state"):
            continue
        status = STATES.get(stripped(analysis.get("state")))
        names = _names(each)
        if status is None or not names:
            what = f"{analysis.get('state')!r} is no state" if names else "it has no id"
            yield _problem(name, place, what, "record_lost")
            continue
        time = _time(document, analysis)
        if time is None:
            what = "no time, here or in the document; every dated statement supersedes it"
            yield _problem(name, place, what, "field_lost")
        said = stripped(analysis.get("justification"))
        own = _properties(each)
        loosens = status is Status.NOT_AFFECTED
        yield Statement(
            document=f"{stripped(document.get('serialNumber')) or name}#{place}",
            author=_author(document),
            vulnerabilities=names,
            products=tuple(_products(each, status, components)),
            status=status,
            timestamp=time or "",
            justification=_justification(own, said) if loosens else None,
            impact=stripped(analysis.get("detail")) if loosens else "",
            action=stripped(each.get("recommendation")) if status is Status.AFFECTED else "",
            notes=own.get(NOTED, f"{analysis['state']} {said}".strip()),
        )


def faults(document: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what the official schema refuses, and analyses that are about nothing."""
    import msgspec

    from sbom.documents.conform import cyclonedx_json_faults

    yield from cyclonedx_json_faults(msgspec.json.encode(document))
    yield from says_nothing(document)


def has_analysis(document: Mapping[str, Any]) -> bool:
    """Tell whether any vulnerability has a state, as an SBOM with vulnerabilities alone has not."""
    found = (mapping(each) for each in sequence(document.get("vulnerabilities")))
    return any(mapping(each.get("analysis")).get("state") for each in found)


def says_nothing(document: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield a fault where the document is about no vulnerability."""
    if not sequence(document.get("vulnerabilities")):
        yield Fault(place="vulnerabilities", what="there is none; a VEX document has some")


def write(statements: Sequence[Statement], heading: Heading) -> dict[str, Any]:
    """Return a CycloneDX 1.6 document, one vulnerability for each statement."""
    return document_of(statements, heading)


def _products(
    vulnerability: Mapping[str, Any], status: Status, components: Mapping[str, Product]
) -> Iterator[Product]:
    """Yield what the vulnerability affects, one product for each version or range."""
    for affected in map(mapping, sequence(vulnerability.get("affects"))):
        product = _product(stripped(affected.get("ref")), components)
        versions = [each for each in map(mapping, sequence(affected.get("versions"))) if each]
        if not versions:
            yield product
        for each in _meant(versions, status):
            exact = stripped(each.get("version"))
            text = stripped(each.get("range")) or (f"vers:generic/{quote(exact)}" if exact else "")
            if text:
                yield replace(product, versions=text)


def _meant(versions: list[dict[str, Any]], status: Status) -> list[dict[str, Any]]:
    """Return the versions the analysis is about.

    Where affected and unaffected ones are listed together, a state that clears is about the
    unaffected, and one that does not is about the affected. `affected` is the default.
    """
    unaffected = [each for each in versions if each.get("status") == "unaffected"]
    if status in {Status.NOT_AFFECTED, Status.FIXED}:
        return unaffected or versions
    return [each for each in versions if each not in unaffected]


def _product(ref: str, components: Mapping[str, Product]) -> Product:
    """Resolve a bom-ref of this document, a BOM-link, or a ref that is a purl by itself."""
    if (link := bom_link(ref)) is not None:
        return Product(id=ref, serial=link[0], ref=link[1])
    if ref in components:
        return components[ref]
    return Product(id=ref, purls=(ref,) if ref.lower().startswith("pkg:") else ())


def _components(document: Mapping[str, Any]) -> Iterator[tuple[str, Product]]:
    """Yield (bom-ref, product) of every component the document describes, nested ones too."""
    stack: list[tuple[dict[str, Any], Product | None]] = [
        (mapping(mapping(document.get("metadata")).get("component")), None)
    ]
    stack += [(mapping(each), None) for each in sequence(document.get("components"))]
    while stack:
        component, outer = stack.pop()
        own = _described(component)
        stack += [(mapping(each), own) for each in sequence(component.get("components"))]
        if outer is not None and WITHIN in _properties(component):
            own = replace(outer, subcomponents=(own,))
        ref = stripped(component.get("bom-ref"))
        if ref:
            yield ref, own


def _properties(holder: Mapping[str, Any]) -> dict[str, str]:
    properties = map(mapping, sequence(holder.get("properties")))
    return {stripped(each.get("name")): stripped(each.get("value")) for each in properties}


def _described(component: Mapping[str, Any]) -> Product:
    hashes = map(mapping, sequence(component.get("hashes")))
    purl, cpe = stripped(component.get("purl")), stripped(component.get("cpe"))
    return Product(
        name=stripped(component.get("name")),
        version=stripped(component.get("version")),
        purls=(purl,) if purl else (),
        cpes=(cpe,) if cpe else (),
        hashes=tuple(
            sorted(
                (stripped(h.get("alg")), stripped(h.get("content"))) for h in hashes if h.get("alg")
            )
        ),
    )


def _names(vulnerability: Mapping[str, Any]) -> tuple[str, ...]:
    """Return its id and those of its references, which are the same vulnerability elsewhere."""
    references = map(mapping, sequence(vulnerability.get("references")))
    texts = (stripped(each.get("id")) for each in (vulnerability, *references))
    return tuple(dict.fromkeys(text for text in texts if text))


def _justification(own: Mapping[str, str], said: str) -> str | None:
    return own.get(JUSTIFIED, JUSTIFICATIONS.get(said)) or None


def _time(document: Mapping[str, Any], analysis: Mapping[str, Any]) -> str | None:
    metadata = mapping(document.get("metadata"))
    for value in (
        analysis.get("lastUpdated"),
        analysis.get("firstIssued"),
        metadata.get("timestamp"),
    ):
        if (time := utc(value)) is not None:
            return time
    return None


def _author(document: Mapping[str, Any]) -> str:
    metadata = mapping(document.get("metadata"))
    makers = (metadata.get("manufacturer"), metadata.get("supplier"))
    people = (*sequence(metadata.get("authors")), *makers)
    return next((text for each in people if (text := stripped(mapping(each).get("name")))), "")


def _problem(name: str, place: str, what: str, effect: Any) -> Problem:
    return Problem(source="cyclonedx-vex", where=f"{name}: {place}", what=what, effect=effect)
