"""Try a policy on stored runs (`-o run=FILE`): what would be decided differently, and why."""

from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

ARGUMENTS = ("policy", "run")
FORMATS = ("text", "json")
DENIED = 1


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading policy test`."""

    policy: Annotated[str, Meta(description="Policy file, or the name of a shipped policy.")]
    run: Annotated[tuple[str, ...], Meta(description="A stored run.")]
    stage: Annotated[
        Literal["", "build", "registry", "deploy"],
        Meta(description="Which gate; the one of each run where it is not said."),
    ] = ""
    baseline: Annotated[
        str, Meta(description="An earlier `-o run` or `-o json`: what it had is not new.")
    ] = ""
    exceptions: Annotated[
        tuple[str, ...], Meta(description="File of exceptions of the house, besides the policy's.")
    ] = ()
    scope: Annotated[
        tuple[str, ...], Meta(description="NAME=VALUE, instead of where each run says it belongs.")
    ] = ()
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: text, json.")] = ("text",)
    now: Annotated[
        str, Meta(description="The time of the verdicts, instead of the time of each run.")
    ] = ""


def run(options: Options) -> int:
    """Exit 1 where an image that passed would be denied."""
    from gate.policy.reading import load
    from gate.reports.run import read
    from gate.trial import attempt, collect, render_json, render_text, would_deny
    from lading.clock import now
    from lading.judging import read_baseline, read_exceptions, read_scope
    from lading.output import wanted, write_all

    outputs = wanted(options.output, FORMATS)
    policy, baseline = load(options.policy), read_baseline(options.baseline)
    exceptions = read_exceptions(options.exceptions, policy)
    scope = read_scope(options.scope)
    trials = []
    for path in options.run:
        with open(path, "rb") as stream:
            stored = read(stream.read(), path)
        trial = attempt(
            replace(stored, scope=scope) if scope else stored,
            policy,
            file=path,
            stage=options.stage or None,
            now=now(options.now) if options.now else "",
            baseline=baseline,
            exceptions=exceptions,
        )
        trials.append(trial)
    found = collect(policy, tuple(trials))
    write_all(
        outputs,
        lambda name, _: render_json(found) if name == "json" else render_text(found).encode(),
    )
    return DENIED if would_deny(found) else 0
