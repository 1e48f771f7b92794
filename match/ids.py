"""Ids of vulnerabilities: how they are spelled, and which of several names one (rule 7)."""

import re
from functools import lru_cache
from typing import TypeVar

Id = TypeVar("Id", bound=str)

# fmt: off
OPEN_PREFIXES = ("CVE", "GHSA", "GO", "PYSEC", "RUSTSEC")
"""Prefixes in the order in which they name a group, first of all others."""
DISTRIBUTION_PREFIXES = frozenset({
    "ALAS", "ALAS2", "ALBA", "ALEA", "ALPINE", "ALSA", "AZL", "BELL", "CESA", "CGA",
    "CLEANSTART", "DEBIAN", "DLA", "DSA", "DTSA", "ECHO", "ELBA", "ELEA", "ELSA", "FEDORA", "GLSA",
    "LSN", "MGASA", "MINI", "OESA", "OPENSUSE", "PHSA", "RHBA", "RHEA", "RHEL", "RHSA", "RLBA",
    "RLEA", "RLSA", "ROOT", "RXSA", "SUSE", "TEMP", "UBUNTU", "USN", "WOLFI",
})
# fmt: on
HOUSE_PREFIX = "LDG"
UNSTABLE_PREFIX = "TEMP"
"""Debian's ids until there is a CVE: another tomorrow, so they are nobody's alias and name nothing
that has another id."""
OTHER, DISTRIBUTION, HOUSE, UNSTABLE = (len(OPEN_PREFIXES) + n for n in range(4))
KINDS = {
    **dict.fromkeys(DISTRIBUTION_PREFIXES, DISTRIBUTION),
    **{prefix: kind for kind, prefix in enumerate(OPEN_PREFIXES)},
    HOUSE_PREFIX: HOUSE,
    UNSTABLE_PREFIX: UNSTABLE,
}

DIGITS = re.compile(r"(\d+)")
LONGEST_KEPT = 200
"""Longer ids are taken apart each time, so that what is kept stays small."""

Order = tuple[int, tuple[tuple[int, int, str], ...], str]


def in_order(ids: set[Id]) -> list[Id]:
    """Return ids in the canonical order.

    Most groups have one id of each kind, whose numbers need not be looked at: a third of the time.
    """
    kinds = {_kind(id_): id_ for id_ in ids}
    if len(kinds) == len(ids):
        return [kinds[kind] for kind in sorted(kinds)]
    return sorted(ids, key=order)


def order(id_: str) -> Order:
    """Return the sort key of the canonical order: by kind of id, then the smallest number first."""
    return (_order if len(id_) <= LONGEST_KEPT else _order.__wrapped__)(id_)


@lru_cache(maxsize=1 << 16)
def _order(id_: str) -> Order:
    return _kind(id_), tuple(_piece(piece) for piece in DIGITS.split(id_) if piece), id_


def spellings(text: str) -> tuple[str, ...]:
    """Return how publishers may spell an id that somebody wrote, as it stands first.

    GitHub's have capitals in front alone; nearly all others have them throughout.
    """
    text = text.strip()
    prefix, dash, rest = text.partition("-")
    every = (text, text.upper(), f"{prefix.upper()}{dash}{rest.lower()}")
    return tuple(dict.fromkeys(every))


def _kind(id_: str) -> int:
    return KINDS.get(id_.partition("-")[0].upper(), OTHER)


def _piece(text: str) -> tuple[int, int, str]:
    """Return the sort key of digits, by their number, or of what stands between them.

    Of digits the longer is the greater: a publisher may write more of them than `int` reads.
    """
    if not (text.isdecimal() and text.isascii()):
        return 0, 0, text
    digits = text.lstrip("0")
    return 1, len(digits), digits
