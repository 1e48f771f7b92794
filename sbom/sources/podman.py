"""`podman:NAME`: an image that podman keeps, by its socket, else by the program itself.

podman needs no service: where none listens and CONTAINER_HOST names none, `podman image save` is
run. Both give the same archive, so the same SBOM.
"""

import os
from shutil import which

from msgspec.structs import replace

from sbom.engines import addresses, api, programs
from sbom.engines.names import checked_name
from sbom.errors import FetchError, InputError
from sbom.image.members import Archive, OnDisk
from sbom.image.opened import Image, Platforms, Wish
from sbom.image.streams import valid
from sbom.model import Digest
from sbom.sources import docker_archive

PROGRAM = "podman"


def recognises(path: str) -> bool:  # noqa: ARG001
    """Tell that no path is an image of podman's."""
    return False


def open_image(reference: str, wish: Wish) -> Image:
    """Open an image by its name, tag and id; raise FetchError where no podman answers."""
    name = checked_name("podman", reference)
    file, manifest = _saved(name, wish)
    where = f"podman:{name}"
    image = docker_archive.open_archive(Archive(where, wish.limits, file), where, "", wish)
    return replace(image, subject=replace(image.subject, manifest=manifest))


def open_all(reference: str, wish: Wish) -> Platforms:
    """Open the image: podman keeps one platform of a name."""
    return Platforms((open_image(reference, wish),))


def _saved(name: str, wish: Wish) -> tuple[OnDisk, Digest | None]:
    """Return the archive of an image, and the digest of the manifest that podman keeps of it."""
    try:
        engine = api.answering(PROGRAM, addresses.podman())
    except FetchError:
        if os.environ.get("CONTAINER_HOST") or which(PROGRAM) is None:
            raise
        return _by_program(name, wish)
    return api.saved(engine, name, None, wish.limits), api.manifest_digest(engine, name)


def _by_program(name: str, wish: Wish) -> tuple[OnDisk, Digest | None]:
    inspect = (PROGRAM, "image", "inspect", "--format", "{{.Digest}}", "--", name)
    try:
        digest = programs.output(inspect, most=1 << 16).decode("ascii", "replace").strip()
    except FetchError as error:
        raise InputError(error.message, "`podman images` shows what there is") from None
    save = (PROGRAM, "image", "save", "--format", "docker-archive", "--", name)
    file = api.kept(programs.blocks(save), f"podman:{name}", wish.limits)
    return file, Digest(digest) if valid(digest) else None
