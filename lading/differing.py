"""Two SBOMs compared for people: `sbom.diff` finds the pairs, `match` orders their versions."""

from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec import Struct

from sbom.diff import Difference, Pair, compare, package_of
from sbom.distro import qualifier
from sbom.facts import Fact
from sbom.model import Component, Digest, Sbom

Event = Literal["added", "removed", "upgraded", "downgraded", "rebuilt", "changed"]
EVENTS: tuple[Event, ...] = ("added", "removed", "upgraded", "downgraded", "rebuilt", "changed")


class Side(Struct, frozen=True, kw_only=True, gc=False):
    """One of the two: how it is called, its distribution, and its image where it is one."""

    name: str
    distro: str
    image_id: Digest | None
    manifest: Digest | None
    components: int


class Entry(Struct, frozen=True, kw_only=True, gc=False):
    """What became of one package.

    purl, version: as it is after, or was before where it was removed.
    was: the version before, of a package that is on both sides.
    layer, number, created_by, path: where it is, or was; number counts layers from 1.
    """

    event: Event
    package: str
    purl: str
    version: str
    was: str = ""
    was_purl: str = ""
    layer: Digest | None = None
    number: int = 0
    created_by: str = ""
    path: str = ""


class Relicensed(Struct, frozen=True, kw_only=True, gc=False):
    """A package whose licences differ."""

    purl: str
    before: tuple[str, ...]
    after: tuple[str, ...]


class Named(Struct, frozen=True, kw_only=True, gc=False):
    """A configuration fact."""

    name: str
    value: str


class Comparison(Struct, frozen=True, kw_only=True, gc=False):
    """All that differs, by event and package."""

    before: Side
    after: Side
    packages: tuple[Entry, ...]
    unchanged: int
    licenses: tuple[Relicensed, ...]
    facts_added: tuple[Named, ...]
    facts_removed: tuple[Named, ...]
    layers_shared: int
    schema: str = "lading-diff/1"

    @property
    def differs(self) -> bool:
        """Whether anything of what is in the images, or of how they run, is different."""
        told = (self.packages, self.licenses, self.facts_added, self.facts_removed)
        return any(told) or self.before.distro != self.after.distro


def compared(before: Sbom, after: Sbom) -> Comparison:
    """Return what differs, with the direction of each change and the layer it lies in."""
    found = compare(before, after)
    entries = sorted(_entries(found, before, after), key=_order)
    return Comparison(
        before=_side(before),
        after=_side(after),
        packages=tuple(entries),
        unchanged=found.unchanged,
        licenses=tuple(
            Relicensed(purl=p.after.purl, before=p.before.licenses, after=p.after.licenses)
            for p in found.licenses
        ),
        facts_added=_named(found.facts_added),
        facts_removed=_named(found.facts_removed),
        layers_shared=found.layers_shared,
    )


def _named(facts: Iterable[Fact]) -> tuple[Named, ...]:
    return tuple(Named(name=name, value=value) for name, value in facts)


def _side(sbom: Sbom) -> Side:
    subject = sbom.subject
    return Side(
        name=subject.name,
        distro=qualifier(sbom.distro) if sbom.distro else "",
        image_id=subject.image_id,
        manifest=subject.manifest,
        components=len(sbom.components),
    )


def _entries(found: Difference, before: Sbom, after: Sbom) -> Iterator[Entry]:
    from match.changes.direction import direction

    for one in found.added:
        yield _entry("added", one, after)
    for one in found.removed:
        yield _entry("removed", one, before)
    for pair in found.changed:
        yield _entry(direction(pair.before, pair.after), pair.after, after, pair)


def _entry(event: Event, one: Component, sbom: Sbom, pair: Pair | None = None) -> Entry:
    seen = one.evidence[0] if one.evidence else None
    layer = seen.layer if seen else None
    number, step = next(
        ((n, each) for n, each in enumerate(sbom.layers, 1) if each.diff_id == layer), (0, None)
    )
    return Entry(
        event=event,
        package="/".join(filter(None, package_of(one))),
        purl=one.purl,
        version=one.version,
        was=pair.before.version if pair else "",
        was_purl=pair.before.purl if pair else "",
        layer=layer,
        number=number,
        created_by=step.created_by if step else "",
        path=seen.path if seen else "",
    )


def _order(entry: Entry) -> tuple[int, str, str, str]:
    return EVENTS.index(entry.event), entry.package, entry.version, entry.purl
