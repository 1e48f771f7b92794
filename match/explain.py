"""Why a vulnerability is, or is not, a finding: every record looked at, and the decision.

The trace is made with the functions that matching uses, so that it cannot tell another story.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from msgspec.structs import replace

from match.because import name_in
from match.builds import other_machine
from match.ecosystems import Lookup, area_of
from match.ids import order, spellings
from match.join import Asked, Looked, ask, look_up
from match.judge import Bounds, Claim, judge, key_of, words
from match.model import Advisory, Dismissal, Exploited, Finding, Resolution, SetState, Vulnerability
from match.rank import owners_of
from match.resolve import resolve
from match.set.store import AdvisorySet, Kept, Package, Spoken
from match.trace import FINDINGS, Case, Comparison, Outcome, Place, Range, Step, Told, Trace
from sbom.meant import meant, near
from sbom.model import Component, Sbom

BOUNDS: tuple[Literal["introduced", "fixed", "last_affected", "limit"], ...] = (
    "introduced",
    "fixed",
    "last_affected",
    "limit",
)
SHORT = {
    "owned": "judged with the package that owns its files",
    "precedence": "not made by the distribution",
    "stream": "of another module stream or channel",
    "arch": "of another architecture",
    "not_named": "no record of it names the component",
    "no_feed": "no feed speaks for the component",
    "no_purl": "the component has no purl",
}
"""Outcomes that are not their own words."""
Said = tuple[int, Step]
"""A step, and the group whose vulnerability it is about."""


class _Question(NamedTuple):
    """What is asked: the components, the groups, and whether a component was named."""

    sbom: Sbom
    advisories: AdvisorySet
    chosen: tuple[Component, ...]
    known: Mapping[int, Vulnerability]
    resolution: Resolution
    named: bool


def explain(
    sbom: Sbom, advisories: AdvisorySet, vulnerability: str, purl: str | None = None
) -> Trace:
    """Explain one vulnerability.

    Args:
        sbom: the components.
        advisories: the set, open.
        vulnerability: any id of it, in any letter case; one of several CVEs explains each.
        purl: one component by purl or name, as `sbom.meant` has it; else all that a record names.
    """
    with advisories.steady():
        return _explained(sbom, advisories, vulnerability, purl)


def _explained(sbom: Sbom, advisories: AdvisorySet, vulnerability: str, purl: str | None) -> Trace:
    asked, groups = _groups(advisories, vulnerability)
    known = advisories.vulnerabilities(groups)
    chosen = sbom.components if purl is None else meant(sbom.components, purl)
    resolution = resolve(sbom, advisories, everything=True)
    named = purl is not None
    cases = tuple(_cases(_Question(sbom, advisories, chosen, known, resolution, named)))
    ordered = sorted(known.values(), key=lambda each: order(each.id))
    ids = tuple(dict.fromkeys(id_ for each in ordered for id_ in (each.id, *each.aliases)))
    records = tuple(map(_told, advisories.records_of(groups)))
    answer: Literal["finding", "no_finding", "no_component", "unknown_id"] = "no_finding"
    if not ids:
        answer = "unknown_id"
    elif purl is not None and not chosen:
        answer = "no_component"
    elif any(case.outcome in FINDINGS for case in cases):
        answer = "finding"
    trace = Trace(
        asked=asked,
        ids=ids,
        answer=answer,
        conclusion="",
        cases=cases,
        records=records,
        unsaid=resolution.coverage.without_feed,
        state=advisories.state,
    )
    conclusion = _conclusion(trace, purl or "")
    if answer == "no_component" and (others := near(sbom.components, purl or "")):
        conclusion += f" It has {', '.join(others)}."
    return replace(trace, conclusion=conclusion)


def _groups(advisories: AdvisorySet, text: str) -> tuple[str, tuple[int, ...]]:
    """Return the id as the set spells it, and the groups it leads to."""
    for spelling in spellings(text):
        if found := advisories.groups_of(spelling):
            return spelling, found
    return text.strip(), ()


def _name(component: Component) -> str:
    return component.purl or component.ref


def _cases(question: _Question) -> list[Case]:
    """Return a case for each component and vulnerability that a record names, findings first.

    A component that was asked for by name has one in any case.
    """
    sbom, advisories, chosen, known, resolution, named = question
    gids = {str(each.id): gid for gid, each in known.items()}
    told: dict[str, list[Finding | Dismissal]] = {}
    for finding in resolution.findings:
        if finding.vulnerability.id in gids:
            told.setdefault(_name(finding.component), []).append(finding)
    for dismissal in resolution.dismissals:
        if dismissal.vulnerability in gids:
            told.setdefault(_name(dismissal.component), []).append(dismissal)
    of_name: dict[str, list[Component]] = {}
    for component in chosen if known else ():
        name = _name(component)
        if named or name in told:
            of_name.setdefault(name, []).append(component)
    steps = _steps(question, tuple(each for those in of_name.values() for each in those))
    cases = []
    for name, those in of_name.items():
        cases += [_case(each, known, gids, steps.get(name, ())) for each in told.get(name, ())]
        if name not in told:
            cases.append(_silence(sbom, those[0], advisories, next(iter(gids))))
    return sorted(cases, key=lambda c: (c.outcome not in FINDINGS, c.purl, order(c.vulnerability)))


def _case(
    told: Finding | Dismissal,
    known: Mapping[int, Vulnerability],
    gids: Mapping[str, int],
    steps: Sequence[Said],
) -> Case:
    found = told if isinstance(told, Finding) else None
    id_ = told.vulnerability if isinstance(told, Dismissal) else told.vulnerability.id
    outcome: Outcome = told.reason if isinstance(told, Dismissal) else told.outcome
    of = known[gids[id_]]
    own = dict.fromkeys(step for gid, step in steps if gid == gids[id_])
    decides = (told.advisory, told.feed)
    return Case(
        purl=_name(told.component),
        vulnerability=id_,
        outcome=outcome,
        because=told.because,
        advisory=told.advisory,
        feed=told.feed,
        fixed=found.fixed if found else (),
        fix=found.fix if found else "none",
        severity=found.severity if found else None,
        exploited=of.kev.added if of.kev else "",
        likelihood=of.epss.probability if of.epss else None,
        disputed=of.disputed,
        unknowns=found.unknowns if found else (),
        silent_days=found.silent_days if found else None,
        places=_places(told.component),
        steps=tuple(
            replace(step, decides=True) if (step.advisory, step.feed) == decides else step
            for step in own
        ),
    )


def _silence(sbom: Sbom, component: Component, advisories: AdvisorySet, id_: str) -> Case:
    """Say why no record names a component."""
    alone = Sbom(subject=sbom.subject, distro=sbom.distro, components=(component,))
    without = resolve(alone, advisories).coverage.without_feed
    outcome: Outcome = "not_named"
    because = f"No record of it names {component.name or 'the component'}."
    if not component.purl:
        called = f"{component.name} {component.version}".strip() or "It"
        outcome, because = "no_purl", f"{called} has no purl, so it cannot be looked up."
    elif without:
        outcome, because = "no_feed", f"The set has {without[0][0]}, so it cannot tell."
    return Case(
        purl=_name(component),
        vulnerability=id_,
        outcome=outcome,
        because=because,
        places=_places(component),
    )


def _places(component: Component) -> tuple[Place, ...]:
    return tuple(Place(path=each.path, layer=each.layer) for each in component.evidence)


def _steps(question: _Question, components: tuple[Component, ...]) -> dict[str, list[Said]]:
    """Return by component every claim of the groups about what it is looked up under."""
    sbom, advisories, known = question.sbom, question.advisories, question.known
    alone = Sbom(subject=sbom.subject, distro=sbom.distro, components=components)
    asked = ask(alone, advisories.areas().releases)
    looked = look_up(asked.lookups, advisories)
    on = advisories.claims_on(each.package.pid for found in looked.values() for each in found)
    claims = advisories.claims(cid for cids in on.values() for cid in cids)
    steps: dict[str, list[Said]] = {}
    for slot, each in ((slot, each) for slot, found in looked.items() for each in found):
        for cid in on.get(each.package.pid, ()):
            gids = [gid for gid in claims[cid].groups if gid in known]
            for index in (*asked.users[slot], *asked.refused[slot]) if gids else ():
                step = _held(asked, slot, each, claims[cid], components[index], index)
                said = steps.setdefault(_name(components[index]), [])
                said += [(gid, step) for gid in gids]
    for name, of_owner in _owned(question, components):
        steps.setdefault(name, []).append(of_owner)
    for of_one in steps.values():
        of_one.sort(key=lambda s: (s[1].of, order(s[1].advisory), s[1].feed, s[1].area))
    return steps


def _held(
    asked: Asked, slot: int, looked: Looked, spoken: Spoken, component: Component, index: int
) -> Step:
    """Hold a claim against one component, with what keeps it from being about that at all."""
    step = _step(asked.lookups[slot], looked.package, spoken, looked.why)
    arches = spoken.claim.arches
    if index in asked.refused[slot]:
        stranger = asked.strangers[index]
        return replace(step, verdict="refused", why=f"this one was made by {stranger}")
    if looked.other == "builds":
        what = f"it is about builds of {looked.package.product}"
        return replace(step, verdict="stream", why=what)
    if looked.other:
        stream = looked.package.stream
        about = f"module {stream}" if stream else "what is in no module"
        return replace(step, verdict="stream", why=f"it is about {about}")
    if other_machine(arches, component.arch):
        return replace(step, verdict="arch", why=f"it is about {', '.join(arches)}")
    return step


def _owned(question: _Question, components: Sequence[Component]) -> Iterator[tuple[str, Said]]:
    """Yield (component, said) of what the distribution says of the package that owns its files."""
    makers = {each.maker for each in components if each.maker}
    owners = owners_of(question.sbom, makers, question.advisories) if makers else {}
    for component in components:
        owner = owners.get(component.maker or "")
        if owner is None:
            continue
        for gid in question.known:
            for lookup, spoken in owner.said.get(gid, ()):
                package = Package(0, 0, lookup.key.release, "", lookup.stream)
                step = replace(_step(lookup, package, spoken, ""), of=owner.purl)
                yield _name(component), (gid, step)


def _step(lookup: Lookup, package: Package, spoken: Spoken, why: str) -> Step:
    claim, scheme = spoken.claim, lookup.key.scheme
    judged = judge(lookup.version, scheme, claim)
    area = area_of(scheme, package.release, lookup.key.name)
    return Step(
        advisory=spoken.advisory,
        feed=spoken.feed,
        package=name_in(lookup.key),
        area=f"{area} ({package.product})" if package.product else area,
        version=lookup.version,
        claim=claim.claim,
        ranges=tuple(_range(scheme, lookup.version, each) for each in claim.intervals),
        listed=len(claim.listed),
        verdict="withdrawn" if claim.withdrawn else judged.verdict,
        why=f"on {claim.withdrawn[:10]}" if claim.withdrawn else judged.why or why,
        fix=claim.fix,
    )


def _range(scheme: str, version: str, bounds: Bounds) -> Range:
    alone = Claim(claim="affected", fix="none", intervals=(bounds,))
    return Range(
        words=words(bounds),
        verdict=judge(version, scheme, alone).verdict,
        comparisons=tuple(_comparisons(scheme, version, bounds)),
    )


def _comparisons(scheme: str, version: str, bounds: Bounds) -> Iterator[Comparison]:
    own = key_of(scheme, version)
    for bound, text in zip(BOUNDS, bounds, strict=True):
        if not text:
            continue
        key = key_of(scheme, text)
        sign: Literal["<", "=", ">", "?"] = "?"
        if own is not None and key is not None:
            sign = "<" if own < key else "=" if own == key else ">"
        yield Comparison(
            bound=bound,
            version=text,
            sign=sign,
            key=(key or b"").hex(),
            component_key=(own or b"").hex(),
        )


def _told(kept: Kept) -> Told:
    record = kept.record
    advisory = record if isinstance(record, Advisory) else None
    affected = advisory.affected if advisory else ()
    named = (f"{a.ecosystem or area_of(a.scheme, a.release, a.name)} {a.name}" for a in affected)
    other: Literal["exploited", "likelihood"] = (
        "exploited" if isinstance(record, Exploited) else "likelihood"
    )
    return Told(
        advisory=record.id,
        feed=kept.feed,
        kind="advisory" if advisory else other,
        learned=kept.learned,
        modified=advisory.modified if advisory else "",
        withdrawn=advisory.withdrawn if advisory else "",
        names=tuple(dict.fromkeys(named)),
        unmatchable=advisory.unmatchable if advisory else 0,
    )


def _conclusion(trace: Trace, purl: str) -> str:
    """Return the answer in one sentence."""
    if trace.answer == "unknown_id":
        dated = _dated(trace.state)
        return f"{trace.asked} is not in the advisory set ({dated}): nothing can be said of it."
    ids = trace.ids
    name = ids[0] if trace.asked == ids[0] else f"{ids[0]} (asked as {trace.asked})"
    several = dict.fromkeys(case.vulnerability for case in trace.cases)
    if trace.asked not in ids and len(several) > 1:
        name = f"{trace.asked} ({', '.join(several)})"
    if trace.answer == "no_component":
        return f"The SBOM has no component {purl}, so {name} is no finding on it."
    return _answer(trace, name)


def _answer(trace: Trace, name: str) -> str:
    if trace.answer == "finding":
        hit = [case for case in trace.cases if case.outcome in FINDINGS]
        places = len(dict.fromkeys(case.purl for case in hit))
        if all(case.outcome == "undecided" for case in hit):
            return f"Whether {name} affects {_some(places)} is undecided, so it is a finding."
        return f"{name} is a finding: it affects {_some(places)}."
    if trace.cases:
        reasons = sorted({SHORT.get(c.outcome, c.outcome.replace("_", " ")) for c in trace.cases})
        return f"{name} is no finding: {', '.join(reasons)}."
    if not any(record.names for record in trace.records):
        return f"{name} is no finding: no record of it names a package."
    silent = sum(count for _, count in trace.unsaid)
    rest = f", but for {_some(silent)} no feed speaks ({trace.unsaid[0][0]})" if silent else ""
    return f"{name} is no finding: its records name no component of the SBOM{rest}."


def _some(components: int) -> str:
    return "1 component" if components == 1 else f"{components:,} components"


def _dated(state: SetState) -> str:
    return f"as of {state.as_of[:10]}" if state.as_of else "of no date"
