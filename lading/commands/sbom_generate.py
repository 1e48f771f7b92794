"""Read an image layer by layer and write its SBOM."""

import sys
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from lading.basing import BaseName
from lading.reaching import reach
from lading.subject import AllPlatforms, ImageName, Reading, read_image
from sbom.errors import InputError
from sbom.model import Digest, Sbom

if TYPE_CHECKING:
    from lading.output import Wanted

ARGUMENTS = ("image",)


class Options(Reading, frozen=True, kw_only=True):
    """Options of `lading sbom generate`."""

    image: ImageName
    all_platforms: AllPlatforms = False
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE] of the SBOM.")] = (
        "cyclonedx-json",
    )
    base: BaseName = ""
    attach: Annotated[
        bool, Meta(description="Attach it to the image in its registry, in the first format.")
    ] = False


def run(options: Options) -> int:
    """Write the SBOM in every format asked for."""
    from lading.basing import with_given_base
    from lading.clock import source_date
    from lading.output import wanted, write_all
    from sbom.formats import WRITTEN, write
    from sbom.sources import in_registry

    outputs = wanted(options.output, tuple(WRITTEN))
    if options.attach and not in_registry(options.image):
        raise InputError(f"{options.image}: --attach wants an image in a registry", "push it first")
    if options.all_platforms and options.base:
        raise InputError("--base is of one platform", "name the image's with --platform")
    if options.all_platforms:
        return _all(options, outputs)
    sbom, _ = read_image(options.image, options)
    if options.base:
        sbom = with_given_base(sbom, options.base, options)
    if options.attach:
        _attach(options, sbom, write(sbom, outputs[0][0], timestamp=source_date()))
    write_all(outputs, lambda name, _terminal: write(sbom, name, timestamp=source_date()))
    return 0


def _all(options: Options, outputs: "tuple[Wanted, ...]") -> int:
    """Write, and attach, the SBOM of each platform."""
    from lading.clock import source_date
    from lading.platforms import each_platform, write_each
    from sbom.formats import write

    read, others = each_platform(options.image, options, outputs)
    sboms = [sbom for sbom, _ in read]

    def written(name: str, number: int) -> bytes:
        return write(sboms[number], name, timestamp=source_date())

    if options.attach:
        for number, sbom in enumerate(sboms):
            _attach(options, sbom, written(outputs[0][0], number))
    write_each(outputs, [sbom.subject for sbom in sboms], lambda name, n, _: written(name, n))
    for other in others:
        sys.stderr.write(f"left out: {other}\n")
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
