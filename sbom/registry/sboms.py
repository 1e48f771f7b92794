"""SBOMs attached to an image in a registry: which manifest they belong to, and which are there.

An SBOM belongs to the manifest of one platform (docs: rule 4). Other tools attach theirs to the
index as well, so those are listed too, after the image's own.
"""

from msgspec import Struct
from msgspec.structs import replace

from sbom.errors import InputError
from sbom.image.opened import Image
from sbom.limits import DEFAULT, Limits
from sbom.model import Digest, Sbom
from sbom.registry.client import Client
from sbom.registry.manifests import Entry
from sbom.registry.reference import parse
from sbom.registry.referrers import attach, attached, fetched
from sbom.sources.registry import pulled
from sbom.web.access import Access

MEDIA_TYPES = {
    "cyclonedx-json": "application/vnd.cyclonedx+json",
    "cyclonedx-xml": "application/vnd.cyclonedx+xml",
    "spdx-json": "application/spdx+json",
    "spdx-tv": "text/spdx",
    "spdx3-json": "application/spdx3+json",
    "syft-json": "application/vnd.syft+json",
}
"""The artifact types under which SBOMs are attached, by the name of their format."""


class Attached(Struct, frozen=True, kw_only=True):
    """One attached SBOM. digest: of the manifest that refers to `subject`."""

    digest: Digest
    subject: Digest
    format: str
    entry: Entry


def attach_sbom(
    reference: str,
    sbom: Sbom,
    data: bytes,
    *,
    platform: str = "",
    access: Access | None = None,
    limits: Limits = DEFAULT,
) -> Attached:
    """Attach the document `data`, read as `sbom`, to an image in a registry.

    platform: which image of an index; else the one that the SBOM says it is of.
    Raises InputError where it is the SBOM of another image or of a format without a media type.
    """
    format_ = sbom.format.partition(" ")[0]
    if format_ not in MEDIA_TYPES:
        told = f"an SBOM in {format_ or 'an unknown format'} cannot be attached"
        raise InputError(told, "write it with `lading sbom convert` first")
    client = Client(parse(reference), access, actions="pull,push")
    image = pulled(client, platform or sbom.subject.platform or None, limits)
    _check(sbom, image)
    subject = image.subject.manifest or Digest("")
    entry = attach(client, subject, data, MEDIA_TYPES[format_], f"sbom.{format_}")
    return Attached(digest=Digest(entry.digest), subject=subject, format=format_, entry=entry)


def at_manifest(reference: str, manifest: Digest) -> str:
    """Return the name of the very manifest that was read, wherever its tag points by now."""
    return str(replace(parse(reference), tag="", digest=manifest))


class Shelf:
    """The SBOMs that are attached to one image."""

    def __init__(
        self,
        reference: str,
        *,
        platform: str = "",
        access: Access | None = None,
        limits: Limits = DEFAULT,
    ) -> None:
        self._client = Client(parse(reference), access)
        self._limits = limits
        subject = pulled(self._client, platform or None, limits).subject
        formats = {media_type: name for name, media_type in MEDIA_TYPES.items()}
        self.sboms = tuple(
            Attached(
                digest=Digest(entry.digest),
                subject=place,
                format=formats[entry.artifact_type],
                entry=entry,
            )
            for place in (subject.manifest, subject.index)
            if place is not None
            for entry in attached(self._client, place, tuple(formats))
        )

    def choose(self, digest: str = "", format_: str = "") -> Attached:
        """Return the one SBOM meant, of the image's own manifest rather than of its index."""
        name = self._client.reference
        start = digest if digest.startswith("sha256:") else f"sha256:{digest}"
        fitting = [
            each
            for each in self.sboms
            if (not digest or each.digest.startswith(start)) and format_ in {"", each.format}
        ]
        own = [each for each in fitting if each.subject == fitting[0].subject]
        if not own:
            wanted = f" of {format_ or digest}" if format_ or digest else ""
            there = ", ".join(f"{each.digest[:19]} ({each.format})" for each in self.sboms)
            hint = f"there are {there}" if there else "make one: lading sbom generate --attach"
            raise InputError(f"{name}: no SBOM{wanted} is attached", hint)
        if len(own) > 1:
            listed = ", ".join(f"{each.digest[:19]} ({each.format})" for each in own)
            raise InputError(
                f"{name}: {len(own)} SBOMs are attached: {listed}",
                "choose with --digest or --format",
            )
        return own[0]

    def read(self, chosen: Attached) -> bytes:
        """Return the document as it was attached."""
        return fetched(self._client, chosen.entry, self._limits)


def _check(sbom: Sbom, image: Image) -> None:
    """An SBOM that says which image it is of, is attached to no other."""
    pairs = (
        (sbom.subject.image_id, image.subject.image_id),
        (sbom.subject.manifest, image.subject.manifest),
    )
    for of, there in pairs:
        if of and there:
            if of != there:
                told = f"the SBOM is of {of}, and {image.subject.name} is {there}"
                raise InputError(told, "name the image it was made of, or make a new SBOM")
            return
