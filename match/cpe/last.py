"""Products come last: one counts only where no record names the component's own package."""

from collections.abc import Mapping, Sequence

from match.join import Asked, Looked
from match.rank import Held, Pair
from match.set.store import AdvisorySet


def leave_last(
    held: dict[Pair, Held],
    asked: Asked,
    looked: Mapping[int, Sequence[Looked]],
    advisories: AdvisorySet,
) -> dict[Pair, Held]:
    """Return the matches without those on products that another record has an answer to.

    Args:
        held: by component and vulnerability, each component's number with its match.
        asked: what the components are looked up under.
        looked: the packages of the set that each lookup led to.
        advisories: the set.
    """
    products = {slot for slot in looked if asked.lookups[slot].key.names == "cpe"}
    if not products:
        return held
    left: dict[Pair, Held] = {}
    alone: dict[Pair, Held] = {}
    for pair, matches in held.items():
        others = [each for each in matches if each[1].slot not in products]
        if others:
            left[pair] = others
        else:
            alone[pair] = matches
    named = _named({i for of_one in alone.values() for i, _ in of_one}, asked, looked, advisories)
    return left | {
        pair: matches
        for pair, matches in alone.items()
        if not any(pair[1] in named[index] for index, _ in matches)
    }


def _named(
    components: set[int],
    asked: Asked,
    looked: Mapping[int, Sequence[Looked]],
    advisories: AdvisorySet,
) -> dict[int, set[int]]:
    """Return for each component the vulnerabilities in which a record names its own package."""
    slots: dict[int, list[int]] = {index: [] for index in components}
    for slot in looked:
        if asked.lookups[slot].key.names != "cpe":
            for index in asked.users[slot]:
                if index in slots:
                    slots[index].append(slot)
    pids = {
        slot: [each.package.pid for each in looked[slot] if not each.other]
        for slot in {slot for of_one in slots.values() for slot in of_one}
    }
    on = advisories.claims_on(pid for of_slot in pids.values() for pid in of_slot)
    claims = advisories.claims(cid for cids in on.values() for cid in cids)
    return {
        index: {
            gid
            for slot in of_one
            for pid in pids[slot]
            for cid in on.get(pid, ())
            if not claims[cid].claim.withdrawn
            for gid in claims[cid].groups
        }
        for index, of_one in slots.items()
    }
