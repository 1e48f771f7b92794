"""List the SBOMs attached to an image in a registry, or fetch one as it was attached."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from lading.reaching import CaFile, Insecure, reach

ARGUMENTS = ("image",)
FORMATS = ("document", "table", "json")


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading sbom pull`."""

    image: Annotated[str, Meta(description="REGISTRY/NAME:TAG or REGISTRY/NAME@DIGEST.")]
    output: Annotated[
        tuple[str, ...],
        Meta(description="document[=FILE]: the SBOM itself; table, json: which there are."),
    ] = ("document",)
    platform: Annotated[str, Meta(description="Choose from an index, as linux/arm64.")] = ""
    format: Annotated[str, Meta(description="The format wanted, as cyclonedx-json.")] = ""
    digest: Annotated[str, Meta(description="The one wanted, by the start of its digest.")] = ""
    insecure: Insecure = False
    ca_file: CaFile = ""


def run(options: Options) -> int:
    """Write the document's own bytes; their digests were compared, no signature was."""
    from lading.output import wanted, write_all
    from lading.table import table
    from sbom.registry.sboms import Shelf

    outputs = wanted(options.output, FORMATS)
    shelf = Shelf(
        options.image,
        platform=options.platform,
        access=reach(insecure=options.insecure, ca_file=options.ca_file),
    )

    def render(name: str, _terminal: bool) -> bytes:  # noqa: FBT001
        if name == "document":
            return shelf.read(shelf.choose(options.digest, options.format))
        if name == "json":
            shown = ("digest", "format", "subject")
            sboms = [{key: getattr(each, key) for key in shown} for each in shelf.sboms]
            return msgspec.json.encode({"sboms": sboms}, order="sorted") + b"\n"
        rows = [(each.digest, each.format, each.subject) for each in shelf.sboms]
        return table(("digest", "format", "attached to"), rows, [f"{len(rows)} SBOMs"])

    write_all(outputs, render)
    return 0
