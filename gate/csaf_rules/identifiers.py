"""Tests of 2.1 on how products are identified: purls, model and serial numbers, depth, ranges."""

import re
from collections.abc import Iterator
from typing import Any

from gate.csaf_rules.tree import branches, full_names
from sbom.model import Fault
from sbom.purl import InvalidPurl, parse

Node = dict[str, Any]
DEEPEST = 30
HELPER = "product_identification_helper"
BOUND = r"(?:[<>]=?|!?=)?[^\s|<>=!]+"
RANGE = re.compile(rf"vers:[a-z.+-][a-z0-9.+-]*/\S+|{BOUND}(?:\|{BOUND})*")
"""How a range of versions may be written: as `vers:`, or bounds alone with bars between them."""


def too_deep(document: Node) -> Iterator[Fault]:
    """6.1.34: a product is below 30 branches at most."""
    for place, branch in branches(document):
        if "product" in branch and place.count("branches[") > DEEPEST:
            yield Fault(place=place, what=f"it is below more than {DEEPEST} branches")


def differing_purls(document: Node) -> Iterator[Fault]:
    """6.1.42: the purls of a product differ in their qualifiers only."""
    for place, full in full_names(document):
        seen = set()
        for text in full.get(HELPER, {}).get("purls", ()):
            try:
                parts = parse(text)
            except InvalidPurl:
                continue
            seen.add((parts.type, parts.namespace, parts.name, parts.version, parts.subpath))
        if len(seen) > 1:
            what = "they differ in more than their qualifiers"
            yield Fault(place=f"{place}.{HELPER}.purls", what=what)


def starred_models(document: Node) -> Iterator[Fault]:
    """6.1.43: a model number has one star at most."""
    yield from _starred(document, "model_numbers")


def starred_serials(document: Node) -> Iterator[Fault]:
    """6.1.44: so has a serial number."""
    yield from _starred(document, "serial_numbers")


def odd_ranges(document: Node) -> Iterator[Fault]:
    """6.1.50: a range of versions is written as one, without words; what it says is not asked."""
    for place, branch in branches(document):
        if branch["category"] == "product_version_range" and not RANGE.fullmatch(branch["name"]):
            yield Fault(place=f"{place}.name", what=f"{branch['name'][:100]!r} is no range")


def _starred(document: Node, field: str) -> Iterator[Fault]:
    for place, full in full_names(document):
        for text in full.get(HELPER, {}).get(field, ()):
            # A backslash takes the meaning of what follows it.
            if re.sub(r"\\.", "", text, flags=re.DOTALL).count("*") > 1:
                yield Fault(place=f"{place}.{HELPER}.{field}", what=f"{text!r} has several stars")
