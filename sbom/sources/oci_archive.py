"""`oci-archive:FILE[:TAG]`: an OCI image layout in a tar, packed or not.

A bare path to any tar comes here as well; one that only Docker's manifest is in is opened by that.
"""

from sbom.errors import InputError
from sbom.image.manifest import open_layout
from sbom.image.members import Archive, Member, is_archive
from sbom.image.opened import Image, split_tag
from sbom.limits import Limits
from sbom.model import Digest
from sbom.sources import docker_archive


def recognises(path: str) -> bool:
    """Tell whether a file is a tar, packed or not."""
    return is_archive(path)


def open_image(reference: str, platform: str | None, limits: Limits) -> Image:
    """Open the image of a tag, or the only one there is."""
    path, tag = split_tag(reference)
    archive = Archive(path, limits)
    index = archive.get("index.json")
    if index is None and archive.get("manifest.json") is not None:
        return docker_archive.open_archive(archive, path, tag, platform, limits)
    if index is None:
        told = "no image in the archive: neither index.json nor manifest.json is in it"
        raise InputError(f"{path}: {told}", "if it is a root file system, unpack it and use dir:")

    def fetch(digest: Digest) -> Member | None:
        return archive.get("/".join(("blobs", *digest.split(":"))))

    return open_layout(index.read(limits), fetch, path, tag, platform, limits)
