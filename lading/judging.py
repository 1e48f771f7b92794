"""What `scan`, `match` and `gate` have in common: an SBOM in, a `Run` with its verdict out."""

import os
import sys
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from gate.model import Application, Judged, Run, Verdict, View
from lading.options import BaseOf, Discover, TrustFile, VexNames
from lading.output import Wanted, wanted, write_all
from lading.place import database
from lading.trusting import Origin, Trusting
from match.model import Finding, Resolution
from sbom.errors import InputError
from sbom.model import Digest, Sbom

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from gate.policy.model import HouseException, HouseExceptions, Policy
    from gate.rules.baseline import Baseline
    from lading.vex.gathering import Gathered
    from match.set.store import AdvisorySet

DENIED = 1
UNSAID = Origin()
OUTPUTS = (
    "FORMAT[=FILE]: table, json, sarif, html, markdown, csv, junit, gitlab, cyclonedx-vdr, or run "
    "(all of it, for `lading report`)."
)
Score = Annotated[float, Meta(ge=0, le=10)]
AsOf = Annotated[
    str,
    Meta(
        description="Use the advisory set as it was: a date (at its end, UTC), a time, or the"
        " digest of a state."
    ),
]


class Judging(Trusting, frozen=True, kw_only=True):
    """The options these commands share."""

    policy: Annotated[str, Meta(description="Policy file, or the name of a shipped policy.")] = ""
    fail_on: Annotated[
        Score | None,
        Meta(description="Deny at this CVSS score (0 to 10) or above: 7.0 is high, 9.0 critical."),
    ] = None
    stage: Annotated[
        Literal["build", "registry", "deploy"], Meta(description="Which gate this is.")
    ] = "build"
    baseline: Annotated[
        str,
        Meta(
            description="An earlier `-o run` or `-o json`, or the digest of a stored verdict: what"
            " it had is not new."
        ),
    ] = ""
    exceptions: Annotated[
        tuple[str, ...], Meta(description="File of exceptions of the house, besides the policy's.")
    ] = ()
    scope: Annotated[
        tuple[str, ...],
        Meta(description="Where the image belongs, as NAME=VALUE: team, namespace, label.NAME."),
    ] = ()
    vex: VexNames = ()
    vex_discover: Discover = False
    vex_key: TrustFile = ""
    product: Annotated[str, Meta(description="Product the VEX statements are about.")] = ""
    base: BaseOf = ""
    advisories: Annotated[
        str, Meta(description="Use these raw advisories alone, without a store.")
    ] = ""
    as_of: AsOf = ""
    output: Annotated[tuple[str, ...], Meta(description=OUTPUTS)] = ("table",)
    all: Annotated[bool, Meta(description="Show also what was looked at and dismissed.")] = False
    now: Annotated[str, Meta(description="The time of the verdict, instead of the clock.")] = ""


def judge(
    sbom: Sbom,
    digest: Digest,
    options: Judging,
    advisories: "AdvisorySet | None" = None,
    origin: Origin = UNSAID,
    vex: "Gathered | None" = None,
) -> Run:
    """Match `sbom`, apply the VEX statements, and evaluate the policy if one was asked for.

    advisories: the set, where it is open already; else it is opened for this once.
    origin: where the SBOM came from, and who signed it.
    vex: what was gathered already.
    """
    outputs = asked_outputs(options.output)
    policy = _policy(options)
    baseline = read_baseline(options.baseline, options.db)
    scope = read_scope(options.scope)
    held = read_exceptions(options.exceptions, policy) if policy else None
    told = vex or gather_vex(options, sbom)
    base = None
    if policy is not None or (told and told.statements):
        from lading.basing import read_named, with_known_base

        base = read_named(options.base, options)
        sbom = with_known_base(sbom, base, options) if policy else sbom
    stored = any(name == "run" for name, _ in outputs)
    resolution = _resolve(sbom, options, advisories, everything=options.all or stored)
    judged, applications = _apply(told, resolution.findings, sbom, base, options)
    run = Run(
        sbom=sbom,
        sbom_digest=digest,
        state=resolution.state,
        judged=judged,
        coverage=resolution.coverage,
        dismissals=resolution.dismissals,
        problems=(*sbom.problems, *resolution.problems, *(told.problems if told else ())),
        applications=applications,
        end_of_life=_end_of_life(sbom),
        vex=told.named if told else (),
        exception_files=held.files if held else (),
        scope=scope,
        sbom_source=origin.source,
        signed_by=origin.signed_by,
    )
    if policy is None or held is None:
        return run
    return _with_verdict(run, policy, options, baseline, held.exceptions)


def report(run: Run, options: Judging) -> int:
    """Write every output that was asked for; return the exit code of the verdict."""
    write_reports(run, options.output, everything=options.all)
    return DENIED if run.verdict and run.verdict.outcome == "deny" else 0


def write_reports(run: Run, outputs: tuple[str, ...], *, everything: bool) -> None:
    """Write a run in every format of `-o`; `everything` shows what was dismissed too."""
    from gate.reports import render

    write_all(
        asked_outputs(outputs),
        lambda name, to_terminal: render(
            name, run, view(everything=everything, to_terminal=to_terminal)
        ),
    )


def gather_vex(options: Judging, sbom: Sbom) -> "Gathered | None":
    """Read the VEX documents that are to be applied; None where nobody asks for any.

    Each command names its subject.
    """
    if not (options.vex or options.vex_discover or options.vex_key):
        return None
    from lading.vex.gathering import gather

    subject = str(getattr(options, "subject", "") or getattr(options, "image", ""))
    return gather(
        options.vex, options.vex_key, subject, sbom, options, discover=options.vex_discover
    )


def asked_outputs(texts: tuple[str, ...]) -> tuple[Wanted, ...]:
    """Read `-o`; asked for before the work too, so that a wrong one is told at once."""
    from gate.reports import FORMATS

    return wanted(texts, tuple(FORMATS))


def view(*, everything: bool, to_terminal: bool) -> View:
    """How wide and colourful a report may be: a terminal's own width, colours unless NO_COLOR."""
    if not (to_terminal and sys.stdout.isatty()):
        return View(everything=everything)
    color = not os.environ.get("NO_COLOR")
    return View(everything=everything, width=os.get_terminal_size().columns, color=color)


def _resolve(
    sbom: Sbom, options: Judging, opened: "AdvisorySet | None", *, everything: bool
) -> Resolution:
    from match.resolve import resolve

    if opened is not None:
        return resolve(sbom, opened, everything=everything)
    with open_advisories(options.advisories, options.db, options.as_of) as advisories:
        return resolve(sbom, advisories, everything=everything)


def _apply(
    told: "Gathered | None",
    findings: "Sequence[Finding]",
    sbom: Sbom,
    base: Sbom | None,
    options: Judging,
) -> tuple[tuple[Judged, ...], tuple[Application, ...]]:
    if told is None:
        return tuple(Judged(finding=finding) for finding in findings), ()
    from lading.vex.applying import apply_vex

    return apply_vex(
        findings,
        told.statements,
        sbom,
        product=options.product,
        base=base,
        now=options.now,
        reading=options,
    )


def _end_of_life(sbom: Sbom) -> str:
    if sbom.distro is None:
        return ""
    from sbom.support import last_supported_day

    return last_supported_day(sbom.distro)


def open_advisories(raw: str, db: str, as_of: str = "") -> "AbstractContextManager[AdvisorySet]":
    """Open the advisory set: of the raw advisories at `raw` alone, or of the store, as it was."""
    if raw and as_of:
        raise InputError("--as-of asks a store; --advisories has no past", "leave one of them out")
    if raw:
        from match.set.importer import load

        return load(raw)
    if as_of:
        from match.set.past import open_past

        return open_past(database(db), as_of)
    from match.set.store import open_set

    return open_set(database(db))


def decides(options: Judging) -> bool:
    """Tell whether a policy was asked for, so that there will be a verdict."""
    asked = options.policy or options.baseline or options.exceptions
    return bool(asked) or options.fail_on is not None


def _policy(options: Judging) -> "Policy | None":
    if not decides(options):
        return None
    from gate.policy.reading import load, with_score

    policy = load(options.policy or "default")
    return policy if options.fail_on is None else with_score(policy, options.fail_on)


def read_baseline(path: str, db: str = "") -> "Baseline | None":
    """Read what `--baseline` names, a file or a verdict in the store; None where it is empty."""
    if not path:
        return None
    from gate.rules.baseline import read
    from lading.keeping import read_stored

    return read(read_stored(path, db), path)


def read_exceptions(paths: tuple[str, ...], policy: "Policy") -> "HouseExceptions":
    """Read the files of `--exceptions`, and those that the policy names."""
    from gate.policy.model import HouseExceptions
    from gate.policy.reading import exception_files

    named = (*paths, *exception_files(policy))
    if not named:
        return HouseExceptions()
    from gate.exceptions.files import load_all

    return load_all(named)


def read_scope(texts: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Read `--scope NAME=VALUE`; of a name given twice the last counts.

    Raises:
        InputError: where one is of another form, or of a name that no policy asks for.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        known = name in {"team", "namespace"} or (name.startswith("label.") and name != "label.")
        if not (equals and value and known):
            raise InputError(f"--scope {text}: not NAME=VALUE", "team, namespace, or label.NAME")
        found[name] = value
    return tuple(sorted(found.items()))


def _with_verdict(
    run: Run,
    policy: "Policy",
    options: Judging,
    baseline: "Baseline | None",
    exceptions: "tuple[HouseException, ...]",
) -> Run:
    from msgspec.structs import replace

    from gate.evaluate import evaluate
    from lading.clock import now

    verdict: Verdict = evaluate(
        run,
        policy,
        options.stage,
        decided_at=now(options.now),
        baseline=baseline,
        exceptions=exceptions,
    )
    return replace(run, verdict=verdict)
