"""The kinds of place an image comes from, in the order in which a bare path is tried.

Each module offers `recognises(path)`, `open_image(reference, wish)` → `Image` and
`open_all(reference, wish)` → `Platforms`.
What names nothing that exists here is asked of a registry.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from sbom.errors import InputError
from sbom.image.opened import Image, Platforms, Wish, split_tag
from sbom.limits import DEFAULT, Limits

if TYPE_CHECKING:
    from sbom.web.access import Access

SOURCES = {
    "oci": "sbom.sources.oci_layout",
    "oci-archive": "sbom.sources.oci_archive",
    "docker-archive": "sbom.sources.docker_archive",
    "dir": "sbom.sources.directory",
    "docker": "sbom.sources.docker",
    "podman": "sbom.sources.podman",
    "containerd": "sbom.sources.containerd",
}
"""What stands before the colon of a reference, and the module that opens it."""
ON_DISK = ("oci", "oci-archive", "docker-archive", "dir")
"""Those that a bare path may be."""
REGISTRY = "sbom.sources.registry"
FORMS = (
    "name an image as REGISTRY/NAME:TAG, oci:DIR[:TAG], oci-archive:FILE[:TAG],"
    " docker-archive:FILE, docker:NAME, podman:NAME, containerd:NAME or dir:PATH"
)


class Source(Protocol):
    """What each module of this folder offers."""

    def recognises(self, path: str) -> bool:
        """Tell whether a path holds an image of this kind, by its content."""

    def open_image(self, reference: str, wish: Wish) -> Image:
        """Open what stands behind the colon; raise InputError where there is no such image."""

    def open_all(self, reference: str, wish: Wish) -> Platforms:
        """Open the images of all platforms of it."""


def open_image(
    reference: str,
    *,
    platform: str | None = None,
    limits: Limits = DEFAULT,
    access: "Access | None" = None,
    mounts: bool = False,
) -> Image:
    """Open an image by the name users give it (docs: contract, "Images are named").

    `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`, `docker-archive:FILE[:TAG]`, `dir:PATH`,
    `docker:NAME`, `podman:NAME`, `containerd:NAME`, a path that is recognised by its content, or
    else the name of an image in a registry. platform: `linux/arm64`, chooses from an image index.
    access: how registries may be reached. mounts: in a folder, read other file systems too.
    Raises InputError, which names what there is to choose from, or FetchError.
    """
    module, rest = _found(reference)
    if mounts and module != SOURCES["dir"]:
        raise InputError(f"{reference}: an image has no mounts", "--mounts is for dir:PATH")
    wish = Wish(platform=platform, limits=limits, access=access, mounts=mounts)
    return _source(module).open_image(rest, wish)


def open_all(
    reference: str, *, limits: Limits = DEFAULT, access: "Access | None" = None
) -> Platforms:
    """Open the images of all platforms of a name, in the order of its index (rule 4)."""
    module, rest = _found(reference)
    return _source(module).open_all(rest, Wish(limits=limits, access=access))


def in_registry(reference: str) -> bool:
    """Tell whether a reference names an image in a registry: what exists here comes first."""
    if _kind(reference) or os.path.lexists(split_tag(reference)[0]):
        return False
    from sbom.registry.reference import is_name

    return is_name(reference)


def _found(reference: str) -> tuple[str, str]:
    """Return the module that opens a reference, and what it shall open."""
    kind = _kind(reference)
    if kind:
        return SOURCES[kind], reference[len(kind) + 1 :]
    path, _ = split_tag(reference)
    for name in ON_DISK:
        if _source(SOURCES[name]).recognises(path):
            return SOURCES[name], reference
    if in_registry(reference):
        return REGISTRY, reference
    raise _unknown(reference)


def _kind(reference: str) -> str:
    """Return the kind of source that a reference states, or nothing."""
    kind, colon, _ = reference.partition(":")
    return kind if colon and kind in SOURCES else ""


def _source(module: str) -> Source:
    """Import the module of a kind of source; only what is used is imported."""
    return cast("Source", import_module(module))


def _unknown(reference: str) -> InputError:
    path, _ = split_tag(reference)
    if not os.path.lexists(path):
        return InputError(f"{reference}: no such file or folder", FORMS)
    if os.path.isdir(path):
        told = "the folder is no OCI layout (no oci-layout, no index.json) and no root file system"
        return InputError(f"{path}: {told}", f"if it is a root file system, write dir:{path}")
    told = "the file is no image archive (no index.json, no manifest.json in a tar)"
    return InputError(f"{path}: {told}", FORMS)
