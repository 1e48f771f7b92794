"""Ignore files of other tools, one file per tool: `read(data, name)` → (rules, what is left).

A rule that no exception can say is left, with a sentence: nothing is widened.
"""

from importlib import import_module
from typing import NamedTuple, Protocol

TOOLS = ("grype", "osv-scanner", "trivy")


class Ignored(NamedTuple):
    """One rule as an exception could say it; what it does not say is left empty.

    until: the last day it holds; fixed_ends: whether a published fix ends it.
    """

    vulnerability: str
    reason: str = ""
    packages: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    until: str = ""
    fixed_ends: bool = False


class Tool(Protocol):
    """What a module of this folder offers."""

    def read(self, data: bytes, name: str) -> tuple[tuple[Ignored, ...], tuple[str, ...]]:
        """Return the rules, and a sentence for each that no exception can say.

        Raises:
            InputError: where the file is none of the tool's.
        """
        ...


def reader(tool: str) -> Tool:
    """Return the module of a tool."""
    module: Tool = import_module(f"gate.ignores.{tool.replace('-', '_')}")
    return module
