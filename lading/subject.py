"""From what a user names (an SBOM file, an image, a digest in the store) to its `Sbom`."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from lading.options import CaFile, Insecure
from lading.place import database
from sbom.digest import digest_of
from sbom.errors import InputError
from sbom.model import Digest, Sbom
from sbom.text import plain

if TYPE_CHECKING:
    from sbom.image.opened import Image, Platforms
    from sbom.store.results import Results

DOCUMENT_FORMAT = "cyclonedx-json"
HEAD = 4096
STDIN = "-"
"""An SBOM document that is piped to us."""

SubjectName = Annotated[
    str, Meta(description="An SBOM file (-: standard input), an image, or a digest in the store.")
]
ImageName = Annotated[
    str,
    Meta(
        description="REGISTRY/NAME:TAG, oci:DIR[:TAG], oci-archive:FILE, docker-archive:FILE,"
        " docker:NAME, podman:NAME, containerd:NAME, dir:PATH."
    ),
]

AllPlatforms = Annotated[
    bool, Meta(description="Every platform of an index; a file needs {platform} in its name.")
]


class Reading(Struct, frozen=True, kw_only=True):
    """The options of every command that reads an image, or an SBOM from wherever it is."""

    platform: Annotated[str, Meta(description="Choose from an index, as linux/arm64.")] = ""
    limit: Annotated[tuple[str, ...], Meta(description="NAME=VALUE: set a safety limit.")] = ()
    threads: Annotated[int, Meta(description="Layers read at once (0: one a core).", ge=0)] = 0
    insecure: Insecure = False
    ca_file: CaFile = ""
    mounts: Annotated[bool, Meta(description="dir: read also the file systems mounted below.")] = (
        False
    )
    no_cache: Annotated[bool, Meta(description="Read also the layers that are known.")] = False
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""


def load_sbom(reference: str, reading: Reading) -> tuple[Sbom, Digest]:
    """Return the SBOM of `reference` and the digest of its document.

    An image is read here and now; its SBOM's digest is that of its CycloneDX form.
    """
    if reference.startswith("sha256:"):
        from sbom.store import get

        return read_document(get(database(reading.db), reference), reference)
    if reference == STDIN or is_document(reference):
        return read_document(content(reference), reference)
    sbom, document = read_image(reference, reading)
    return sbom, digest_of(document)


def load_document(reference: str, reading: Reading) -> bytes:
    """Return the SBOM document of `reference` as it stands; of an image, the one that is kept."""
    if reference.startswith("sha256:"):
        from sbom.store import get

        return get(database(reading.db), reference)
    if reference == STDIN or is_document(reference):
        return content(reference)
    return read_image(reference, reading)[1]


def content(reference: str) -> bytes:
    """Return what a document's file has, or what is piped to us."""
    if reference != STDIN:
        with open(reference, "rb") as stream:
            return stream.read()
    data = sys.stdin.buffer.read()
    if not data:
        raise InputError("-: nothing came by standard input", "pipe an SBOM document to it")
    return data


def read_document(data: bytes, name: str) -> tuple[Sbom, Digest]:
    """Read an SBOM document of any known format."""
    from sbom.formats import read

    return read(data, name), digest_of(data)


def read_image(reference: str, reading: Reading) -> tuple[Sbom, bytes]:
    """Open an image and read it; return its SBOM and the document that is kept of it."""
    return read_opened(opened_image(reference, reading), reading)


def read_opened(image: "Image", reading: Reading) -> tuple[Sbom, bytes]:
    """Read an opened image layer by layer; return its SBOM and the document that is kept of it."""
    from lading.clock import source_date
    from lading.progress import progress
    from sbom import limits as bounds
    from sbom.build import build
    from sbom.formats import write

    limits = bounds.parse(reading.limit)
    threads = reading.threads or os.cpu_count() or 1
    with progress("reading layers") as report, _results(reading) as results:
        sbom = build(image, limits=limits, threads=threads, progress=report, results=results)
    return sbom, write(sbom, DOCUMENT_FORMAT, timestamp=source_date())


def opened_platforms(reference: str, reading: Reading) -> "Platforms":
    """Open the images of all platforms of a name; their layers are not read yet."""
    from lading.reaching import reach
    from sbom import limits as bounds
    from sbom.sources import open_all

    if reading.platform:
        raise InputError("--platform and --all-platforms exclude each other", "give one of them")
    if reference.startswith("sha256:") or is_document(reference):
        raise InputError(f"{reference}: it is one SBOM", "leave --all-platforms out")
    return open_all(
        reference,
        limits=bounds.parse(reading.limit),
        access=reach(insecure=reading.insecure, ca_file=reading.ca_file),
    )


def opened_image(reference: str, reading: Reading) -> "Image":
    """Open an image; its layers are not read yet."""
    from lading.reaching import reach
    from sbom import limits as bounds
    from sbom.sources import open_image

    return open_image(
        reference,
        platform=reading.platform or None,
        limits=bounds.parse(reading.limit),
        access=reach(insecure=reading.insecure, ca_file=reading.ca_file),
        mounts=reading.mounts,
    )


@contextmanager
def _results(reading: Reading) -> Iterator["Results | None"]:
    """Yield what earlier readings left in the store; what this one adds is written at the end."""
    if reading.no_cache:
        yield None
        return
    from lading.clock import today
    from sbom.program import program
    from sbom.store.results import Results

    results = Results(database(reading.db), program(), today())
    yield results
    results.save()
    if results.trouble:
        sys.stderr.write(f"lading: what was read is not kept: {plain(results.trouble)}\n")


def is_document(reference: str) -> bool:
    """Tell an SBOM document from an image: a file that starts with neither gzip, zstd nor tar."""
    if not os.path.isfile(reference):
        return False
    with open(reference, "rb") as stream:
        head = stream.read(HEAD)
    if not head:
        raise InputError(f"{reference}: the file is empty", "name an SBOM or an image")
    compressed = head.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd"))
    return not compressed and head[257:262] != b"ustar"
