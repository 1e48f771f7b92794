"""Tests of single vulnerabilities: statuses, ids, involvements, remediations and flags."""

from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from gate.csaf_rules.tree import members, named, vulnerabilities
from gate.instants import utc
from sbom.model import Fault

Node = dict[str, Any]
CONTRADICTING = {
    "affected": ("first_affected", "known_affected", "last_affected"),
    "not affected": ("known_not_affected",),
    "fixed": ("first_fixed", "fixed"),
    "under investigation": ("under_investigation",),
    "unknown": ("unknown",),
}
"""The groups of which a product is in one; `unknown` is of 2.1."""


def contradicting_statuses(document: Node) -> Iterator[Fault]:
    """6.1.6: a product has one status; `recommended` is none."""
    for place, each in vulnerabilities(document):
        status = each.get("product_status", {})
        sets = {
            word: {product for group in groups for product in status.get(group, ())}
            for word, groups in CONTRADICTING.items()
        }
        for one, other in combinations(CONTRADICTING, 2):
            for product in sorted(sets[one] & sets[other]):
                what = f"{product!r} is both {one} and {other}"
                yield Fault(place=f"{place}.product_status", what=what)


def repeated_cves(document: Node) -> Iterator[Fault]:
    """6.1.23: a CVE has one item."""
    seen = set()
    for place, each in vulnerabilities(document):
        cve = each.get("cve")
        if cve is not None and cve in seen:
            yield Fault(place=f"{place}.cve", what=f"{cve} has an item already")
        seen.add(cve)


def repeated_involvements(document: Node) -> Iterator[Fault]:
    """6.1.24: a party is listed once for a date; times are compared as instants."""
    for place, each in vulnerabilities(document):
        parties = [
            (one["party"], utc(one["date"]) if "date" in one else None)
            for one in each.get("involvements", ())
        ]
        for (party, date), count in Counter(parties).items():
            if count > 1:
                when = date or "no date"
                what = f"{party} is listed {count} times for {when}"
                yield Fault(place=f"{place}.involvements", what=what)


def remediation_without_product(document: Node) -> Iterator[Fault]:
    """6.1.29: a remediation says for which products it is."""
    yield from _without_product(document, "remediations")


def flag_without_product(document: Node) -> Iterator[Fault]:
    """6.1.32: a flag says for which products it is."""
    yield from _without_product(document, "flags")


def several_justifications(document: Node) -> Iterator[Fault]:
    """6.1.33: a product has one justification; every flag of CSAF 2.0 is one."""
    groups = members(document)
    for place, each in vulnerabilities(document):
        flags = each.get("flags", ())
        counted = Counter(product for flag in flags for product in named(flag, groups))
        for product in sorted(product for product, count in counted.items() if count > 1):
            yield Fault(place=f"{place}.flags", what=f"{product!r} has several justifications")


def _without_product(document: Node, field: str) -> Iterator[Fault]:
    for place, each in vulnerabilities(document):
        for index, one in enumerate(each.get(field, ())):
            if "product_ids" not in one and "group_ids" not in one:
                yield Fault(place=f"{place}.{field}[{index}]", what="it names no product")
