"""Profiles of minimum elements, one file each: `TITLE`, `SOURCE` and the table `ELEMENTS`.

An element is named in our own words, with the section that asks for it; `sbom.elements` judges it.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Literal, Protocol, cast

from msgspec import Struct

PROFILES = {
    "ntia-2021": "ntia_2021",
    "cisa-2026": "cisa_2026",
    "bsi-tr-03183-2": "bsi_tr_03183_2",
    "cra": "cra",
}

Holds = Callable[[str], bool]


class Element(Struct, frozen=True, kw_only=True):
    """One thing a document has to state.

    of: the document once, or each component.
    asks: the name in `sbom.elements.sheet.DOCUMENT` or `COMPONENT` under which it is looked for.
    need: `required`; `if_known`: where it exists, which a document cannot show, so it is told of
        and not scored.
    unknown: whether saying openly that it is unknown or withheld is enough.
    holds: what a stated word must be to count; None: any.
    must: the same, in words.
    """

    id: str
    title: str
    section: str
    of: Literal["document", "component"]
    asks: str
    need: Literal["required", "if_known"] = "required"
    unknown: bool = False
    holds: Holds | None = None
    must: str = ""


class Profile(Protocol):
    """What a file of this folder offers."""

    TITLE: str
    SOURCE: str
    ELEMENTS: tuple[Element, ...]


def profile(name: str) -> Profile:
    """Import a profile; KeyError where there is none of the name."""
    return cast("Profile", import_module(f"sbom.profiles.{PROFILES[name]}"))
