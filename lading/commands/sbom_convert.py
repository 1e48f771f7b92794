"""Write an SBOM document in another format.

FORMAT is cyclonedx-json or cyclonedx-xml (1.6; or a version, as cyclonedx-json@1.4 to @1.7),
spdx-json or spdx-tv (2.3), spdx3-json (3.0.1). An SBOM inside an in-toto attestation is taken out.
"""

import sys
from typing import Annotated

from msgspec import Meta, Struct

from sbom.model import Sbom

ARGUMENTS = ("document",)


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading sbom convert`."""

    document: Annotated[str, Meta(description="An SBOM file of any known format.")]
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[@VERSION][=FILE] to write.")] = (
        "cyclonedx-json",
    )


def run(options: Options) -> int:
    """Read it, write it; what could not be read, and what was set aside, goes to stderr."""
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
    for name, _ in outputs:
        _tell_set_aside(sbom, name)
    return 0


def _tell_set_aside(sbom: Sbom, name: str) -> None:
    from sbom.formats import set_aside

    found = ", ".join(f"{member} ({n} components)" for member, n in set_aside(sbom, name).items())
    if found:
        sys.stderr.write(f"note: {name} has no {found}: kept in properties named lading:…\n")
