"""Name the smallest set of upgrades, grouped by package, that clears the gate."""

from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from lading.judging import DENIED, Judging, gather_vex, judge
from lading.subject import SubjectName
from lading.trusting import load

ARGUMENTS = ("subject",)
FORMATS = ("text", "json")


class Options(Judging, frozen=True, kw_only=True):
    """Options of `lading fix`."""

    subject: SubjectName
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: text, json.")] = ("text",)


def run(options: Options) -> int:
    """Exit 0 where the gate passes after them, 1 where it denies still."""
    from gate.fixing import plan, render_json, render_text
    from lading.clock import now
    from lading.output import wanted, write_all

    outputs = wanted(options.output, FORMATS)
    policy = options.policy or "default"
    judging = replace(options, output=("table",), policy=policy, now=now(options.now))
    read = load(options.subject, options, options.now)
    vex = gather_vex(judging, read.sbom)
    found = plan(
        judge(read.sbom, read.digest, judging, origin=read.origin, vex=vex),
        lambda other: judge(other, read.digest, judging, origin=read.origin, vex=vex),
    )
    write_all(
        outputs,
        lambda name, _: render_json(found) if name == "json" else render_text(found).encode(),
    )
    return DENIED if found.outcome == "deny" else 0
