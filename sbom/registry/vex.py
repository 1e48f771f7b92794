"""VEX documents attached to an image in a registry: put there, listed, fetched.

They are OCI 1.1 referrers of the manifest or of its index: plain, or in envelopes and bundles whose
content only their reader can tell; and what cosign keeps under the tag `sha256-….att` (cosign
specification, "Attestation Spec").
"""

from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

from sbom.errors import InputError, LadingError
from sbom.limits import DEFAULT, Limits
from sbom.model import Digest, Problem
from sbom.registry.client import Client
from sbom.registry.manifests import Entry
from sbom.registry.reference import parse
from sbom.registry.referrers import attach, attached, document_at, fetched, rest, under_tag
from sbom.signing import bundle, dsse, statement
from sbom.sources.registry import pulled
from sbom.web.access import Access

MEDIA_TYPES = {
    "openvex": "application/vnd.openvex+json",
    "csaf": "application/csaf+json",
    "cyclonedx": "application/vnd.cyclonedx+json",
}
"""The artifact types under which documents are attached, by the name of their format."""
TYPES = (
    *MEDIA_TYPES.values(),
    "application/openvex+json",
    "application/vnd.cyclonedx+xml",
    dsse.MEDIA_TYPE,
    statement.PAYLOAD_TYPE,
    *bundle.MEDIA_TYPES,
)
"""What may be, or may hold, a VEX document."""
SOURCE = "registry"


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
    media_type = MEDIA_TYPES.get(format_, dsse.MEDIA_TYPE)
    return Digest(attach(client, subject, data, media_type, title).digest)


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
    return tuple(_fetched(client, dict.fromkeys(places), limits))


def _fetched(client: Client, places: Iterable[Digest], limits: Limits) -> Iterator[Found | Problem]:
    for place, entry, media_type, is_layer in _listed(client, places):
        where = f"{client.reference}: {entry.digest}"
        try:
            data = (
                document_at(client, entry, limits, where)
                if is_layer
                else fetched(client, entry, limits)
            )
            limits = rest(limits, data, where)
        except LadingError as error:
            yield _problem(client, entry.digest, error)
        else:
            yield Found(digest=entry.digest, subject=place, media_type=media_type, data=data)


def _listed(client: Client, places: Iterable[Digest]) -> Iterator[tuple[Digest, Entry, str, bool]]:
    """Yield (manifest or index, what is attached to it, of which type, whether it is a layer)."""
    for place in places:
        for entry in attached(client, place, TYPES):
            yield place, entry, entry.artifact_type, False
        for layer in under_tag(client, place, TYPES):
            yield place, layer, layer.media_type, True


def _problem(client: Client, digest: str, error: LadingError) -> Problem:
    where = f"{msgspec.structs.replace(client.reference, tag='', digest=digest)}"
    return Problem(source=SOURCE, where=where, what=error.message, effect="source_lost")
