"""How far the advisory set can speak of an SBOM at all: silence must never look like clean."""

from collections import Counter
from collections.abc import Container, Sequence

from match.ecosystems import Lookup, area_of
from match.model import Coverage
from sbom.model import Component, Sbom


def measure(
    sbom: Sbom,
    lookups: Sequence[tuple[Lookup, ...]],
    strangers: Sequence[str],
    areas: tuple[Container[str], Container[str]],
    unmatchable: int,
) -> Coverage:
    """Count the components that some feed of the set speaks for, and why the others have none.

    Args:
        sbom: its components, in the order of `lookups` and `strangers`.
        lookups: what each component is looked up under.
        strangers: for a package of a third-party repository, who made it; else empty.
        areas: the releases and the ecosystems the set speaks for.
        unmatchable: ranges of the set that no version can be held against.
    """
    matchable = 0
    without: Counter[str] = Counter()
    for component, keys, stranger in zip(sbom.components, lookups, strangers, strict=True):
        if not component.purl:
            continue
        if not stranger and any(_spoken_for(key, areas) for key in keys):
            matchable += 1
        else:
            without[_reason(component, keys, stranger)] += 1
    return Coverage(
        components=len(sbom.components),
        matchable=matchable,
        without_purl=sum(not c.purl for c in sbom.components),
        optional=sum(c.scope == "optional" for c in sbom.components),
        without_feed=tuple(sorted(without.items())),
        unmatchable_ranges=unmatchable,
    )


def _spoken_for(lookup: Lookup, areas: tuple[Container[str], Container[str]]) -> bool:
    releases, ecosystems = areas
    key = lookup.key
    if lookup.whole:
        return key.release in ecosystems
    if key.release:
        return key.release in releases
    return area_of(key.scheme, "", key.name) in ecosystems


def _reason(component: Component, keys: tuple[Lookup, ...], stranger: str) -> str:
    """Return why no feed speaks for a component, the same for all of its kind."""
    if stranger:
        return f"no feed for packages of {stranger}"
    if keys:
        key = keys[0].key
        return f"no feed for {area_of(key.scheme, key.release, key.name)}"
    kind = component.purl.removeprefix("pkg:").partition("/")[0]
    return f"no feed for {kind.lower()[:40] or 'this purl'}"
