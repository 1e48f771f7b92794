"""The kinds of place an image comes from, in the order in which a bare path is tried."""

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from sbom.image import Image
    from sbom.limits import Limits

SOURCES = {
    "oci": "sbom.sources.oci_layout",
    "oci-archive": "sbom.sources.oci_archive",
    "docker-archive": "sbom.sources.docker_archive",
    "dir": "sbom.sources.directory",
}
"""What stands before the colon of a reference, and the module that opens it."""


class Source(Protocol):
    """What each module of this folder offers."""

    def recognises(self, path: str) -> bool:
        """Tell whether a path holds an image of this kind, by its content."""

    def open_image(self, reference: str, platform: str | None, limits: "Limits") -> "Image":
        """Open `PATH[:TAG]`; raise InputError where there is no such image in it."""


def load(kind: str) -> Source:
    """Return the module of a kind of source."""
    return cast("Source", import_module(SOURCES[kind]))
