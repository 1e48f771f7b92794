"""`oci-archive:FILE[:TAG]`: an OCI image layout in a tar, packed or not."""

import os

from sbom.errors import InputError
from sbom.image import Image, split_tag
from sbom.limits import DEFAULT, Limits
from sbom.manifest import open_layout
from sbom.members import Archive, Member
from sbom.model import Digest


def recognises(path: str) -> bool:
    """Tell whether a file is a tar with a layout's index."""
    if not os.path.isfile(path):
        return False
    try:
        return Archive(path, DEFAULT).get("index.json") is not None
    except InputError:
        return False


def open_image(reference: str, platform: str | None, limits: Limits) -> Image:
    """Open the image of a tag, or the only one there is."""
    path, tag = split_tag(reference)
    archive = Archive(path, limits)
    index = archive.get("index.json")
    if index is None:
        hint = f"try docker-archive:{path}" if archive.get("manifest.json") else "save it again"
        raise InputError(f"{path}: no index.json in the archive", hint)

    def fetch(digest: Digest) -> Member | None:
        return archive.get("/".join(("blobs", *digest.split(":"))))

    return open_layout(index.read(limits), fetch, path, tag, platform, limits)
