"""Say why a vulnerability is, or is not, a finding: every record looked at, and the decision."""

from typing import Annotated

import msgspec
from msgspec import Meta

from lading.judging import AsOf
from lading.subject import Reading, SubjectName

ARGUMENTS = ("subject", "vulnerability", "purl")
FORMATS = ("text", "json")


class Options(Reading, frozen=True, kw_only=True):
    """Options of `lading explain`."""

    subject: SubjectName
    vulnerability: Annotated[str, Meta(description="Any id of it: CVE, GHSA, DSA, PYSEC …")]
    purl: Annotated[
        str, Meta(description="One component; all that a record names if left out.")
    ] = ""
    advisories: Annotated[
        str, Meta(description="Use these raw advisories alone, without a store.")
    ] = ""
    as_of: AsOf = ""
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: text, json.")] = ("text",)


def run(options: Options) -> int:
    """Print the trace as text or JSON."""
    from lading.judging import open_advisories
    from lading.output import wanted, write_all
    from lading.subject import load_sbom
    from match.explain import explain, render_text

    outputs = wanted(options.output, FORMATS)
    sbom, _ = load_sbom(options.subject, options)
    with open_advisories(options.advisories, options.db, options.as_of) as advisories:
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
