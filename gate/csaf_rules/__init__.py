"""The mandatory tests of CSAF (section 6.1): the tables of 2.0 and 2.1, in the standard's order.

Each is a function of the document, which a schema has accepted before, to its faults: of 2.0 the
official one, of which test 6.1.8 (CVSS objects) is part; of 2.1, a draft still, one of ours.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import msgspec

from gate.csaf_rules import (
    dates,
    identifiers,
    profiles,
    profiles_2_1,
    registers,
    remedies,
    scores,
    sharing,
    tracking,
    tree,
    vulnerabilities,
)
from sbom.model import Fault

Document = dict[str, Any]
Test = Callable[[Document], Iterator[Fault]]

TESTS: tuple[tuple[str, Test], ...] = (
    ("6.1.1", tree.undefined_products),
    ("6.1.2", tree.repeated_products),
    ("6.1.3", tree.circular_products),
    ("6.1.4", tree.undefined_groups),
    ("6.1.5", tree.repeated_groups),
    ("6.1.6", vulnerabilities.contradicting_statuses),
    ("6.1.7", scores.repeated_scores),
    ("6.1.9", scores.wrong_scores),
    ("6.1.10", scores.contradicting_metrics),
    ("6.1.11", registers.unknown_weaknesses),
    ("6.1.12", registers.unknown_languages),
    ("6.1.13", tree.invalid_purls),
    ("6.1.14", tracking.unsorted_history),
    ("6.1.15", tracking.translation_without_source),
    ("6.1.16", tracking.version_is_not_the_latest),
    ("6.1.17", tracking.unreleased_but_no_draft),
    ("6.1.18", tracking.released_with_version_zero),
    ("6.1.19", tracking.prerelease_in_history),
    ("6.1.20", tracking.released_as_prerelease),
    ("6.1.21", tracking.gap_in_history),
    ("6.1.22", tracking.repeated_revision),
    ("6.1.23", vulnerabilities.repeated_cves),
    ("6.1.24", vulnerabilities.repeated_involvements),
    ("6.1.25", tree.repeated_hash_algorithms),
    ("6.1.26", profiles.prohibited_category),
    ("6.1.27.1", profiles.document_notes),
    ("6.1.27.2", profiles.document_references),
    ("6.1.27.3", profiles.no_vulnerabilities),
    ("6.1.27.4", profiles.product_tree),
    ("6.1.27.5", profiles.vulnerability_notes),
    ("6.1.27.6", profiles.product_status),
    ("6.1.27.7", profiles.vex_product_status),
    ("6.1.27.8", profiles.vulnerability_id),
    ("6.1.27.9", profiles.impact_statement),
    ("6.1.27.10", profiles.action_statement),
    ("6.1.27.11", profiles.vulnerabilities_exist),
    ("6.1.28", tracking.translation_into_itself),
    ("6.1.29", vulnerabilities.remediation_without_product),
    ("6.1.30", tracking.mixed_versioning),
    ("6.1.31", tree.range_as_version),
    ("6.1.32", vulnerabilities.flag_without_product),
    ("6.1.33", vulnerabilities.several_justifications),
)
CHANGED: dict[str, Test] = {
    "6.1.26": profiles_2_1.prohibited_category,
    "6.1.27.3": profiles_2_1.no_vulnerabilities,
}
"""Tests that 2.1 words otherwise."""
ADDED: tuple[tuple[str, Test], ...] = (
    ("6.1.27.11", profiles_2_1.deprecated),
    ("6.1.27.12", profiles_2_1.affected_products),
    ("6.1.27.14", profiles_2_1.description),
    ("6.1.27.15", profiles_2_1.no_product_tree),
    ("6.1.27.16", profiles_2_1.two_revisions),
    ("6.1.27.18", profiles_2_1.reasoning),
    ("6.1.27.19", profiles_2_1.superseding),
    ("6.1.34", identifiers.too_deep),
    ("6.1.35", remedies.contradicting_remediations),
    ("6.1.36", remedies.contradicting_status),
    ("6.1.37", dates.odd_times),
    ("6.1.38", sharing.everybody_but_not_clear),
    ("6.1.39", sharing.clear_but_not_everybody),
    ("6.1.40", sharing.reserved_name),
    ("6.1.41", sharing.missing_name),
    ("6.1.42", identifiers.differing_purls),
    ("6.1.43", identifiers.starred_models),
    ("6.1.44", identifiers.starred_serials),
    ("6.1.45", dates.disclosed_after),
    ("6.1.49", dates.decided_after),
    ("6.1.50", identifiers.odd_ranges),
    ("6.1.51", dates.measured_after),
    ("6.1.52", dates.exploited_after),
    ("6.1.53", dates.told_before_it_was),
)
TESTS_2_1 = (*((section, CHANGED.get(section, test)) for section, test in TESTS), *ADDED)
"""The tests of 2.1 that are asked (docs/vex.md says which are not)."""
FOLDER = "third_party/csaf"
CVSS = ("cvss-v2.0", "cvss-v3.0", "cvss-v3.1")
SCORES = "scores"


def faults(document: Document) -> Iterator[Fault]:
    """Yield what the schema of the version refuses, else the faults of every mandatory test."""
    from sbom.documents.own_schema import schema_faults

    official = document["document"]["csaf_version"] == "2.0"
    found = _schema_faults(document) if official else schema_faults(document, "csaf.schema.json")
    structural = tuple(found)
    yield from structural
    if structural:
        return
    for section, test in TESTS if official else TESTS_2_1:
        for fault in test(document):
            yield Fault(place=fault.place, what=f"{fault.what} ({section})")


def _schema_faults(document: Document) -> Iterator[Fault]:
    from sbom.documents.own_schema import schema_errors

    for where, what in schema_errors(_schema(), document):
        section = " (6.1.8)" if f".{SCORES}[" in where else ""
        yield Fault(place=where, what=f"{what[:200]}{section}")


@lru_cache
def _schema() -> Any:
    """Load the official schema; the schemas of CVSS that it refers to lie beside it."""
    from jsonschema_rs import Draft202012Validator, Registry

    from schemas import text

    resources = [
        (
            f"https://www.first.org/cvss/{name}.json",
            msgspec.json.decode(text(f"{FOLDER}/{name}.json")),
        )
        for name in CVSS
    ]
    schema = msgspec.json.decode(text(f"{FOLDER}/csaf-2.0.json"))
    return Draft202012Validator(schema, registry=Registry(resources), validate_formats=True)
