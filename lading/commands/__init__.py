"""The commands, one file each: docstring (its help), `Options`, `ARGUMENTS`, and `run(options)`.

`Options` is a struct: a field is an option of the same name, those in `ARGUMENTS` are positional, a
tuple may be given more than once, and `Meta(description=…)` is the help text.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Protocol

COMMANDS: dict[str, str] = {
    "scan": "scan",
    "sbom generate": "sbom_generate",
    "sbom show": "sbom_show",
    "sbom convert": "sbom_convert",
    "sbom history": "sbom_history",
    "sbom diff": "sbom_diff",
    "sbom check": "sbom_check",
    "sbom list": "sbom_list",
    "sbom forget": "sbom_forget",
    "sbom attach": "sbom_attach",
    "sbom pull": "sbom_pull",
    "match": "match",
    "rematch": "rematch",
    "find": "find",
    "findings": "findings",
    "explain": "explain",
    "gate": "gate",
    "fix": "fix",
    "verify": "verify",
    "verdict list": "verdict_list",
    "verdict forget": "verdict_forget",
    "report": "report",
    "feeds update": "feeds_update",
    "feeds import": "feeds_import",
    "feeds export": "feeds_export",
    "feeds status": "feeds_status",
    "feeds list": "feeds_list",
    "feeds log": "feeds_log",
    "feeds diff": "feeds_diff",
    "policy show": "policy_show",
    "policy test": "policy_test",
    "exception add": "exception_add",
    "exception list": "exception_list",
    "exception lint": "exception_lint",
    "exception import": "exception_import",
    "vex create": "vex_create",
    "vex add": "vex_add",
    "vex lint": "vex_lint",
    "vex why": "vex_why",
    "vex merge": "vex_merge",
    "vex convert": "vex_convert",
    "vex sign": "vex_sign",
    "vex attach": "vex_attach",
    "vex pull": "vex_pull",
    "key create": "key_create",
    "key show": "key_show",
    "advisory new": "advisory_new",
    "advisory reserve": "advisory_reserve",
    "advisory revise": "advisory_revise",
    "advisory list": "advisory_list",
    "advisory show": "advisory_show",
    "advisory suggest": "advisory_suggest",
    "advisory lint": "advisory_lint",
    "advisory publish": "advisory_publish",
    "advisory link-cve": "advisory_link_cve",
    "advisory join": "advisory_join",
    "advisory unlink": "advisory_unlink",
    "advisory dispute": "advisory_dispute",
    "advisory split": "advisory_split",
    "advisory withdraw": "advisory_withdraw",
    "advisory lead-time": "advisory_lead_time",
    "evidence export": "evidence_export",
    "evidence verify": "evidence_verify",
    "validate": "validate",
    "doctor": "doctor",
    "version": "version",
}
GROUPS: dict[str, str] = {
    "sbom": "Bills of materials: generate, show, history, diff, check, list, attach, pull …",
    "feeds": "The merged advisory set: update, import, export, status, list, log, diff.",
    "policy": "Policies: show, test.",
    "exception": "Exceptions of the house: add, list, lint, import.",
    "verdict": "Verdicts in the store: list, forget.",
    "evidence": "Evidence of a period for auditors: export, verify.",
    "key": "Keys to sign with and to trust: create, show.",
    "vex": "VEX documents: create, add, lint, why, merge, convert, sign, attach, pull.",
    "advisory": "The house's own advisories, LDG-…: new, lint, publish, link-cve, lead-time …",
}
SHORT: dict[str, str] = {"-o": "output"}


class Command(Protocol):
    """What a module in this folder offers."""

    Options: type[Any]
    ARGUMENTS: tuple[str, ...]

    def run(self, options: Any) -> int:
        """Do it; return 0, or 1 for denied or wrong; raise LadingError for no answer."""
        ...


def command_of(argv: Sequence[str]) -> tuple[str, Sequence[str]] | None:
    """Return the command that `argv` names and the words after it, or None."""
    for words in (2, 1):
        name = " ".join(argv[:words])
        if len(argv) >= words and name in COMMANDS:
            return name, argv[words:]
    return None


def load(name: str) -> Command:
    """Import the module of the command `name`."""
    module: Any = import_module(f"lading.commands.{COMMANDS[name]}")
    return module  # type: ignore[no-any-return]
