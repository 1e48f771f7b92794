"""Documents attached to an image as OCI 1.1 referrers: put there, listed, fetched.

Content goes up before what names it, so a push that breaks off half-way leaves nothing referenced.
Registries without the referrers API keep the list under a tag made of the subject's digest
(distribution specification 1.1, "Referrers Tag Schema").
"""

from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from sbom.errors import FetchError, InputError
from sbom.image.manifest import INDEXES, checked, decoded, digest_of
from sbom.image.members import Member
from sbom.image.streams import verified
from sbom.limits import DEFAULT, Limits, exceeded, size
from sbom.model import Digest
from sbom.registry.blobs import Blob
from sbom.registry.client import Client
from sbom.registry.manifests import OCI_INDEX, OCI_MANIFEST, Entry, document
from sbom.web.transport import Answer, joined

EMPTY = b"{}"
EMPTY_TYPE = "application/vnd.oci.empty.v1+json"
TITLE = "org.opencontainers.image.title"
NO_API = (400, 404, 405)
"""How registries without the referrers API answer it."""
UNSTATED = ("", EMPTY_TYPE)
"""Artifact types that say nothing: some registries and tools list the configuration's type."""
MOST_PAGES, MOST_REFERRERS, MOST_TAGGED = 100, 10_000, 1_000
ROUNDS = 4
"""Attempts to push what others may be writing at the same time."""


class Listing(Struct, frozen=True):
    """An index of referrers."""

    manifests: list[Entry] | None = None


class Artifact(Struct, frozen=True, rename="camel"):
    """A manifest that refers to another."""

    config: Entry
    layers: list[Entry]
    artifact_type: str = ""
    annotations: dict[str, str] | None = None


class Tagged(Struct, frozen=True):
    """The manifest under cosign's tag: every layer is an envelope."""

    layers: list[Entry] = []


class Written(Struct, frozen=True, rename="camel", omit_defaults=True):
    """A manifest as it is written; no clock time is in it, so that the same is the same.

    subject: what it refers to, if it is a referrer.
    """

    schema_version: int
    media_type: str
    artifact_type: str
    config: Entry
    layers: list[Entry]
    subject: Entry | None = None
    annotations: dict[str, str] | None = None


class WrittenIndex(Struct, frozen=True, rename="camel"):
    """An index as it is written."""

    schema_version: int
    media_type: str
    manifests: list[Entry]


def attach(
    client: Client,
    subject: Digest,
    data: bytes,
    media_type: str,
    title: str,
    annotations: dict[str, str] | None = None,
) -> Entry:
    """Attach a document to the manifest `subject`; return the manifest that refers to it.

    annotations: what lists of referrers shall say of it, so that not all have to be fetched.
    Attaching the same once more changes nothing. Raises FetchError, and nothing refers then.
    """
    of = document(client, subject)
    config = pushed(client, EMPTY, EMPTY_TYPE)
    layer = pushed(client, data, media_type)
    manifest = Written(
        schema_version=2,
        media_type=OCI_MANIFEST,
        artifact_type=media_type,
        config=config,
        layers=[msgspec.structs.replace(layer, annotations={TITLE: title})],
        subject=Entry(of.media_type, of.digest, len(of.data)),
        annotations=annotations,
    )
    body = msgspec.json.encode(manifest)
    entry = Entry(OCI_MANIFEST, digest_of(body), len(body), media_type, annotations)
    answer = put_manifest(client, entry.digest, OCI_MANIFEST, body)
    if not answer.headers.get("oci-subject") and not _has_api(client, subject):
        _enter(client, subject, entry)
    return entry


def attached(client: Client, subject: Digest, types: Sequence[str]) -> list[Entry]:
    """Return what refers to a manifest and is of one of these artifact types, by type and digest.

    Every entry has its artifact type, also where the list leaves it to the manifest.
    """
    found = {}
    for number, entry in enumerate(_listed(client, subject)):
        if number == MOST_REFERRERS:
            told = f"{client.reference}: more than {MOST_REFERRERS} documents are attached"
            raise FetchError(told, "delete old ones in the registry")
        checked(entry.digest, f"{client.reference}: its list of referrers")
        whole = _told(client, entry) if entry.artifact_type in UNSTATED else entry
        if whole.artifact_type in types:
            found[entry.digest] = whole
    return sorted(found.values(), key=lambda entry: (entry.artifact_type, entry.digest))


def fetched(client: Client, entry: Entry, limits: Limits = DEFAULT) -> bytes:
    """Return the document of a referrer; its digests were compared."""
    where = f"{client.reference}: referrer {entry.digest}"
    artifact = decoded(document(client, entry.digest).data, Artifact, where)
    layers = [each for each in artifact.layers if each.media_type == entry.artifact_type]
    if len(layers or artifact.layers) != 1:
        raise InputError(f"{where}: it holds {len(artifact.layers)} documents", "attach one")
    return document_at(client, (layers or artifact.layers)[0], limits, where)


def document_at(client: Client, layer: Entry, limits: Limits, where: str) -> bytes:
    """Return the document that is a layer; its digest was compared."""
    if layer.size > limits.file_bytes:
        told = f"it has {size(layer.size)}, more than {size(limits.file_bytes)} (file_bytes)"
        raise exceeded(where, told, "file_bytes")
    digest = checked(layer.digest, where)
    blob = Member(Blob(client, digest, layer.size), 0, layer.size, where)
    return b"".join(verified(blob.stream(), digest, where))


def under_tag(client: Client, subject: Digest, types: Sequence[str]) -> list[Entry]:
    """Return the layers of these types that cosign 2 keeps of a manifest under `sha256-….att`.

    Each is an envelope (cosign specification, "Attestation Spec").
    """
    tag, most = _tag(subject) + ".att", DEFAULT.manifest_bytes
    headers = {"Accept": OCI_MANIFEST}
    answer = client.ask("GET", f"manifests/{tag}", headers, accept=(200, 404), most=most)
    if answer.status == 404:
        return []
    where = f"{client.reference}: {tag}"
    layers = decoded(answer.read(most), Tagged, where).layers
    if len(layers) > MOST_TAGGED:
        raise FetchError(f"{where}: more than {MOST_TAGGED}", "delete old ones in the registry")
    return [each for each in layers if each.media_type in types]


def rest(limits: Limits, data: bytes, where: object) -> Limits:
    """Return what may still be fetched after a document: `file_bytes` bounds all of an image."""
    left = limits.file_bytes - len(data)
    if left <= 0:
        raise exceeded(str(where), "what is attached has too many bytes (file_bytes)", "file_bytes")
    return msgspec.structs.replace(limits, file_bytes=left)


def _listed(client: Client, subject: Digest) -> Iterator[Entry]:
    """Yield all referrers, by the API page after page, or from the list under the tag."""
    most = DEFAULT.manifest_bytes
    answer = client.ask("GET", f"referrers/{subject}", accept=(200, *NO_API), most=most)
    if answer.status != 200:
        yield from _tagged(client, subject)
        return
    for _ in range(MOST_PAGES):
        following = next_page(answer)
        data = answer.read(most)
        yield from decoded(data, Listing, f"{client.reference}: referrers").manifests or []
        if not following:
            return
        answer = client.ask("GET", following, most=most)
    raise FetchError(f"{client.reference}: its list of referrers has no end", "ask who runs it")


def next_page(answer: Answer) -> str:
    """Return the address of the next page (RFC 8288), or nothing."""
    for link in answer.headers.get("link", "").split(","):
        target, _, parameters = link.strip().partition(">")
        if target.startswith("<") and 'rel="next"' in parameters.replace("rel=next", 'rel="next"'):
            return joined(answer.url, target[1:])
    return ""


def _has_api(client: Client, subject: Digest) -> bool:
    answer = client.ask("GET", f"referrers/{subject}", accept=(200, *NO_API))
    answer.close()
    return answer.status == 200


def _tagged(client: Client, subject: Digest) -> list[Entry]:
    """Return the list under the tag; none where there is no such tag."""
    path, most = f"manifests/{_tag(subject)}", DEFAULT.manifest_bytes
    answer = client.ask("GET", path, {"Accept": OCI_INDEX}, accept=(200, 404), most=most)
    if answer.status == 404:
        return []
    where = f"{client.reference}: {_tag(subject)}"
    return decoded(answer.read(most), Listing, where).manifests or []


def _enter(client: Client, subject: Digest, entry: Entry) -> None:
    """Enter a referrer in the list under the tag, and look whether another writer undid it."""
    for attempt in range(ROUNDS):
        entries = _tagged(client, subject)
        if entry.digest in {each.digest for each in entries}:
            return
        if attempt:
            client.wait(attempt - 1)
        index = WrittenIndex(2, OCI_INDEX, [*entries, entry])
        put_manifest(client, _tag(subject), OCI_INDEX, msgspec.json.encode(index))
    if entry.digest not in {each.digest for each in _tagged(client, subject)}:
        told = f"{client.reference}: others keep writing the list {_tag(subject)}"
        raise FetchError(told, "attach again")


def _tag(subject: Digest) -> str:
    return subject.replace(":", "-")[:128]


def _told(client: Client, entry: Entry) -> Entry:
    """Ask the manifest where a list does not say: its artifact type, else its configuration's."""
    if entry.media_type in INDEXES:
        return msgspec.structs.replace(entry, artifact_type="")
    where = f"{client.reference}: referrer {entry.digest}"
    found = decoded(document(client, entry.digest).data, Artifact, where)
    return msgspec.structs.replace(
        entry,
        artifact_type=found.artifact_type or found.config.media_type,
        annotations=entry.annotations or found.annotations,
    )


def pushed(client: Client, data: bytes, media_type: str) -> Entry:
    """Push a blob that is not there yet (distribution specification, "POST then PUT")."""
    digest = digest_of(data)
    entry = Entry(media_type, digest, len(data))
    there = client.ask("HEAD", f"blobs/{digest}", accept=(200, 404))
    there.close()
    if there.status == 200:
        return entry
    begun = client.ask("POST", "blobs/uploads/", accept=(202,))
    begun.close()
    place = begun.headers.get("location", "")
    if not place:
        raise FetchError(f"{client.reference}: it names no place to push to", "ask who runs it")
    target = joined(begun.url, place)
    target += ("&" if "?" in target else "?") + urlencode({"digest": digest})
    headers = {"Content-Type": "application/octet-stream"}
    client.ask("PUT", target, headers, data, accept=(201,)).close()
    return entry


def put_manifest(client: Client, chosen: str, media_type: str, body: bytes) -> Answer:
    """Push a manifest, last of all.

    A registry may not see at once what another writer is pushing at this moment (docker-registry
    writes a blob's link in two steps), so its refusal is not believed the first time.
    """
    headers = {"Content-Type": media_type}
    path = f"manifests/{chosen}"
    for attempt in range(ROUNDS - 1):
        answer = client.ask("PUT", path, headers, body, accept=(201, 400))
        answer.close()
        if answer.status == 201:
            return answer
        client.wait(attempt)
    answer = client.ask("PUT", path, headers, body, accept=(201,))
    answer.close()
    return answer
