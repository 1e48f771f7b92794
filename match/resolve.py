"""The join: an SBOM against the advisory set, one finding for each component and vulnerability.

Who is asked, what lies in a range, and who decides is settled in `ecosystems`, `judge` and `rank`;
here their answers come together (rules.md 1, 6, 11, 17).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from match import because
from match.aliases import order
from match.coverage import measure
from match.ecosystems import Lookup, keys_of
from match.judge import BY_COMPARATOR, Judgement, exact_key_of, fixes, judge
from match.model import AdvisoryId, Dismissal, Finding, Resolution, Severity, Vulnerability
from match.rank import Match, Owner, Word, decide, distribution_of, owners_of, third_party, word_of
from match.severity import pick
from match.store import AdvisorySet, Package, Spoken
from sbom.distro import release_key
from sbom.model import Component, Distro, Evidence, Sbom

STREAM_UNKNOWN = "the module stream is not known"
RELEASE_UNKNOWN = "the release of the distribution is not known"
SILENT, UNDECIDED = "vendor_silent", "undecided"
WEIGHT = ("owned", "precedence", "not_affected", "fixed", "withdrawn", "stream", "out_of_range")
"""The reasons of dismissals: the first is told where several records give one."""


class Asked(NamedTuple):
    """What the components are looked up under, each lookup once.

    users: for each lookup, the components it stands for.
    of: for each component, all it is looked up under; strangers: who made it in the
    distribution's stead, or empty.
    """

    lookups: tuple[Lookup, ...]
    users: tuple[list[int], ...]
    of: tuple[tuple[Lookup, ...], ...]
    strangers: tuple[str, ...]


class Looked(NamedTuple):
    """A package of the set that a lookup leads to. other: its stream is not the component's."""

    package: Package
    why: str
    other: bool = False


Pair = tuple[str, int]
"""A component's purl (or ref) and the number of a vulnerability."""
Held = list[tuple[int, Match]]
"""Components, each with a claim whose range holds its version, or may."""


class _Context(NamedTuple):
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
    asked = ask(sbom, areas[0])
    looked = look_up(asked.lookups, advisories)
    held = _by_vulnerability(sbom, asked, hold(asked.lookups, looked, advisories))
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
        coverage=measure(sbom, asked.of, asked.strangers, areas, advisories.unmatchable),
        dismissals=tuple(dismissed[pair] for pair in sorted(dismissed)) if everything else (),
        problems=advisories.problems(),
    )


def ask(sbom: Sbom, releases: frozenset[str]) -> Asked:
    """Return what the components are looked up under, each lookup once for all it stands for."""
    numbers: dict[Lookup, int] = {}
    users: list[list[int]] = []
    of: list[tuple[Lookup, ...]] = []
    strangers: list[str] = []
    for index, component in enumerate(sbom.components):
        lookups = keys_of(component, sbom.distro, releases)
        stranger = third_party(component, distribution_of(lookups)) if lookups else ""
        of.append(lookups)
        strangers.append(stranger)
        for lookup in () if stranger else lookups:
            number = numbers.setdefault(lookup, len(users))
            if number == len(users):
                users.append([])
            users[number].append(index)
    return Asked(tuple(numbers), tuple(users), tuple(of), tuple(strangers))


def look_up(lookups: Sequence[Lookup], advisories: AdvisorySet) -> dict[int, list[Looked]]:
    """Return the packages of the set each lookup leads to, by its number."""
    names = (
        (n, x.key.name, x.key.scheme, x.key.release, x.key.names, x.whole)
        for n, x in enumerate(lookups)
    )
    found: dict[int, list[Looked]] = {}
    for package in advisories.packages(names):
        lookup = lookups[package.slot]
        # A key part unknown on the component matches every value, undecided (rule 1); a module's
        # records never speak of what is in no module, nor the other way round.
        other = (package.stream == "") != (lookup.stream == "") or (
            package.stream != lookup.stream and None not in {package.stream, lookup.stream}
        )
        why = RELEASE_UNKNOWN if lookup.whole else ""
        if None in {package.stream, lookup.stream}:
            why = STREAM_UNKNOWN
        found.setdefault(package.slot, []).append(Looked(package, why, other))
    return found


def hold(
    lookups: Sequence[Lookup], looked: dict[int, list[Looked]], advisories: AdvisorySet
) -> Iterator[Match]:
    """Yield every claim whose range holds the version it is asked for, or may."""
    keys: list[tuple[int, int, bytes]] = []
    packages: dict[tuple[int, int], Looked] = {}
    by_hand: list[tuple[int, int]] = []
    for slot, found in looked.items():
        lookup = lookups[slot]
        key = exact_key_of(lookup.key.scheme, lookup.version)
        for each in found:
            if each.other:
                continue
            pid = each.package.pid
            packages[slot, pid] = each
            if key is None:
                by_hand.append((slot, pid))
            else:
                keys.append((slot, pid, key))
    hits = advisories.hits(keys)
    on = advisories.claims_on(pid for _, pid in by_hand) if by_hand else {}
    claims = advisories.claims([*(h.cid for h in hits), *(c for cids in on.values() for c in cids)])
    seen: set[tuple[int, int]] = set()
    for slot, pid, cid, place, how in sorted(hits, key=lambda hit: hit[4]):
        if (slot, cid) in seen:
            continue
        if how == BY_COMPARATOR:
            by_hand.append((slot, pid))
            on.setdefault(pid, []).append(cid)
            continue
        seen.add((slot, cid))
        each = packages[slot, pid]
        yield Match(slot, pid, each.package.product, cid, place, how, each.why, claims[cid])
    for slot, pid in dict.fromkeys(by_hand):
        lookup, each = lookups[slot], packages[slot, pid]
        for cid in dict.fromkeys(on.get(pid, ())):
            spoken = claims[cid]
            if spoken.claim.withdrawn or (slot, cid) in seen:
                continue
            verdict, place, how, why, _ = judge(lookup.version, lookup.key.scheme, spoken.claim)
            if verdict != "outside":
                why = why or each.why
                yield Match(slot, pid, each.package.product, cid, place, how, why, spoken)


def _by_vulnerability(sbom: Sbom, asked: Asked, matches: Iterable[Match]) -> dict[Pair, Held]:
    """Sort the matches by component (purl, or ref where it has none) and vulnerability."""
    held: dict[Pair, Held] = {}
    components = sbom.components
    for match in matches:
        arches = match.spoken.claim.arches
        for index in asked.users[match.slot]:
            component = components[index]
            if arches and component.arch and component.arch not in arches:
                continue
            for gid in match.spoken.groups:
                pair = (component.purl, gid)
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
    silent: Owner | None = None
    if context.owners:
        words = [_owner_word(index, pair[1], context) for index, _ in held]
        left = [each for each, (_, word) in zip(held, words, strict=True) if not _taken(word)]
        if not left:
            index, match = held[0]
            word = words[0][1] or Word("silent")
            return _dismissal(context.sbom.components[index], vulnerability, "owned", word)
        if all(owner and word and word.verdict == "silent" for owner, word in words):
            silent = words[0][0]
        held = left
    lookup = context.asked.lookups[held[0][1].slot]
    if len(held) == 1 and held[0][1].spoken.claim.claim != "not_affected":
        match: Match | None = held[0][1]
    else:
        match, overruling = decide([m for _, m in held], lookup.key.scheme)
        if match is None and overruling is not None:
            judged = Judgement("inside", overruling.place, overruling.how)
            _, text = because.not_affected(overruling.spoken, lookup, judged)
            word = Word("cleared", overruling.spoken.advisory, overruling.spoken.feed, text)
            component = context.sbom.components[held[0][0]]
            return _dismissal(component, vulnerability, "not_affected", word)
    assert match is not None  # decide returns one of the two  # noqa: S101
    return _finding(match, held, vulnerability, silent, context)
