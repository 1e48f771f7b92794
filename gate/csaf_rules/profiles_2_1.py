"""Tests of the profiles that 2.1 has besides those of 2.0: withdrawn, superseded, deprecated."""

from collections.abc import Iterator
from typing import Any

from gate.csaf_rules.profiles import (
    ADVISORY,
    bare,
    of_category,
    product_status,
    product_tree,
    vulnerabilities_exist,
    vulnerability_notes,
)
from gate.csaf_rules.profiles import no_vulnerabilities as none_in_informational
from gate.csaf_rules.profiles import prohibited_category as prohibited_in_2_0
from sbom.model import Fault

Node = dict[str, Any]
WITHDRAWN = "csaf_withdrawn"
SUPERSEDED = "csaf_superseded"
DEPRECATED = "csaf_deprecated_security_advisory"
REPORT = "csaf_vulnerability_report"
ENDED = (WITHDRAWN, SUPERSEDED)
OTHERS = frozenset({*ENDED, DEPRECATED, REPORT})
NAMES = ("withdrawn", "superseded", "deprecated security advisory", "vulnerability report")
REASONS = {
    WITHDRAWN: "Reasoning for Withdrawal",
    SUPERSEDED: "Reasoning for Supersession",
}
SUPERSEDING = "Superseding Document"


def prohibited_category(document: Node) -> Iterator[Fault]:
    """6.1.26: no other category looks like a profile's, those of 2.1 among them."""
    category = document["document"]["category"]
    if category in OTHERS:
        return
    if bare(category) in {bare(name) for name in (*NAMES, *OTHERS)}:
        what = f"{category!r} is no profile and looks like one"
        yield Fault(place="document.category", what=what)
    else:
        yield from prohibited_in_2_0(document)


def no_vulnerabilities(document: Node) -> Iterator[Fault]:
    """6.1.27.3: informational advisories have none, nor what was withdrawn or superseded."""
    yield from none_in_informational(document)
    if of_category(document, *ENDED) and "vulnerabilities" in document:
        yield Fault(place="vulnerabilities", what="a document that ended has none")


def affected_products(document: Node) -> Iterator[Fault]:
    """6.1.27.12: each vulnerability of an advisory affects something."""
    for index, each in enumerate(document.get("vulnerabilities", ())):
        if of_category(document, ADVISORY) and "known_affected" not in each.get(
            "product_status", {}
        ):
            place = f"vulnerabilities[{index}].product_status.known_affected"
            yield Fault(place=place, what="it is missing")


def description(document: Node) -> Iterator[Fault]:
    """6.1.27.14: what ended is described."""
    notes = document["document"].get("notes", ())
    if of_category(document, *ENDED) and not any(
        each["category"] == "description" for each in notes
    ):
        yield Fault(place="document.notes", what="none is a description")


def no_product_tree(document: Node) -> Iterator[Fault]:
    """6.1.27.15: what ended has no products."""
    if of_category(document, *ENDED) and "product_tree" in document:
        yield Fault(place="product_tree", what="a document that ended has none")


def two_revisions(document: Node) -> Iterator[Fault]:
    """6.1.27.16: what ended was there before."""
    if (
        of_category(document, *ENDED)
        and len(document["document"]["tracking"]["revision_history"]) < 2
    ):
        yield Fault(place="document.tracking.revision_history", what="there is only one")


def reasoning(document: Node) -> Iterator[Fault]:
    """6.1.27.17 and .18: one description, by its title, says why it ended."""
    title = REASONS.get(document["document"]["category"])
    if title is None or not _english(document):
        return
    notes = [n for n in document["document"].get("notes", ()) if n.get("title") == title]
    if len(notes) != 1:
        yield Fault(place="document.notes", what=f"{len(notes)} have the title {title!r}, not one")
    elif notes[0]["category"] != "description":
        yield Fault(place="document.notes", what=f"{title!r} is no description")


def superseding(document: Node) -> Iterator[Fault]:
    """6.1.27.19: what was superseded refers to its successor."""
    if not of_category(document, SUPERSEDED) or not _english(document):
        return
    references = document["document"].get("references", ())
    told = any(
        each["summary"].startswith(SUPERSEDING) and each.get("category", "external") == "external"
        for each in references
    )
    if not told:
        what = f"none is external with a summary that begins {SUPERSEDING!r}"
        yield Fault(place="document.references", what=what)


def deprecated(document: Node) -> Iterator[Fault]:
    """6.1.27.4, .5, .6 and .11: a deprecated advisory has what advisories of 2.0 had."""
    if not of_category(document, DEPRECATED):
        return
    head = document["document"] | {"category": ADVISORY}
    for test in (
        product_tree,
        vulnerability_notes,
        product_status,
        vulnerabilities_exist,
    ):
        yield from test(document | {"document": head})


def _english(document: Node) -> bool:
    language: str = document["document"].get("lang", "en").lower()
    return language == "en" or language.startswith("en-")
