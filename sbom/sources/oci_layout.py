"""`oci:DIR[:TAG]`: an OCI image layout in a folder (OCI image-layout)."""

import os

from sbom.errors import InputError
from sbom.image.manifest import Layout, open_layout, open_platforms
from sbom.image.members import Folder, Member
from sbom.image.opened import Image, Platforms, Wish, split_tag
from sbom.limits import Limits
from sbom.model import Digest


def recognises(path: str) -> bool:
    """Tell whether a folder is an OCI layout."""
    return all(os.path.isfile(os.path.join(path, name)) for name in ("oci-layout", "index.json"))


def open_image(reference: str, wish: Wish) -> Image:
    """Open the image of a tag, or the only one there is."""
    return open_layout(_layout(reference, wish.limits), wish.platform, wish.limits)


def open_all(reference: str, wish: Wish) -> Platforms:
    """Open the images of all platforms of a tag."""
    return open_platforms(_layout(reference, wish.limits), wish.limits)


def _layout(reference: str, limits: Limits) -> Layout:
    path, tag = split_tag(reference)
    folder = Folder(path)
    index = folder.get("index.json")
    if index is None:
        what = "no index.json in it" if os.path.isdir(path) else "no such folder"
        raise InputError(f"{path}: {what}", "name the folder of an OCI layout: oci:DIR[:TAG]")

    def fetch(digest: Digest) -> Member | None:
        return folder.get(os.path.join("blobs", *digest.split(":")))

    return Layout(index.read(limits), fetch, path, tag)
