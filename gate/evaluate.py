"""A run under a policy at a stage: pass or deny, with the reason of every decision.

Monotone by construction: it denies when any finding or any unknown is answered with deny, so a
further finding never turns deny into pass, and a further `not_affected` never pass into deny.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from gate.exceptions.account import account, in_force
from gate.model import Answer, Decision, Judged, Run, Stage, Status, Unknown, Verdict
from gate.policy.model import HouseException, Policy, Rules
from gate.policy.scopes import Applying, applying
from gate.requirements import missing_facts, unmet
from gate.rules.baseline import Baseline
from gate.rules.classes import KERNEL, OPTIONAL, class_of
from gate.rules.conditions import weigh
from gate.rules.said import WEIGHT, Circumstances, Said, gravest
from gate.score import score_of
from match.model import HOUSE_FEED
from sbom.base import base_layers, base_of, origin
from sbom.days import days_between
from sbom.model import Component, Problem
from sbom.text import plural

if TYPE_CHECKING:
    from gate.rules.expressions import Asked

CLEARED = {Status.NOT_AFFECTED, Status.FIXED}
"""Statuses that take a finding out of counts and gates (rule 18)."""
OF_FINDINGS = ("undecided", "unevaluated", "unscored", "vendor_silent")
"""Unknowns of single findings; every other one is of the image or the advisory set."""
WORDS = {
    "undecided": "whose version could not be compared",
    "unevaluated": "a condition of the policy's own could not be evaluated",
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
    exceptions: Sequence[HouseException] = (),
) -> Verdict:
    """Decide whether the image of `run` may pass `stage`.

    Args:
        run: its own verdict, if any, is not looked at.
        policy: has to have rules for the stage, and so has each that it extends.
        stage: the gate.
        decided_at: RFC 3339 in UTC; what the age of feeds, the end of support, grace periods and
            exceptions are measured by.
        baseline: what was found before; a finding that is known comes to `rules.baseline` at most.
        exceptions: of the house; those that hold soften what they speak of.

    Raises:
        InputError: where a policy says nothing of the stage, or nothing at all.
    """
    judges = applying(run, policy, stage)
    holding = in_force(exceptions, run, policy, decided_at)
    several = len(judges) > 1
    said: list[tuple[Said, ...]] = [()] * len(run.judged)
    decisions: list[Decision] = []
    unknowns: dict[str, Unknown] = {}
    for judge in judges:
        own = _conditions(run, judge.rules, stage, decided_at)
        under = _circumstances(run, judge, stage, decided_at, baseline, holding)._replace(
            conditions=tuple(each for each in own if each.condition.on == "finding"),
            policy=judge.policy if several else "",
        )
        weighed = [
            weigh(each.finding, under) if counts(each, judge.rules) else () for each in run.judged
        ]
        said = [before + now for before, now in zip(said, weighed, strict=True)]
        of_image = list(_of_image(run, own))
        decisions += _required(run, under, of_image)
        whole = [*weighed, tuple(each for _, each in of_image)]
        for each in _unknowns(run, whole, under):
            unknowns[each.name] = max(each, unknowns.get(each.name, each), key=_grave)
    of_findings = [_decide(*pair) for pair in zip(run.judged, said, strict=True)]
    open_ = tuple(unknowns[name] for name in sorted(unknowns))
    decisions = [*of_findings, *_ordered(decisions), *_of_unknowns(open_)]
    denied = any(each.answer == "deny" for each in decisions)
    return Verdict(
        outcome="deny" if denied else "pass",
        stage=stage,
        policy=policy.name,
        policy_digest=policy.digest,
        decisions=tuple(decisions),
        unknowns=open_,
        left_out=_left_out(decisions),
        reasons=tuple(_reasons(decisions, run.judged)) if denied else (),
        decided_at=decided_at,
        baseline=baseline.digest if baseline else "",
        exceptions=account(exceptions, run, policy, decided_at, of_findings),
    )


def _circumstances(
    run: Run,
    judge: Applying,
    stage: Stage,
    decided_at: str,
    baseline: Baseline | None,
    holding: dict[str, tuple[HouseException, ...]],
) -> Circumstances:
    """Return what findings are judged under by one set of rules, all but its own conditions."""
    rules = judge.rules
    softening = any(each.at_most for each in rules.conditions)
    limits = rules.unfixed != "deny" or rules.grace or rules.types or rules.layers
    return Circumstances(
        rules=rules,
        answers=dict(rules.unknowns),
        usual="deny" if stage == "deploy" else "warn",
        decided_at=decided_at,
        baseline=baseline,
        origin=_origin(run),
        exceptions=holding,
        conditions=(),
        relieves=bool(limits or baseline or holding or softening),
    )


def _conditions(run: Run, rules: Rules, stage: Stage, decided_at: str) -> tuple["Asked", ...]:
    """Return the rules' own conditions, ready to be asked."""
    if not rules.conditions:
        return ()
    from gate.rules.expressions import prepare, surroundings

    around = surroundings(run, stage, decided_at, _origin(run))
    return tuple(prepare(each, around) for each in rules.conditions)


def _origin(run: Run) -> Callable[[Component], str]:
    """Return what tells whose a component of the image is."""
    base = base_of(run.sbom)
    layers = base_layers(run.sbom, base)
    return lambda component: origin(component, base, layers)


def _of_image(run: Run, own: Iterable["Asked"]) -> Iterator[tuple[Component | None, Said]]:
    """Yield what conditions say of the image's components, and (None) of the image."""
    for asked in own:
        on = asked.condition.on
        for subject in run.sbom.components if on == "component" else (None,):
            if on != "finding":
                yield from ((subject, said) for said in asked.ask(subject))


def _required(
    run: Run, under: Circumstances, of_image: Iterable[tuple[Component | None, Said]]
) -> Iterator[Decision]:
    """Yield what the image as a whole is not as the rules ask."""
    whose = f" (policy {under.policy})" if under.policy else ""
    for each in unmet(run, under.rules, under.decided_at[:10]):
        yield replace(each, because=each.because + whose) if whose else each
    for subject, said in of_image:
        named = f"{subject.name} {subject.version}: " if subject else ""
        yield Decision(
            answer=said.answer,  # type: ignore[arg-type]
            rule=said.rule,
            because=f"{named}{said.because}{whose}",
            purl=subject.purl if subject else "",
        )


def _of_unknowns(unknowns: Iterable[Unknown]) -> Iterator[Decision]:
    for each in unknowns:
        if each.name not in OF_FINDINGS:
            yield Decision(answer=each.answer, rule=f"unknown.{each.name}", because=each.what)


def _grave(unknown: Unknown) -> tuple[int, int, str]:
    return WEIGHT[unknown.answer], unknown.count, unknown.what


def _ordered(decisions: Iterable[Decision]) -> list[Decision]:
    """Return decisions about the image, each once, in an order of their own."""
    return sorted(set(decisions), key=lambda each: (each.rule, each.purl, each.because))


def unknowns_of(run: Run) -> tuple[tuple[str, int, str], ...]:
    """Return (name, how many, what) the image and the advisory set leave open, without a policy.

    The time is the set's own (rule 22): support that has ended by then is told.
    """
    return tuple(_of_run(run, Rules(), run.state.as_of))


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
    missing = missing_facts(run, under.rules)
    of_run = [*_of_run(run, under.rules, under.decided_at)]
    if missing:
        what = f"not known of the image's configuration: {', '.join(missing)}"
        of_run.append(("no_facts", len(missing), what))
    for name, count, what in of_run:
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
        if each.asked not in OF_FINDINGS:
            continue
        count, answer = tally.get(each.asked, (0, each.answer))
        tally[each.asked] = count + 1, max(answer, each.answer, key=WEIGHT.__getitem__)
    for name, (count, answer) in tally.items():
        noun = "time" if name == "unevaluated" else "finding"
        what = f"{plural(count, noun)} {WORDS.get(name, name)}"
        yield name, (count, what, answer)  # type: ignore[misc]


def _of_run(run: Run, rules: Rules, decided_at: str) -> Iterator[tuple[str, int, str]]:
    """Yield (name, count, what) of the unknowns of the image and the advisory set."""
    coverage = run.coverage
    if not coverage.components:
        yield "empty", 1, "no package was found that Lading can read; nothing was matched"
    silent = sum(count for _, count in coverage.without_feed)
    if silent:
        why = "; ".join(f"{reason} ({count})" for reason, count in coverage.without_feed)
        yield "no_feed", silent, f"{plural(silent, 'component')} no feed speaks for: {why}"
    if coverage.without_purl:
        what = f"{plural(coverage.without_purl, 'component')} without a purl"
        yield "no_purl", coverage.without_purl, f"{what} could not be matched"
    lost = _unread(run)
    if lost:
        first = f"{lost[0].where}: {lost[0].what}"
        yield "unreadable", len(lost), f"{plural(len(lost), 'part')} could not be read, {first}"
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
    """Yield the feeds older than the policy allows; a feed of unknown age is too old.

    A publisher that says that nothing changed makes its feed as young as one that says what did.
    """
    if rules.stale_days is None:
        return
    old = []
    for feed in run.state.feeds:
        days = days_between(feed.dated, decided_at)
        if feed.name != HOUSE_FEED and (days is None or days > rules.stale_days):
            age = "age unknown" if days is None else f"{feed.dated_by} {plural(days, 'day')} ago"
            old.append(f"{feed.name} ({age})")
    if old:
        limit = plural(rules.stale_days, "day")
        yield "stale_feed", len(old), f"feeds older than {limit}: {', '.join(sorted(old))}"


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
        score, named, noun = 0.0, "", "component" if each.purl else "case"
        if number < len(judged):
            finding, noun = judged[number].finding, "finding"
            score = score_of(finding, "")[0] or 0.0
            named = f"{each.id} in {finding.component.name} {finding.component.version}: "
        by_rule.setdefault(each.rule, []).append((-score, f"{named}{each.because}", noun))
    for rule in sorted(by_rule, key=lambda name: (name != "score", name)):
        cases = sorted(by_rule[rule])
        more = f", and {plural(len(cases) - 1, f'more {cases[0][2]}')}" if len(cases) > 1 else ""
        yield f"{cases[0][1]}{more}"
