"""What happened in an image, layer by layer: which step brought, changed or took which package.

The events are those that `sbom.image.history` found when the image was read. A document of another
tool has none; there, each component was introduced by the layer it is said to lie in.
"""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from sbom.base import Base, base_layers
from sbom.errors import InputError
from sbom.facts import facts_named
from sbom.model import Change, Digest, Purl, Sbom
from sbom.purl import InvalidPurl, parse

NO_LAYER = Digest("")


class LayerPast(Struct, frozen=True, kw_only=True, gc=False):
    """One layer: the step that made it, and its events. step: 0 where that is not known."""

    number: int
    diff_id: Digest
    digest: Digest | None
    step: int
    created_by: str
    origin: Literal["base", "own", "unknown"]
    introduced: int
    upgraded: int
    removed: int
    changes: tuple[Change, ...]


class Past(Struct, frozen=True, kw_only=True, gc=False):
    """The layers of an image, lowest first. steps: of the Dockerfile in all, 0 if not known."""

    subject: str
    base: Base | None
    steps: int
    layers: tuple[LayerPast, ...]


def past(sbom: Sbom, base: Base | None, package: str = "") -> Past:
    """Return what each layer did.

    Args:
        sbom: the image's.
        base: what it is built on.
        package: only the events of this one: a purl with or without version, or a name.

    Raises:
        InputError: where the SBOM tells of no layers, or nothing of the package.
    """
    if not sbom.layers:
        raise InputError(
            f"{sbom.subject.name or 'the SBOM'}: it tells of no layers",
            "only SBOMs of images do, such as `lading sbom generate` makes",
        )
    events: dict[Digest, list[Change]] = {layer.diff_id: [] for layer in sbom.layers}
    for change in _events(sbom):
        if not package or _names(change, package):
            events.setdefault(change.layer, []).append(change)
    if package and not any(events.values()):
        raise InputError(
            f"{package}: no layer brought it", "`lading sbom show` lists what is there"
        )
    below = base_layers(sbom, base)
    total = next(iter(facts_named(sbom.facts, "steps")), "")
    layers = []
    for number, layer in enumerate(sbom.layers, 1):
        # A layer may come twice (two steps that change nothing); its events are told once.
        changes = tuple(events.pop(layer.diff_id, ()))
        layers.append(
            LayerPast(
                number=number,
                diff_id=layer.diff_id,
                digest=layer.digest,
                step=layer.step,
                created_by=layer.created_by,
                origin=("base" if layer.diff_id in below else "own") if below else "unknown",
                introduced=sum(each.event == "introduced" for each in changes),
                upgraded=sum(each.event == "upgraded" for each in changes),
                removed=sum(each.event == "removed" for each in changes),
                changes=changes,
            )
        )
    return Past(
        subject=sbom.subject.name,
        base=base,
        steps=int(total) if total.isascii() and total.isdigit() and len(total) <= 6 else 0,
        layers=tuple(layers),
    )


def _events(sbom: Sbom) -> Iterator[Change]:
    if sbom.history:
        yield from sbom.history
        return
    for one in sbom.components:
        if one.evidence and one.evidence[0].layer:
            seen = one.evidence[0]
            yield Change(
                event="introduced", purl=one.purl, layer=seen.layer or NO_LAYER, path=seen.path
            )


def _names(change: Change, package: str) -> bool:
    """Tell whether a text means the package of an event, in its version now or the one before."""
    return any(_means(package, each) for each in (change.purl, change.replaces) if each)


def _means(package: str, purl: Purl) -> bool:
    bare = purl.partition("?")[0].partition("#")[0]
    if package in {purl, bare, bare.rpartition("@")[0]}:
        return True
    try:
        parts = parse(purl)
    except InvalidPurl:
        return False
    return package in {parts.name, f"{parts.namespace}/{parts.name}"}
