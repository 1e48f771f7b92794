"""`oci-archive:FILE[:TAG]`: an OCI image layout in a tar, packed or not.

A bare path to any tar comes here as well; one that only Docker's manifest is in is opened by that.
"""

from sbom.errors import InputError
from sbom.image.manifest import Layout, open_layout, open_platforms
from sbom.image.members import Archive, Member, is_archive
from sbom.image.opened import Image, Platforms, Wish, split_tag
from sbom.limits import Limits
from sbom.model import Digest
from sbom.sources import docker_archive


def recognises(path: str) -> bool:
    """Tell whether a file is a tar, packed or not."""
    return is_archive(path)


def open_image(reference: str, wish: Wish) -> Image:
    """Open the image of a tag, or the only one there is."""
    path, tag = split_tag(reference)
    return of_archive(Archive(path, wish.limits), path, tag, wish)


def open_all(reference: str, wish: Wish) -> Platforms:
    """Open the images of all platforms of a tag."""
    path, tag = split_tag(reference)
    return all_of_archive(Archive(path, wish.limits), path, tag, wish)


def of_archive(archive: Archive, where: str, tag: str, wish: Wish) -> Image:
    """Open an image of an archive that is at hand, whichever of the two forms it has."""
    layout = _layout(archive, where, tag, wish.limits)
    if layout is None:
        return docker_archive.open_archive(archive, where, tag, wish)
    return open_layout(layout, wish.platform, wish.limits)


def all_of_archive(archive: Archive, where: str, tag: str, wish: Wish) -> Platforms:
    """Open the images of all platforms of an archive that is at hand."""
    layout = _layout(archive, where, tag, wish.limits)
    if layout is None:
        return Platforms((docker_archive.open_archive(archive, where, tag, wish),))
    return open_platforms(layout, wish.limits)


def _layout(archive: Archive, where: str, tag: str, limits: Limits) -> Layout | None:
    """Return the layout in an archive; None where there is only Docker's manifest in it."""
    index = archive.get("index.json")
    if index is None and archive.get("manifest.json") is not None:
        return None
    if index is None:
        told = "no image in the archive: neither index.json nor manifest.json is in it"
        raise InputError(f"{where}: {told}", "if it is a root file system, unpack it and use dir:")

    def fetch(digest: Digest) -> Member | None:
        return archive.get("/".join(("blobs", *digest.split(":"))))

    return Layout(index.read(limits), fetch, where, tag)
