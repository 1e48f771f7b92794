"""Try a policy on stored verdicts, of the store or of files: what would change, and why."""

from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from lading.place import database
from sbom.errors import InputError

ARGUMENTS = ("policy", "run")
FORMATS = ("text", "json")
DENIED = 1


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading policy test`."""

    policy: Annotated[str, Meta(description="Policy file, or the name of a shipped policy.")]
    run: Annotated[
        tuple[str, ...],
        Meta(
            description="Stored runs (`-o run=FILE`), or digests of stored verdicts; without any,"
            " all verdicts in the store."
        ),
    ] = ()
    image: Annotated[
        str, Meta(description="Of the store only this image's: its name, or a digest's start.")
    ] = ""
    since: Annotated[
        str, Meta(description="Of the store only those from this day or time on (UTC).")
    ] = ""
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
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""


def run(options: Options) -> int:
    """Exit 1 where an image that passed would be denied."""
    from gate.policy.reading import load
    from gate.reports.run import read
    from gate.trial import attempt, collect, render_json, render_text, would_deny
    from lading.clock import now
    from lading.judging import read_baseline, read_exceptions, read_scope
    from lading.keeping import read_stored
    from lading.output import wanted, write_all

    outputs = wanted(options.output, FORMATS)
    policy, baseline = load(options.policy), read_baseline(options.baseline, options.db)
    exceptions = read_exceptions(options.exceptions, policy).exceptions
    scope = read_scope(options.scope)
    trials = []
    for name in _named(options):
        stored = read(read_stored(name, options.db), name)
        trial = attempt(
            replace(stored, scope=scope) if scope else stored,
            policy,
            file=name,
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


def _named(options: Options) -> tuple[str, ...]:
    """Return the runs to try: those that were named, else the store's."""
    if options.run and (options.image or options.since):
        told = "--image and --since choose from the store"
        raise InputError(told, "leave them out where runs are named")
    if options.run:
        return options.run
    from gate.verdicts import kept

    there = kept(database(options.db), image=options.image, since=options.since)
    if not there:
        raise InputError("no verdict in the store to try", "name stored runs, or decide first")
    return tuple(each.digest for each in there)
