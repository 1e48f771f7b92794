"""The few questions `vex create` asks on a terminal: only for what was not given as an option.

They go to standard error, so that a document on standard output stays a document.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from lading.authoring import Stating

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
    vulnerability = options.id or _text("Vulnerability (CVE, GHSA …)")
    where = options.product or options.finding or options.sbom
    product = options.product if where else (_text("Product (purl, digest, CPE)"),)
    subcomponent = options.subcomponent
    if not where and not subcomponent:
        part = _text("Component in it (purl; empty for the whole product)", default="")
        subcomponent = (part,) if part else ()
    options = replace(
        options,
        id=vulnerability,
        product=product,
        subcomponent=subcomponent,
        status=options.status or _choice("Status", STATUSES),
    )
    return replace(_reasons(options), author=options.author or _text("Author"))


def _reasons(options: "Stating") -> "Stating":
    """Ask for the reason that the status demands."""
    if options.status == "affected" and not options.action:
        return replace(options, action=_text("What should users do?"))
    if options.status != "not_affected" or options.justification or options.impact:
        return options
    justification = _choice("Why", (*JUSTIFICATIONS, IN_WORDS))
    if justification == IN_WORDS:
        return replace(options, impact=_text("Why, in your words"))
    return replace(options, justification=justification)


def _text(question: str, default: str | None = None) -> str:
    import typer

    answer: str = typer.prompt(question, default=default, show_default=False, err=True)
    return answer.strip()


def _choice(question: str, choices: Sequence[str]) -> str:
    """Ask for one of the choices, by its number or its word."""
    import typer

    for number, choice in enumerate(choices, 1):
        typer.echo(f"  {number}  {choice}", err=True)
    while True:
        answer = _text(f"{question} (1 to {len(choices)})")
        if answer in choices:
            return answer
        if answer.isdecimal() and 1 <= int(answer) <= len(choices):
            return choices[int(answer) - 1]
        typer.echo(f"  {answer} is none of them", err=True)
