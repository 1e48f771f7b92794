"""Signed statements attached to an image in a registry: DSSE envelopes, in the forms of cosign.

Written as Sigstore bundles, each an OCI referrer with its predicate type in the annotations; read
also as bare envelopes, and from the tag `sha256-….att` under which cosign 2 kept all of them.
"""

from sbom.errors import InputError
from sbom.limits import DEFAULT, Limits
from sbom.model import Digest
from sbom.registry.client import Client
from sbom.registry.manifests import Entry
from sbom.registry.reference import parse
from sbom.registry.referrers import attach, attached, document_at, fetched, rest, under_tag
from sbom.signing import bundle, dsse, statement
from sbom.sources.registry import pulled
from sbom.web.access import Access

READ_TYPES = (dsse.MEDIA_TYPE, *bundle.MEDIA_TYPES)
CONTENT = "dev.sigstore.bundle.content"
PREDICATE = "dev.sigstore.bundle.predicateType"
TAGGED_PREDICATE = "predicateType"


def attach_attestation(
    reference: str, subject: Digest, envelope: bytes, title: str, *, access: Access | None = None
) -> Digest:
    """Attach an envelope with one signature to a manifest; return what refers to it then."""
    payload = dsse.unseal(envelope, title, statement.PAYLOAD_TYPE, ()).payload
    annotations = {
        CONTENT: "dsse-envelope",
        PREDICATE: statement.read(payload, title).predicate_type,
    }
    client = Client(parse(reference), access, actions="pull,push")
    data = bundle.wrap(dsse.read(envelope, title))
    return Digest(attach(client, subject, data, bundle.MEDIA_TYPE, title, annotations).digest)


def attestations(
    reference: str,
    manifest: Digest | None = None,
    *,
    platform: str = "",
    access: Access | None = None,
    limits: Limits = DEFAULT,
    predicates: tuple[str, ...] = ("",),
) -> tuple[tuple[str, bytes], ...]:
    """Return (digest, envelope) of all that is attached to a manifest.

    manifest: where it is known already; else that of the platform.
    predicates: beginnings of the predicate types that are wanted, as far as lists tell them.
    """
    client = Client(parse(reference), access)
    manifest = manifest or pulled(client, platform or None, limits).subject.manifest
    if manifest is None:
        raise InputError(f"{reference}: it has no manifest", "name an image in a registry")
    found: dict[str, bytes] = {}
    for entry in attached(client, manifest, READ_TYPES):
        if _wanted(entry, PREDICATE, predicates):
            data = fetched(client, entry, limits)
            found[entry.digest] = _envelope(data, entry.digest)
            limits = rest(limits, data, client.reference)
    for entry in under_tag(client, manifest, READ_TYPES):
        if _wanted(entry, TAGGED_PREDICATE, predicates):
            where = f"{client.reference}: attestation {entry.digest}"
            found[entry.digest] = document_at(client, entry, limits, where)
            limits = rest(limits, found[entry.digest], client.reference)
    return tuple(found.items())


def _wanted(entry: Entry, annotation: str, predicates: tuple[str, ...]) -> bool:
    """Tell by its annotation whether an entry is wanted; without one it has to be looked at."""
    told = (entry.annotations or {}).get(annotation, "")
    return not told or told.startswith(predicates)


def _envelope(data: bytes, name: str) -> bytes:
    """Return the envelope in what refers; of what is none the bytes, which no check will accept."""
    try:
        return bundle.unwrap(data, name)
    except InputError:
        return data
