"""A checked policy document made complete: what it leaves open is answered by rules 9 and 10.

What is not said is denied at deploy and warned of before.
"""

from typing import Any

from msgspec import UNSET, UnsetType, structs

from gate.model import Answer, Stage
from gate.policy.document import (
    STAGES,
    ExceptionTerms,
    ImageRules,
    LicenceRules,
    OwnCondition,
    SbomRules,
    ScopeTable,
    Ssvc,
    StageRules,
    StageTable,
    UnknownAnswers,
)
from gate.policy.model import Condition, Configuration, Licences, Quality, Rules, Scope, Terms

UNKNOWNS = UnknownAnswers.__struct_fields__
"""Every unknown but `unscored`, which has a key of its own (docs/policy.md says what each is)."""
SHARES = ("hash", "licence", "purl", "supplier", "version")
FOUND = ("no_healthcheck", "root", "secret_variable", "ssh")


def stages(table: StageTable) -> tuple[tuple[Stage, Rules], ...]:
    """Return the rules of each stage that a table has."""
    given = ((stage, getattr(table, stage)) for stage in STAGES)
    return tuple((stage, complete(each, stage)) for stage, each in given if each is not UNSET)


def complete(given: StageRules, stage: Stage) -> Rules:
    """Return a stage's rules, complete."""
    usual: Answer = "deny" if stage == "deploy" else "warn"
    ssvc = given.ssvc if isinstance(given.ssvc, Ssvc) else Ssvc(at=given.ssvc or "act")
    grace = {key: days for key, days in _said(given.grace).items() if key != "since"}
    return Rules(
        score=given.score,
        cvss="" if given.cvss is UNSET else str(given.cvss),
        severity_sources=given.severity_sources,
        unscored=_or(given.unscored, usual),
        unknowns=_unknowns(given, usual),
        stale_days=given.stale_days,
        kernel=given.kernel,
        optional=given.optional,
        kev=given.kev,
        epss=given.epss,
        severity=_or(given.severity, ""),
        unfixed=given.unfixed,
        since="published" if given.grace is UNSET else given.grace.since,
        grace=tuple(sorted(grace.items())),
        types=tuple(sorted(given.types.items())),
        baseline=given.baseline,
        ssvc="" if given.ssvc is UNSET else ssvc.at,
        mission=ssvc.mission,
        layers=tuple(sorted(_said(given.layers).items())),
        coverage=_or(given.coverage, None),
        feeds=tuple(sorted(given.feeds.items())),
        licences=_licences(given.licences),
        sbom=_quality(given.sbom),
        image=_configuration(given.image),
        conditions=tuple(condition(each) for each in given.conditions),
    )


def scope(table: ScopeTable) -> Scope:
    """Return a scope with its stages."""
    return Scope(
        stages=stages(table.stages),
        name=table.name,
        images=table.images,
        namespaces=table.namespaces,
        teams=table.teams,
        labels=tuple(sorted(table.labels.items())),
    )


def terms(given: ExceptionTerms | UnsetType) -> Terms:
    """Return what is asked of exceptions."""
    if given is UNSET:
        return Terms()
    return Terms(
        files=given.files,
        require=given.require,
        separate=given.separate_approver,
        max_days=_or(given.max_days, None),
        expiring_days=given.expiring_days,
    )


def _unknowns(given: StageRules, usual: Answer) -> tuple[tuple[str, Answer], ...]:
    if isinstance(given.unknowns, str):
        usual = given.unknowns
    named = _said(given.unknowns) if isinstance(given.unknowns, UnknownAnswers) else {}
    return tuple(sorted((dict.fromkeys(UNKNOWNS, usual) | named).items()))


def _licences(given: LicenceRules | UnsetType) -> Licences | None:
    if given is UNSET:
        return None
    return Licences(allow=given.allow, deny=given.deny, answer=given.answer, unknown=given.unknown)


def _quality(given: SbomRules | UnsetType) -> Quality | None:
    if given is UNSET:
        return None
    shares = {key: value for key, value in _said(given).items() if key in SHARES}
    signed = given.signed or bool(given.signers)
    return Quality(
        shares=tuple(sorted(shares.items())),
        signed=signed,
        signers=given.signers,
        answer=given.answer,
    )


def _configuration(given: ImageRules | UnsetType) -> Configuration | None:
    if given is UNSET:
        return None
    answers = {key: value for key, value in _said(given).items() if key in FOUND}
    return Configuration(
        answers=tuple(sorted(answers.items())),
        ports=None if given.ports is UNSET else tuple(map(_port, given.ports)),
        base_days=_or(given.base_days, None),
        days=_or(given.days, None),
        bases=given.bases,
        answer=given.answer,
    )


def _port(given: str | int) -> str:
    """Return a port as the facts have it, `8080/tcp`."""
    text = str(given)
    return text if "/" in text else f"{text}/tcp"


def condition(given: OwnCondition) -> Condition:
    """Return a condition of a policy's own, complete."""
    limit: Answer | None = _or(given.at_most, None)
    return Condition(
        name=given.name,
        on=given.on,
        when=given.when,
        answer=limit or _or(given.answer, "deny"),
        at_most=limit is not None,
        because=given.because,
    )


def _said(given: Any) -> dict[str, Any]:
    """Return what a mapping says, without what it leaves open."""
    if given is UNSET:
        return {}
    return {key: value for key, value in structs.asdict(given).items() if value is not UNSET}


def _or(value: Any, other: Any) -> Any:
    return other if value is UNSET else value
