"""Blobs that a place gives one at a time by their digest: a registry, an engine's content store.

Sizes are known from the manifests that name a blob, so manifests are remembered as they are read.
"""

from collections.abc import Callable

from msgspec import Struct

from sbom.image.manifest import decoded
from sbom.image.members import Member, Place
from sbom.limits import Limits
from sbom.model import Digest


class Entry(Struct, frozen=True, rename="camel"):
    """A descriptor, what of it is needed here."""

    media_type: str
    digest: str
    size: int


class Blobs(Struct, frozen=True):
    """What a manifest names; an index has neither."""

    config: Entry | None = None
    layers: list[Entry] | None = None


class Remote:
    """Fetches blobs, as far as the manifests that were read name them.

    document: returns a manifest or an index. blob: opens a blob of a known size.
    """

    def __init__(
        self,
        where: str,
        document: Callable[[Digest], bytes],
        blob: Callable[[Digest, int], Place],
        limits: Limits,
    ) -> None:
        self._where, self._limits = where, limits
        self._document, self._blob = document, blob
        self._small: dict[str, bytes] = {}
        self._configs: set[str] = set()
        self._sizes: dict[str, int] = {}

    def learn(self, digest: str, data: bytes) -> None:
        """Keep a manifest or index, and remember what it names."""
        self._small[digest] = data
        named = decoded(data, Blobs, f"{self._where}: manifest {digest}")
        for entry in named.layers or []:
            self._sizes[entry.digest] = entry.size
        if named.config is not None:
            self._sizes[named.config.digest] = named.config.size
            self._configs.add(named.config.digest)

    def fetch(self, digest: Digest) -> Member:
        """Return a blob as something to be read; small documents are asked for once."""
        where = f"{self._where}: {digest}"
        if digest in self._sizes:
            size = self._sizes[digest]
            remote = Member(self._blob(digest, size), 0, size, where)
            if digest not in self._configs:
                return remote
            if digest not in self._small:
                self._small[digest] = remote.read(self._limits)
        elif digest not in self._small:
            self.learn(digest, self._document(digest))
        data = self._small[digest]
        return Member(_InMemory(data), 0, len(data), where)


class _InMemory(bytes):
    """A document that was read, as a place to read from."""

    __slots__ = ()

    def at(self, number: int, offset: int) -> bytes:
        """Return up to so many bytes from a place on."""
        return self[offset : offset + number]
