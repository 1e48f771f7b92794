"""`REGISTRY/NAME[:TAG][@DIGEST]`: an image in a registry, its layers read as they come.

Nothing is kept on disk: a layer goes from the connection into the unpacker, its digest is compared
at its end, and what breaks off is asked for again from there on.
"""

import msgspec

from sbom.errors import FetchError
from sbom.image.manifest import FULL_NAME, Layout, open_layout, open_platforms
from sbom.image.opened import Image, Platforms, Wish
from sbom.image.remote import Remote
from sbom.limits import Limits
from sbom.registry.blobs import Blob
from sbom.registry.client import Client
from sbom.registry.manifests import document
from sbom.registry.reference import HUB, parse


def recognises(path: str) -> bool:  # noqa: ARG001
    """Tell that no path is an image in a registry."""
    return False


def open_image(reference: str, wish: Wish) -> Image:
    """Open an image by its name; raise FetchError where its registry does not give it."""
    return open_layout(_layout(reference, wish), wish.platform, wish.limits)


def open_all(reference: str, wish: Wish) -> Platforms:
    """Open the images of all platforms of a name."""
    return open_platforms(_layout(reference, wish), wish.limits)


def pulled(client: Client, platform: str | None, limits: Limits) -> Image:
    """Open the image that a client was made for; an index of platforms as any other source's."""
    return open_layout(_named(client, limits), platform, limits)


def _layout(reference: str, wish: Wish) -> Layout:
    name = parse(reference)
    try:
        return _named(Client(name, wish.access), wish.limits)
    except FetchError as error:
        if name.registry != HUB:
            raise
        hint = f"{error.hint}; nor is there a file {reference}"
        raise FetchError(f"{name}: {error.message}", hint) from None


def _named(client: Client, limits: Limits) -> Layout:
    """Return what a name stands for, as a layout that holds nothing else."""
    top = document(client, client.reference.chosen, limits)
    named = {FULL_NAME: str(client.reference)}
    entry = {"mediaType": top.media_type, "digest": top.digest, "annotations": named}
    blobs = Remote(
        str(client.reference),
        lambda digest: document(client, digest, limits).data,
        lambda digest, size: Blob(client, digest, size),
        limits,
    )
    blobs.learn(top.digest, top.data)
    return Layout(msgspec.json.encode({"manifests": [entry]}), blobs.fetch, str(client.reference))
