"""One file as an OCI artefact: a manifest, an empty configuration and the file as its one layer.

Whatever its size, a part of it is in memory at a time. `oras pull` gives the same file.
"""

import os
from collections.abc import Iterator
from hashlib import sha256
from urllib.parse import urlencode

import msgspec

from sbom.errors import FetchError, InputError
from sbom.image.manifest import checked, decoded, digest_of
from sbom.image.members import Member
from sbom.image.streams import verified
from sbom.model import Digest
from sbom.registry.blobs import Blob
from sbom.registry.client import Client
from sbom.registry.manifests import OCI_MANIFEST, Entry, document
from sbom.registry.reference import parse
from sbom.registry.referrers import (
    EMPTY,
    EMPTY_TYPE,
    TITLE,
    Artifact,
    Written,
    pushed,
    put_manifest,
)
from sbom.web.access import Access
from sbom.web.transport import joined

CHUNK = 16 << 20
"""Bytes of one request: a larger file goes up in several."""
MOST_BYTES = 1 << 37
BYTES = "application/octet-stream"


def push_file(
    path: str,
    reference: str,
    media_type: str,
    annotations: dict[str, str],
    access: Access | None = None,
) -> Digest:
    """Push a file and tag it; return the digest of its manifest. The same again changes nothing.

    Raises:
        FetchError: where the registry does not take it; no tag is moved then.
    """
    named = parse(reference)
    if named.digest:
        raise InputError(f"{reference}: a digest is no name to push to", "write REGISTRY/NAME:TAG")
    client = Client(named, access, actions="pull,push")
    config = pushed(client, EMPTY, EMPTY_TYPE)
    layer = _pushed_file(client, path, media_type)
    manifest = Written(
        schema_version=2,
        media_type=OCI_MANIFEST,
        artifact_type=media_type,
        config=config,
        layers=[layer],
        annotations=annotations,
    )
    body = msgspec.json.encode(manifest)
    put_manifest(client, named.tag, OCI_MANIFEST, body)
    return digest_of(body)


def pull_file(reference: str, media_type: str, path: str, access: Access | None = None) -> Digest:
    """Fetch the file of an artefact, whose digest is compared; return that of its manifest.

    Raises:
        FetchError: where it cannot be fetched.
        InputError: where it is something else, or its bytes are not those it names.
    """
    client = Client(parse(reference), access)
    found = document(client, client.reference.chosen)
    artifact = decoded(found.data, Artifact, reference)
    layers = [each for each in artifact.layers if each.media_type == media_type]
    if len(layers) != 1:
        raise InputError(f"{reference}: it has no file of type {media_type}", "name another one")
    layer = layers[0]
    if not 0 <= layer.size <= MOST_BYTES:
        raise InputError(f"{reference}: a file of {layer.size} bytes", "this is not sane")
    digest = checked(layer.digest, reference)
    blob = Member(Blob(client, digest, layer.size), 0, layer.size, reference)
    with open(path, "wb") as stream:
        stream.writelines(verified(blob.stream(), digest, reference))
    return found.digest


def _pushed_file(client: Client, path: str, media_type: str) -> Entry:
    """Push a file that is not there yet: at once where it is small, else chunk by chunk."""
    digest, size = _measured(path)
    title = {TITLE: os.path.basename(path)}
    entry = Entry(media_type, digest, size, annotations=title)
    there = client.ask("HEAD", f"blobs/{digest}", accept=(200, 404))
    there.close()
    if there.status == 200:
        return entry
    begun = client.ask("POST", "blobs/uploads/", accept=(202,))
    begun.close()
    target = _place(client, begun.url, begun.headers.get("location", ""))
    at, last = 0, b""
    for chunk in _chunks(path):
        if at + len(chunk) == size and not at:
            last = chunk
            break
        headers = {"Content-Type": BYTES, "Content-Range": f"{at}-{at + len(chunk) - 1}"}
        taken = client.ask("PATCH", target, headers, chunk, accept=(202,))
        taken.close()
        target = _place(client, taken.url, taken.headers.get("location", ""))
        at += len(chunk)
    target += ("&" if "?" in target else "?") + urlencode({"digest": digest})
    client.ask("PUT", target, {"Content-Type": BYTES}, last, accept=(201,)).close()
    return entry


def _place(client: Client, url: str, location: str) -> str:
    """Return where the next bytes go (distribution specification, "Pushing a blob in chunks")."""
    if not location:
        raise FetchError(f"{client.reference}: it names no place to push to", "ask who runs it")
    return joined(url, location)


def _measured(path: str) -> tuple[Digest, int]:
    digest, size = sha256(), 0
    for chunk in _chunks(path):
        digest.update(chunk)
        size += len(chunk)
    return Digest(f"sha256:{digest.hexdigest()}"), size


def _chunks(path: str) -> Iterator[bytes]:
    with open(path, "rb") as stream:
        while chunk := stream.read(CHUNK):
            yield chunk
