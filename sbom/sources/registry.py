"""`REGISTRY/NAME[:TAG][@DIGEST]`: an image in a registry, its layers read as they come.

Nothing is kept on disk: a layer goes from the connection into the unpacker, its digest is compared
at its end, and what breaks off is asked for again from there on.
"""

import msgspec
from msgspec import Struct

from sbom.errors import FetchError
from sbom.image.manifest import FULL_NAME, decoded, open_layout
from sbom.image.members import Member
from sbom.image.opened import Image
from sbom.limits import Limits
from sbom.model import Digest
from sbom.registry.blobs import Blob
from sbom.registry.client import Client
from sbom.registry.manifests import Entry, document
from sbom.registry.reference import HUB, parse
from sbom.web.access import Access


class Blobs(Struct, frozen=True):
    """What a manifest names; an index has neither."""

    config: Entry | None = None
    layers: list[Entry] | None = None


def open_image(
    reference: str, platform: str | None, limits: Limits, access: Access | None = None
) -> Image:
    """Open an image by its name; raise FetchError where its registry does not give it."""
    name = parse(reference)
    try:
        return pulled(Client(name, access), platform, limits)
    except FetchError as error:
        if name.registry != HUB:
            raise
        hint = f"{error.hint}; nor is there a file {reference}"
        raise FetchError(f"{name}: {error.message}", hint) from None


def pulled(client: Client, platform: str | None, limits: Limits) -> Image:
    """Open the image that a client was made for; an index of platforms as any other source's."""
    top = document(client, client.reference.chosen, limits)
    named = {FULL_NAME: str(client.reference)}
    entry = {"mediaType": top.media_type, "digest": top.digest, "annotations": named}
    index = msgspec.json.encode({"manifests": [entry]})
    repository = _Repository(client, limits)
    repository.learn(top.digest, top.data)
    return open_layout(index, repository.fetch, str(client.reference), "", platform, limits)


class _Repository:
    """The blobs of a repository, as far as the manifests that were read name them."""

    def __init__(self, client: Client, limits: Limits) -> None:
        self._client, self._limits = client, limits
        self._small: dict[str, bytes] = {}
        self._configs: set[str] = set()
        self._sizes: dict[str, int] = {}

    def learn(self, digest: str, data: bytes) -> None:
        """Keep a manifest or index, and remember what it names."""
        self._small[digest] = data
        named = decoded(data, Blobs, f"{self._client.reference}: manifest {digest}")
        for entry in named.layers or []:
            self._sizes[entry.digest] = entry.size
        if named.config is not None:
            self._sizes[named.config.digest] = named.config.size
            self._configs.add(named.config.digest)

    def fetch(self, digest: Digest) -> Member:
        """Return a blob as something to be read; small documents are asked for once."""
        where = f"{self._client.reference}: {digest}"
        if digest in self._sizes:
            size = self._sizes[digest]
            remote = Member(Blob(self._client, digest, size), 0, size, where)
            if digest not in self._configs:
                return remote
            if digest not in self._small:
                self._small[digest] = remote.read(self._limits)
        elif digest not in self._small:
            self.learn(digest, document(self._client, digest, self._limits).data)
        data = self._small[digest]
        return Member(_InMemory(data), 0, len(data), where)


class _InMemory(bytes):
    """A document that was read, as a place to read from."""

    __slots__ = ()

    def at(self, number: int, offset: int) -> bytes:
        """Return up to so many bytes from a place on."""
        return self[offset : offset + number]
