"""Every kept SBOM held against the set at once: each distinct component is matched once."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import Literal

from msgspec import Struct
from pyroaring import BitMap

from match.model import Finding, SetState
from match.resolve import resolve
from match.set.store import open_set
from match.stock.events import Image, images_of
from match.stock.keys import in_ranges, packages_of, refresh
from match.stock.narrow import ranges_on
from match.stock.units import Round, Stock, around, rounds, sbom_of, units
from sbom.database import Database
from sbom.model import Sbom, Subject
from sbom.store import open_store
from sbom.store.parts import parts_of

SCHEMA: Literal["lading-stock/1"] = "lading-stock/1"
AT_ONCE = 20_000
"""Components that are matched together: what they cost in memory does not grow with the stock."""

Report = Callable[[int, int, str], None]


class Short(Struct, frozen=True, kw_only=True, gc=False):
    """A finding as lists of many images have it."""

    id: str
    purl: str
    advisory: str
    feed: str
    outcome: str
    score: float | None
    fix: str
    fixed: tuple[str, ...]
    exploited: bool


class Listed(Struct, frozen=True, kw_only=True):
    """One image with its findings, the highest score first."""

    schema: Literal["lading-stock/1"]
    image: Image
    state: str
    findings: tuple[Short, ...]


class Matched(Struct, frozen=True):
    """All findings of the stock: each once, with the SBOMs that have it."""

    state: SetState
    images: dict[int, Image]
    found: list[tuple[Short, BitMap]]

    def by_image(self) -> Iterator[Listed]:
        """Yield each image by name, with its findings."""
        of: defaultdict[int, list[Short]] = defaultdict(list)
        for short, holders in sorted(self.found, key=lambda pair: _order(pair[0])):
            for number in holders:
                of[number].append(short)
        for number, image in sorted(self.images.items(), key=lambda pair: pair[1].name):
            yield Listed(
                schema=SCHEMA,
                image=image,
                state=self.state.digest,
                findings=tuple(of[number]),
            )


def match_all(url: str, set_url: str, name: str = "", report: Report | None = None) -> Matched:
    """Match all SBOMs of a store, or those whose name is like `name` (`*`, `?`).

    Args:
        url: the store of the SBOMs.
        set_url: the store of the advisory set, the same or another.
        name: of the images; empty: all.
        report: told how far it is.

    Raises:
        StoreError: where a store cannot be used.
    """
    refresh(url)
    with open_store(url, write=False) as database, open_set(set_url) as advisories:
        rows = database.execute("SELECT number, name FROM sbom").fetchall()
        wanted = BitMap([n for n, called in rows if not name or fnmatchcase(called, name)])
        stock = _stock(database, set_url, None if len(wanted) == len(rows) else wanted)
        found: list[tuple[Short, BitMap]] = []
        done, total = 0, len(stock.components)
        for each in rounds(units(stock, stock.by_purl), stock):
            for sbom in _pieces(each, stock):
                if report:
                    report(done, total, "components")
                done += len(sbom.components)
                for finding in resolve(sbom, advisories).findings:
                    unit = each.units.get(finding.component.purl)
                    if unit and (holders := unit.holders & wanted):
                        found.append((short_of(finding), holders))
        return Matched(advisories.state, images_of(database, wanted), found)


def short_of(finding: Finding) -> Short:
    """Return what lists show of a finding."""
    return Short(
        id=finding.vulnerability.id,
        purl=finding.component.purl,
        advisory=finding.advisory,
        feed=finding.feed,
        outcome=finding.outcome,
        score=finding.severity.score if finding.severity else None,
        fix=finding.fix,
        fixed=finding.fixed,
        exploited=finding.vulnerability.kev is not None,
    )


def _stock(database: Database, set_url: str, sboms: BitMap | None) -> Stock:
    """Return the components of some SBOMs, or of all, that lie in any range of the set."""
    hit = BitMap(in_ranges(database, ranges_on(set_url, packages_of(database))))
    if sboms is not None:
        hit &= BitMap.union(BitMap(), *parts_of(database, sboms).values())
    return around(database, set(hit))


def _pieces(each: Round, stock: Stock) -> Iterator[Sbom]:
    """Yield a round in pieces; one in which components hang on others stays whole."""
    whole = sbom_of(each, stock)
    if any(unit.owners or unit.absent for unit in each.units.values()):
        yield whole
        return
    parts = sorted(whole.components, key=lambda c: c.purl)
    start = 0
    while start < len(parts):
        end = min(start + AT_ONCE, len(parts))
        while end < len(parts) and parts[end].purl == parts[end - 1].purl:
            end += 1
        yield Sbom(subject=Subject(), distro=each.distro, components=tuple(parts[start:end]))
        start = end


def _order(short: Short) -> tuple[float, str, str]:
    return -(-1.0 if short.score is None else short.score), short.id, short.purl
