"""From what a user names (an SBOM file, an image, a digest in the store) to its `Sbom`."""

import os
from typing import TYPE_CHECKING

from lading.progress import progress
from sbom.errors import InputError
from sbom.model import Digest, Sbom

if TYPE_CHECKING:
    from sbom.registry.access import Access

DOCUMENT_FORMAT = "cyclonedx-json"
HEAD = 4096


def load_sbom(
    reference: str, *, database: str, platform: str = "", limit: tuple[str, ...] = ()
) -> tuple[Sbom, Digest]:
    """Return the SBOM of `reference` and the digest of its document.

    An image is read here and now; its SBOM's digest is that of its CycloneDX form.
    """
    if reference.startswith("sha256:"):
        from sbom.store import get

        return read_document(get(database, reference), reference)
    if _is_document(reference):
        with open(reference, "rb") as stream:
            return read_document(stream.read(), reference)
    sbom, document = read_image(reference, platform=platform, limit=limit)
    from sbom.store import digest_of

    return sbom, digest_of(document)


def read_document(data: bytes, name: str) -> tuple[Sbom, Digest]:
    """Read an SBOM document of any known format."""
    from hashlib import sha256

    from sbom.formats import read

    return read(data, name), Digest("sha256:" + sha256(data).hexdigest())


def read_image(
    reference: str,
    *,
    platform: str = "",
    limit: tuple[str, ...] = (),
    threads: int = 0,
    access: "Access | None" = None,
) -> tuple[Sbom, bytes]:
    """Read an image layer by layer; return its SBOM and the document that is kept of it."""
    from lading.clock import source_date
    from lading.reaching import reach
    from sbom import limits as bounds
    from sbom.build import build
    from sbom.formats import write
    from sbom.sources import open_image

    limits = bounds.parse(limit)
    image = open_image(
        reference, platform=platform or None, limits=limits, access=access or reach()
    )
    with progress("reading layers") as report:
        sbom = build(image, limits=limits, threads=threads or os.cpu_count() or 1, progress=report)
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
