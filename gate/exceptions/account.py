"""What became of each exception of a run: used, unused, ended, refused, or of another image."""

from collections.abc import Iterable, Iterator, Sequence

from gate.exceptions.holding import (
    accepted_by,
    days_until,
    ended,
    over,
    rebuilt,
    refusal,
    speaks_of,
)
from gate.model import Decision, ExceptionUse, Judged, Run
from gate.policy.model import HouseException, Policy, Terms
from gate.policy.scopes import fits


def in_force(
    exceptions: Iterable[HouseException], run: Run, policy: Policy, decided_at: str
) -> dict[str, tuple[HouseException, ...]]:
    """Return the exceptions that can soften a finding of the run, by each id they name."""
    found: dict[str, tuple[HouseException, ...]] = {}
    base = _base(run)
    for each in sorted(exceptions, key=lambda one: one.id):
        if _elsewhere(each, run) or refused(each, policy):
            continue
        if over(each, decided_at) or rebuilt(each, base):
            continue
        for id_ in dict.fromkeys(each.vulnerabilities):
            found[id_] = (*found.get(id_, ()), each)
    return found


def account(
    exceptions: Sequence[HouseException],
    run: Run,
    policy: Policy,
    decided_at: str,
    decisions: Sequence[Decision],
) -> tuple[ExceptionUse, ...]:
    """Return what became of each exception, in the order of their ids.

    decisions: those of the findings, in their order; a finding that does not count is nobody's.
    """
    if not exceptions:
        return ()
    by_id: dict[str, list[Judged]] = {}
    for judged, decision in zip(run.judged, decisions, strict=True):
        if decision.rule.partition(".")[0] not in {"vex", "class"}:
            vulnerability = judged.finding.vulnerability
            for id_ in (vulnerability.id, *vulnerability.aliases):
                by_id.setdefault(id_, []).append(judged)
    soon = max(terms.expiring_days for terms in _terms(policy))
    return tuple(
        _use(each, run, policy, decided_at, _spoken_of(each, by_id), soon)
        for each in sorted(exceptions, key=lambda one: one.id)
    )


def refused(exception: HouseException, policy: Policy) -> str:
    """Return why a policy, or one it extends, refuses an exception; empty where none does."""
    return next(filter(None, (refusal(exception, terms) for terms in _terms(policy))), "")


def _use(
    exception: HouseException,
    run: Run,
    policy: Policy,
    decided_at: str,
    findings: list[Judged],
    soon: int,
) -> ExceptionUse:
    """Return what became of one exception; what it speaks of is named in any case."""
    state, because = "unused", "no finding that counts is one of these"
    reasons = [ended(exception, each.finding, decided_at) for each in findings]
    gone = over(exception, decided_at) or rebuilt(exception, _base(run))
    asked = refused(exception, policy)
    if _elsewhere(exception, run):
        state, because, findings = "elsewhere", "it is about another image", []
    elif asked:
        state, because = "refused", asked
    elif gone or any(reasons):
        state, because = "expired", gone or next(filter(None, reasons))
    elif findings:
        state, because = "used", accepted_by(exception)
    left = days_until(exception, decided_at)
    pairs = {(e.finding.vulnerability.id, str(e.finding.component.purl)) for e in findings}
    return ExceptionUse(
        id=exception.id,
        state=state,  # type: ignore[arg-type]
        where=exception.where,
        owner=exception.owner,
        approver=exception.approver,
        ticket=exception.ticket,
        reason=exception.reason,
        until=exception.until,
        findings=tuple(sorted(pairs)),
        days_left=left if left is not None and left >= 0 else None,
        expiring=state in {"used", "unused"} and left is not None and 0 <= left <= soon,
        because=because,
    )


def _spoken_of(exception: HouseException, by_id: dict[str, list[Judged]]) -> list[Judged]:
    found = {id(j): j for id_ in exception.vulnerabilities for j in by_id.get(id_, ())}
    return [each for each in found.values() if speaks_of(exception, each.finding)]


def _terms(policy: Policy) -> Iterator[Terms]:
    yield policy.terms
    for each in policy.extends:
        yield from _terms(each)


def _elsewhere(exception: HouseException, run: Run) -> bool:
    return not fits(run.sbom.subject.name, exception.images)


def _base(run: Run) -> str:
    """Return the digest of the image's base, empty where nobody says it."""
    return next((value for name, value in run.sbom.facts if name == "base-digest"), "")
