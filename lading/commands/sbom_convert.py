"""Write an SBOM document in another format."""

from typing import Annotated

from msgspec import Meta, Struct

ARGUMENTS = ("document",)


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading sbom convert`."""

    document: Annotated[str, Meta(description="An SBOM file of any known format.")]
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE] to write.")] = (
        "cyclonedx-json",
    )


def run(options: Options) -> int:
    """Read it, write it; what could not be read is told on standard error."""
    import sys

    from lading.clock import source_date
    from lading.output import wanted, write_all
    from lading.subject import read_document
    from sbom.formats import WRITTEN, write

    outputs = wanted(options.output, tuple(WRITTEN))
    with open(options.document, "rb") as stream:
        sbom, _ = read_document(stream.read(), options.document)
    for problem in sbom.problems:
        sys.stderr.write(f"problem: {problem.where}: {problem.what}\n")
    write_all(outputs, lambda name, _terminal: write(sbom, name, timestamp=source_date()))
    return 0
