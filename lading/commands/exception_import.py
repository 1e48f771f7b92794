"""Make exceptions of another tool's ignore file; what no exception can say is named."""

import sys
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct

ARGUMENTS = ("file",)


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading exception import`."""

    file: Annotated[
        str, Meta(description=".grype.yaml, .trivyignore, .trivyignore.yaml, osv-scanner.toml.")
    ]
    tool: Annotated[Literal["grype", "osv-scanner", "trivy"], Meta(description="Whose it is.")]
    owner: Annotated[str, Meta(description="Who answers for them.")]
    reason: Annotated[str, Meta(description="Of those for which the file gives none.")] = ""
    approver: Annotated[str, Meta(description="Who accepted them.")] = ""
    ticket: Annotated[str, Meta(description="Where they are tracked.")] = ""
    until: Annotated[str, Meta(description="The last day they hold, if not an earlier one.")] = ""
    output: Annotated[str, Meta(description="File to write; standard output if not said.")] = ""
    now: Annotated[str, Meta(description="The day of acceptance, instead of the clock.")] = ""


def run(options: Options) -> int:
    """Write the file of exceptions; say on standard error what could not be said as one."""
    from gate.exceptions.document import Entry
    from gate.exceptions.drafting import imported
    from gate.exceptions.files import read, write
    from gate.ignores import reader
    from lading.clock import now
    from lading.output import put
    from sbom.text import plain

    with open(options.file, "rb") as stream:
        rules, left = reader(options.tool).read(stream.read(), options.file)
    given = Entry(
        vulnerability="-",
        owner=options.owner,
        reason=options.reason or f"taken over from {options.file}",
        approver=options.approver or UNSET,
        ticket=options.ticket or UNSET,
        accepted=now(options.now)[:10],
        until=options.until or UNSET,
    )
    text = write(imported(rules, given)).encode()
    endless = sum(not (e.until or e.events) for e in read(text, "the exceptions"))
    put([(options.output, text)])
    for each in left:
        sys.stderr.write(plain(f"{options.file}: not taken over: {each}") + "\n")
    if endless:
        told = f"{endless} of {len(rules)} have no end, which policies ask for: give --until"
        sys.stderr.write(plain(f"{options.file}: {told}") + "\n")
    return 0
