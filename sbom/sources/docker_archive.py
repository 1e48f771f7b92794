"""`docker-archive:FILE[:TAG]`: what `docker save` and `podman save` write, of all ages.

`manifest.json` names the configuration and the layers; layers may be links to each other (before
Docker 25) or blobs of an OCI layout in the same archive (since).
"""

import os

from msgspec import Struct
from msgspec.structs import replace

from sbom.errors import InputError
from sbom.image.manifest import Index, Manifest, assembled, decoded, digest_of, several
from sbom.image.members import Archive, Member, is_archive
from sbom.image.opened import Image, Platforms, Wish, split_tag
from sbom.image.streams import BROKEN, valid
from sbom.limits import Limits
from sbom.model import Digest, Subject


class Saved(Struct, frozen=True, rename="pascal"):
    """One image of `manifest.json`."""

    config: str
    layers: list[str] | None = None
    repo_tags: list[str] | None = None


def recognises(path: str) -> bool:
    """Tell whether a file is a tar; its names tell whether it is this kind of one."""
    return is_archive(path)


def open_image(reference: str, wish: Wish) -> Image:
    """Open the image of a tag, or the only one there is; such archives have one platform."""
    path, tag = split_tag(reference)
    return open_archive(Archive(path, wish.limits), path, tag, wish)


def open_all(reference: str, wish: Wish) -> Platforms:
    """Open the image of the one platform there is."""
    return Platforms((open_image(reference, wish),))


def open_archive(archive: Archive, path: str, tag: str, wish: Wish) -> Image:
    """Open an image of an archive whose names are known."""
    limits = wish.limits
    listed = archive.get("manifest.json")
    if listed is None:
        hint = f"try oci-archive:{path}" if archive.get("index.json") else "save the image again"
        raise InputError(f"{path}: no manifest.json in the archive", hint)
    images = decoded(listed.read(limits), list[Saved], f"{path}: manifest.json")
    saved = _chosen(images, path, tag)
    config = _member(archive, saved.config, path).read(limits)
    image_id = digest_of(config)
    stated = "sha256:" + os.path.basename(saved.config).removesuffix(".json")
    if valid(stated) and stated != image_id:
        raise InputError(f"{path}: {saved.config} has the digest {image_id}", BROKEN)
    blobs: list[tuple[Member, Digest | None]] = [
        (_member(archive, name, path), None) for name in saved.layers or []
    ]
    name = next(iter(saved.repo_tags or ()), "") or os.path.basename(path)
    subject = Subject(name=name, image_id=image_id)
    image = assembled(subject, config, blobs, path, limits)
    _check_platform(image, path, wish.platform)
    return replace(image, subject=_with_manifest(image.subject, archive, path, limits))


def _chosen(images: list[Saved], path: str, tag: str) -> Saved:
    names = [name for image in images for name in image.repo_tags or [image.config]]
    fitting = [image for image in images if not tag or any(_is(tag, n) for n in _names(image))]
    if not fitting:
        hint = f"there are {', '.join(names)}" if names else "save the image again"
        raise InputError(f"{path}: no image {tag or 'in it'}", hint)
    if len({image.config for image in fitting}) > 1:
        raise several(path, names)
    return fitting[0]


def _names(image: Saved) -> list[str]:
    digest = "sha256:" + os.path.basename(image.config).removesuffix(".json")
    return [*(image.repo_tags or []), image.config, digest]


def _is(tag: str, name: str) -> bool:
    return tag == name or name.rpartition("/")[2].rpartition(":")[2] == tag


def _member(archive: Archive, name: str, path: str) -> Member:
    member = archive.get(os.path.normpath(name))
    if member is None:
        raise InputError(f"{path}: manifest.json names {name}, which is not in it", BROKEN)
    return member


def _check_platform(image: Image, path: str, platform: str | None) -> None:
    there = image.subject.platform
    if platform is not None and there != platform and not there.startswith(f"{platform}/"):
        raise InputError(
            f"{path}: no image for {platform}, there is {there}", "leave --platform out"
        )


def _with_manifest(subject: Subject, archive: Archive, path: str, limits: Limits) -> Subject:
    """Add the manifest's digest where the archive is an OCI layout as well (since Docker 25)."""
    index = archive.get("index.json")
    if index is None:
        return subject
    entries = decoded(index.read(limits), Index, f"{path}: index.json").manifests or []
    for entry in entries:
        blob = (
            archive.get("blobs/" + entry.digest.replace(":", "/")) if valid(entry.digest) else None
        )
        if blob is None or digest_of(data := blob.read(limits), entry.digest) != entry.digest:
            continue
        try:
            manifest = decoded(data, Manifest, path)
        except InputError:
            continue  # an index: its manifests are other images, or attestations
        if manifest.config.digest == subject.image_id:
            return replace(subject, manifest=Digest(entry.digest))
    return subject
