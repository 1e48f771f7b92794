"""From what a user names (an SBOM file, an image, a digest in the store) to its `Sbom`."""

import os
from typing import Annotated

from msgspec import Meta, Struct

from lading.place import database
from lading.reaching import CaFile, Insecure
from sbom.errors import InputError
from sbom.model import Digest, Sbom

DOCUMENT_FORMAT = "cyclonedx-json"
HEAD = 4096

SubjectName = Annotated[str, Meta(description="An SBOM file, an image, or a digest in the store.")]
ImageName = Annotated[
    str,
    Meta(
        description="REGISTRY/NAME:TAG, oci:DIR[:TAG], oci-archive:FILE, docker-archive:FILE,"
        " dir:PATH."
    ),
]


class Reading(Struct, frozen=True, kw_only=True):
    """The options of every command that reads an image, or an SBOM from wherever it is."""

    platform: Annotated[str, Meta(description="Choose from an index, as linux/arm64.")] = ""
    limit: Annotated[tuple[str, ...], Meta(description="NAME=VALUE: set a safety limit.")] = ()
    threads: Annotated[int, Meta(description="Layers read at once (0: one a core).", ge=0)] = 0
    insecure: Insecure = False
    ca_file: CaFile = ""
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""


def load_sbom(reference: str, reading: Reading) -> tuple[Sbom, Digest]:
    """Return the SBOM of `reference` and the digest of its document.

    An image is read here and now; its SBOM's digest is that of its CycloneDX form.
    """
    if reference.startswith("sha256:"):
        from sbom.store import get

        return read_document(get(database(reading.db), reference), reference)
    if _is_document(reference):
        with open(reference, "rb") as stream:
            return read_document(stream.read(), reference)
    sbom, document = read_image(reference, reading)
    from sbom.store import digest_of

    return sbom, digest_of(document)


def read_document(data: bytes, name: str) -> tuple[Sbom, Digest]:
    """Read an SBOM document of any known format."""
    from hashlib import sha256

    from sbom.formats import read

    return read(data, name), Digest("sha256:" + sha256(data).hexdigest())


def read_image(reference: str, reading: Reading) -> tuple[Sbom, bytes]:
    """Read an image layer by layer; return its SBOM and the document that is kept of it."""
    from lading.clock import source_date
    from lading.progress import progress
    from lading.reaching import reach
    from sbom import limits as bounds
    from sbom.build import build
    from sbom.formats import write
    from sbom.sources import open_image

    limits = bounds.parse(reading.limit)
    image = open_image(
        reference,
        platform=reading.platform or None,
        limits=limits,
        access=reach(insecure=reading.insecure, ca_file=reading.ca_file),
    )
    threads = reading.threads or os.cpu_count() or 1
    with progress("reading layers") as report:
        sbom = build(image, limits=limits, threads=threads, progress=report)
    return sbom, write(sbom, DOCUMENT_FORMAT, timestamp=source_date())


def _is_document(reference: str) -> bool:
    """Tell an SBOM document from an image: a file that starts with neither gzip, zstd nor tar."""
    if not os.path.isfile(reference):
        return False
    with open(reference, "rb") as stream:
        head = stream.read(HEAD)
    if not head:
        raise InputError(f"{reference}: the file is empty", "name an SBOM or an image")
    compressed = head.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd"))
    return not compressed and head[257:262] != b"ustar"
