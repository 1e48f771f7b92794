"""What a policy would change: a stored run is judged again, and what comes out differently."""

from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from gate.evaluate import evaluate
from gate.model import Decision, Run, Stage, Verdict
from gate.policy.model import HouseException, Policy
from gate.rules.baseline import Baseline
from sbom.text import plain, plural

SCHEMA: Literal["lading-trial/1"] = "lading-trial/1"
SHOWN = 10
ENCODER = msgspec.json.Encoder(order="sorted")
Outcome = Literal["pass", "deny", "none"]


class Difference(Struct, frozen=True, kw_only=True, gc=False):
    """One decision that comes out differently; `id` is empty for one about the image."""

    id: str
    purl: str
    before: str
    after: str
    because: str


class Trial(Struct, frozen=True, kw_only=True, gc=False):
    """One stored run under another policy.

    before: what was decided then, `none` where no policy was asked.
    differences: in the order of the findings, then the unknowns.
    """

    file: str
    subject: str
    stage: str
    before: Outcome
    after: Outcome
    differences: tuple[Difference, ...]


class Trials(Struct, frozen=True, kw_only=True, gc=False):
    """The document: a policy and what it makes of each run."""

    schema: Literal["lading-trial/1"]
    policy: str
    policy_digest: str
    runs: tuple[Trial, ...]


def attempt(
    run: Run,
    policy: Policy,
    *,
    file: str,
    stage: Stage | None = None,
    now: str = "",
    baseline: Baseline | None = None,
    exceptions: Sequence[HouseException] = (),
) -> Trial:
    """Judge a stored run again.

    Args:
        run: with its verdict of then, if it had one.
        policy: the one that is tried.
        file: the name of the run's file.
        stage: the gate; the one of then, or build, where it is not said.
        now: RFC 3339; the time of then where it is not said.
        baseline: stands for the one of then, of which a run keeps only the digest.
        exceptions: stand for those of then.
    """
    then = run.verdict
    stage = stage or (then.stage if then else "build")
    verdict = evaluate(
        run,
        policy,
        stage,
        decided_at=now or (then.decided_at if then else ""),
        baseline=baseline,
        exceptions=exceptions,
    )
    return Trial(
        file=file,
        subject=run.sbom.subject.name,
        stage=stage,
        before=then.outcome if then else "none",
        after=verdict.outcome,
        differences=_differences(run, then, verdict),
    )


def collect(policy: Policy, runs: tuple[Trial, ...]) -> Trials:
    """Return the document of all trials of a policy."""
    return Trials(schema=SCHEMA, policy=policy.name, policy_digest=policy.digest, runs=runs)


def would_deny(trials: Trials) -> bool:
    """Tell whether the policy denies anything that passed."""
    return any(each.before == "pass" and each.after == "deny" for each in trials.runs)


def render_text(trials: Trials) -> str:
    """Return the trials for people: what changes for each run, the first few of it."""
    lines = []
    for each in trials.runs:
        change = each.after if each.before == each.after else f"{each.before} -> {each.after}"
        count = plural(len(each.differences), "decision")
        lines.append(f"{each.file}: {change} at {each.stage} ({each.subject}), {count} differ")
        for one in each.differences[:SHOWN]:
            what = f"{one.id} in {one.purl}" if one.id else one.purl or "image"
            lines.append(f"  {one.before} -> {one.after}: {what}: {one.because}")
        if len(each.differences) > SHOWN:
            lines.append(f"  and {len(each.differences) - SHOWN:,} more")
    changed = sum(each.before != each.after for each in trials.runs)
    of = plural(len(trials.runs), "verdict")
    lines.append(f"policy {trials.policy}: {changed} of {of} would change")
    return "".join(f"{plain(line)}\n" for line in lines)


def render_json(trials: Trials) -> bytes:
    """Return the trials as `lading-trial/1`, keys sorted, with a final newline."""
    return ENCODER.encode(trials) + b"\n"


def _differences(run: Run, then: Verdict | None, now: Verdict) -> tuple[Difference, ...]:
    """Return the findings and unknowns that are answered differently than then."""
    count = len(run.judged)
    was = then.decisions if then else ()
    found = [
        Difference(
            id=after.id,
            purl=after.purl,
            before=was[place].answer if place < len(was) else "none",
            after=after.answer,
            because=after.because,
        )
        for place, after in enumerate(now.decisions[:count])
    ]
    of_image = {_key(each): each for each in was[count:]}
    still = {_key(each): each for each in now.decisions[count:]}
    for key, each in (of_image | still).items():
        before, after = of_image.get(key), still.get(key)
        found.append(
            Difference(
                id="",
                purl=each.purl,
                before=before.answer if before else "none",
                after=after.answer if after else "none",
                because=each.because,
            )
        )
    return tuple(each for each in found if each.before != each.after)


def _key(decision: Decision) -> tuple[str, str]:
    """Return what a decision about the image is told by."""
    return decision.rule, decision.purl
