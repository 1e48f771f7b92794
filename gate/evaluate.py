"""A run under a policy at a stage: pass or deny, with the reason of every decision.

Monotone by construction: it denies when any finding or any unknown is answered with deny, so a
further finding never turns deny into pass, and a further `not_affected` never pass into deny.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from gate.baseline import Baseline
from gate.classes import KERNEL, OPTIONAL, class_of
from gate.conditions import WEIGHT, Circumstances, Said, circumstances, gravest, weigh
from gate.model import (
    Answer,
    Decision,
    Judged,
    Policy,
    Rules,
    Run,
    Stage,
    Status,
    Unknown,
    Verdict,
)
from gate.score import score_of
from sbom.errors import InputError
from sbom.model import Problem

CLEARED = {Status.NOT_AFFECTED, Status.FIXED}
"""Statuses that take a finding out of counts and gates (rule 18)."""
RATED_BY = {"score", "severity", "epss", "kev"}
"""Rules that speak of what is known; every other one speaks of an unknown."""
WORDS = {
    "undecided": "whose version could not be compared",
    "unscored": "without a score",
    "vendor_silent": "on which the distribution has said nothing",
}
"""What the unknowns of single findings are called in a count of them."""


def evaluate(
    run: Run,
    policy: Policy,
    stage: Stage,
    *,
    decided_at: str = "",
    baseline: Baseline | None = None,
) -> Verdict:
    """Decide whether the image of `run` may pass `stage`.

    Args:
        run: its own verdict, if any, is not looked at.
        policy: has to have rules for the stage.
        stage: the gate.
        decided_at: RFC 3339 in UTC; what the age of feeds, the end of support and grace periods
            are measured by.
        baseline: what was found before; a finding that is known comes to `rules.baseline` at most.

    Raises:
        InputError: where the policy says nothing of the stage, or nothing at all.
    """
    rules = dict(policy.stages).get(stage)
    if rules is None:
        raise InputError(
            f"policy {policy.name}: no rules for stage {stage}",
            f"it has {', '.join(name for name, _ in policy.stages) or 'none at all'}",
        )
    usual: Answer = "deny" if stage == "deploy" else "warn"
    under = circumstances(rules, usual, decided_at, baseline)
    weighed = [weigh(each.finding, under) if counts(each, rules) else () for each in run.judged]
    decisions = [_decide(*pair) for pair in zip(run.judged, weighed, strict=True)]
    unknowns = tuple(_unknowns(run, weighed, under))
    decisions += [
        Decision(answer=each.answer, rule=f"unknown.{each.name}", because=each.what)
        for each in unknowns
        if each.name not in WORDS
    ]
    denied = any(each.answer == "deny" for each in decisions)
    return Verdict(
        outcome="deny" if denied else "pass",
        stage=stage,
        policy=policy.name,
        policy_digest=policy.digest,
        decisions=tuple(decisions),
        unknowns=unknowns,
        left_out=_left_out(decisions),
        reasons=tuple(_reasons(decisions, run.judged)) if denied else (),
        decided_at=decided_at,
        baseline=baseline.digest if baseline else "",
    )


def unknowns_of(run: Run) -> tuple[tuple[str, int, str], ...]:
    """Return (name, how many, what) the image and the advisory set leave open, without a policy."""
    return tuple(_of_run(run, Rules(), ""))


def counts(judged: Judged, rules: Rules | None = None) -> bool:
    """Tell whether a finding is counted: no statement clears it, and no class leaves it out."""
    if judged.status in CLEARED:
        return False
    kind = class_of(judged.finding.component)
    return not kind or bool(rules and getattr(rules, kind))


def _decide(judged: Judged, said: tuple[Said, ...]) -> Decision:
    """Return what one finding comes to: the gravest of what is said of it, if it counts at all."""
    id_, purl = judged.finding.vulnerability.id, judged.finding.component.purl
    if said:
        answer, rule, because, _, left = gravest(said)
        return Decision(
            answer=answer,  # type: ignore[arg-type]
            rule=rule,
            because=because,
            id=id_,
            purl=purl,
            days_left=left,
        )
    if judged.status in CLEARED:
        because = f"{judged.because} ({judged.statement})"
        return Decision(
            answer="pass", rule=f"vex.{judged.status}", because=because, id=id_, purl=purl
        )
    kind = class_of(judged.finding.component)
    because = KERNEL if kind == "kernel" else OPTIONAL
    return Decision(answer="ignore", rule=f"class.{kind}", because=because, id=id_, purl=purl)


def _unknowns(
    run: Run, weighed: Sequence[tuple[Said, ...]], under: Circumstances
) -> Iterator[Unknown]:
    """Yield everything the verdict could not know, by name, also what is to be ignored."""
    found = dict(_of_findings(weighed))
    for name, count, what in _of_run(run, under.rules, under.decided_at):
        found[name] = count, what, under.answers.get(name, under.usual)
    for name in sorted(found):
        count, what, answer = found[name]
        yield Unknown(name=name, what=what, count=count, answer=answer)


def _of_findings(
    weighed: Sequence[tuple[Said, ...]],
) -> Iterator[tuple[str, tuple[int, str, Answer]]]:
    """Yield (name, (count, what, the gravest answer)) of the unknowns of findings that count."""
    tally: dict[str, tuple[int, str]] = {}
    for each in (said for of_one in weighed for said in of_one):
        if each.asked in RATED_BY:
            continue
        count, answer = tally.get(each.asked, (0, each.answer))
        tally[each.asked] = count + 1, max(answer, each.answer, key=WEIGHT.__getitem__)
    for name, (count, answer) in tally.items():
        what = f"{_count(count, 'finding')} {WORDS.get(name, name)}"
        yield name, (count, what, answer)  # type: ignore[misc]


def _of_run(run: Run, rules: Rules, decided_at: str) -> Iterator[tuple[str, int, str]]:
    """Yield (name, count, what) of the unknowns of the image and the advisory set."""
    coverage = run.coverage
    if not coverage.components:
        yield "empty", 1, "no package was found that Lading can read; nothing was matched"
    silent = sum(count for _, count in coverage.without_feed)
    if silent:
        why = "; ".join(f"{reason} ({count})" for reason, count in coverage.without_feed)
        yield "no_feed", silent, f"{_count(silent, 'component')} no feed speaks for: {why}"
    if coverage.without_purl:
        what = f"{_count(coverage.without_purl, 'component')} without a purl"
        yield "no_purl", coverage.without_purl, f"{what} could not be matched"
    lost = _unread(run)
    if lost:
        first = f"{lost[0].where}: {lost[0].what}"
        yield "unreadable", len(lost), f"{_count(len(lost), 'part')} could not be read, {first}"
    if run.end_of_life and run.end_of_life[:10] < decided_at[:10]:
        what = f"support of the distribution ended on {run.end_of_life[:10]}"
        yield "end_of_life", 1, f"{what}; what is found since then may never be said"
    yield from _stale(run, rules, decided_at)


def _unread(run: Run) -> list[Problem]:
    """Return the parts of the image, and the whole sources, that could not be read.

    A single advisory record that cannot be read is a problem of the set, not of this image: every
    report lists it, and no verdict hangs on it.
    """
    of_image = [each for each in run.sbom.problems if each.effect != "field_lost"]
    others = [each for each in run.problems if each.effect == "source_lost"]
    return [*of_image, *(each for each in others if each not in of_image)]


def _stale(run: Run, rules: Rules, decided_at: str) -> Iterator[tuple[str, int, str]]:
    """Yield the feeds older than the policy allows; a feed of unknown age is too old."""
    if rules.stale_days is None:
        return
    old = []
    for feed in run.state.feeds:
        days = _days(feed.learned or feed.as_of, decided_at)
        if days is None or days > rules.stale_days:
            old.append(f"{feed.name} ({'age unknown' if days is None else f'{days} days'})")
    if old:
        limit = _count(rules.stale_days, "day")
        yield "stale_feed", len(old), f"feeds older than {limit}: {', '.join(sorted(old))}"


def _days(then: str, now: str) -> int | None:
    try:
        return (date.fromisoformat(now[:10]) - date.fromisoformat(then[:10])).days
    except ValueError:
        return None


def _left_out(decisions: Iterable[Decision]) -> tuple[tuple[str, int], ...]:
    """Count what was not held against the image: by VEX status, by class."""
    tally: dict[str, int] = {}
    for each in decisions:
        group, _, name = each.rule.partition(".")
        if group in {"vex", "class"}:
            tally[name] = tally.get(name, 0) + 1
    return tuple(sorted(tally.items()))


def _reasons(decisions: Sequence[Decision], judged: Sequence[Judged]) -> Iterator[str]:
    """Yield a sentence for each rule that denies, with its gravest example."""
    by_rule: dict[str, list[tuple[float, str, str]]] = {}
    for number, each in enumerate(decisions):
        if each.answer != "deny":
            continue
        score, named = 0.0, ""
        if number < len(judged):
            finding = judged[number].finding
            score = score_of(finding, "")[0] or 0.0
            named = f"{each.id} in {finding.component.name} {finding.component.version}: "
        by_rule.setdefault(each.rule, []).append((-score, f"{named}{each.because}", each.rule))
    for rule in sorted(by_rule, key=lambda name: (name != "score", name)):
        cases = sorted(by_rule[rule])
        more = f", and {_count(len(cases) - 1, 'more finding')}" if len(cases) > 1 else ""
        yield f"{cases[0][1]}{more}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
