"""Tests of remediations in 2.1: which exclude each other, or a product's status (6.1.35, .36)."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from gate.csaf_rules.tree import members, named
from gate.csaf_rules.vulnerabilities import CONTRADICTING
from sbom.model import Fault

Node = dict[str, Any]
FIXES = ("fix_planned", "no_fix_planned", "vendor_fix")
EASING = ("mitigation", "workaround")
ALONE = ("none_available", "optional_patch")
PROHIBITED = frozenset(
    {frozenset(pair) for pair in combinations(FIXES, 2)}
    | {frozenset((one, other)) for one in ALONE for other in (*FIXES, *EASING)}
    | {frozenset(ALONE)}
)
"""Categories that one product cannot have both of (section on remediations, first table)."""
BY_STATUS = {
    "affected": frozenset({"optional_patch"}),
    "not affected": frozenset({"mitigation", "none_available", "vendor_fix", "workaround"}),
    "fixed": frozenset({*FIXES, *EASING, "none_available"}),
}
"""Categories that a product of a status cannot have (second table)."""


def contradicting_remediations(document: Node) -> Iterator[Fault]:
    """6.1.35: a product has no two remediations that exclude each other."""
    for place, each, groups in _vulnerabilities(document):
        of: dict[str, set[str]] = {}
        for one in each.get("remediations", ()):
            for product in named(one, groups):
                of.setdefault(product, set()).add(one["category"])
        for product, categories in sorted(of.items()):
            for one, other in combinations(sorted(categories), 2):
                if frozenset((one, other)) in PROHIBITED:
                    what = f"{product!r} has both {one} and {other}"
                    yield Fault(place=f"{place}.remediations", what=what)


def contradicting_status(document: Node) -> Iterator[Fault]:
    """6.1.36: a product has no remediation that its status excludes."""
    for place, each, groups in _vulnerabilities(document):
        status = each.get("product_status", {})
        for number, one in enumerate(each.get("remediations", ())):
            products = named(one, groups)
            for word, categories in BY_STATUS.items():
                if one["category"] not in categories:
                    continue
                held = {p for group in CONTRADICTING[word] for p in status.get(group, ())}
                for product in sorted(held & products):
                    what = f"{product!r} is {word} and has {one['category']}"
                    yield Fault(place=f"{place}.remediations[{number}]", what=what)


def _vulnerabilities(document: Node) -> Iterator[tuple[str, Node, dict[str, tuple[str, ...]]]]:
    groups = members(document)
    for index, each in enumerate(document.get("vulnerabilities", ())):
        yield f"vulnerabilities[{index}]", each, groups
