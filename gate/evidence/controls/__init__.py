"""The sentences of each framework, one file per framework: `TITLE`, `SOURCE`, `CONTROLS`.

All texts are our own paraphrase; ids and sections are the framework's, numbered where it has none.
"""

from importlib import import_module
from typing import Protocol

from gate.evidence.model import Control

FRAMEWORKS: dict[str, str] = {
    "sp800-190": "sp800_190",
    "ssdf": "ssdf",
    "cisa-2026": "cisa_2026",
    "cra": "cra",
}


class Framework(Protocol):
    """What a file of this folder offers."""

    TITLE: str
    SOURCE: str
    CONTROLS: tuple[Control, ...]


def framework(name: str) -> Framework:
    """Return the framework of a name of `FRAMEWORKS`."""
    found: Framework = import_module(f"gate.evidence.controls.{FRAMEWORKS[name]}")
    return found
