"""Documents of the store to the facts that are measured: an SBOM, a verdict, signed verdicts."""

from collections.abc import Iterable, Iterator, Sequence

from gate.evidence.model import ExceptionFacts, SbomFacts, VerdictFacts, Yardstick
from gate.instants import sort_key, utc
from gate.model import Decision, Judged, Run
from gate.score import score_of
from gate.verdicts import KeptVerdict
from gate.verdicts import get as get_run
from sbom.days import days_between
from sbom.errors import InputError
from sbom.model import Sbom
from sbom.signing.trust import Trusted
from sbom.store import Kept

PROFILE = "cisa-2026"
LEFT_OUT = ("vex", "class")
"""Rules of findings that do not count: cleared by a statement, or of a class (kernel, optional)."""


def sbom_facts(url: str, kept: Kept) -> tuple[Sbom, SbomFacts]:
    """Return an SBOM of the store, and what is measured of it. Raises LadingError."""
    from sbom.elements.check import check
    from sbom.formats import read
    from sbom.sheets import sheet
    from sbom.store import get
    from sbom.support import last_supported_day

    document = get(url, kept.digest)
    sbom = read(document, kept.digest)
    checked = check(sheet(document, kept.digest), PROFILE)
    distro = sbom.distro
    system = (distro.name or f"{distro.id} {distro.version}".strip()) if distro else ""
    return sbom, SbomFacts(
        digest=kept.digest,
        kept_at=kept.kept_at,
        format=sbom.format,
        components=len(sbom.components),
        placed=sum(any(e.layer for e in each.evidence) for each in sbom.components),
        facts=sbom.facts,
        system=system,
        supported_until=last_supported_day(distro)[:10] if distro else "",
        answers=tuple((each.id, each.satisfied) for each in checked.elements),
    )


def verdict_facts(
    url: str, row: KeptVerdict, yardstick: Yardstick, *, sbom_kept: bool
) -> VerdictFacts:
    """Return what is measured of a verdict of the store. Raises LadingError."""
    from gate.reports.run import read

    run = read(get_run(url, row.digest), row.digest)
    if run.verdict is None or len(run.verdict.decisions) < len(run.judged):
        raise InputError(f"{row.digest}: it decides not on all its findings", "decide anew")
    open_ = list(_open(run))
    grave = [each for each in open_ if (score_of(each.finding)[0] or 0.0) >= yardstick.score]
    return VerdictFacts(
        digest=row.digest,
        stage=run.verdict.stage,
        outcome=run.verdict.outcome,
        policy=run.verdict.policy,
        policy_digest=run.verdict.policy_digest,
        decided_at=run.verdict.decided_at,
        state=run.state.digest,
        sbom=run.sbom_digest,
        sbom_kept=sbom_kept,
        components=run.coverage.components,
        matchable=run.coverage.matchable,
        findings=len(run.judged),
        grave=_ids(grave),
        overdue=_ids(each for each in grave if _overdue(each, run, yardstick.fix_days)),
        unscored=_ids(
            each for each in open_ if each.status is None and score_of(each.finding)[0] is None
        ),
        exceptions=tuple(
            ExceptionFacts(
                id=each.id,
                owner=each.owner,
                approver=each.approver,
                reason=each.reason,
                until=each.until,
            )
            for each in run.verdict.exceptions
            if each.state == "used"
        ),
        learned=max((each.confirmed or each.learned for each in run.state.feeds), default=""),
        scope=run.scope,
        signed_by=run.signed_by,
    )


def signed_passes(
    envelopes: Iterable[tuple[str, bytes]], trusted: Sequence[Trusted], start: str, as_of: str
) -> tuple[tuple[tuple[str, str, str], ...], tuple[tuple[str, str], ...]]:
    """Return (digest, stage, who) of signed verdicts that pass, and (name, why) of what is none.

    Of several for a digest and stage the latest by `as_of` decides; one that was over before
    `start` passes nothing.
    """
    from gate.attestation.verdict import read
    from sbom.signing import dsse, statement
    from sbom.signing.trust import counted

    latest: dict[tuple[str, str], tuple[tuple[str, bool], str]] = {}
    refused = []
    verifiers = [each.verifier for each in trusted]
    for name, data in envelopes:
        try:
            opened = dsse.unseal(data, name, statement.PAYLOAD_TYPE, verifiers)
            signed = statement.read(opened.payload, name)
            found = read(signed, name)
        except InputError as error:
            refused.append((name, error.message.removeprefix(f"{name}: ")))
            continue
        verdict = found.verdict
        good, doubts = counted(opened.signed_by, trusted, "verdict", verdict.decided_at)
        decided, until = utc(verdict.decided_at) or "", utc(found.valid_until) or ""
        if not good:
            refused.append((name, "; ".join(e.because for e in doubts) or "no trusted key"))
        elif sort_key(decided) <= sort_key(as_of):
            over = bool(until) and sort_key(until) < sort_key(start)
            passes = verdict.outcome == "pass" and not over
            who = ", ".join(sorted(each.name for each in good))
            for digest in statement.digests(signed):
                place, order = (digest, verdict.stage), (sort_key(decided), not passes)
                if place not in latest or latest[place][0] < order:
                    latest[place] = order, who
    passed = ((*place, who) for place, ((_, fails), who) in latest.items() if not fails)
    return tuple(sorted(passed)), tuple(sorted(refused))


def _open(run: Run) -> Iterator[Judged]:
    """Yield the findings that count and that no exception accepts."""
    if run.verdict is None:
        return
    for judged, decision in zip(run.judged, run.verdict.decisions, strict=False):
        if not _closed(decision):
            yield judged


def _closed(decision: Decision) -> bool:
    accepted = decision.rule == "exception" and decision.answer != "deny"
    return accepted or decision.rule.partition(".")[0] in LEFT_OUT


def _overdue(judged: Judged, run: Run, most: int) -> bool:
    """Tell whether a fix was known for too long; since when is not always known."""
    finding = judged.finding
    if not finding.fixed or run.verdict is None:
        return False
    since = utc(finding.fix_published or finding.vulnerability.published)
    days = days_between(since or "", run.verdict.decided_at)
    return days is None or days > most


def _ids(found: Iterable[Judged]) -> tuple[str, ...]:
    return tuple(sorted({each.finding.vulnerability.id for each in found}))
