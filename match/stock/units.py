"""Which components of an SBOM decide together, once for all the SBOMs that hold the same.

A finding is of a purl (rules.md 17) and may hang on the distribution package that owns the files
(rule 11). So a unit is the components of one purl and the owners of their files that an SBOM has.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from msgspec import Struct
from pyroaring import BitMap

from match.stock.keys import named
from sbom.database import Database
from sbom.model import Component, Distro, Sbom, Subject
from sbom.store.parts import components_of, holders_of

NOBODY = BitMap()


class Unit(Struct, frozen=True, gc=False):
    """The numbers of a purl's components and of their files' owners, and the SBOMs with just these.

    absent: makers of the components that are no component of these SBOMs.
    """

    purl: str
    members: tuple[int, ...]
    owners: tuple[int, ...]
    absent: tuple[str, ...]
    holders: BitMap


class Stock(Struct, frozen=True, gc=False):
    """Distinct components by number, with the SBOMs that hold each, and all of each purl."""

    components: dict[int, Component]
    holders: dict[int, BitMap]
    by_purl: dict[str, list[int]]


class Round(Struct, gc=False):
    """Units that can be matched as one SBOM: none says of a purl what another denies."""

    distro: Distro | None
    units: dict[str, Unit]
    wants: dict[str, tuple[int, ...]]


def around(database: Database, numbers: Collection[int]) -> Stock:
    """Return components with all that decides with them: of the same purl, and their owners."""
    found = components_of(database, numbers)
    asked: set[str] = set()
    while wanted := _purls(found.values()) - asked:
        asked |= wanted
        found |= components_of(database, named(database, wanted) - found.keys())
    return stock_of(database, found)


def stock_of(database: Database, found: dict[int, Component]) -> Stock:
    """Return components with the SBOMs that hold them; of what nobody holds there is nothing."""
    holders = {n: held for n, held in holders_of(database, found).items() if held}
    components = {number: each for number, each in found.items() if number in holders}
    by_purl: dict[str, list[int]] = {}
    for number in sorted(components):
        by_purl.setdefault(components[number].purl, []).append(number)
    return Stock(components, holders, by_purl)


def units(stock: Stock, purls: Iterable[str]) -> Iterator[Unit]:
    """Yield the units of these purls."""
    for purl in purls:
        numbers = stock.by_purl.get(purl, [])
        if len(numbers) == 1 and not stock.components[numbers[0]].maker:
            yield Unit(purl, (numbers[0],), (), (), stock.holders[numbers[0]])
            continue
        for members, held in _split(stock, numbers, _union(stock, numbers)):
            if members:
                makers = {stock.components[n].maker or "" for n in members} - {"", purl}
                yield from _owned(stock, purl, members, sorted(makers), held)


def rounds(found: Iterable[Unit], stock: Stock) -> list[Round]:
    """Return the units in as few rounds as it takes."""
    by_distro: defaultdict[Distro | None, list[Round]] = defaultdict(list)
    for unit in found:
        distro = _distro(unit, stock) if unit.owners or unit.absent else None
        wants = _wants(unit, stock)
        known = by_distro[distro]
        for each in known:
            if unit.purl not in each.units and all(
                each.wants.get(purl, numbers) == numbers for purl, numbers in wants.items()
            ):
                break
        else:
            known.append(each := Round(distro, {}, {}))
        each.units[unit.purl] = unit
        each.wants |= wants
    return [each for known in by_distro.values() for each in known]


def sbom_of(each: Round, stock: Stock) -> Sbom:
    """Return the SBOM that stands for a round."""
    numbers = [number for wanted in each.wants.values() for number in wanted]
    components = tuple(stock.components[number] for number in numbers)
    return Sbom(subject=Subject(), distro=each.distro, components=components)


def _purls(components: Iterable[Component]) -> set[str]:
    """Return the purls of components and of their makers."""
    return {str(p) for each in components for p in (each.purl, each.maker) if p}


def _union(stock: Stock, numbers: Iterable[int]) -> BitMap:
    return BitMap.union(NOBODY, *(stock.holders[number] for number in numbers))


def _split(
    stock: Stock, numbers: Iterable[int], among: BitMap
) -> list[tuple[tuple[int, ...], BitMap]]:
    """Split SBOMs by which of some components they hold."""
    parts: list[tuple[tuple[int, ...], BitMap]] = [((), among)]
    for number in numbers:
        held = stock.holders[number]
        split = [((*those, number), sboms & held) for those, sboms in parts]
        split += [(those, sboms - held) for those, sboms in parts]
        parts = [(those, sboms) for those, sboms in split if sboms]
    return parts


def _owned(
    stock: Stock, purl: str, members: tuple[int, ...], makers: list[str], held: BitMap
) -> Iterator[Unit]:
    """Yield the units of some components by which of their owners the SBOMs have."""
    candidates = [number for maker in makers for number in stock.by_purl.get(maker, ())]
    for owners, sboms in _split(stock, candidates, held):
        there = {stock.components[number].purl for number in owners}
        absent = tuple(maker for maker in makers if maker not in there)
        yield Unit(purl, members, owners, absent, sboms)


def _wants(unit: Unit, stock: Stock) -> dict[str, tuple[int, ...]]:
    """Return what a unit says of each purl: the components of it that are there, or none."""
    wants: dict[str, tuple[int, ...]] = {unit.purl: unit.members}
    for number in unit.owners:
        purl = stock.components[number].purl
        wants[purl] = (*wants.get(purl, ()), number)
    return wants | dict.fromkeys(unit.absent, ())


def _distro(unit: Unit, stock: Stock) -> Distro | None:
    """Return the release that judges owners which state none: the components' own."""
    return next((d for n in unit.members if (d := stock.components[n].distro)), None)
