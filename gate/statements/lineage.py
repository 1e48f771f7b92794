"""The images that an image is built on: by which names statements speak of each, and how far.

What is said of a base holds for what is built on it exactly while a component's layers, those that
wrote its files among them, are the base's (decision 0014).
"""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from gate.statements.images import image_purl
from gate.statements.products import Root, purl_of, root_of
from sbom.base import Base, base_layers, origin
from sbom.model import Component, Digest, Sbom


class Ancestor(Struct, frozen=True, kw_only=True, gc=False):
    """One base image.

    name: for people. root: every name statements may have for it.
    base: what is known of it; layers: the diff-ids of its layers, none where they are not known.
    """

    name: str
    root: Root
    base: Base
    layers: frozenset[Digest]


def ancestors(sbom: Sbom, bases: Sequence[tuple[Base, Sbom | None]]) -> tuple[Ancestor, ...]:
    """Return the bases of an image; with a base's own SBOM all of its names are known.

    bases: what the image is built on, and the SBOM of that, if there is one; the nearest first.
    """
    return tuple(
        Ancestor(
            name=base.name or base.digest,
            root=_root(base, of),
            base=base,
            layers=base_layers(sbom, base),
        )
        for base, of in bases
    )


def holds(component: Component, ancestor: Ancestor) -> bool:
    """Tell whether a component is still as the base has it."""
    return origin(component, ancestor.base, ancestor.layers) == "base"


def lost(component: Component, ancestor: Ancestor) -> str:
    """Say why a component is not, or is not known to be, as the base has it."""
    if not ancestor.layers:
        return f"which layers are those of {ancestor.name} is not known"
    where = origin(component, ancestor.base, ancestor.layers)
    if where == "unknown":
        return f"the layer of {component.name} is not known"
    return f"{component.name} is not as {ancestor.name} has it: a later layer brought or wrote it"


def _root(base: Base, of: Sbom | None) -> Root:
    """Return every name of a base: of its SBOM, and of what this image says of it."""
    root = root_of(of, None) if of else Root(name=base.name)
    told = image_purl(base.name, base.digest, root.arch, hub=base.by == "label")
    purl = purl_of(told) if told else None
    return replace(
        root,
        purls=root.purls or ((purl,) if purl else ()),
        digests=root.digests | {base.digest} - {""},
        names=root.names | {base.name} - {""},
    )
