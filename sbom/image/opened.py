"""An image opened: what it is, its layers in order, and the contents of each as a stream."""

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from sbom.image import streams
from sbom.image.tar import Entry, Tar
from sbom.limits import DEFAULT, Limits
from sbom.model import Layer, Problem, Subject

if TYPE_CHECKING:
    from sbom.web.access import Access

Tick = Callable[[int], None]
"""Is told how many bytes of an image were read."""


class Contents(Protocol):
    """One pass over the entries of a layer; a part that cannot be read comes as a Problem."""

    def __iter__(self) -> Iterator[Entry | Problem]:
        """Yield the entries; raise InputError where the layer cannot be used."""

    def head(self, number: int) -> bytes:
        """Return the first bytes of the current entry's content."""

    def read(self) -> bytes:
        """Return the current entry's content; raise OSError where it cannot be read."""

    def drain(self) -> None:
        """Read what is left, so that digests are checked."""


class ImageLayer(Struct, frozen=True, kw_only=True):
    """One layer: facts (None for a folder that is no image), packed size, and how to read it."""

    facts: Layer | None
    where: str
    size: int
    open: Callable[[Limits, Tick | None], Contents]


class Image(Struct, frozen=True, kw_only=True):
    """An image, lowest layer first. `config` is its configuration as JSON, empty for a folder.

    annotations: (key, value) of the manifest, where there is one.
    """

    subject: Subject
    layers: tuple[ImageLayer, ...]
    config: bytes = b""
    annotations: tuple[tuple[str, str], ...] = ()


class Wish(Struct, frozen=True, kw_only=True):
    """How an image shall be opened.

    platform: `linux/arm64`, chooses from an index. access: how servers may be reached.
    mounts: read also the other file systems that are mounted in a folder.
    """

    platform: str | None = None
    limits: Limits = DEFAULT
    access: "Access | None" = None
    mounts: bool = False


class Platforms(Struct, frozen=True):
    """The images of all platforms of one name. others: what else is there, a text for each."""

    images: tuple[Image, ...]
    others: tuple[str, ...] = ()


def split_tag(reference: str) -> tuple[str, str]:
    """Split `PATH[:TAG]` or `PATH@DIGEST`; of several ways the longest path that exists counts."""
    for at in range(len(reference), 0, -1):
        if reference[at : at + 1] in {"", ":", "@"} and os.path.lexists(reference[:at]):
            return reference[:at], reference[at + 1 :]
    return reference, ""


def tar_layer(
    facts: Layer, where: str, size: int, stream: Callable[[], Iterator[bytes]]
) -> ImageLayer:
    """Return a layer that is a tar, packed or not; its digests are checked while it is read."""

    def contents(limits: Limits, tick: Tick | None) -> Contents:
        meter = streams.Meter()
        blob = streams.metered(stream(), meter, tick)
        if facts.digest is not None:
            blob = streams.verified(blob, facts.digest, where)
        tar = streams.bounded(streams.unpacked(blob, where), meter, limits, where)
        return Tar(streams.verified(tar, facts.diff_id, f"{where}, unpacked"), where)

    return ImageLayer(facts=facts, where=where, size=size, open=contents)
