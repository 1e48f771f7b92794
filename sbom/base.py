"""Which image an image is built on, and so which layers are the base's and which its own.

Three sources, the surest first: as given by the caller; by the chain of diff-ids, when the whole
chain of another image is how this one begins; by the annotations `org.opencontainers.image.base.*`,
which name a base without telling how many layers it has, and may be inherited from the base itself.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from sbom.errors import InputError
from sbom.facts import facts_named
from sbom.model import Component, Digest, Layer, Sbom

NAMES = frozenset({"base-name", "base-digest", "base-layers", "base-created", "base-by"})


class Base(Struct, frozen=True, kw_only=True, gc=False):
    """An image that another is built on.

    digest: of its manifest where known, else of its configuration.
    layers: how many of the lowest layers are its; 0 where that is not known.
    created: RFC 3339, when it was made; empty where that is not known.
    by: how it was found: `given`, by the `chain` of diff-ids, by a `label`.
    """

    name: str
    digest: str = ""
    layers: int = 0
    created: str = ""
    by: Literal["given", "chain", "label"] = "label"


class Chain(Struct, frozen=True, kw_only=True, gc=False):
    """What is asked of an image that could be a base: its name, digest, age and layers."""

    name: str
    digest: str
    created: str
    diff_ids: tuple[Digest, ...]


def chain_of(sbom: Sbom) -> Chain:
    """Return an image as one that others may be built on."""
    subject = sbom.subject
    return Chain(
        name=subject.name,
        digest=subject.manifest or subject.image_id or "",
        created=subject.created,
        diff_ids=tuple(layer.diff_id for layer in sbom.layers),
    )


def base_of(sbom: Sbom, known: Iterable[Chain] = ()) -> Base | None:
    """Return the base of an image; None where nothing tells.

    known: images that may be it; the one of the most layers is the nearest. What the SBOM's own
        facts say as given by a person or found by a chain counts before these.
    """
    stated = _stated(sbom)
    if stated is not None and stated.by != "label":
        return stated
    return _by_chain(sbom.layers, known) or stated


def given(sbom: Sbom, base: Chain) -> Base:
    """Return a base that the caller names.

    Raises:
        InputError: where the image does not begin with the base's layers.
    """
    found = _by_chain(sbom.layers, [base])
    if found is None:
        name, mine = base.name or base.digest or "the base", sbom.subject.name or "the image"
        common = shared(sbom.layers, base.diff_ids)
        raise InputError(
            f"{name}: {mine} is not built on it: of its {len(base.diff_ids)} layers"
            f" {mine} begins with {common}",
            "name the base that the image was built with, at that digest",
        )
    return replace(found, by="given")


def with_base(sbom: Sbom, base: Base) -> Sbom:
    """Return the SBOM with its base among its facts, in place of what they said of it."""
    told = [
        ("base-name", base.name),
        ("base-digest", base.digest),
        ("base-layers", str(base.layers) if base.layers else ""),
        ("base-created", base.created),
        ("base-by", base.by),
    ]
    facts = [fact for fact in sbom.facts if fact[0] not in NAMES]
    return replace(sbom, facts=tuple(sorted([*facts, *(fact for fact in told if fact[1])])))


def base_layers(sbom: Sbom, base: Base | None) -> frozenset[Digest]:
    """Return the diff-ids of the layers that are the base's."""
    return frozenset(layer.diff_id for layer in sbom.layers[: base.layers if base else 0])


def origin(
    component: Component, base: Base | None, layers: frozenset[Digest]
) -> Literal["base", "own", "unknown"]:
    """Tell whose a component is: the base's if every place it is seen at is the base's.

    layers: what `base_layers` gives. Unknown where it is not known which layers are the base's, or
    the component's own layer is not. A file that is written again above is the image's own, though
    the same package is in it.
    """
    seen = [each.layer for each in component.evidence]
    again = [each.rewritten for each in component.evidence if each.rewritten]
    if base is None or not layers or not all(seen) or not seen:
        return "unknown"
    return "base" if layers.issuperset(filter(None, [*seen, *again])) else "own"


def shared(layers: Sequence[Layer], chain: Sequence[Digest]) -> int:
    """Return how many of the lowest layers are the same."""
    number = 0
    for layer, diff_id in zip(layers, chain, strict=False):
        if layer.diff_id != diff_id:
            break
        number += 1
    return number


def _stated(sbom: Sbom) -> Base | None:
    """Return the base that the facts tell of."""
    one = {name: next(iter(facts_named(sbom.facts, name)), "") for name in NAMES}
    if not one["base-name"] and not one["base-digest"]:
        return None
    number = one["base-layers"]
    layers = int(number) if number.isascii() and number.isdigit() and len(number) <= 6 else 0
    layers = layers if layers < len(sbom.layers) else 0
    return Base(
        name=one["base-name"],
        digest=one["base-digest"],
        layers=layers,
        created=one["base-created"],
        by="given" if one["base-by"] == "given" else "chain" if layers else "label",
    )


def _by_chain(layers: Sequence[Layer], known: Iterable[Chain]) -> Base | None:
    """Return the image with the longest chain that begins this one and is not all of it."""
    fitting = [
        chain
        for chain in known
        if 0 < len(chain.diff_ids) < len(layers)
        and shared(layers, chain.diff_ids) == len(chain.diff_ids)
    ]
    if not fitting:
        return None
    # Images of equal layers differ in name and configuration only; the newest is the likeliest.
    best = max(fitting, key=lambda c: (len(c.diff_ids), c.created, c.name, c.digest))
    return Base(
        name=best.name,
        digest=best.digest,
        layers=len(best.diff_ids),
        created=best.created,
        by="chain",
    )
