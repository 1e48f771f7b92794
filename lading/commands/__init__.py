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
    "sbom list": "sbom_list",
    "sbom attach": "sbom_attach",
    "sbom pull": "sbom_pull",
    "match": "match",
    "explain": "explain",
    "gate": "gate",
    "fix": "fix",
    "report": "report",
    "feeds import": "feeds_import",
    "feeds status": "feeds_status",
    "feeds list": "feeds_list",
    "policy show": "policy_show",
    "policy test": "policy_test",
    "vex create": "vex_create",
    "vex add": "vex_add",
    "vex lint": "vex_lint",
    "vex why": "vex_why",
    "vex merge": "vex_merge",
    "vex convert": "vex_convert",
    "key create": "key_create",
    "key show": "key_show",
    "validate": "validate",
    "doctor": "doctor",
    "version": "version",
}
GROUPS: dict[str, str] = {
    "sbom": "Software bills of materials: generate, show, convert, list, attach, pull.",
    "feeds": "The merged advisory set: import, status, list.",
    "policy": "Policies: show, test.",
    "key": "Keys to sign with and to trust: create, show.",
    "vex": "VEX documents: create, add, lint, why, merge, convert.",
}
SHORT: dict[str, str] = {"-o": "output"}


class Command(Protocol):
    """What a module in this folder offers."""

    Options: type[Any]
    ARGUMENTS: tuple[str, ...]

    def run(self, options: Any) -> int:
        """Do it; return 0, or 1 for denied or wrong; raise LadingError for no answer."""
        ...


def find(argv: Sequence[str]) -> tuple[str, Sequence[str]] | None:
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
