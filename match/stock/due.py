"""What becomes so by time alone: the day passes on which a release's support ends (rules.md 22).

Each component stands under that day among the keys. So what falls due from one day to another is a
walk in the index, and nothing where no day is passed.
"""

from typing import Literal

from msgspec import Struct
from pyroaring import BitMap

from match.stock.keys import UNTIL, Range, in_ranges
from sbom.database import Database
from sbom.distro import release_key
from sbom.store.parts import components_of, holders_of
from sbom.support import last_supported_day


class Due(Struct, frozen=True, kw_only=True):
    """A release whose packages get no security updates any more.

    release: its key (rules.md 1). until: the last day of its support (YYYY-MM-DD).
    """

    kind: Literal["due"] = "due"
    release: str
    until: str
    because: str


class Fallen(Struct, frozen=True, gc=False):
    """What fell due, and the SBOMs that hold packages of it."""

    due: Due
    holders: BitMap


def fallen_due(database: Database, before: str, now: str) -> list[Fallen]:
    """Return the releases of the stock that were supported on one day and are not on a later one.

    Args:
        database: the store of the SBOMs, open; its keys are fresh (`match.stock.keys`).
        before: a day (YYYY-MM-DD).
        now: another; where it is not the later one, nothing fell due.
    """
    if before >= now:
        return []
    numbers = in_ranges(database, [Range(UNTIL, before.encode(), now.encode())])
    held = holders_of(database, numbers)
    found: dict[tuple[str, str], BitMap] = {}
    for number, each in components_of(database, numbers).items():
        if each.distro:
            release = last_supported_day(each.distro), release_key(each.distro)
            found[release] = found.get(release, BitMap()) | held.get(number, BitMap())
    return [
        Fallen(_due(release, until), holders)
        for (until, release), holders in sorted(found.items(), key=lambda pair: pair[0])
        if holders
    ]


def _due(release: str, until: str) -> Due:
    because = f"support of {release} ended on {until}; what is found since then may never be said"
    return Due(release=release, until=until, because=because)
