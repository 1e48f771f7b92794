"""Say why a vulnerability is, or is not, a finding: every record looked at, and the decision."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from lading.place import database

ARGUMENTS = ("subject", "vulnerability", "purl")
FORMATS = ("text", "json")


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading explain`."""

    subject: Annotated[str, Meta(description="An SBOM file, an image, or a digest in the store.")]
    vulnerability: Annotated[str, Meta(description="Any id of it: CVE, GHSA, DSA, PYSEC …")]
    purl: Annotated[
        str, Meta(description="One component; all that a record names if left out.")
    ] = ""
    advisories: Annotated[
        str, Meta(description="Use these raw advisories alone, without a store.")
    ] = ""
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: text, json.")] = ("text",)
    platform: Annotated[str, Meta(description="Choose from an index, as linux/arm64.")] = ""
    limit: Annotated[tuple[str, ...], Meta(description="NAME=VALUE: set a safety limit.")] = ()
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""


def run(options: Options) -> int:
    """Print the trace as text or JSON."""
    from lading.judging import open_advisories
    from lading.output import wanted, write_all
    from lading.subject import load_sbom
    from match.explain import explain, render_text

    outputs = wanted(options.output, FORMATS)
    sbom, _ = load_sbom(
        options.subject,
        database=database(options.db),
        platform=options.platform,
        limit=options.limit,
    )
    with open_advisories(options.advisories, options.db) as advisories:
        trace = explain(sbom, advisories, options.vulnerability, options.purl or None)
    write_all(
        outputs,
        lambda name, _: (
            msgspec.json.encode(trace, order="sorted") + b"\n"
            if name == "json"
            else render_text(trace).encode()
        ),
    )
    return 0
