"""An SBOM against the advisory set: one finding for each component and vulnerability.

What lies in a range is settled in `join` and `judge`, who decides in `rank`; here their answers
become findings, and where everything is asked for, dismissals (rules.md 6, 8, 11, 12, 17).
"""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from match import because
from match.because import Reason, Sentence
from match.ecosystems import Lookup
from match.ids import order
from match.join import Asked, ask, hold, look_up, measure
from match.judge import UNCOMPARED, Judgement, fixes, judge, key_of
from match.model import (
    AdvisoryId,
    Dismissal,
    Finding,
    FixState,
    Resolution,
    Severity,
    Vulnerability,
)
from match.rank import Held, Match, Owner, Pair, Word, decide, owners_of, word_of
from match.set.store import AdvisorySet
from match.severity import pick
from sbom.days import days_between
from sbom.distro import release_key
from sbom.model import Component, Distro, Sbom

SILENT, UNDECIDED = "vendor_silent", "undecided"


class _Draft(Struct, frozen=True, gc=False):
    """What a finding says beside its component, field by field; `because` lacks the version."""

    vulnerability: Vulnerability
    outcome: Literal["affected", "undecided"]
    because: Sentence
    related: tuple[AdvisoryId, ...]
    fixed: tuple[str, ...]
    fix: FixState
    severity: Severity | None
    unknowns: tuple[str, ...]
    days: int | None
    fix_published: str


class _Context(Struct, frozen=True, gc=False):
    """What settling a pair needs beside its matches.

    drafts: what a claim alone decides says the same of each component, and is said once.
    merged: components with the evidence of all that they stand for, by their numbers.
    """

    sbom: Sbom
    asked: Asked
    owners: dict[str, Owner]
    known: dict[int, Vulnerability]
    as_of: str
    drafts: dict[tuple[int, int, int, int, str, str], _Draft]
    merged: dict[tuple[int, ...], Component]


def resolve(sbom: Sbom, advisories: AdvisorySet, *, everything: bool = False) -> Resolution:
    """Return the vulnerabilities of each component, with the record that decided and why.

    Args:
        sbom: the components.
        advisories: the set, open.
        everything: also return, as dismissals, what records name and do not affect.
    """
    with advisories.steady():
        return _resolved(sbom, advisories, everything=everything)


def _resolved(sbom: Sbom, advisories: AdvisorySet, *, everything: bool) -> Resolution:
    areas = advisories.areas()
    asked = ask(sbom, areas.releases)
    looked = look_up(asked.lookups, advisories)
    held = _by_vulnerability(sbom, asked, hold(asked, looked, advisories))
    kinds = {asked.lookups[slot].key.names for slot in looked}
    if not kinds.isdisjoint(("source", "binary")):
        from match.channels import leave_answered

        held = leave_answered(held, asked, looked, advisories)
    if "cpe" in kinds:
        from match.cpe.last import leave_last

        held = leave_last(held, asked, looked, advisories)
    owners = owners_of(sbom, _makers(sbom, held), advisories)
    known = advisories.vulnerabilities({gid for _, gid in held})
    state = advisories.state
    context = _Context(sbom, asked, owners, known, state.as_of, {}, {})
    findings: list[Finding] = []
    dismissed: dict[Pair, Dismissal] = {}
    for pair, matches in held.items():
        settled = _settle(pair, matches, context)
        if isinstance(settled, Finding):
            findings.append(settled)
        else:
            dismissed[pair] = settled
    dismissals: tuple[Dismissal, ...] = ()
    if everything:
        from match.dismissals import in_order, others

        dismissed |= others(sbom, asked, looked, held, advisories)
        dismissals = in_order(dismissed.values())
    return Resolution(
        state=state,
        findings=_in_order(findings),
        coverage=measure(sbom, asked, looked, advisories, areas),
        dismissals=dismissals,
        problems=advisories.problems(),
    )


def _by_vulnerability(sbom: Sbom, asked: Asked, matches: Iterable[Match]) -> dict[Pair, Held]:
    """Sort the matches by component (purl, or ref where it has none) and vulnerability."""
    held: dict[Pair, Held] = {}
    components = sbom.components
    for match in matches:
        if match.spoken.claim.claim == "not_affected" and match.undecided:
            # What may be about another version, stream or release clears nothing.
            continue
        arches = match.spoken.claim.arches
        for index in asked.users[match.slot]:
            component = components[index]
            if arches and component.arch not in arches and _is_apart(arches, component.arch):
                continue
            for gid in match.spoken.groups:
                pair = (component.purl or component.ref, gid)
                if pair in held:
                    held[pair].append((index, match))
                else:
                    held[pair] = [(index, match)]
    return held


def _is_apart(arches: tuple[str, ...], arch: str) -> bool:
    # Imported here because most records are about every architecture.
    from match.builds import other_machine

    return other_machine(arches, arch)


def _makers(sbom: Sbom, held: dict[Pair, Held]) -> set[str]:
    components = sbom.components
    if not any(c.maker for c in components):
        return set()
    makers = (components[index].maker for matches in held.values() for index, _ in matches)
    return {maker for maker in makers if maker}


def _settle(pair: Pair, held: Held, context: _Context) -> Finding | Dismissal:
    """Decide one component's vulnerability: a finding, or why it is none."""
    said: list[tuple[Owner, Word]] = []
    if context.owners:
        words = [_word(index, pair[1], context) for index, _ in held]
        left = [each for each, word in zip(held, words, strict=True) if not _answered(word)]
        if not left:
            return _dismissed(held, pair[1], "owned", words[0][1], context)
        # The owner's word stands beside the finding only where it is about every place of it.
        said = [(o, w) for o, w in words if o and not _answered((o, w))]
        said = said if len(said) == len(left) else []
        held = left
    match, overruling = held[0][1], None
    if len(held) > 1 or match.spoken.claim.claim == "not_affected":
        scheme = context.asked.lookups[match.slot].key.scheme
        deciding, overruling = decide([m for _, m in held], scheme)
        match = deciding or match
    if overruling is None:
        return _finding(match, held, pair[1], said, context)
    lookup, spoken = context.asked.lookups[overruling.slot], overruling.spoken
    _, text = because.not_affected(spoken, lookup, Judgement("inside"))
    word = Word("cleared", spoken.advisory, spoken.feed, text)
    return _dismissed(held, pair[1], "not_affected", word, context)


def _dismissed(held: Held, gid: int, reason: Reason, word: Word, context: _Context) -> Dismissal:
    from match.dismissals import dismissal_of

    first = context.sbom.components[min(index for index, _ in held)]
    return dismissal_of(first, context.known[gid], reason, word)


def _word(index: int, gid: int, context: _Context) -> tuple[Owner | None, Word]:
    """Return the distribution package that owns a component, and what is said of it."""
    owner = context.owners.get(context.sbom.components[index].maker or "")
    return (owner, word_of(owner, gid)) if owner else (None, Word("silent"))


def _answered(said: tuple[Owner | None, Word]) -> bool:
    """Tell whether the owner's answer stands for the component: cleared, or found on the owner."""
    owner, word = said
    return owner is not None and (
        word.verdict == "cleared" or (word.verdict == "affected" and owner.listed)
    )


def _finding(
    match: Match, held: Held, gid: int, said: list[tuple[Owner, Word]], context: _Context
) -> Finding:
    """Make the finding that `match` decides; `held` are all that say the same."""
    lookup = context.asked.lookups[match.slot]
    component = context.sbom.components[held[0][0]]
    if len(held) > 1 or context.asked.twins:
        component = _in_all_places(tuple(sorted({index for index, _ in held})), context)
    release = lookup.key.release
    rule = because.rule(lookup, release and _release(component, context.sbom.distro))
    if said or len(held) > 1:
        draft = _draft(match, held, gid, rule, said, context)
    else:
        alone = (match.cid, gid, match.place, match.how, match.why, rule)
        if alone not in context.drafts:
            context.drafts[alone] = _draft(match, held, gid, rule, said, context)
        draft = context.drafts[alone]
    spoken = match.spoken
    return Finding(
        component=component,
        vulnerability=draft.vulnerability,
        advisory=spoken.advisory,
        feed=spoken.feed,
        outcome=draft.outcome,
        because=draft.because.about(lookup.version),
        related=draft.related,
        fixed=draft.fixed,
        fix=draft.fix,
        severity=draft.severity,
        unknowns=draft.unknowns,
        silent_days=draft.days,
        fix_published=draft.fix_published,
        by="cpe" if lookup.key.names == "cpe" else "package",
    )


def _draft(
    match: Match,
    held: Held,
    gid: int,
    rule: str,
    said: list[tuple[Owner, Word]],
    context: _Context,
) -> _Draft:
    """Return what the finding says; of `held` alone it does not matter which component it is."""
    spoken, claim = match.spoken, match.spoken.claim
    lookup, vulnerability = context.asked.lookups[match.slot], context.known[gid]
    fixed = _fixed(match, held, lookup)
    unknowns = (UNDECIDED,) if match.undecided else ()
    days = None
    if said:
        owner, word = said[0]
        rule = word.because
        if word.verdict == "silent":
            unknowns = (*unknowns, SILENT)
            said_first = vulnerability.published or vulnerability.first_seen
            days = days_between(said_first, context.as_of)
            days = None if days is None else max(0, days)
            rule = because.silent(owner.purl, owner.release, days)
    if vulnerability.rejected:
        rule = because.rejected(rule, vulnerability.rejected)
    severity = vulnerability.severity
    related = _related(vulnerability, held)
    if spoken.severities:
        ratings = tuple(dict.fromkeys((*vulnerability.severities, *spoken.severities)))
        vulnerability = replace(vulnerability, severities=ratings)
    if lookup.key.release:
        severity = pick(vulnerability.severities, spoken.feed, claim.severity)
    return _Draft(
        vulnerability=vulnerability,
        outcome="undecided" if match.undecided else "affected",
        because=because.affected(spoken, lookup.key, (match.place, match.how), match.why, rule),
        related=related,
        fixed=fixed,
        fix="none" if claim.fix == "fixed" and not fixed else claim.fix,
        severity=severity,
        unknowns=unknowns,
        days=days,
        fix_published=spoken.published if fixed else "",
    )


def _fixed(match: Match, held: Held, lookup: Lookup) -> tuple[str, ...]:
    """Return the versions that fix it by every record on the package, lowest first."""
    place = 0 if match.how == UNCOMPARED else match.place
    if len(held) == 1:
        return fixes(match.spoken.claim, place)
    others = {m.cid: m for _, m in held if m.pid == match.pid and m.cid != match.cid}
    if not others:
        return fixes(match.spoken.claim, place)
    claims = [match.spoken.claim, *(m.spoken.claim for m in others.values())]
    candidates = dict.fromkeys(fixes(match.spoken.claim, place))
    for other in others.values():
        candidates |= dict.fromkeys(fixes(other.spoken.claim, other.place))
    scheme = lookup.key.scheme
    sound = [
        version
        for version in candidates
        if all(judge(version, scheme, claim).verdict == "outside" for claim in claims)
    ]
    return tuple(sorted(sound, key=lambda v: (key_of(scheme, v) or b"", v))) or fixes(
        claims[0], place
    )


def _related(vulnerability: Vulnerability, held: Held) -> tuple[AdvisoryId, ...]:
    """Return related ids; those of the records that said so among them, where they are no alias."""
    said = held[0][1].spoken.advisory
    if len(held) == 1 and (said == vulnerability.id or said in vulnerability.aliases):
        return vulnerability.related
    own = {match.spoken.advisory for _, match in held}
    own.difference_update((vulnerability.id, *vulnerability.aliases))
    if not own:
        return vulnerability.related
    return tuple(sorted(own.union(vulnerability.related), key=order))


def _in_all_places(indexes: tuple[int, ...], context: _Context) -> Component:
    """Return the first component with the evidence of all (rule 17), and of their twins."""
    found = context.merged.get(indexes)
    if found:
        return found
    components, twins = context.sbom.components, context.asked.twins
    every = sorted({*indexes, *(twin for index in indexes for twin in twins.get(index, ()))})
    found = components[every[0]]
    if len(every) > 1:
        places = dict.fromkeys(place for index in every for place in components[index].evidence)
        found = replace(found, evidence=tuple(places))
    context.merged[indexes] = found
    return found


def _release(component: Component, distro: Distro | None) -> str:
    distro = component.distro or distro
    return release_key(distro) if distro else ""


def _in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings by score (the highest first, none last), id and purl.

    Four share a vulnerability: sorting these by purl, and the vulnerabilities among themselves,
    takes half the time of sorting all by everything.
    """
    shared: dict[tuple[float, str], list[Finding]] = {}
    for finding in findings:
        score = finding.severity.score if finding.severity else None
        order = 1.0 if score is None else -score, finding.vulnerability.id
        if order in shared:
            shared[order].append(finding)
        else:
            shared[order] = [finding]
    for those in shared.values():
        if len(those) > 1:
            those.sort(key=_purl)
    return tuple([finding for order in sorted(shared) for finding in shared[order]])


def _purl(finding: Finding) -> str:
    return finding.component.purl
