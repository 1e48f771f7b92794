"""The few questions `vex create` asks on a terminal: only for what was not given as an option.

They go to standard error, so that a document on standard output stays a document.
"""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from sbom.errors import InputError

if TYPE_CHECKING:
    from lading.vex.authoring import Stating

STATUSES = ("not_affected", "affected", "fixed", "under_investigation")
JUSTIFICATIONS = (
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
)
IN_WORDS = "in my own words"


def ask(options: "Stating") -> "Stating":
    """Return the options with an answer for whatever a statement needs and they lack."""
    vulnerability = options.id or text("Vulnerability (CVE, GHSA …)")
    where = options.product or options.finding or options.sbom or options.run
    product = options.product if where else (text("Product (purl, digest, CPE)"),)
    subcomponent = options.subcomponent
    if not where and not subcomponent:
        part = text("Component in it (purl; empty for the whole product)", default="")
        subcomponent = (part,) if part else ()
    options = replace(
        options,
        id=vulnerability,
        product=product,
        subcomponent=subcomponent,
        status=options.status or choice("Status", STATUSES),
    )
    return replace(_reasons(options), author=options.author or text("Author"))


def _reasons(options: "Stating") -> "Stating":
    """Ask for the reason that the status demands."""
    if options.status == "affected" and not options.action:
        return replace(options, action=text("What should users do?"))
    if options.status != "not_affected" or options.justification or options.impact:
        return options
    justification = choice("Why", (*JUSTIFICATIONS, IN_WORDS))
    if justification == IN_WORDS:
        return replace(options, impact=text("Why, in your words"))
    return replace(options, justification=justification)


def text(question: str, default: str | None = None) -> str:
    """Ask for a text; it must not be empty unless there is a default.

    Raises:
        InputError: where the answers end.
    """
    while True:
        # Not `input`, nor a library's prompt: they write to standard output too.
        sys.stderr.write(f"{question}: ")
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            raise InputError(f"{question}: no answer", "give it as an option")
        if line.strip() or default is not None:
            return line.strip() or default or ""


def choice(question: str, choices: Sequence[str]) -> str:
    """Ask for one of the choices, by its number or its word."""
    for number, one in enumerate(choices, 1):
        sys.stderr.write(f"  {number}  {one}\n")
    while True:
        answer = text(f"{question} (1 to {len(choices)})")
        if answer in choices:
            return answer
        if answer.isdecimal() and 1 <= int(answer) <= len(choices):
            return choices[int(answer) - 1]
        sys.stderr.write(f"  {answer} is none of them\n")
