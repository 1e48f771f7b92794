"""Which of a distribution's channels answers for a build, by the marks vendors put into versions.

Of which channel a component is (RHEL's EUS, Ubuntu Pro, a product built upon the system) no SBOM
says, so the records of all count (rules.md 1). But a build that only one of them has is answered by
that one where it says that it is fixed; what the system says is fixed, no further channel takes
back; and a build for one product is no fix for another's (docs/decisions/0019-channels.md).
"""

import re
from collections.abc import Callable, Mapping, Sequence

from match.builds import FIPS
from match.ecosystems import Lookup
from match.join import Asked, Looked
from match.judge import FIXED, judge
from match.rank import Held, Match, Pair
from match.set.store import AdvisorySet, Spoken

Near = Callable[[str, str], int]
Answers = dict[tuple[int, int], int]
"""By lookup and vulnerability: the nearest channel that says that it is fixed."""

FURTHER, SYSTEM, OWN = range(3)
"""How near a channel is to a build: one of the others, the system itself, the one that made it."""

# Patterns are texts, compiled where they are used: most runs meet no such build.
ESM = r"[+~]esm\d"
MINOR = r"\.el(\d+)_(\d+)"
STATED_MINOR = r"(?:enterprise_linux_|rhel_)[a-z0-9]+:(\d+)(?:\.(\d+))?"
BASE = r"enterprise_linux:|\d|$"
MADE_FOR = r"(?:\.(rhaos)[\d.]*)?[.+]el\d+(?:_\d+)*([a-z]*)"
"""What a release tag of Red Hat's was built for: `.el8ost`, `.rhaos4.12.el8`; `.el8`: RHEL."""


def leave_answered(
    held: dict[Pair, Held],
    asked: Asked,
    looked: Mapping[int, Sequence[Looked]],
    advisories: AdvisorySet,
) -> dict[Pair, Held]:
    """Return the matches without those that a nearer channel of the same package answers.

    Args:
        held: by component and vulnerability, each component's number with its match.
        asked: what the components are looked up under.
        looked: the packages of the set that each lookup led to.
        advisories: the set.
    """
    lookups = asked.lookups
    slots = {slot for slot in looked if _channels(lookups[slot])}
    pairs = {p: {m.slot for _, m in held[p]} & slots for p in held} if slots else {}
    asked_for = {slot for of_pair in pairs.values() for slot in of_pair}
    if not asked_for:
        return held
    answers = _answers(asked_for, lookups, looked, advisories)
    left = dict(held)
    for pair, of_pair in pairs.items():
        if not of_pair:
            continue
        kept = [each for each in held[pair] if not _answered(each[1], pair[1], lookups, answers)]
        if kept:
            left[pair] = kept
        else:
            del left[pair]
    return left


def made_for_another(lookup: Lookup, spoken: Spoken) -> bool:
    """Tell whether all that a record fixes are builds for another product than the component's."""
    if not lookup.key.release.startswith("rhel"):
        return False
    fixed = [bounds[FIXED] for bounds in spoken.claim.intervals if bounds[FIXED]]
    own = _made_for(lookup.version)
    return bool(fixed) and own is not None and all((_made_for(f) or own) != own for f in fixed)


def _answered(match: Match, gid: int, lookups: Sequence[Lookup], answers: Answers) -> bool:
    lookup = lookups[match.slot]
    near = _channels(lookup)
    if near is None:
        return False
    nearest = answers.get((match.slot, gid), FURTHER)
    return nearest > near(match.product, lookup.version) or made_for_another(lookup, match.spoken)


def _answers(
    slots: set[int],
    lookups: Sequence[Lookup],
    looked: Mapping[int, Sequence[Looked]],
    advisories: AdvisorySet,
) -> Answers:
    """Return what the nearer channels say is fixed, where a lookup leads to several channels."""
    of_slot: dict[int, dict[int, int]] = {}
    for slot in slots:
        near, version = _channels(lookups[slot]), lookups[slot].version
        packages = [each.package for each in looked[slot] if not each.other]
        ranks = {p.pid: near(p.product, version) for p in packages} if near else {}
        lowest = min(ranks.values(), default=FURTHER)
        of_slot[slot] = {pid: rank for pid, rank in ranks.items() if rank > lowest}
    on = advisories.claims_on(pid for ranks in of_slot.values() for pid in ranks)
    claims = advisories.claims(cid for cids in on.values() for cid in cids)
    answers: Answers = {}
    for slot, ranks in of_slot.items():
        for pid, rank in ranks.items():
            for spoken in (claims[cid] for cid in on.get(pid, ())):
                if _mends(lookups[slot], spoken, rank):
                    for gid in spoken.groups:
                        answers[slot, gid] = max(rank, answers.get((slot, gid), FURTHER))
    return answers


def _mends(lookup: Lookup, spoken: Spoken, rank: int) -> bool:
    """Tell whether a record says that the lookup's version is one that fixed it.

    Of RHEL's minor releases only builds with the same tag are one line, each with all fixes before.
    """
    claim = spoken.claim
    if claim.claim != "affected" or claim.withdrawn or not claim.mends:
        return False
    judged = judge(lookup.version, lookup.key.scheme, claim)
    if judged.verdict != "outside" or not judged.fixed:
        return False
    tagged = re.search(MINOR, judged.fixed) if rank == OWN else None
    own = re.search(MINOR, lookup.version)
    return tagged is None or (own is not None and tagged.groups() == own.groups())


def _channels(lookup: Lookup) -> Near | None:
    return CHANNELS.get(lookup.key.release.partition(":")[0])


def _ubuntu(product: str, version: str) -> int:
    """`+esm1` is Pro's, `+Fips1` of its FIPS channels; all other builds are the main channel's."""
    if not product:
        return SYSTEM
    own = FIPS in version.lower() if FIPS in product else re.search(ESM, version)
    return OWN if own else FURTHER


def _red_hat(product: str, version: str) -> int:
    """`.el8_6` is of RHEL 8.6 and what keeps it (or all of 8) on; `.el8ost` is of OpenStack."""
    base = re.match(BASE, product) is not None
    if _made_for(version):
        return FURTHER if base else SYSTEM
    if base:
        return SYSTEM
    stated, tag = re.match(STATED_MINOR, product), re.search(MINOR, version)
    if stated is None or tag is None or stated[1] != tag[1]:
        return FURTHER
    return OWN if stated[2] in {None, tag[2]} else FURTHER


CHANNELS: dict[str, Near] = {"rhel": _red_hat, "ubuntu": _ubuntu}
"""How near a product is to a version, by distribution."""


def _made_for(version: str) -> str | None:
    found = re.search(MADE_FOR, version)
    return (found[1] or found[2]) if found else None
