"""Which images of the stock have a vulnerability: the question of an emergency, in milliseconds.

Asked of the present set, whether or not the stock was matched with it.
"""

from typing import Literal

from msgspec import Struct
from msgspec.json import Encoder
from pyroaring import BitMap

from match.ids import order, spellings
from match.model import Finding
from match.resolve import resolve
from match.set.states import states
from match.set.store import open_set
from match.stock.events import Image, by_name, images_of
from match.stock.keys import in_ranges, refresh
from match.stock.narrow import open_narrow
from match.stock.units import around, rounds, sbom_of, units
from sbom.errors import InputError
from sbom.model import Digest, Evidence
from sbom.store import open_store

SCHEMA: Literal["lading-found/1"] = "lading-found/1"


class Seen(Struct, frozen=True, kw_only=True):
    """Where an image has a component: the path, and the layer that brought it."""

    path: str
    layer: Digest | None = None


class Holder(Struct, frozen=True, kw_only=True):
    """An image that has it. places: empty where nobody asked for them."""

    image: Image
    places: tuple[Seen, ...] = ()


class Affected(Struct, frozen=True, kw_only=True):
    """One component that has the vulnerability, and the images that hold it."""

    id: str
    purl: str
    advisory: str
    feed: str
    outcome: str
    score: float | None
    fix: str
    fixed: tuple[str, ...]
    because: str
    images: tuple[Holder, ...]


class Found(Struct, frozen=True, kw_only=True):
    """Everything of the stock that has a vulnerability, the most widespread first.

    ids: all names of it, the canonical one first. state: digest of the advisory set. searched: how
    many images were asked; images: how many of them have it. unsaid: why no feed speaks for some
    stored components, with their number; null: they were not counted.
    """

    schema: Literal["lading-found/1"]
    asked: str
    ids: tuple[str, ...]
    state: str
    searched: int
    images: int
    affected: tuple[Affected, ...]
    unsaid: tuple[tuple[str, int], ...] | None = None


def seek(url: str, set_url: str, id_: str, *, places: bool = False) -> Found:
    """Return what of the stock has a vulnerability.

    Args:
        url: the store of the SBOMs.
        set_url: the store of the advisory set, the same or another.
        id_: any name of it, or an advisory that names it, in small letters or large ones.
        places: also say in which layer and file; that reads the document of each image.

    Raises:
        InputError: where the set does not know the id.
        StoreError: where a store cannot be used.
    """
    refresh(url)
    names = _names(set_url, id_)
    held: list[tuple[Finding, BitMap]] = []
    now = states(set_url)[-1]
    with (
        open_store(url, write=False) as database,
        open_narrow(set_url, now, names) as narrow,
    ):
        stock = around(database, in_ranges(database, narrow.ranges()))
        for each in rounds(units(stock, stock.by_purl), stock):
            for finding in resolve(sbom_of(each, stock), narrow).findings:
                unit = each.units.get(finding.component.purl)
                if unit and finding.vulnerability.id in names:
                    held.append((finding, unit.holders))
        images = images_of(database, BitMap.union(BitMap(), *(h for _, h in held)))
        (searched,) = database.execute("SELECT count(*) FROM sbom").fetchone()
    found = [(finding, by_name(holders, images)) for finding, holders in held]
    affected = [_affected(url if places else "", finding, images) for finding, images in found]
    affected.sort(key=lambda a: (-len(a.images), a.id, a.purl))
    return Found(
        schema=SCHEMA,
        asked=id_,
        ids=tuple(sorted(names, key=order)),
        state=now.digest,
        searched=searched,
        images=len(images),
        affected=tuple(affected),
    )


def render_json(found: Found) -> bytes:
    """Return the answer as JSON (schemas/found.schema.json)."""
    return Encoder(order="sorted").encode(found) + b"\n"


def _names(set_url: str, id_: str) -> set[str]:
    """Return all names of the vulnerabilities that an id leads to."""
    with open_set(set_url) as advisories:
        for spelling in spellings(id_):
            if gids := advisories.groups_of(spelling):
                known = advisories.vulnerabilities(gids).values()
                return {name for v in known for name in (v.id, *v.aliases)}
    if not id_.strip():
        raise InputError("no id", "name a vulnerability, such as CVE-2021-44228")
    told = f"{id_.strip()}: the advisory set does not know it"
    raise InputError(told, "`lading feeds update` brings the newest")


def _affected(url: str, finding: Finding, images: tuple[Image, ...]) -> Affected:
    purl = finding.component.purl
    return Affected(
        id=finding.vulnerability.id,
        purl=purl,
        advisory=finding.advisory,
        feed=finding.feed,
        outcome=finding.outcome,
        score=finding.severity.score if finding.severity else None,
        fix=finding.fix,
        fixed=finding.fixed,
        because=finding.because,
        images=tuple(
            Holder(image=image, places=_places(url, image.digest, purl) if url else ())
            for image in images
        ),
    )


def _places(url: str, digest: str, purl: str) -> tuple[Seen, ...]:
    from sbom.formats import read
    from sbom.store import get

    sbom = read(get(url, digest), digest)
    evidence: list[Evidence] = [e for c in sbom.components if c.purl == purl for e in c.evidence]
    return tuple(dict.fromkeys(Seen(path=e.path, layer=e.layer) for e in evidence))
