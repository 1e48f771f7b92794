"""`docker:NAME`: an image that Docker keeps on this machine, or where DOCKER_HOST says.

It is what `docker save` gives: an OCI layout since Docker 25, before that Docker's own form.
"""

from sbom.engines import addresses, api
from sbom.engines.names import checked_name
from sbom.image.members import Archive
from sbom.image.opened import Image, Platforms, Wish
from sbom.sources import oci_archive


def recognises(path: str) -> bool:  # noqa: ARG001
    """Tell that no path is an image of Docker's."""
    return False


def open_image(reference: str, wish: Wish) -> Image:
    """Open an image by its name, tag and id; raise FetchError where no Docker answers."""
    return oci_archive.of_archive(_saved(reference, wish), f"docker:{reference}", "", wish)


def open_all(reference: str, wish: Wish) -> Platforms:
    """Open the images of all platforms that Docker keeps of a name."""
    return oci_archive.all_of_archive(_saved(reference, wish), f"docker:{reference}", "", wish)


def _saved(reference: str, wish: Wish) -> Archive:
    name = checked_name("docker", reference)
    engine = api.answering("Docker", addresses.docker(), addresses.docker_certificates())
    file = api.saved(engine, name, wish.platform, wish.limits)
    return Archive(f"docker:{name}", wish.limits, file)
