"""VEX documents attached to an image in a registry: put there, listed, fetched.

They are OCI 1.1 referrers of the manifest or of its index: plain, or in envelopes and bundles whose
content only their reader can tell; and what cosign keeps under the tag `sha256-….att` (cosign
specification, "Attestation Spec").
"""

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from sbom.errors import InputError, LadingError
from sbom.image.manifest import checked, decoded
from sbom.image.members import Member
from sbom.image.streams import verified
from sbom.limits import DEFAULT, Limits, exceeded, size
from sbom.model import Digest, Problem
from sbom.registry.blobs import Blob
from sbom.registry.client import Client
from sbom.registry.manifests import ACCEPT, Entry, document
from sbom.registry.reference import parse
from sbom.registry.referrers import Artifact, attach, attached, fetched
from sbom.signing.dsse import MEDIA_TYPE as ENVELOPE
from sbom.signing.statement import PAYLOAD_TYPE as IN_TOTO
from sbom.sources.registry import pulled
from sbom.web.access import Access

MEDIA_TYPES = {
    "openvex": "application/vnd.openvex+json",
    "csaf": "application/csaf+json",
    "cyclonedx": "application/vnd.cyclonedx+json",
}
"""The artifact types under which documents are attached, by the name of their format."""
BUNDLES = tuple(f"application/vnd.dev.sigstore.bundle.v0.{n}+json" for n in (1, 2, 3)) + tuple(
    f"application/vnd.dev.sigstore.bundle+json;version=0.{n}" for n in (1, 2)
)
TYPES = (
    *MEDIA_TYPES.values(),
    "application/openvex+json",
    "application/vnd.cyclonedx+xml",
    ENVELOPE,
    IN_TOTO,
    *BUNDLES,
)
"""What may be, or may hold, a VEX document."""
SOURCE = "registry"
MOST_LAYERS = 1000


class Found(Struct, frozen=True, kw_only=True):
    """One document. digest: what holds it; subject: the manifest or index that it refers to."""

    digest: str
    subject: Digest
    media_type: str
    data: bytes


def attach_vex(
    reference: str, subject: Digest, data: bytes, format_: str, *, access: Access | None = None
) -> Digest:
    """Attach a document, or with an empty `format_` an envelope; return what refers to the image.

    Raises:
        FetchError: where the registry does not take it; nothing refers to the image then.
    """
    client = Client(parse(reference), access, actions="pull,push")
    title = f"vex.{format_}.json" if format_ else "vex.intoto.json"
    return Digest(attach(client, subject, data, MEDIA_TYPES.get(format_, ENVELOPE), title).digest)


def subject_of(
    reference: str, *, platform: str = "", access: Access | None = None, limits: Limits = DEFAULT
) -> Digest:
    """Return the digest of an image's manifest."""
    manifest = pulled(Client(parse(reference), access), platform or None, limits).subject.manifest
    if manifest is None:
        raise InputError(f"{reference}: it has no manifest", "name an image in a registry")
    return manifest


def attached_vex(
    reference: str,
    *,
    platform: str = "",
    access: Access | None = None,
    limits: Limits = DEFAULT,
) -> tuple[Found | Problem, ...]:
    """Return all that is attached to an image and may be VEX; a problem for what is not fetched.

    The image's own comes before what is attached to its index.
    """
    client = Client(parse(reference), access)
    subject = pulled(client, platform or None, limits).subject
    places = [each for each in (subject.manifest, subject.index) if each]
    return tuple(
        found
        for place in dict.fromkeys(places)
        for found in (*_referring(client, place, limits), *_tagged(client, place, limits))
    )


def _referring(client: Client, place: Digest, limits: Limits) -> Iterator[Found | Problem]:
    for entry in attached(client, place, TYPES):
        try:
            data = fetched(client, entry, limits)
        except LadingError as error:
            yield _problem(client, entry.digest, error)
        else:
            yield Found(
                digest=entry.digest, subject=place, media_type=entry.artifact_type, data=data
            )


def _tagged(client: Client, place: Digest, limits: Limits) -> Iterator[Found | Problem]:
    """Yield the envelopes that cosign keeps under a tag, each a layer of one manifest."""
    tag = f"{place.replace(':', '-')}.att"
    there = client.ask("HEAD", f"manifests/{tag}", {"Accept": ACCEPT}, accept=(200, 404))
    there.close()
    if there.status == 404:
        return
    where = f"{client.reference}: {tag}"
    for layer in decoded(document(client, tag).data, Artifact, where).layers[:MOST_LAYERS]:
        if layer.media_type not in TYPES:
            continue
        try:
            data = _blob(client, layer, where, limits)
        except LadingError as error:
            yield _problem(client, layer.digest, error)
        else:
            yield Found(digest=layer.digest, subject=place, media_type=layer.media_type, data=data)


def _blob(client: Client, layer: Entry, where: str, limits: Limits) -> bytes:
    if layer.size > limits.file_bytes:
        told = f"it has {size(layer.size)}, more than {size(limits.file_bytes)} (file_bytes)"
        raise exceeded(where, told, "file_bytes")
    digest = checked(layer.digest, where)
    blob = Member(Blob(client, digest, layer.size), 0, layer.size, where)
    return b"".join(verified(blob.stream(), digest, where))


def _problem(client: Client, digest: str, error: LadingError) -> Problem:
    where = f"{msgspec.structs.replace(client.reference, tag='', digest=digest)}"
    return Problem(source=SOURCE, where=where, what=error.message, effect="source_lost")
