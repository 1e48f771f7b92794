"""Statements as a CSAF 2.0 document of the VEX profile (sections 3 and 4.5 of the standard).

CSAF has one item for a vulnerability, one status for a product in it, and one time for all: of
statements that contradict each other the latest is written, and none about more than it was.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gate.instants import sort_key
from gate.model import Statement, Status
from gate.statements.assertions import (
    NO_ACTION,
    Assertion,
    Named,
    assertions,
    write_bom_link,
)
from gate.statements.heading import Heading, digest
from gate.vex.openvex import JUSTIFICATIONS
from sbom.errors import InputError
from sbom.purl import InvalidPurl, parse

GROUPS = {
    Status.AFFECTED: "known_affected",
    Status.UNDER_INVESTIGATION: "under_investigation",
    Status.FIXED: "fixed",
    Status.NOT_AFFECTED: "known_not_affected",
}
"""The most cautious first: of equally late statements that one decides, so that one is written."""
CAUTION = tuple(GROUPS)
CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,}")
HASH = re.compile(r"[0-9a-f]{32,}")
ID_DIGITS = 16
BOM_LINKS = "https://cyclonedx.org/capabilities/bomlink/"
"""The namespace of BOM-links among the generic URIs of a product (section 3.1.3.3.8)."""
VERS = "vers:"
NOTES = "Status notes"
"""Title of the note that holds what OpenVEX calls so."""

Subject = tuple[Named, Named | None]
Ids = Mapping[Named | Subject, str]
"""The product id of each product, part, and part within its product."""


def document_of(statements: Sequence[Statement], heading: Heading) -> dict[str, Any]:
    """Return the document.

    Raises:
        InputError: where the heading has no namespace, or CSAF can say none of the statements.
    """
    if not heading.namespace:
        what = "CSAF names a publisher by an address of its own"
        raise InputError(what, "give it: --namespace https://example.com")
    items = _items(statements)
    if not items:
        raise InputError("CSAF can say none of the statements", "choose another format")
    subjects = tuple(dict.fromkeys(each.subject for item in items for each in item))
    ids = _ids(subjects)
    return {
        "document": _head(statements, heading),
        "product_tree": _tree(subjects, ids),
        "vulnerabilities": [_vulnerability(item, ids) for item in items],
    }


def _items(statements: Sequence[Statement]) -> list[list[Assertion]]:
    """Return the assertions of each vulnerability; of each product in it the one that decides."""
    items: dict[tuple[str, ...], dict[Subject, Assertion]] = {}
    for statement in statements:
        for each in assertions(statement):
            if not _sayable(each):
                continue
            decided = items.setdefault(_item(each), {})
            other = decided.get(each.subject)
            if other is None or _order(each) > _order(other):
                decided[each.subject] = each
    return [list(decided.values()) for decided in items.values()]


def _item(asserted: Assertion) -> tuple[str, ...]:
    """Return what has one item: the CVE, or all ids where there is none."""
    cves = [each for each in asserted.vulnerabilities if CVE.fullmatch(each)]
    return tuple(cves[:1]) or asserted.vulnerabilities


def _order(asserted: Assertion) -> tuple[str, int, str]:
    return sort_key(asserted.timestamp), -CAUTION.index(asserted.status), repr(asserted)


def _sayable(asserted: Assertion) -> bool:
    """Tell whether CSAF can name the product, and has the reason that it demands."""
    reason = asserted.justification in JUSTIFICATIONS or asserted.impact
    if asserted.status is Status.NOT_AFFECTED and not reason:
        return False
    return all(_nameable(each) for each in asserted.subject if each)


def _nameable(product: Named) -> bool:
    single = len(product.purls) <= 1 and len(product.cpes) <= 1
    # Beside a name alone, a range in free text is read as part of the name.
    bounded = product.purls or product.cpes or product.serial or product.versions.startswith(VERS)
    single = single and (not product.versions or bool(bounded))
    algorithms = {name for name, _ in product.hashes}
    if not single or product.shown == Named().shown or len(algorithms) < len(product.hashes):
        return False
    try:
        return all(parse(purl) for purl in product.purls) and all(
            HASH.fullmatch(value) for _, value in product.hashes
        )
    except InvalidPurl:
        return False


def _ids(subjects: Iterable[Subject]) -> Ids:
    """Number products, parts, and parts within products in the order of first use."""
    keys: dict[Named | Subject, None] = {}
    for product, part in subjects:
        keys.setdefault(product)
        if part:
            keys.setdefault(part)
            keys.setdefault((product, part))
    return {key: f"CSAFPID-{number:04}" for number, key in enumerate(keys, 1)}


def _id(asserted: Assertion, ids: Ids) -> str:
    return ids[asserted.subject if asserted.part else asserted.product]


def _head(statements: Sequence[Statement], heading: Heading) -> dict[str, Any]:
    time = max((each.timestamp for each in statements), key=sort_key) or heading.timestamp
    return {
        "category": "csaf_vex",
        "csaf_version": "2.0",
        "publisher": {
            "category": "other",
            "name": heading.author,
            "namespace": heading.namespace,
        },
        "title": f"Vulnerability statuses stated by {heading.author}",
        "tracking": {
            "id": heading.id or f"vex-{digest(statements, heading)[:ID_DIGITS]}",
            "status": "final",
            "version": "1",
            "initial_release_date": time,
            "current_release_date": time,
            "revision_history": [{"date": time, "number": "1", "summary": "First version."}],
        },
    }


def _tree(subjects: Iterable[Subject], ids: Ids) -> dict[str, Any]:
    """Return the product tree; parts are components of their product by relationships."""
    single = [key for key in ids if isinstance(key, Named)]
    relationships = [
        {
            "category": "default_component_of",
            "full_product_name": {
                "name": f"{part.shown} in {product.shown}",
                "product_id": ids[product, part],
            },
            "product_reference": ids[part],
            "relates_to_product_reference": ids[product],
        }
        for product, part in subjects
        if part
    ]
    tree = {
        "branches": [_ranged(each, ids[each]) for each in single if each.versions],
        "full_product_names": [_full(each, ids[each]) for each in single if not each.versions],
        "relationships": relationships,
    }
    return {key: value for key, value in tree.items() if value}


def _ranged(product: Named, id_: str) -> dict[str, Any]:
    """Return the branches of a product that is named with a range of its versions."""
    inner = {
        "category": "product_version_range",
        "name": product.versions,
        "product": _full(product, id_),
    }
    return {"category": "product_name", "name": product.shown, "branches": [inner]}


def _full(product: Named, id_: str) -> dict[str, Any]:
    helper: dict[str, Any] = {}
    if product.purls:
        helper["purl"] = product.purls[0]
    if product.cpes:
        helper["cpe"] = product.cpes[0]
    if product.hashes:
        hashes = [{"algorithm": n.replace("sha-", "sha"), "value": v} for n, v in product.hashes]
        helper["hashes"] = [{"file_hashes": hashes, "filename": product.shown}]
    if product.serial:
        helper["x_generic_uris"] = [{"namespace": BOM_LINKS, "uri": write_bom_link(product)}]
    full: dict[str, Any] = {"name": product.shown, "product_id": id_}
    return full | ({"product_identification_helper": helper} if helper else {})


def _vulnerability(item: Sequence[Assertion], ids: Ids) -> dict[str, Any]:
    names = sorted({name for each in item for name in each.vulnerabilities})
    cve = next((name for name in _item(item[0]) if CVE.fullmatch(name)), "")
    groups: dict[str, list[str]] = {}
    for each in item:
        groups.setdefault(GROUPS[each.status], []).append(_id(each, ids))
    not_affected = [each for each in item if each.status is Status.NOT_AFFECTED]
    affected = [each for each in item if each.status is Status.AFFECTED]
    impacts = _by_text([(each.impact, _id(each, ids)) for each in not_affected])
    actions = _by_text([(each.action or NO_ACTION, _id(each, ids)) for each in affected])
    flags = _by_text(
        [
            (each.justification, _id(each, ids))
            for each in not_affected
            if each.justification in JUSTIFICATIONS
        ]
    )
    fields = {
        "cve": cve,
        "ids": [{"system_name": n.partition("-")[0], "text": n} for n in names if n != cve],
        "notes": _notes(item, names[0]),
        "product_status": groups,
        "flags": [{"label": text, "product_ids": on} for text, on in flags.items()],
        "threats": [
            {"category": "impact", "details": text, "product_ids": on}
            for text, on in impacts.items()
        ],
        "remediations": [
            {"category": _remedy(text), "details": text, "product_ids": on}
            for text, on in actions.items()
        ],
    }
    return {key: value for key, value in fields.items() if value}


def _by_text(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text, product in pairs:
        if text:
            found.setdefault(text, []).append(product)
    return found


def _remedy(action: str) -> str:
    return "none_available" if action == NO_ACTION else "mitigation"


def _notes(item: Sequence[Assertion], name: str) -> list[dict[str, str]]:
    """Return the notes, which CSAF has for the vulnerability as a whole and demands."""
    texts = dict.fromkeys(each.notes for each in item if each.notes)
    notes = [{"category": "details", "title": NOTES, "text": text} for text in texts]
    return notes or [{"category": "general", "text": f"The status of {name} in these products."}]
