"""How far the advisory set reaches into the components of all stored SBOMs."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from match.model import Coverage, Reach
from sbom.model import Component, Sbom, Subject

if TYPE_CHECKING:
    from match.set.store import AdvisorySet

BATCH = 20_000
"""Components held at a time."""


def stock_coverage(db: str, advisories: "AdvisorySet") -> Coverage | None:
    """Return how far a set can speak of the distinct components of a store; None: it has none."""
    from match.join import ask, look_up, measure

    areas = advisories.areas()
    found: list[Coverage] = []
    for components in _batches(db):
        sbom = Sbom(subject=Subject(), components=components)
        asked = ask(sbom, areas.releases)
        found.append(measure(sbom, asked, look_up(asked.lookups, advisories), advisories, areas))
    return _sum(found, advisories.reach()) if found else None


def unsaid(db: str, set_url: str) -> tuple[tuple[str, int], ...] | None:
    """Return why no feed speaks for some stored components, with their number.

    None: they are too many to be counted in passing.
    """
    from match.set.store import open_set
    from sbom.store import open_store
    from sbom.store.parts import highest

    with open_store(db, write=False) as database:
        if highest(database) > BATCH:
            return None
    with open_set(set_url) as advisories:
        stock = stock_coverage(db, advisories)
    if stock is None:
        return ()
    without_purl = (("no purl", stock.without_purl),) if stock.without_purl else ()
    return (*stock.without_feed, *without_purl)


def unsaid_note(found: tuple[tuple[str, int], ...] | None) -> str:
    """Say for how many stored components no feed speaks; empty where one does for all."""
    if found is None:
        return "not counted: stored components no feed speaks for (`lading feeds status`)"
    if not found:
        return ""
    number = sum(count for _, count in found)
    some = "1 stored component" if number == 1 else f"{number:,} stored components"
    reasons = ", ".join(f"{reason} ({count:,})" for reason, count in found)
    return f"unknown: for {some} no feed speaks: {reasons}"


def _batches(db: str) -> Iterator[tuple[Component, ...]]:
    from sbom.database import exists
    from sbom.store import open_store
    from sbom.store.parts import components, highest

    if not exists(db):
        return
    with open_store(db, write=False) as database:
        for low in range(0, highest(database) + 1, BATCH):
            batch = tuple(one for _, one in components(database, low, low + BATCH))
            if batch:
                yield batch


def _sum(found: Iterable[Coverage], reach: Reach | None) -> Coverage:
    without: Counter[str] = Counter()
    counts = {"components": 0, "matchable": 0, "without_purl": 0, "optional": 0}
    areas: dict[str, int] = {}
    for each in found:
        without.update(dict(each.without_feed))
        areas |= dict(each.reach.areas) if each.reach else {}
        for name in counts:
            counts[name] += getattr(each, name)
    whole = reach or Reach()
    return Coverage(
        **counts,
        without_feed=tuple(sorted(without.items())),
        reach=Reach(
            days=whole.days,
            since=whole.since,
            cves=whole.cves,
            matchable=whole.matchable,
            areas=tuple(sorted(areas.items())),
        ),
    )
