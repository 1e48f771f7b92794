"""An image opened: what it is, its layers in order, and the contents of each as a stream."""

import os
from collections.abc import Callable, Iterator
from typing import Protocol, cast

from msgspec import Struct

from sbom import sources, streams
from sbom.archive import Entry, Tar
from sbom.errors import InputError
from sbom.limits import DEFAULT, Limits
from sbom.model import Layer, Problem, Subject

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


class Source(Protocol):
    """What each module of `sbom/sources` offers."""

    def recognises(self, path: str) -> bool:
        """Tell whether a path holds an image of this kind, by its content."""

    def open_image(self, reference: str, platform: str | None, limits: Limits) -> "Image":
        """Open `PATH[:TAG]`; raise InputError where there is no such image in it."""


class ImageLayer(Struct, frozen=True, kw_only=True):
    """One layer: facts (None for a folder that is no image), packed size, and how to read it."""

    facts: Layer | None
    where: str
    size: int
    open: Callable[[Limits, Tick | None], Contents]


class Image(Struct, frozen=True, kw_only=True):
    """An image, lowest layer first. `config` is its configuration as JSON, empty for a folder."""

    subject: Subject
    layers: tuple[ImageLayer, ...]
    config: bytes = b""


def open_image(reference: str, *, platform: str | None = None, limits: Limits = DEFAULT) -> Image:
    """Open an image by the name users give it (docs: contract, "Images are named").

    `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`, `docker-archive:FILE[:TAG]`, `dir:PATH`, or a path
    that is recognised by its content. platform: `linux/arm64`, chooses from an image index.
    Raises InputError, which names what there is to choose from.
    """
    kind, colon, rest = reference.partition(":")
    if colon and kind in sources.SOURCES:
        return _source(kind).open_image(rest, platform, limits)
    path, _ = split_tag(reference)
    for name in sources.SOURCES:
        source = _source(name)
        if source.recognises(path):
            return source.open_image(reference, platform, limits)
    raise _unknown(reference)


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


def _source(kind: str) -> Source:
    return cast("Source", sources.load(kind))


def _unknown(reference: str) -> InputError:
    path, _ = split_tag(reference)
    forms = (
        "name an image as oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE or dir:PATH"
    )
    if not os.path.lexists(path):
        return InputError(f"{reference}: no such file or folder", forms)
    if os.path.isdir(path):
        told = "the folder is no OCI layout (no oci-layout, no index.json) and no root file system"
        return InputError(f"{path}: {told}", f"if it is a root file system, write dir:{path}")
    told = "the file is no image archive (no index.json, no manifest.json in a tar)"
    return InputError(f"{path}: {told}", forms)
