"""One SBOM against two states of the set: what became of its findings, and which record did it."""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct
from msgspec.json import Encoder

from match.changes.history import changes
from match.changes.told import Named, Told, changed, named, told
from match.changes.transitions import Transition, by_id, ids_of, transitions
from match.ecosystems import keys_of
from match.resolve import resolve
from match.set.opening import opened
from match.set.past import open_past
from match.set.states import find, read_states
from sbom.model import Component, Sbom

SCHEMA: Literal["lading-transitions/1"] = "lading-transitions/1"
MANY = 10


class Comparison(Struct, frozen=True, kw_only=True):
    """What became of an SBOM's findings from one state of the set to another."""

    schema: Literal["lading-transitions/1"]
    before: Named
    after: Named
    transitions: tuple[Told, ...]


def compare(sbom: Sbom, url: str, before: str, after: str) -> Comparison:
    """Match an SBOM in two states of a store's set.

    Args:
        sbom: the components.
        url: the store.
        before: a date or digest of a state (`match.set.states.find`).
        after: another; it may be the older one.

    Raises:
        InputError: where one of them names no state.
        StoreError: where there is no store, no advisories in it, or it cannot be read.
    """
    with opened(url) as connection:
        known = read_states(connection)
        was, now = find(known, before), find(known, after)
        with open_past(url, was) as one, open_past(url, now) as other:
            releases = one.areas().releases | other.areas().releases
            found = transitions(resolve(sbom, one), resolve(sbom, other))
        ids = frozenset().union(*map(ids_of, found))
        differing = by_id(changes(connection, was, now, ids) if found else ())
    all_told = tuple(told(each, differing, _packages(sbom, each, releases)) for each in found)
    return Comparison(schema=SCHEMA, before=named(was), after=named(now), transitions=all_told)


def render_json(comparison: Comparison) -> bytes:
    """Return the comparison as JSON (schemas/transitions.schema.json)."""
    return Encoder(order="sorted").encode(comparison) + b"\n"


def render_text(comparison: Comparison) -> str:
    """Return the comparison for people to read."""
    return "\n".join(_lines(comparison)) + "\n"


def _packages(sbom: Sbom, transition: Transition, releases: dict[str, int]) -> frozenset[str]:
    """Return `scheme:name` of all that the component is looked up under, and its owner."""
    component: Component = transition.finding.component
    makers = [c for c in sbom.components if component.maker and c.purl == component.maker]
    keys = [key for c in (component, *makers) for key in keys_of(c, sbom.distro, releases)]
    return frozenset(f"{lookup.key.scheme}:{lookup.key.name}" for lookup in keys)


def _lines(comparison: Comparison) -> Iterator[str]:
    was, now, found = comparison.before, comparison.after, comparison.transitions
    yield f"From set {was.digest[:19]} (learned by {was.learned})"
    yield f"  to set {now.digest[:19]} (learned by {now.learned})"
    counts = (f"{sum(t.kind == kind for t in found)} {kind}" for kind in ("new", "changed", "gone"))
    yield f"Findings: {', '.join(counts)}."
    for each in found:
        score = "" if each.score is None else f"  {each.score:.1f}"
        yield ""
        yield f"{each.kind:<8}{each.id}  {each.purl}{score}"
        yield from changed(each, MANY)
        if not each.causes:
            yield "  by no record of its own: the packages or releases the set knows changed"
