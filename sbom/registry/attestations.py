"""Signed statements attached to an image in a registry: DSSE envelopes as OCI referrers."""

from sbom.errors import InputError
from sbom.limits import DEFAULT, Limits
from sbom.model import Digest
from sbom.registry.client import Client
from sbom.registry.reference import parse
from sbom.registry.referrers import attach, attached, fetched
from sbom.signing.dsse import MEDIA_TYPE
from sbom.sources.registry import pulled
from sbom.web.access import Access


def attach_attestation(
    reference: str, subject: Digest, envelope: bytes, title: str, *, access: Access | None = None
) -> Digest:
    """Attach an envelope to a manifest of the image's repository; return what refers to it."""
    client = Client(parse(reference), access, actions="pull,push")
    return Digest(attach(client, subject, envelope, MEDIA_TYPE, title).digest)


def attestations(
    reference: str,
    *,
    platform: str = "",
    access: Access | None = None,
    limits: Limits = DEFAULT,
) -> tuple[tuple[str, bytes], ...]:
    """Return (digest of the referrer, envelope) of all that is attached to an image's manifest."""
    client = Client(parse(reference), access)
    manifest = pulled(client, platform or None, limits).subject.manifest
    if manifest is None:
        raise InputError(f"{reference}: it has no manifest", "name an image in a registry")
    found = attached(client, manifest, (MEDIA_TYPE,))
    return tuple((each.digest, fetched(client, each, limits)) for each in found)
