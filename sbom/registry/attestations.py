"""Signed statements attached to an image in a registry: DSSE envelopes, in the forms of cosign.

Written as Sigstore bundles, each an OCI referrer with its predicate type in the annotations; read
also as bare envelopes, and from the tag `sha256-….att` under which cosign 2 kept all of them.
"""

from collections.abc import Iterator

from msgspec import Struct

from sbom.errors import FetchError, InputError
from sbom.image.manifest import decoded
from sbom.limits import DEFAULT, Limits
from sbom.model import Digest
from sbom.registry.client import Client
from sbom.registry.manifests import OCI_MANIFEST, Entry
from sbom.registry.reference import parse
from sbom.registry.referrers import attach, attached, document_at, fetched
from sbom.signing import bundle, dsse, statement
from sbom.sources.registry import pulled
from sbom.web.access import Access

READ_TYPES = (dsse.MEDIA_TYPE, *bundle.MEDIA_TYPES)
CONTENT = "dev.sigstore.bundle.content"
PREDICATE = "dev.sigstore.bundle.predicateType"
TAGGED_PREDICATE = "predicateType"
MOST_TAGGED = 1000


class Tagged(Struct, frozen=True):
    """The manifest under cosign's tag: every layer is an envelope."""

    layers: list[Entry] = []


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
    for entry in _tagged(client, manifest):
        if entry.media_type in READ_TYPES and _wanted(entry, TAGGED_PREDICATE, predicates):
            where = f"{client.reference}: attestation {entry.digest}"
            found[entry.digest] = document_at(client, entry, limits, where)
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


def _tagged(client: Client, manifest: Digest) -> Iterator[Entry]:
    tag = manifest.replace(":", "-") + ".att"
    most = DEFAULT.manifest_bytes
    headers = {"Accept": OCI_MANIFEST}
    answer = client.ask("GET", f"manifests/{tag}", headers, accept=(200, 404), most=most)
    if answer.status == 200:
        where = f"{client.reference}: {tag}"
        layers = decoded(answer.read(most), Tagged, where).layers
        if len(layers) > MOST_TAGGED:
            raise FetchError(f"{where}: more than {MOST_TAGGED}", "delete old ones in the registry")
        yield from layers
