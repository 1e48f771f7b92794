"""The kinds of place an image comes from, in the order in which a bare path is tried.

Each module offers `recognises(path)` and `open_image(reference, platform, limits)` → `Image`.
What names nothing that exists here is asked of a registry.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from sbom.errors import InputError
from sbom.image.opened import Image, split_tag
from sbom.limits import DEFAULT, Limits

if TYPE_CHECKING:
    from sbom.web.access import Access

SOURCES = {
    "oci": "sbom.sources.oci_layout",
    "oci-archive": "sbom.sources.oci_archive",
    "docker-archive": "sbom.sources.docker_archive",
    "dir": "sbom.sources.directory",
}
"""What stands before the colon of a reference, and the module that opens it."""
FORMS = (
    "name an image as REGISTRY/NAME:TAG, oci:DIR[:TAG], oci-archive:FILE[:TAG],"
    " docker-archive:FILE or dir:PATH"
)


class Source(Protocol):
    """What each module of this folder offers."""

    def recognises(self, path: str) -> bool:
        """Tell whether a path holds an image of this kind, by its content."""

    def open_image(self, reference: str, platform: str | None, limits: Limits) -> Image:
        """Open `PATH[:TAG]`; raise InputError where there is no such image in it."""


def open_image(
    reference: str,
    *,
    platform: str | None = None,
    limits: Limits = DEFAULT,
    access: "Access | None" = None,
) -> Image:
    """Open an image by the name users give it (docs: contract, "Images are named").

    `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`, `docker-archive:FILE[:TAG]`, `dir:PATH`, a path that
    is recognised by its content, or else the name of an image in a registry. platform:
    `linux/arm64`, chooses from an image index. access: how registries may be reached.
    Raises InputError, which names what there is to choose from, or FetchError.
    """
    kind, colon, rest = reference.partition(":")
    if colon and kind in SOURCES:
        return _source(kind).open_image(rest, platform, limits)
    path, _ = split_tag(reference)
    for name in SOURCES:
        source = _source(name)
        if source.recognises(path):
            return source.open_image(reference, platform, limits)
    if in_registry(reference):
        from sbom.sources import registry

        return registry.open_image(reference, platform, limits, access)
    raise _unknown(reference)


def in_registry(reference: str) -> bool:
    """Tell whether a reference names an image in a registry: what exists here comes first."""
    kind, colon, _ = reference.partition(":")
    if (colon and kind in SOURCES) or os.path.lexists(split_tag(reference)[0]):
        return False
    from sbom.registry.reference import is_name

    return is_name(reference)


def _source(kind: str) -> Source:
    """Import the module of a kind of source; only what is used is imported."""
    return cast("Source", import_module(SOURCES[kind]))


def _unknown(reference: str) -> InputError:
    path, _ = split_tag(reference)
    if not os.path.lexists(path):
        return InputError(f"{reference}: no such file or folder", FORMS)
    if os.path.isdir(path):
        told = "the folder is no OCI layout (no oci-layout, no index.json) and no root file system"
        return InputError(f"{path}: {told}", f"if it is a root file system, write dir:{path}")
    told = "the file is no image archive (no index.json, no manifest.json in a tar)"
    return InputError(f"{path}: {told}", FORMS)
