"""The join: which claims of the advisory set hold for the versions of an SBOM's components.

What is not known of a component matches every value, and says so (rules.md 1). How far the set
can speak at all is measured here too: silence must never look like clean.
"""

from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from match.ecosystems import AREAS, SHARED_SCHEMES, Lookup, area_of, keys_of
from match.judge import BY_COMPARATOR, exact_key_of, judge
from match.model import Coverage, Reach
from match.rank import Match, distribution_of, third_party
from match.set.store import AdvisorySet, Areas, Package, Spoken
from sbom.model import Component, Sbom

STREAM_UNKNOWN = "the module stream is not known"
RELEASE_UNKNOWN = "the release of the distribution is not known"

NOBODY: Sequence[int] = ()
"""One for all lookups: of a million components most are refused nothing."""
COVERED = 20
"""A set that names fewer packages of a release has no feed for it, only records that touch it."""


class Asked(Struct, frozen=True, gc=False):
    """What the components are looked up under, each lookup once.

    users: for each lookup, the components it stands for; refused: those it would stand for had
        the distribution made them.
    of: for each component, all it is looked up under; strangers: who made it in the
        distribution's stead, or empty.
    twins: by the first of components that match alike, the others, which are no users: a document
        may list one package a million times, and each has hundreds of vulnerabilities.
    """

    lookups: tuple[Lookup, ...]
    users: tuple[Sequence[int], ...]
    refused: tuple[Sequence[int], ...]
    of: tuple[tuple[Lookup, ...], ...]
    strangers: tuple[str, ...]
    twins: Mapping[int, Sequence[int]]


class Looked(Struct, frozen=True, gc=False):
    """A package of the set that a lookup leads to.

    other: what sets it apart from the component: its module `stream`, or its `builds`.
    """

    package: Package
    why: str
    other: Literal["", "stream", "builds"] = ""


def ask(sbom: Sbom, releases: Mapping[str, int]) -> Asked:
    """Return what the components are looked up under, each lookup once for all it stands for."""
    components, distro = sbom.components, sbom.distro
    of = [keys_of(component, distro, releases) for component in components]
    strangers = [
        third_party(component, distribution_of(lookups), distro)
        if lookups and lookups[0].key.release
        else ""
        for component, lookups in zip(components, of, strict=True)
    ]
    numbers: dict[Lookup, int] = {}
    # Most lookups stand for one component: a tuple of one takes half the memory of a list.
    users: list[Sequence[int]] = []
    refused: dict[int, list[int]] = {}
    faces: dict[tuple[object, ...], int] = {}
    twins: dict[int, list[int]] = {}

    def first_alike(index: int) -> int:
        one = components[index]
        face = (one.purl or one.ref, one.arch, one.maker, strangers[index], of[index])
        return faces.setdefault(face, index)

    for index, lookups in enumerate(of):
        for lookup in lookups:
            number = numbers.setdefault(lookup, len(users))
            if number < len(users):
                first_alike((users[number] or refused[number])[0])
                first = first_alike(index)
                if first != index:
                    twins.setdefault(first, []).append(index)
                    of[index] = of[first]
                    break
            # What others made, the distribution's records are not about; NVD's products may be.
            refuses = strangers[index] and lookup.key.names != "cpe"
            if refuses:
                refused.setdefault(number, []).append(index)
            if number == len(users):
                users.append(NOBODY if refuses else (index,))
            elif not refuses:
                _append(users, number, index)
    left = (NOBODY,) * len(users)
    if refused:
        left = tuple([refused.get(number, NOBODY) for number in range(len(users))])
    return Asked(tuple(numbers), tuple(users), left, tuple(of), tuple(strangers), twins)


def _append(users: list[Sequence[int]], number: int, index: int) -> None:
    those = users[number]
    if isinstance(those, list):
        those.append(index)
    else:
        users[number] = [*those, index]


def look_up(lookups: Sequence[Lookup], advisories: AdvisorySet) -> dict[int, list[Looked]]:
    """Return the packages of the set each lookup leads to, by its number."""
    found: dict[int, list[Looked]] = {}
    for package in advisories.packages(lookups):
        lookup = lookups[package.slot]
        # A key part unknown on the component matches every value, undecided (rule 1); a module's
        # records never speak of what is in no module, nor the other way round.
        other: Literal["", "stream", "builds"] = ""
        if (package.stream == "") != (lookup.stream == "") or (
            package.stream != lookup.stream and None not in {package.stream, lookup.stream}
        ):
            other = "stream"
        elif package.product:
            from match.builds import other_builds

            if other_builds(package.release, package.product, lookup.version):
                other = "builds"
        why = RELEASE_UNKNOWN if lookup.whole else ""
        if None in {package.stream, lookup.stream}:
            why = STREAM_UNKNOWN
        found.setdefault(package.slot, []).append(Looked(package, why, other))
    return found


def hold(asked: Asked, looked: dict[int, list[Looked]], advisories: AdvisorySet) -> Iterator[Match]:
    """Yield every claim whose range holds the version it is asked for, or may."""
    led = [
        (slot, each)
        for slot, found in looked.items()
        if asked.users[slot]
        for each in found
        if not each.other
    ]
    keys: list[tuple[int, int, bytes]] = []
    unsettled: dict[int, list[int]] = {}
    for number, (slot, each) in enumerate(led):
        lookup = asked.lookups[slot]
        key = exact_key_of(lookup.key.scheme, lookup.version)
        if key is None:
            unsettled[number] = []
        else:
            keys.append((number, each.package.pid, key))
    if unsettled:
        on = advisories.claims_on(led[number][1].package.pid for number in unsettled)
        unsettled = {number: on.get(led[number][1].package.pid, []) for number in unsettled}
    settled: dict[tuple[int, int], tuple[int, int]] = {}
    for number, cid, place, how in advisories.hits(keys):
        if how == BY_COMPARATOR:
            unsettled.setdefault(number, []).append(cid)
        elif (number, cid) not in settled or how < settled[number, cid][1]:
            settled[number, cid] = place, how
    cids = {cid for _, cid in settled}
    claims = advisories.claims(cids.union(*unsettled.values()))
    for (number, cid), (place, how) in settled.items():
        slot, each = led[number]
        package = each.package
        yield Match(slot, package.pid, package.product, cid, place, how, each.why, claims[cid])
    for number, left in unsettled.items():
        slot, each = led[number]
        open_ = [cid for cid in dict.fromkeys(left) if (number, cid) not in settled]
        yield from _by_hand(slot, asked.lookups[slot], each, open_, claims)


def _by_hand(
    slot: int, lookup: Lookup, looked: Looked, cids: Sequence[int], claims: dict[int, Spoken]
) -> Iterator[Match]:
    """Judge what keys cannot: versions without a key, and where keys are not exact."""
    package = looked.package
    for cid in cids:
        claim = claims[cid].claim
        if claim.withdrawn:
            continue
        judged = judge(lookup.version, lookup.key.scheme, claim)
        if judged.verdict != "outside":
            at, why = (judged.place, judged.how), judged.why or looked.why
            yield Match(slot, package.pid, package.product, cid, *at, why, claims[cid])


def measure(
    sbom: Sbom,
    asked: Asked,
    looked: Mapping[int, object],
    advisories: AdvisorySet,
    areas: Areas,
) -> Coverage:
    """Count the components that some feed of the set speaks for, and why the others have none.

    Args:
        sbom: its components.
        asked: what they are looked up under.
        looked: the numbers of the lookups that led to a package of the set.
        advisories: the set.
        areas: what it speaks for.
    """
    named = {asked.lookups[slot] for slot in looked if asked.lookups[slot].key.release}
    everywhere = _spoken_for_whole(areas)
    matchable = without_purl = 0
    without: Counter[str] = Counter()
    for component, keys, stranger in zip(sbom.components, asked.of, asked.strangers, strict=True):
        if not component.purl:
            without_purl += 1
            continue
        if keys and not stranger and not keys[0].whole:
            # Nearly all are settled here; what follows is five times as long.
            key = keys[0].key
            if (key.release or key.scheme) in everywhere:
                matchable += 1
                continue
        asked_for = (key for key in keys if not stranger or key.key.names == "cpe")
        if any(_spoken_for(key, named, areas) for key in asked_for):
            matchable += 1
        else:
            without[_reason(component, keys, stranger, areas)] += 1
    return Coverage(
        components=len(sbom.components),
        matchable=matchable,
        without_purl=without_purl,
        optional=sum(c.scope == "optional" for c in sbom.components),
        without_feed=tuple(sorted(without.items())),
        unmatchable_ranges=advisories.unmatchable,
        reach=_reach(asked, advisories),
    )


def _reach(asked: Asked, advisories: AdvisorySet) -> Reach | None:
    """Return how far the set reaches, in the releases and ecosystems that are asked for."""
    reach = advisories.reach()
    if reach is None or not reach.since:
        return None
    keys: set[tuple[str, str, str]] = set()
    for lookup in asked.lookups:
        key = lookup.key
        # Of a language whose names have a prefix in the key, the scheme does not say which it is.
        named = not key.release and key.scheme in SHARED_SCHEMES
        keys.add((key.scheme, key.release, key.name if named else ""))
    wanted = {area_of(*key) for key in keys}
    counts = dict(reach.areas)
    areas = tuple((area, counts.get(area, 0)) for area in sorted(wanted))
    return replace(reach, feeds=(), areas=areas)


def _spoken_for_whole(areas: Areas) -> frozenset[str]:
    """Return the releases, and the schemes of languages, that have a feed for any package."""
    schemes = {scheme for scheme, area in AREAS.items() if area in areas.ecosystems}
    releases = {release for release, packages in areas.releases.items() if packages >= COVERED}
    return frozenset(schemes - SHARED_SCHEMES | releases)


def _spoken_for(lookup: Lookup, named: Container[Lookup], areas: Areas) -> bool:
    key = lookup.key
    release = key.release
    if not release:
        return area_of(key.scheme, "", key.name) in areas.ecosystems
    if lookup.whole:
        return any(n and each.startswith(f"{release}:") for each, n in areas.releases.items())
    packages = areas.releases.get(release, 0)
    return packages >= COVERED or (packages > 0 and lookup in named)


def _reason(component: Component, keys: tuple[Lookup, ...], stranger: str, areas: Areas) -> str:
    """Return why no feed speaks for a component, the same for all of its kind."""
    if stranger:
        return f"no feed for packages of {stranger}"
    if not keys:
        kind = component.purl.removeprefix("pkg:").partition("/")[0]
        return f"no feed for {kind.lower()[:40] or 'this purl'}"
    key = keys[0].key
    few = areas.releases.get(key.release, 0)
    some = f" (the set names {few} of its packages)" if few else ""
    return f"no feed for {area_of(key.scheme, key.release, key.name)}{some}"
