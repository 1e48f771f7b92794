"""An SBOM against the advisory set: one finding for each component and vulnerability.

What lies in a range is settled in `join` and `judge`, who decides in `rank`; here their answers
become findings, and where everything is asked for, dismissals (rules.md 6, 8, 11, 12, 17).
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from match import because
from match.aliases import order
from match.because import Reason
from match.cpe.last import leave_last
from match.ecosystems import Lookup
from match.join import Asked, Looked, ask, hold, look_up, measure
from match.judge import UNCOMPARED, Judgement, fixes, judge, key_of
from match.model import AdvisoryId, Dismissal, Finding, Resolution, Vulnerability
from match.rank import Match, Owner, Word, decide, owners_of, word_of
from match.set.store import AdvisorySet, Spoken
from match.severity import pick
from sbom.distro import release_key
from sbom.model import Component, Distro, Evidence, Sbom

SILENT, UNDECIDED = "vendor_silent", "undecided"
# fmt: off
REASONS = (
    "owned", "precedence", "not_affected", "fixed", "withdrawn", "stream", "arch", "out_of_range",
)
# fmt: on
"""Of dismissals: the first is told where several records give one."""

Pair = tuple[str, int]
"""A component's purl (or ref) and the number of a vulnerability."""
Held = list[tuple[int, Match]]
"""Components, each with a claim whose range holds its version, or may."""


class _Context(Struct, frozen=True, gc=False):
    """What settling a pair needs beside its matches."""

    sbom: Sbom
    asked: Asked
    owners: dict[str, Owner]
    known: dict[int, Vulnerability]
    as_of: str


def resolve(sbom: Sbom, advisories: AdvisorySet, *, everything: bool = False) -> Resolution:
    """Return the vulnerabilities of each component, with the record that decided and why.

    Args:
        sbom: the components.
        advisories: the set, open.
        everything: also return, as dismissals, what records name and do not affect.
    """
    areas = advisories.areas()
    asked = ask(sbom, areas.releases)
    looked = look_up(asked.lookups, advisories)
    held = _by_vulnerability(sbom, asked, hold(asked, looked, advisories))
    held = leave_last(held, asked, looked, advisories)
    owners = owners_of(sbom, _makers(sbom, held), advisories)
    known = advisories.vulnerabilities({gid for _, gid in held})
    state = advisories.state
    context = _Context(sbom, asked, owners, known, state.as_of)
    findings: list[Finding] = []
    dismissed: dict[Pair, Dismissal] = {}
    for pair, matches in held.items():
        settled = _settle(pair, matches, context)
        if isinstance(settled, Finding):
            findings.append(settled)
        else:
            dismissed[pair] = settled
    findings.sort(key=_order)
    if everything:
        dismissed |= _others(context, looked, held, advisories)
    return Resolution(
        state=state,
        findings=tuple(findings),
        coverage=measure(sbom, asked, looked, advisories, areas),
        dismissals=tuple(sorted(dismissed.values(), key=_place)) if everything else (),
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
            if arches and component.arch and component.arch not in arches:
                continue
            for gid in match.spoken.groups:
                pair = (component.purl or component.ref, gid)
                if pair in held:
                    held[pair].append((index, match))
                else:
                    held[pair] = [(index, match)]
    return held


def _makers(sbom: Sbom, held: dict[Pair, Held]) -> set[str]:
    components = sbom.components
    if not any(c.maker for c in components):
        return set()
    makers = (components[index].maker for matches in held.values() for index, _ in matches)
    return {maker for maker in makers if maker}


def _settle(pair: Pair, held: Held, context: _Context) -> Finding | Dismissal:
    """Decide one component's vulnerability: a finding, or why it is none."""
    vulnerability = context.known[pair[1]]
    first = context.sbom.components[min(index for index, _ in held)]
    said: list[tuple[Owner, Word]] = []
    if context.owners:
        words = [_word(index, pair[1], context) for index, _ in held]
        left = [each for each, word in zip(held, words, strict=True) if not _answered(word)]
        if not left:
            return _dismissal(first, vulnerability, "owned", words[0][1])
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
        return _finding(match, held, vulnerability, said, context)
    lookup, spoken = context.asked.lookups[overruling.slot], overruling.spoken
    _, text = because.not_affected(spoken, lookup, Judgement("inside"))
    word = Word("cleared", spoken.advisory, spoken.feed, text)
    return _dismissal(first, vulnerability, "not_affected", word)


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
    match: Match,
    held: Held,
    vulnerability: Vulnerability,
    said: list[tuple[Owner, Word]],
    context: _Context,
) -> Finding:
    """Make the finding that `match` decides; `held` are all that say the same."""
    spoken, claim = match.spoken, match.spoken.claim
    lookup = context.asked.lookups[match.slot]
    component = context.sbom.components[held[0][0]]
    if len(held) > 1:
        component = _in_all_places(context.sbom, sorted({index for index, _ in held}))
    fixed = _fixed(match, held, lookup)
    unknowns = (UNDECIDED,) if match.undecided else ()
    days = None
    release = lookup.key.release
    rule = because.rule(lookup, release and _release(component, context.sbom.distro))
    if said:
        owner, word = said[0]
        rule = word.because
        if word.verdict == "silent":
            unknowns = (*unknowns, SILENT)
            days = _days(vulnerability.published or vulnerability.first_seen, context.as_of)
            rule = because.silent(owner.purl, owner.release, days)
    if vulnerability.rejected:
        rule = because.rejected(rule, vulnerability.rejected)
    severity = vulnerability.severity
    if spoken.severities:
        ratings = tuple(dict.fromkeys((*vulnerability.severities, *spoken.severities)))
        vulnerability = replace(vulnerability, severities=ratings)
    if release:
        severity = pick(vulnerability.severities, spoken.feed, claim.severity)
    return Finding(
        component=component,
        vulnerability=vulnerability,
        advisory=AdvisoryId(spoken.advisory),
        feed=spoken.feed,
        outcome="undecided" if match.undecided else "affected",
        because=because.affected(spoken, lookup, (match.place, match.how), match.why, rule),
        related=_related(vulnerability, held),
        fixed=fixed,
        fix="none" if claim.fix == "fixed" and not fixed else claim.fix,
        severity=severity,
        unknowns=unknowns,
        silent_days=days,
        fix_published=spoken.published if fixed else "",
        by="cpe" if lookup.key.names == "cpe" else "package",
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
    own = {AdvisoryId(match.spoken.advisory) for _, match in held}
    own.difference_update((vulnerability.id, *vulnerability.aliases))
    if not own:
        return vulnerability.related
    return tuple(sorted(own.union(vulnerability.related), key=order))


def _in_all_places(sbom: Sbom, indexes: list[int]) -> Component:
    """Return the first component with the evidence of all (rule 17)."""
    first = sbom.components[indexes[0]]
    places: dict[Evidence, None] = {}
    for index in indexes:
        places |= dict.fromkeys(sbom.components[index].evidence)
    return replace(first, evidence=tuple(places)) if len(indexes) > 1 else first


def _release(component: Component, distro: Distro | None) -> str:
    distro = component.distro or distro
    return release_key(distro) if distro else ""


def _days(since: str, until: str) -> int | None:
    """Return the days between two dates, None where one is not known or in no calendar."""
    if not since or not until:
        return None
    from datetime import date

    try:
        return max(0, (date.fromisoformat(until[:10]) - date.fromisoformat(since[:10])).days)
    except ValueError:
        return None


def _order(finding: Finding) -> tuple[float, str, str]:
    score = finding.severity.score if finding.severity else None
    return (-1.0 if score is None else score) * -1, finding.vulnerability.id, finding.component.purl


def _place(dismissal: Dismissal) -> tuple[str, str, str]:
    return dismissal.component.purl, dismissal.component.ref, dismissal.vulnerability


def _dismissal(
    component: Component, vulnerability: Vulnerability, reason: Reason, word: Word
) -> Dismissal:
    return Dismissal(
        component=component,
        vulnerability=vulnerability.id,
        advisory=AdvisoryId(word.advisory),
        feed=word.feed,
        reason=reason,
        because=f"{word.because.removesuffix('.')}.",
    )


def _others(
    context: _Context,
    looked: dict[int, list[Looked]],
    held: dict[Pair, Held],
    advisories: AdvisorySet,
) -> dict[Pair, Dismissal]:
    """Return a dismissal for each further vulnerability that a record names a component in."""
    on = advisories.claims_on(each.package.pid for found in looked.values() for each in found)
    claims = advisories.claims(cid for cids in on.values() for cid in cids)
    known = advisories.vulnerabilities({gid for spoken in claims.values() for gid in spoken.groups})
    best: dict[Pair, Dismissal] = {}
    for slot, each in ((slot, each) for slot, found in looked.items() for each in found):
        for cid in on.get(each.package.pid, ()):
            spoken = claims[cid]
            for component, reason, text in _whys(slot, each, spoken, context):
                word = Word("cleared", spoken.advisory, spoken.feed, text)
                for gid in spoken.groups:
                    pair = (component.purl or component.ref, gid)
                    if pair in held:
                        continue
                    dismissal = _dismissal(component, known[gid], reason, word)
                    if pair not in best or _weight(dismissal) < _weight(best[pair]):
                        best[pair] = dismissal
    return best


def _weight(dismissal: Dismissal) -> tuple[object, ...]:
    """Order the dismissals of one pair: the first is told."""
    record = order(dismissal.advisory), dismissal.feed, dismissal.because
    return REASONS.index(dismissal.reason), *record


def _whys(
    slot: int, looked: Looked, spoken: Spoken, context: _Context
) -> Iterator[tuple[Component, Reason, str]]:
    """Yield the components a claim names, and why it does not affect them."""
    asked, components = context.asked, context.sbom.components
    lookup = asked.lookups[slot]
    for index in asked.refused[slot]:
        text = because.refused(spoken, lookup, asked.strangers[index])
        yield components[index], "precedence", text
    if not asked.users[slot]:
        return
    if looked.other:
        reason: Reason = "stream"
        text = because.other_stream(spoken, lookup, looked.package.stream)
    else:
        judgement = judge(lookup.version, lookup.key.scheme, spoken.claim)
        reason, text = because.not_affected(spoken, lookup, judgement, looked.why)
    arches = spoken.claim.arches
    for index in asked.users[slot]:
        arch = components[index].arch
        if arches and arch and arch not in arches and reason not in {"withdrawn", "stream"}:
            yield components[index], "arch", because.other_arch(spoken, lookup, arch)
        else:
            yield components[index], reason, text
