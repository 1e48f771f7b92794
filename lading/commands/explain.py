"""Say why a vulnerability is, or is not, a finding: every record looked at, and the decision.

With --vex, --policy or --exceptions it says too what settled the finding. The exit code is 0.
"""

from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from lading.judging import Judging
from lading.subject import SubjectName
from sbom.errors import InputError

ARGUMENTS = ("subject", "vulnerability", "purl")
FORMATS = ("text", "json")


class Options(Judging, frozen=True, kw_only=True):
    """Options of `lading explain`."""

    subject: SubjectName
    vulnerability: Annotated[str, Meta(description="Any id of it: CVE, GHSA, DSA, PYSEC …")]
    purl: Annotated[
        str,
        Meta(description="One component: its purl or name; all that a record names if left out."),
    ] = ""
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: text, json.")] = ("text",)
    all: Annotated[
        bool, Meta(description="Show also the records on other packages, and the compared keys.")
    ] = False


def run(options: Options) -> int:
    """Print the trace as text or JSON."""
    from gate.explained import NOTHING, render_json, render_text, settle
    from lading.judging import decides, judge, open_advisories, view
    from lading.output import wanted, write_all
    from lading.trusting import load
    from match.explain import explain

    outputs = wanted(options.output, FORMATS)
    if not options.vulnerability.strip():
        raise InputError("no id", "name a vulnerability, such as CVE-2021-44228")
    found = load(options.subject, options, options.now)
    with open_advisories(options.advisories, options.db, options.as_of) as advisories:
        trace = explain(found.sbom, advisories, options.vulnerability, options.purl or None)
        settlement = NOTHING
        if options.vex or options.vex_discover or decides(options):
            judging = replace(options, output=("json",), all=False)
            run = judge(found.sbom, found.digest, judging, advisories, found.origin)
            settlement = settle(trace, run)
    write_all(
        outputs,
        lambda name, to_terminal: (
            render_json(trace, settlement)
            if name == "json"
            else render_text(
                trace, view(everything=options.all, to_terminal=to_terminal), settlement
            ).encode(errors="replace")
        ),
    )
    return 0
