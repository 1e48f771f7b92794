"""Why a vulnerability is, or is not, a finding: every record looked at, and the decision.

The trace is made with the functions that matching uses, so that it cannot tell another story.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from msgspec import Struct

from match.aliases import order
from match.ecosystems import Lookup, area_of
from match.join import Looked, ask, look_up
from match.judge import Bounds, judge, key_of, words
from match.model import Advisory, Dismissal, Finding, SetState
from match.resolve import resolve
from match.store import AdvisorySet, Kept, Spoken
from sbom.model import Component, Sbom

Outcome = Literal[
    "affected",
    "undecided",
    "fixed",
    "not_affected",
    "out_of_range",
    "withdrawn",
    "stream",
    "owned",
    "precedence",
    "not_named",
    "no_feed",
]
BOUNDS = ("introduced", "fixed", "last affected", "limit")
NAMES_SHOWN = 12


class Comparison(Struct, frozen=True, kw_only=True):
    """The component's version held against one bound, by the bytes that were compared (hex)."""

    bound: str
    version: str
    sign: Literal["<", "=", ">", "?"]
    key: str
    component_key: str


class Step(Struct, frozen=True, kw_only=True):
    """One record's claim about the component's package, and where the version lies."""

    advisory: str
    feed: str
    package: str
    area: str
    version: str
    ranges: tuple[str, ...]
    listed: int
    verdict: str
    why: str
    comparisons: tuple[Comparison, ...]


class Case(Struct, frozen=True, kw_only=True):
    """One component: what it came to, in a word and in a sentence, and the steps to it."""

    purl: str
    outcome: Outcome
    because: str
    steps: tuple[Step, ...] = ()


class Told(Struct, frozen=True, kw_only=True):
    """A record of the vulnerability; `names` are the packages it is about."""

    advisory: str
    feed: str
    learned: str
    modified: str
    withdrawn: str
    names: tuple[str, ...]


class Trace(Struct, frozen=True, kw_only=True):
    """Everything there is to say of one vulnerability in one SBOM."""

    asked: str
    ids: tuple[str, ...]
    conclusion: str
    cases: tuple[Case, ...]
    records: tuple[Told, ...]
    state: SetState


def explain(
    sbom: Sbom, advisories: AdvisorySet, vulnerability: str, purl: str | None = None
) -> Trace:
    """Explain one vulnerability.

    Args:
        sbom: the components.
        advisories: the set, open.
        vulnerability: any id of it, in any letter case.
        purl: one component, in full or up to its version or name; else all that a record names.
    """
    asked, groups = _groups(advisories, vulnerability)
    chosen = tuple(c for c in sbom.components if purl is None or _is(c, purl))
    known = sorted(advisories.vulnerabilities(groups).values(), key=lambda v: order(v.id))
    ids = tuple(dict.fromkeys(i for v in known for i in (v.id, *v.aliases)))
    cases = tuple(_cases(sbom, chosen, advisories, frozenset(groups), frozenset(ids), purl))
    records = tuple(map(_looked_at, advisories.records_of(groups)))
    return Trace(
        asked=asked,
        ids=ids,
        conclusion=_conclusion(asked, ids, chosen, cases, records, advisories.state, purl),
        cases=cases,
        records=records,
        state=advisories.state,
    )


def render_text(trace: Trace) -> str:
    """Return the trace for people to read."""
    lines = [trace.conclusion]
    if len(trace.ids) > 1:
        lines.append(f"Its ids: {', '.join(trace.ids)}")
    for case in trace.cases:
        lines += ("", f"{case.purl}", f"  {case.outcome}: {case.because}")
        for step in case.steps:
            lines += _step_lines(step)
    if trace.records:
        lines += ("", "Records looked at:")
    for record in trace.records:
        dates = [f"modified {record.modified[:10]}"] if record.modified else []
        dates += [f"learned {record.learned[:10]}"] if record.learned else []
        dates += [f"withdrawn {record.withdrawn[:10]}"] if record.withdrawn else []
        names = ", ".join(record.names[:NAMES_SHOWN]) or "no package"
        more = len(record.names) - NAMES_SHOWN
        names += f" and {more} more" if more > 0 else ""
        head = f"{record.advisory} ({record.feed})"
        lines.append(f"  {head}{', ' if dates else ''}{', '.join(dates)}: {names}")
    state = trace.state
    lines += ("", f"Advisory set {state.digest[:19]} as of {state.as_of or 'no date'}.")
    return "\n".join(lines) + "\n"


def _groups(advisories: AdvisorySet, text: str) -> tuple[str, tuple[int, ...]]:
    """Return the id as the set spells it, and the groups it leads to."""
    prefix, dash, rest = text.strip().partition("-")
    spellings = (text.strip(), text.strip().upper(), f"{prefix.upper()}{dash}{rest.lower()}")
    for spelling in dict.fromkeys(spellings):
        if found := advisories.groups_of(spelling):
            return spelling, found
    return text.strip(), ()


def _is(component: Component, purl: str) -> bool:
    """Tell whether `purl` names the component: in full, without qualifiers, or without version."""
    whole = component.purl
    bare = whole.partition("?")[0].partition("#")[0]
    unversioned = bare.rpartition("@")[0] if "@" in bare.rpartition("/")[2] else bare
    return purl in {whole, bare, unversioned, component.ref or whole}


def _cases(
    sbom: Sbom,
    chosen: Sequence[Component],
    advisories: AdvisorySet,
    groups: frozenset[int],
    ids: frozenset[str],
    purl: str | None,
) -> Iterator[Case]:
    resolution = resolve(sbom, advisories, everything=True)
    told: dict[str, Finding | Dismissal] = {}
    for dismissal in resolution.dismissals:
        if dismissal.vulnerability in ids:
            told[dismissal.component.purl or dismissal.component.ref] = dismissal
    for finding in resolution.findings:
        if finding.vulnerability.id in ids:
            told[finding.component.purl or finding.component.ref] = finding
    seen = {}
    for component in chosen:
        name = component.purl or component.ref
        if name not in seen and (purl is not None or name in told):
            seen[name] = component
    steps = _steps(sbom, tuple(seen.values()), advisories, groups)
    for name in sorted(seen):
        yield _case(sbom, seen[name], told.get(name), steps.get(name, ()), advisories)


def _case(
    sbom: Sbom,
    component: Component,
    told: Finding | Dismissal | None,
    steps: Sequence[Step],
    advisories: AdvisorySet,
) -> Case:
    name = component.purl or component.ref
    if isinstance(told, Finding):
        return Case(purl=name, outcome=told.outcome, because=told.because, steps=tuple(steps))
    if told is not None:
        return Case(purl=name, outcome=told.reason, because=told.because, steps=tuple(steps))
    alone = Sbom(subject=sbom.subject, distro=sbom.distro, components=(component,))
    without = resolve(alone, advisories).coverage.without_feed
    if without:
        return Case(purl=name, outcome="no_feed", because=f"The set has {without[0][0]}.")
    if not component.purl:
        return Case(purl=name, outcome="no_feed", because="It has no purl to look it up under.")
    return Case(purl=name, outcome="not_named", because="No record of this names the component.")


def _steps(
    sbom: Sbom, components: tuple[Component, ...], advisories: AdvisorySet, groups: frozenset[int]
) -> dict[str, list[Step]]:
    """Return by component every claim of the groups about what it is looked up under."""
    alone = Sbom(subject=sbom.subject, distro=sbom.distro, components=components)
    asked = ask(alone, advisories.areas().releases)
    looked = look_up(asked.lookups, advisories)
    on = advisories.claims_on(each.package.pid for found in looked.values() for each in found)
    claims = advisories.claims(cid for cids in on.values() for cid in cids)
    steps: dict[str, list[Step]] = {}
    for slot, found in looked.items():
        for each in found:
            for cid in on.get(each.package.pid, ()):
                if groups.isdisjoint(claims[cid].groups):
                    continue
                step = _step(asked.lookups[slot], each, claims[cid])
                for index in asked.users[slot]:
                    component = components[index]
                    steps.setdefault(component.purl or component.ref, []).append(step)
    for each_steps in steps.values():
        each_steps.sort(key=lambda s: (order(s.advisory), s.feed, s.area, s.package))
    return steps


def _step(lookup: Lookup, looked: Looked, spoken: Spoken) -> Step:
    claim, scheme = spoken.claim, lookup.key.scheme
    judged = judge(lookup.version, scheme, claim)
    verdict: str = judged.verdict
    why = judged.why or looked.why
    if looked.other:
        verdict, why = "outside", f"it is about module stream {looked.package.stream or 'none'}"
    elif claim.withdrawn:
        verdict, why = "withdrawn", f"withdrawn on {claim.withdrawn[:10]}"
    elif claim.claim != "affected":
        verdict = f"{claim.claim}, {verdict}"
    area = area_of(scheme, looked.package.release, lookup.key.name)
    return Step(
        advisory=spoken.advisory,
        feed=spoken.feed,
        package=lookup.key.name,
        area=f"{area} ({looked.package.product})" if looked.package.product else area,
        version=lookup.version,
        ranges=tuple(map(words, claim.intervals)),
        listed=len(claim.listed),
        verdict=verdict,
        why=why,
        comparisons=tuple(_comparisons(scheme, lookup.version, claim.intervals)),
    )


def _comparisons(scheme: str, version: str, intervals: Iterable[Bounds]) -> Iterator[Comparison]:
    own = key_of(scheme, version)
    for bounds in intervals:
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


def _looked_at(kept: Kept) -> Told:
    record = kept.record
    advisory = record if isinstance(record, Advisory) else None
    affected = advisory.affected if advisory else ()
    named = (f"{a.ecosystem or area_of(a.scheme, a.release, a.name)} {a.name}" for a in affected)
    return Told(
        advisory=record.id,
        feed=kept.feed,
        learned=kept.learned,
        modified=advisory.modified if advisory else "",
        withdrawn=advisory.withdrawn if advisory else "",
        names=tuple(dict.fromkeys(named)),
    )


def _conclusion(
    asked: str,
    ids: Sequence[str],
    chosen: Sequence[Component],
    cases: Sequence[Case],
    records: Sequence[Told],
    state: SetState,
    purl: str | None,
) -> str:
    """Return the answer in one sentence."""
    if not ids:
        return f"{asked} is not in the advisory set (as of {state.as_of or 'no date'})."
    name = ids[0] if asked in ids else f"{ids[0]} (asked as {asked})"
    if purl is not None and not chosen:
        return f"The SBOM has no component {purl}, so {name} is no finding on it."
    hit = [case for case in cases if case.outcome in {"affected", "undecided"}]
    if hit:
        places = ", ".join(case.purl for case in hit[:NAMES_SHOWN])
        more = f" and {len(hit) - NAMES_SHOWN} more" if len(hit) > NAMES_SHOWN else ""
        return f"{name} is a finding: {places}{more}."
    if cases:
        reasons = ", ".join(sorted({case.outcome for case in cases}))
        return f"{name} is no finding: {reasons}."
    if not any(record.names for record in records):
        return f"{name} is no finding: no record of it names a package."
    return f"{name} is no finding: its records name no component of the SBOM."


def _step_lines(step: Step) -> Iterator[str]:
    yield f"  {step.advisory} ({step.feed}) on {step.package} in {step.area}: {step.verdict}" + (
        f" ({step.why})" if step.why else ""
    )
    for text in step.ranges:
        yield f"    range: {text}"
    if step.listed:
        yield f"    and {step.listed} listed versions"
    for each in step.comparisons:
        yield f"    {step.version or '(no version)'} {each.sign} {each.version} ({each.bound})"
        yield f"      {each.component_key or '-'} {each.sign} {each.key or '-'}"
