"""Tests of the profiles: what the document's category promises (sections 4 and 6.1.26, 6.1.27)."""

import unicodedata
from collections.abc import Iterator
from typing import Any

from gate.csaf_rules.tree import members, named
from sbom.model import Fault

Node = dict[str, Any]
INCIDENT = "csaf_security_incident_response"
INFORMATIONAL = "csaf_informational_advisory"
ADVISORY = "csaf_security_advisory"
VEX = "csaf_vex"
PROFILES = frozenset({INCIDENT, INFORMATIONAL, ADVISORY, VEX})
BASE = "csaf_base"
RESERVED = "csaf_"
NAMES = ("security incident response", "informational advisory", "security advisory", "vex")
TELLING = frozenset({"description", "details", "general", "summary"})
STATUSES = ("fixed", "known_affected", "known_not_affected", "under_investigation")


def prohibited_category(document: Node) -> Iterator[Fault]:
    """6.1.26: no other category looks like a profile's, nor uses the reserved prefix."""
    category = document["document"]["category"]
    if category in PROFILES or category == BASE:
        return
    taken = {bare(name) for name in (*NAMES, *PROFILES)}
    if category.lower().startswith(RESERVED) or bare(category) in taken:
        what = f"{category!r} is no profile and looks like one"
        yield Fault(place="document.category", what=what)


def document_notes(document: Node) -> Iterator[Fault]:
    """6.1.27.1: a note tells what it is about."""
    notes = document["document"].get("notes", ())
    told = any(note["category"] in TELLING for note in notes)
    if of_category(document, INFORMATIONAL, INCIDENT) and not told:
        what = "none is a description, details, general or summary"
        yield Fault(place="document.notes", what=what)


def document_references(document: Node) -> Iterator[Fault]:
    """6.1.27.2: a reference leads elsewhere; `external` is what a reference is by default."""
    references = document["document"].get("references", ())
    outside = any(each.get("category", "external") == "external" for each in references)
    if of_category(document, INFORMATIONAL, INCIDENT) and not outside:
        yield Fault(place="document.references", what="none is external")


def no_vulnerabilities(document: Node) -> Iterator[Fault]:
    """6.1.27.3: an informational advisory has no vulnerabilities."""
    if of_category(document, INFORMATIONAL) and "vulnerabilities" in document:
        yield Fault(place="vulnerabilities", what="an informational advisory has none")


def product_tree(document: Node) -> Iterator[Fault]:
    """6.1.27.4: there is a product tree."""
    if of_category(document, ADVISORY, VEX) and "product_tree" not in document:
        yield Fault(place="product_tree", what="it is missing")


def vulnerability_notes(document: Node) -> Iterator[Fault]:
    """6.1.27.5: each vulnerability has notes."""
    yield from _each_has(document, ("notes",), (ADVISORY, VEX))


def product_status(document: Node) -> Iterator[Fault]:
    """6.1.27.6: each vulnerability has a product status."""
    yield from _each_has(document, ("product_status",), (ADVISORY,))


def vex_product_status(document: Node) -> Iterator[Fault]:
    """6.1.27.7: each vulnerability has a status of VEX."""
    for index, each in enumerate(document.get("vulnerabilities", ())):
        if of_category(document, VEX) and not any(
            s in each.get("product_status", {}) for s in STATUSES
        ):
            place = f"vulnerabilities[{index}].product_status"
            yield Fault(place=place, what=f"none of {', '.join(STATUSES)}")


def vulnerability_id(document: Node) -> Iterator[Fault]:
    """6.1.27.8: each vulnerability has an id."""
    yield from _each_has(document, ("cve", "ids"), (VEX,))


def impact_statement(document: Node) -> Iterator[Fault]:
    """6.1.27.9: what is not affected has a flag or an impact that says why."""
    yield from _unanswered(document, "known_not_affected", "impact statement")


def action_statement(document: Node) -> Iterator[Fault]:
    """6.1.27.10: what is affected has a remediation."""
    yield from _unanswered(document, "known_affected", "action statement")


def vulnerabilities_exist(document: Node) -> Iterator[Fault]:
    """6.1.27.11: there are vulnerabilities."""
    if of_category(document, ADVISORY, VEX) and "vulnerabilities" not in document:
        yield Fault(place="vulnerabilities", what="they are missing")


def of_category(document: Node, *categories: str) -> bool:
    """Tell whether a document is of one of these profiles."""
    return document["document"]["category"] in categories


def _each_has(
    document: Node, fields: tuple[str, ...], categories: tuple[str, ...]
) -> Iterator[Fault]:
    for index, each in enumerate(document.get("vulnerabilities", ())):
        if of_category(document, *categories) and not any(field in each for field in fields):
            what = f"it has no {' or '.join(fields)}"
            yield Fault(place=f"vulnerabilities[{index}]", what=what)


def _unanswered(document: Node, status: str, answer: str) -> Iterator[Fault]:
    if not of_category(document, VEX):
        return
    groups = members(document)
    for index, each in enumerate(document.get("vulnerabilities", ())):
        answered = set().union(*(named(one, groups) for one in _answers(each, status)))
        for product in each.get("product_status", {}).get(status, ()):
            if product not in answered:
                place = f"vulnerabilities[{index}].product_status.{status}"
                yield Fault(place=place, what=f"{product!r} has no {answer}")


def _answers(vulnerability: Node, status: str) -> Iterator[Node]:
    if status == "known_affected":
        yield from vulnerability.get("remediations", ())
        return
    yield from vulnerability.get("flags", ())
    yield from (t for t in vulnerability.get("threats", ()) if t["category"] == "impact")


def bare(category: str) -> str:
    """Drop all dashes, white space and underscores (Unicode has many) and the letter case."""
    return "".join(
        c
        for c in category.lower()
        if unicodedata.category(c) not in {"Pd", "Pc", "Zs", "Zl", "Zp", "Cc"} and c != "\u2212"
    )
