"""What records name in an SBOM and do not affect, and why: told where everything is asked for."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from match import because
from match.because import Reason
from match.builds import other_machine
from match.ids import order
from match.join import Asked, Looked
from match.judge import judge
from match.model import AdvisoryId, Dismissal, Vulnerability
from match.rank import Pair, Word
from match.set.store import AdvisorySet, Spoken
from sbom.model import Component, Sbom

# fmt: off
REASONS = (
    "owned", "precedence", "not_affected", "fixed", "withdrawn", "stream", "arch", "out_of_range",
)
# fmt: on
"""Of dismissals: the first is told where several records give one."""


def others(
    sbom: Sbom,
    asked: Asked,
    looked: Mapping[int, Sequence[Looked]],
    held: Container[Pair],
    advisories: AdvisorySet,
) -> dict[Pair, Dismissal]:
    """Return a dismissal for each further vulnerability that a record names a component in.

    Args:
        sbom: the components.
        asked: what they are looked up under.
        looked: the packages of the set that each lookup led to.
        held: the pairs that are settled already.
        advisories: the set.
    """
    on = advisories.claims_on(each.package.pid for found in looked.values() for each in found)
    claims = advisories.claims(cid for cids in on.values() for cid in cids)
    known = advisories.vulnerabilities({gid for spoken in claims.values() for gid in spoken.groups})
    best: dict[Pair, Dismissal] = {}
    for slot, each in ((slot, each) for slot, found in looked.items() for each in found):
        for cid in on.get(each.package.pid, ()):
            spoken = claims[cid]
            for component, reason, text in _whys(slot, each, spoken, asked, sbom.components):
                word = Word("cleared", spoken.advisory, spoken.feed, text)
                for gid in spoken.groups:
                    pair = (component.purl or component.ref, gid)
                    if pair in held:
                        continue
                    dismissal = dismissal_of(component, known[gid], reason, word)
                    if pair not in best or _weight(dismissal) < _weight(best[pair]):
                        best[pair] = dismissal
    return best


def dismissal_of(
    component: Component, vulnerability: Vulnerability, reason: Reason, word: Word
) -> Dismissal:
    """Return why a component is not affected, in a word and in a sentence."""
    return Dismissal(
        component=component,
        vulnerability=vulnerability.id,
        advisory=AdvisoryId(word.advisory),
        feed=word.feed,
        reason=reason,
        because=f"{word.because.removesuffix('.')}.",
    )


def in_order(dismissals: Iterable[Dismissal]) -> tuple[Dismissal, ...]:
    """Return them by component and vulnerability."""
    return tuple(sorted(dismissals, key=_place))


def _place(dismissal: Dismissal) -> tuple[str, str, str]:
    return dismissal.component.purl, dismissal.component.ref, dismissal.vulnerability


def _weight(dismissal: Dismissal) -> tuple[object, ...]:
    """Order the dismissals of one pair: the first is told."""
    record = order(dismissal.advisory), dismissal.feed, dismissal.because
    return REASONS.index(dismissal.reason), *record


def _whys(
    slot: int, looked: Looked, spoken: Spoken, asked: Asked, components: Sequence[Component]
) -> Iterator[tuple[Component, Reason, str]]:
    """Yield the components a claim names, and why it does not affect them."""
    lookup = asked.lookups[slot]
    for index in asked.refused[slot]:
        text = because.refused(spoken, lookup, asked.strangers[index])
        yield components[index], "precedence", text
    if not asked.users[slot]:
        return
    reason: Reason = "stream"
    judgement = judge(lookup.version, lookup.key.scheme, spoken.claim)
    affirms = spoken.claim.claim != "not_affected" and not spoken.claim.withdrawn
    # What a record says is affected, and is no finding, another record has an answer to: one of a
    # nearer channel (`match.channels`), or of the package itself, which is told (`match.cpe.last`).
    answered = affirms and judgement.verdict != "outside"
    if answered and lookup.key.names == "cpe":
        return
    if looked.other == "stream":
        text = because.other_stream(spoken, lookup, looked.package.stream)
    elif looked.other or answered:
        package = looked.package
        text = because.other_builds(spoken, lookup, package.product or package.release)
    else:
        reason, text = because.not_affected(spoken, lookup, judgement, looked.why)
    arches = spoken.claim.arches
    for index in asked.users[slot]:
        arch = components[index].arch
        about = reason not in {"withdrawn", "stream"} or (answered and not looked.other)
        if about and other_machine(arches, arch):
            yield components[index], "arch", because.other_arch(spoken, lookup, arch)
        else:
            yield components[index], reason, text
