"""Which stored SBOMs an advisory is about: how many have its packages, how many as affected."""

from collections.abc import Sequence

from msgspec import Struct
from pyroaring import BitMap

from match.ecosystems import PackageKey, keys_of
from match.judge import Claim, claim_of, judge
from match.model import Advisory
from sbom.database import exists
from sbom.store import open_store
from sbom.store.parts import components, highest, holders_of


class Reach(Struct, frozen=True, gc=False):
    """Numbers of stored SBOMs: all of them, those with a package named, those with it affected."""

    stored: int
    named: int
    affected: int


def reach(url: str, advisories: Sequence[Advisory]) -> tuple[Reach, ...]:
    """Return how far each advisory reaches among the SBOMs of a store, in one pass over them.

    Module streams and products are left out of account: it is a note, and `rematch` is exact.
    """
    if not advisories or not exists(url):
        return tuple(Reach(0, 0, 0) for _ in advisories)
    wanted: dict[PackageKey, list[tuple[int, Claim]]] = {}
    for place, advisory in enumerate(advisories):
        for a in advisory.affected:
            key = PackageKey(a.scheme, a.release, a.name, a.names)
            wanted.setdefault(key, []).append((place, claim_of(a, "")[0]))
    named: list[set[int]] = [set() for _ in advisories]
    affected: list[set[int]] = [set() for _ in advisories]
    with open_store(url, write=False) as database:
        for number, component in components(database, 0, highest(database) + 1):
            for lookup in keys_of(component, component.distro):
                for place, claim in wanted.get(lookup.key, ()):
                    named[place].add(number)
                    if judge(lookup.version, lookup.key.scheme, claim).verdict != "outside":
                        affected[place].add(number)
        holders = holders_of(database, sorted(set[int]().union(*named)))
        stored = int(database.execute("SELECT count(*) FROM sbom").fetchone()[0])

    def count(numbers: set[int]) -> int:
        return len(BitMap.union(BitMap(), *(holders[n] for n in numbers if n in holders)))

    pairs = zip(named, affected, strict=True)
    return tuple(Reach(stored, count(has), count(hit)) for has, hit in pairs)
