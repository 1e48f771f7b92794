"""Names of house advisories: `LDG-YYYY-NNNN`, or `LDG-ACME-YYYY-NNNN` of an organisation (rule 16).

The year is that of allocation; the number has at least four digits and grows past them.
"""

import re
from typing import NamedTuple

from sbom.errors import InputError

HOUSE = "LDG"
ID = re.compile(r"LDG-(?:([A-Z][A-Z0-9]{1,15})-)?([0-9]{4})-([0-9]{4,9})", re.ASCII)
ORGANISATION = re.compile(r"[A-Z][A-Z0-9]{1,15}", re.ASCII)
HINT = "two to sixteen capital letters and digits, a letter first: ACME"


class Name(NamedTuple):
    """An id taken apart; an empty organisation is the house without a name."""

    organisation: str
    year: int
    number: int


def write(name: Name) -> str:
    """Return the id."""
    parts = (HOUSE, name.organisation, f"{name.year:04}", f"{name.number:04}")
    return "-".join(part for part in parts if part)


def parse(text: str) -> Name:
    """Read an id in any letter case.

    Raises:
        InputError: where it is none, or spelled with more zeros than it has.
    """
    found = ID.fullmatch(text.strip().upper())
    name = Name(found[1] or "", int(found[2]), int(found[3])) if found else None
    if name is None or not name.number or write(name) != text.strip().upper():
        raise InputError(f"{text}: no id of a house advisory", "as LDG-2026-0001")
    return name


def is_house(text: str) -> bool:
    """Whether a text is the id of a house advisory, as it is written."""
    return ID.fullmatch(text) is not None


def organisation(text: str) -> str:
    """Return the organisation of a prefix, which may be given as `ACME` or `LDG-ACME`.

    Raises:
        InputError: where no id could be made of it.
    """
    name = text.strip().upper().removeprefix(f"{HOUSE}-").rstrip("-")
    if name in {"", HOUSE}:
        return ""
    if not ORGANISATION.fullmatch(name):
        raise InputError(f"{text}: not a prefix of an organisation", HINT)
    return name
