"""Statements as a CycloneDX 1.6 VEX document: one vulnerability for each, with its analysis.

A part within a product is a component nested in it, marked as meant there only. What CycloneDX has
no words for (OpenVEX's justifications, notes) stands in properties beside the nearest words it has.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from gate.model import Statement, Status
from gate.statements.assertions import Assertion, Named, assertions, write_bom_link
from gate.statements.heading import Heading, digest
from sbom.purl import InvalidPurl, parse

WITHIN = "lading:vex:within"
JUSTIFIED = "lading:vex:justification"
NOTED = "lading:vex:notes"
"""Properties of documents that Lading writes, for what CycloneDX has no words for: a component is
meant within the component it is nested in; a justification and notes in OpenVEX's words."""

STATES = {
    Status.FIXED: "resolved",
    Status.AFFECTED: "exploitable",
    Status.UNDER_INVESTIGATION: "in_triage",
    Status.NOT_AFFECTED: "not_affected",
}
VERSIONS = {
    Status.FIXED: "unaffected",
    Status.AFFECTED: "affected",
    Status.UNDER_INVESTIGATION: "unknown",
    Status.NOT_AFFECTED: "unaffected",
}
JUSTIFICATIONS = {
    "component_not_present": "code_not_present",
    "vulnerable_code_not_present": "code_not_present",
    "vulnerable_code_not_in_execute_path": "code_not_reachable",
    "vulnerable_code_cannot_be_controlled_by_adversary": "requires_environment",
    "inline_mitigations_already_exist": "protected_by_mitigating_control",
}
SOURCES = {"CVE": "NVD", "GHSA": "GitHub Advisories"}
HASHES = {
    "md5": "MD5",
    "sha-1": "SHA-1",
    "sha-256": "SHA-256",
    "sha-384": "SHA-384",
    "sha-512": "SHA-512",
    "sha3-256": "SHA3-256",
    "sha3-384": "SHA3-384",
    "sha3-512": "SHA3-512",
}
HASH_DIGITS = frozenset({32, 40, 64, 96, 128})
UUID_PARTS = (8, 4, 4, 4, 12)
DATES = frozenset({"firstIssued", "lastUpdated"})

Refs = Mapping[object, str]


def document_of(statements: Sequence[Statement], heading: Heading) -> dict[str, Any]:
    """Return the document; products that CycloneDX cannot name are left out."""
    asserted = [[each for each in assertions(s) if _sayable(each)] for s in statements]
    subjects = dict.fromkeys(each.subject for each_of in asserted for each in each_of)
    components, refs = _components(subjects)
    vulnerabilities = [
        _vulnerability(number, statement, each_of, refs)
        for number, (statement, each_of) in enumerate(zip(statements, asserted, strict=True), 1)
        if each_of
    ]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{_uuid(digest(statements, heading))}",
        "version": 1,
        "metadata": {
            "timestamp": heading.timestamp,
            "tools": {"components": [{"type": "application", "name": "lading"}]},
            "authors": [{"name": heading.author}],
        },
        "components": components,
        "vulnerabilities": vulnerabilities,
    }


def in_version(document: Mapping[str, Any], version: str) -> dict[str, Any]:
    """Return a document as another version has it; 1.4 has no time of an analysis."""
    written = dict(document)
    written["$schema"] = f"http://cyclonedx.org/schema/bom-{version}.schema.json"
    written["specVersion"] = version
    if version == "1.4":
        written["metadata"] = {**document["metadata"], "tools": [{"name": "lading"}]}
        written["vulnerabilities"] = [
            {**each, "analysis": {k: v for k, v in each["analysis"].items() if k not in DATES}}
            for each in document["vulnerabilities"]
        ]
    return written


def _uuid(digits: str) -> str:
    """Return a UUID of version 8 (RFC 9562, 5.8), made of the first digits of a digest."""
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:8]}-{digits[8:12]}-8{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"


def _sayable(asserted: Assertion) -> bool:
    if asserted.part and (
        asserted.product.serial or asserted.part.serial or asserted.part.versions
    ):
        return False
    return all(_nameable(each) for each in asserted.subject if each)


def _nameable(product: Named) -> bool:
    """Tell whether a component, or a BOM-link, can be this product and no more."""
    if product.serial:
        others = product.purls or product.cpes or product.hashes
        parts = tuple(map(len, product.serial.split("-")))
        return not others and parts == UUID_PARTS and bool(product.ref)
    hashes = all(n in HASHES and len(value) in HASH_DIGITS for n, value in product.hashes)
    single = len(product.purls) <= 1 and len(product.cpes) <= 1
    return hashes and single and product.shown != Named().shown


def _components(
    subjects: Mapping[tuple[Named, Named | None], None],
) -> tuple[list[dict[str, Any]], Refs]:
    """Return the components, and the ref of each subject; a range belongs to the `affects`."""
    refs: dict[object, str] = {}
    components: dict[Named, dict[str, Any]] = {}
    for product, part in subjects:
        if product.serial:
            refs[product, part] = write_bom_link(product)
            continue
        outer = components.get(product)
        if outer is None:
            outer = components[product] = _component(product, f"product-{len(components) + 1}")
        refs[product, part] = outer["bom-ref"]
        if part:
            nested = outer.setdefault("components", [])
            ref = f"{outer['bom-ref']}-{len(nested) + 1}"
            marked = {"properties": [{"name": WITHIN, "value": outer["bom-ref"]}]}
            nested.append(_component(part, ref) | marked)
            refs[product, part] = ref
    return list(components.values()), refs


def _component(product: Named, ref: str) -> dict[str, Any]:
    fields = {
        "type": "container" if _is_image(product) else "library",
        "bom-ref": ref,
        "name": product.label or _name(product),
        "cpe": next(iter(product.cpes), ""),
        "purl": next(iter(product.purls), ""),
        "hashes": [{"alg": HASHES[name], "content": value} for name, value in product.hashes],
    }
    return {key: value for key, value in fields.items() if value}


def _is_image(product: Named) -> bool:
    return any(purl.startswith(("pkg:oci/", "pkg:docker/")) for purl in product.purls)


def _name(product: Named) -> str:
    """Return the name in the purl, where there is one that can be read."""
    try:
        return next((parse(purl).name for purl in product.purls), product.shown)
    except InvalidPurl:
        return product.shown


def _vulnerability(
    number: int, statement: Statement, asserted: Sequence[Assertion], refs: Refs
) -> dict[str, Any]:
    name, *aliases = statement.vulnerabilities
    properties = {JUSTIFIED: statement.justification, NOTED: statement.notes}
    fields = {
        "bom-ref": f"statement-{number}",
        "id": name,
        "source": {"name": _source(name)},
        "references": [{"id": each, "source": {"name": _source(each)}} for each in aliases],
        "recommendation": statement.action,
        "analysis": _analysis(statement),
        "affects": [_affected(each, refs) for each in asserted],
        "properties": [{"name": key, "value": value or ""} for key, value in properties.items()],
    }
    return {key: value for key, value in fields.items() if value}


def _analysis(statement: Statement) -> dict[str, str]:
    fields = {
        "state": STATES[statement.status],
        "justification": JUSTIFICATIONS.get(statement.justification or "", ""),
        "detail": statement.impact,
        "firstIssued": statement.timestamp,
        "lastUpdated": statement.timestamp,
    }
    return {key: value for key, value in fields.items() if value}


def _affected(asserted: Assertion, refs: Refs) -> dict[str, Any]:
    affected: dict[str, Any] = {"ref": refs[asserted.subject]}
    if asserted.product.versions:
        said = {"range": asserted.product.versions, "status": VERSIONS[asserted.status]}
        affected["versions"] = [said]
    return affected


def _source(name: str) -> str:
    prefix = name.partition("-")[0]
    return SOURCES.get(prefix, prefix)
