"""Statements as a CSAF 2.0 document of the VEX profile (sections 3 and 4.5 of the standard).

CSAF has one item for a vulnerability, one status for a product in it, and one time for all: of
statements that contradict each other the latest is written, and none for less than it is about.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from gate.instants import sort_key
from gate.model import Statement, Status
from gate.statements.assertions import NO_ACTION, Assertion, Named, assertions
from gate.vex import Heading, digest
from sbom.errors import InputError

GROUPS = {
    Status.AFFECTED: "known_affected",
    Status.NOT_AFFECTED: "known_not_affected",
    Status.FIXED: "fixed",
    Status.UNDER_INVESTIGATION: "under_investigation",
}
CAUTION = tuple(GROUPS)[:1] + (Status.UNDER_INVESTIGATION, Status.FIXED, Status.NOT_AFFECTED)
"""Of equally late statements the first of these is written, as it is the one that decides."""
LABELS = frozenset(
    {
        "component_not_present",
        "inline_mitigations_already_exist",
        "vulnerable_code_cannot_be_controlled_by_adversary",
        "vulnerable_code_not_in_execute_path",
        "vulnerable_code_not_present",
    }
)
NOTES = "Status notes"
CVE = r"CVE-[0-9]{4}-[0-9]{4,}"
SHORTEST_HASH = 32
ID_DIGITS = 16
"""Of the digest that names a document."""
"""


class Ids:
    """The product ids of one document, given in the order of first use."""
"""
