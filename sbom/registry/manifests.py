"""Manifests and indexes of a repository: fetched by tag or digest, their digest compared.

What a document says it is and what the registry says must be one (OCI advisory GHSA-mc8v-mgrf-8f4m:
else two tools may see two different images under one digest).
"""

from msgspec import Raw, Struct

from sbom.errors import FetchError, InputError
from sbom.image.manifest import INDEXES, MANIFESTS, decoded, digest_of
from sbom.limits import DEFAULT, Limits
from sbom.model import Digest
from sbom.registry.client import Client

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
ACCEPT = ", ".join(sorted(filter(None, INDEXES | MANIFESTS)))
SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1"


class Entry(Struct, frozen=True, rename="camel", omit_defaults=True):
    """A descriptor, whole enough to be written again."""

    media_type: str
    digest: str
    size: int
    artifact_type: str = ""
    annotations: dict[str, str] | None = None


class Document(Struct, frozen=True):
    """A manifest or an index as its registry has it."""

    data: bytes
    media_type: str
    digest: Digest


class Shape(Struct, frozen=True, rename="camel"):
    """The members by which manifests and indexes are told apart."""

    schema_version: int = 2
    media_type: str | None = None
    manifests: Raw = Raw()
    config: Raw = Raw()
    layers: Raw = Raw()


def document(client: Client, chosen: str, limits: Limits = DEFAULT) -> Document:
    """Return a manifest or index by its tag or digest; raise FetchError where there is none."""
    most = limits.manifest_bytes
    answer = client.ask("GET", f"manifests/{chosen}", {"Accept": ACCEPT}, most=most)
    data = answer.read(most)
    where = f"{client.reference}: manifest {chosen}"
    stated = answer.headers.get("content-type", "").partition(";")[0].strip()
    expected = chosen if ":" in chosen else ""
    found = digest_of(data, expected or "sha256")
    if expected and found != expected:
        raise InputError(f"{where}: its bytes are {found}", "ask who runs the registry")
    return Document(data, _kind(data, stated, where), found)


def _kind(data: bytes, stated: str, where: str) -> str:
    """Return the media type of a document, by its own word and by its registry's."""
    shape = decoded(data, Shape, where)
    own = shape.media_type or ""
    if stated.startswith(SCHEMA_1) or shape.schema_version == 1:
        raise InputError(f"{where}: it is of schema 1, given up in 2017", "push the image again")
    is_index = bool(bytes(shape.manifests))
    if is_index and (bytes(shape.config) or bytes(shape.layers)):
        raise InputError(f"{where}: it is both an index and a manifest", "push the image again")
    known = INDEXES if is_index else MANIFESTS
    for each in filter(None, (own, stated if stated in INDEXES | MANIFESTS else "")):
        if each not in known:
            raise InputError(f"{where}: it is no {each}", "push the image again")
    if not own and stated not in known:
        own = OCI_INDEX if is_index else OCI_MANIFEST
    if own and stated in INDEXES | MANIFESTS and own != stated:
        told = f"{where}: it calls itself {own}, its registry {stated}"
        raise FetchError(told, "push the image again")
    return own or stated
