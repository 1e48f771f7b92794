"""What changed between two SBOMs: packages that came, went or stand in another version.

A package is the same one while type, namespace and name are, and the architecture where both sides
have it in several. A distribution's package of another distribution is another package. Which of
two versions is the higher is not for this stage to say (`match.changes.direction`).
"""

from collections import deque
from collections.abc import Callable, Hashable, Iterable

from msgspec import Struct

from sbom.base import shared
from sbom.distro import DISTRIBUTION_TYPES, fold
from sbom.facts import Fact
from sbom.model import Component, Sbom
from sbom.purl import InvalidPurl, parse

Package = tuple[str, str, str]
"""Type, namespace and name."""
Way = Callable[[Component], Hashable]


class Pair(Struct, frozen=True, gc=False):
    """One package on both sides."""

    before: Component
    after: Component


class Difference(Struct, frozen=True, kw_only=True, gc=False):
    """What changed, each list by package.

    changed: pairs whose version, or else the purl, differs.
    licenses: pairs whose licences differ, whether or not the version does.
    facts_added, facts_removed: configuration facts of one side only.
    layers_shared: how many of the lowest layers are the same.
    """

    added: tuple[Component, ...]
    removed: tuple[Component, ...]
    changed: tuple[Pair, ...]
    licenses: tuple[Pair, ...]
    unchanged: int
    facts_added: tuple[Fact, ...]
    facts_removed: tuple[Fact, ...]
    layers_shared: int


def compare(before: Sbom, after: Sbom) -> Difference:
    """Return what is different in `after`; two equal SBOMs give nothing."""
    left, right = _grouped(before.components), _grouped(after.components)
    # Between images of two platforms every package has another architecture: that is no news.
    one_platform = before.subject.platform == after.subject.platform
    ways = _WAYS if one_platform else _WAYS_ACROSS
    same: list[Pair] = []
    changed: list[Pair] = []
    added: list[Component] = []
    removed: list[Component] = []
    for package in sorted(left.keys() | right.keys()):
        old, new = left.get(package, []), right.get(package, [])
        same += _paired(old, new, ways[0])
        for way in ways[1:]:
            changed += _paired(old, new, way)
        removed += old
        added += new
    pairs = sorted([*same, *changed], key=lambda pair: _order(pair.after))
    return Difference(
        added=tuple(added),
        removed=tuple(removed),
        changed=tuple(changed),
        licenses=tuple(p for p in pairs if set(p.before.licenses) != set(p.after.licenses)),
        unchanged=len(same),
        facts_added=tuple(sorted(set(after.facts) - set(before.facts))),
        facts_removed=tuple(sorted(set(before.facts) - set(after.facts))),
        layers_shared=shared(before.layers, [layer.diff_id for layer in after.layers]),
    )


def package_of(component: Component) -> Package:
    """Return what stays when a package's version changes.

    A document's component without a readable purl goes by its own type, namespace and name.
    """
    try:
        parts = parse(component.purl)
    except InvalidPurl:
        return component.type, component.namespace, component.name
    distribution = parts.type in DISTRIBUTION_TYPES
    return parts.type, fold(parts.namespace) if distribution else parts.namespace, parts.name


def _version(one: Component) -> Hashable:
    return one.version, one.source_version, "epoch=" in one.purl and _epoch(one.purl)


def _epoch(purl: str) -> str:
    return purl.partition("epoch=")[2].partition("&")[0]


def _place(one: Component) -> str:
    """Return where a component was first seen: of several versions, one at the same path."""
    return one.evidence[0].path if one.evidence else ""


_WAYS: tuple[Way, ...] = (
    lambda one: (one.arch, _version(one)),
    lambda one: (one.arch, _place(one)),
    lambda one: one.arch,
    lambda _: "",
)
_WAYS_ACROSS: tuple[Way, ...] = (_version, _place, lambda _: "")
"""What two components of one package have in common to be a pair, the nearest first; those of the
first way have not changed."""


def _grouped(components: Iterable[Component]) -> dict[Package, list[Component]]:
    """Return the components of each package, each version once."""
    groups: dict[Package, dict[Hashable, Component]] = {}
    for one in sorted(components, key=_order):
        groups.setdefault(package_of(one), {}).setdefault((one.arch, _version(one)), one)
    return {package: list(found.values()) for package, found in groups.items()}


def _paired(old: list[Component], new: list[Component], way: Way) -> list[Pair]:
    """Take the pairs that a way finds out of both lists."""
    waiting: dict[Hashable, deque[Component]] = {}
    for one in new:
        waiting.setdefault(way(one), deque()).append(one)
    pairs = [Pair(one, waiting[way(one)].popleft()) for one in old if waiting.get(way(one))]
    taken = {id(one) for pair in pairs for one in (pair.before, pair.after)}
    old[:] = [one for one in old if id(one) not in taken]
    new[:] = [one for one in new if id(one) not in taken]
    return pairs


def _order(one: Component) -> tuple[str, ...]:
    return (*package_of(one), one.version, one.arch, one.purl)
