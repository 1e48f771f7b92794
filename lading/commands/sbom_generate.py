"""Read an image layer by layer and write its SBOM."""

from typing import Annotated

from msgspec import Meta

from lading.reaching import reach
from lading.subject import ImageName, Reading, read_image
from sbom.errors import InputError
from sbom.model import Digest, Sbom

ARGUMENTS = ("image",)


class Options(Reading, frozen=True, kw_only=True):
    """Options of `lading sbom generate`."""

    image: ImageName
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE] of the SBOM.")] = (
        "cyclonedx-json",
    )
    attach: Annotated[
        bool, Meta(description="Attach it to the image in its registry, in the first format.")
    ] = False


def run(options: Options) -> int:
    """Write the SBOM in every format asked for."""
    from lading.clock import source_date
    from lading.output import wanted, write_all
    from sbom.formats import WRITTEN, write
    from sbom.sources import in_registry

    outputs = wanted(options.output, tuple(WRITTEN))
    if options.attach and not in_registry(options.image):
        raise InputError(f"{options.image}: --attach wants an image in a registry", "push it first")
    sbom, _ = read_image(options.image, options)
    if options.attach:
        _attach(options, sbom, write(sbom, outputs[0][0], timestamp=source_date()))
    write_all(outputs, lambda name, _terminal: write(sbom, name, timestamp=source_date()))
    return 0


def _attach(options: Options, sbom: Sbom, document: bytes) -> None:
    """Attach what was written to the manifest that was read, wherever its tag points by now."""
    from lading.subject import read_document
    from sbom.registry.sboms import at_manifest, attach_sbom

    image = at_manifest(options.image, sbom.subject.manifest or Digest(""))
    written, _ = read_document(document, "the SBOM")
    attach_sbom(
        image, written, document, access=reach(insecure=options.insecure, ca_file=options.ca_file)
    )
