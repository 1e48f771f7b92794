"""What became of the stock's findings from one state of the set to another, at the delta's price.

What changed in the set says which vulnerabilities can differ; only the components in their ranges,
then or now, are matched, each once for all the SBOMs that hold it. A law in the tests holds that
this equals matching everything in both states.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from msgspec.structs import replace

from match.changes.history import bearing, differing
from match.changes.told import Told, told
from match.changes.transitions import ById, by_id, transitions
from match.ecosystems import keys_of
from match.model import Finding, Resolution
from match.resolve import resolve
from match.set.opening import opened
from match.set.past import open_past
from match.set.states import State
from match.set.store import AdvisorySet
from match.stock.events import Held
from match.stock.keys import in_ranges, package_of
from match.stock.narrow import open_narrow, releases_of
from match.stock.needed import needed
from match.stock.units import Round, Stock, Unit, around, rounds, sbom_of, units
from sbom.database import Database
from sbom.distro import judges
from sbom.model import Component, Sbom
from sbom.store.parts import components, highest


def differ(database: Database, url: str, before: State, after: State) -> list[Held]:
    """Return the transitions of all kept SBOMs from one state of a set to a later one.

    Args:
        database: the store of the SBOMs, open; its keys are fresh (`match.stock.keys`).
        url: the store of the set.
        before: the earlier state.
        after: the later one.

    Raises:
        StoreError: where the set cannot be read.
    """
    with opened(url) as connection:
        rows = differing(connection, before, after)
        rows = needed(database, connection, rows, before, after)
        changes = by_id(bearing(connection, rows))
        releases = releases_of(connection, before), releases_of(connection, after)
    moved = _moved(database, *releases) if _came(*releases) else {}
    found: list[Held] = []
    if changes:
        with open_narrow(url, before, changes) as one, open_narrow(url, after, changes) as other:
            stock = around(database, in_ranges(database, (*one.ranges(), *other.ranges())))
            others = [purl for purl in stock.by_purl if purl not in moved]
            found += _compare(stock, others, one, other, changes, one.ids | other.ids)
    if moved:
        found += _of_moved(database, url, (before, after), moved, changes)
    found.sort(key=lambda held: (_order(held.told), held.unit))
    return found


def _moved(database: Database, *releases: Mapping[str, int]) -> dict[str, set[int]]:
    """Return, by purl, the components that other feeds judge now than before.

    That is so where a release came to the set, or left it (CentOS is judged by RHEL's till then).
    """
    came = _came(*releases)
    found: defaultdict[str, set[int]] = defaultdict(set)
    for number, each in components(database, 1, highest(database) + 1):
        then, now = (keys_of(each, None, covered) for covered in releases)
        owned = each.maker and each.distro and not came.isdisjoint(judges(each.distro))
        if then != now or owned:
            found[each.purl].add(number)
    return found


def _came(before: Mapping[str, int], after: Mapping[str, int]) -> set[str]:
    """Return the releases that came to the set or left it, or are judged otherwise by now."""
    stood = ({(name, count > 0) for name, count in each.items()} for each in (before, after))
    return {name for name, _ in set.symmetric_difference(*stood)}


def _of_moved(
    database: Database,
    url: str,
    states: tuple[State, State],
    moved: dict[str, set[int]],
    changes: ById,
) -> Iterator[Held]:
    """Compare components in all their vulnerabilities."""
    stock = around(database, set().union(*moved.values()))
    with open_past(url, states[0]) as one, open_past(url, states[1]) as other:
        yield from _compare(stock, list(moved), one, other, changes, None)


def _compare(
    stock: Stock,
    purls: Collection[str],
    one: AdvisorySet,
    other: AdvisorySet,
    changes: ById,
    ids: frozenset[str] | None,
) -> Iterator[Held]:
    """Yield the transitions of some purls. ids: only of these vulnerabilities; None: of all."""
    for each in rounds(units(stock, purls), stock):
        sbom = sbom_of(each, stock)
        then, now = (_findings(sbom, advisories, each, ids) for advisories in (one, other))
        releases = one.areas().releases | other.areas().releases
        found = transitions(then, now)
        differing = {t.finding.component.purl for t in found}
        packages = {str(p): _packages(each.units[p], stock, releases) for p in differing}
        for transition in found:
            unit = each.units[transition.finding.component.purl]
            name = " ".join(map(str, (*unit.members, "of", *unit.owners, *unit.absent)))
            yield Held(told(transition, changes, packages[unit.purl]), name, unit.holders)


def _findings(
    sbom: Sbom, advisories: AdvisorySet, each: Round, ids: frozenset[str] | None
) -> Resolution:
    resolution = resolve(sbom, advisories)
    kept = (f for f in resolution.findings if f.component.purl in each.units and _of(f, ids))
    return replace(resolution, findings=tuple(kept))


def _of(finding: Finding, ids: frozenset[str] | None) -> bool:
    return ids is None or finding.vulnerability.id in ids


def _packages(unit: Unit, stock: Stock, releases: Mapping[str, int]) -> frozenset[str]:
    """Return `scheme:name` of all that decides on a unit."""
    parts: list[Component] = [stock.components[n] for n in (*unit.members, *unit.owners)]
    return frozenset(package_of(k) for each in parts for k in keys_of(each, None, releases))


def _order(each: Told) -> tuple[int, float, str, str]:
    """Put first what is new, and of that the highest score."""
    score = -1.0 if each.score is None else each.score
    return ("new", "changed", "gone").index(each.kind), -score, each.id, each.purl
