"""The kinds of place an image comes from, in the order in which a bare path is tried.

Each module offers `recognises(path)` and `open_image(reference, platform, limits)` → `Image`.
"""

from importlib import import_module
from types import ModuleType

SOURCES = {
    "oci": "sbom.sources.oci_layout",
    "oci-archive": "sbom.sources.oci_archive",
    "docker-archive": "sbom.sources.docker_archive",
    "dir": "sbom.sources.directory",
}
"""What stands before the colon of a reference, and the module that opens it."""


def load(kind: str) -> ModuleType:
    """Return the module of a kind of source; only the one that is used is imported."""
    return import_module(SOURCES[kind])
