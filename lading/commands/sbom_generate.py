"""Read an image layer by layer and write its SBOM."""

from typing import Annotated

from msgspec import Meta, Struct

from lading.subject import read_image

ARGUMENTS = ("image",)


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading sbom generate`."""

    image: Annotated[
        str, Meta(description="oci:DIR[:TAG], oci-archive:FILE, docker-archive:FILE, dir:PATH.")
    ]
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE] of the SBOM.")] = (
        "cyclonedx-json",
    )
    platform: Annotated[str, Meta(description="Choose from an index, as linux/arm64.")] = ""
    limit: Annotated[tuple[str, ...], Meta(description="NAME=VALUE: set a safety limit.")] = ()
    threads: Annotated[int, Meta(description="Layers read at once (0: one a core).", ge=0)] = 0


def run(options: Options) -> int:
    """Write the SBOM in every format asked for."""
    from lading.clock import source_date
    from lading.output import wanted, write_all
    from sbom.formats import WRITTEN, write

    outputs = wanted(options.output, tuple(WRITTEN))
    sbom, _ = read_image(
        options.image, platform=options.platform, limit=options.limit, threads=options.threads
    )
    write_all(outputs, lambda name, _terminal: write(sbom, name, timestamp=source_date()))
    return 0
