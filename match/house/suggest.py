"""Which records of the advisory set may be the same vulnerability: has it a CVE already?

Same package and overlapping ranges is a reason to look; the same fixed version, or the fix commit
in a record of a feed's file, is a strong one. Nothing is joined by it: ids join by word alone.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import starmap

from msgspec import Struct

from match.ecosystems import Lookup, PackageKey
from match.feeds import walk
from match.judge import FIXED, Bounds, Span, claim_of
from match.model import Advisory, Affected, Interval
from match.records.documents import documents
from match.set.store import AdvisorySet
from sbom.model import Problem

COMMIT = re.compile(r"(?<![0-9a-f])[0-9a-f]{12,40}(?![0-9a-f])")
ID = re.compile(rb'"(?:id|cveId)"\s*:\s*"((?:CVE|GHSA|GO|PYSEC|RUSTSEC)-[A-Za-z0-9-]+)"')


class Candidate(Struct, frozen=True, gc=False):
    """A vulnerability that may be the same, why, and whether that is a strong reason."""

    id: str
    why: str
    strong: bool


def candidates(advisory: Advisory, advisories: AdvisorySet) -> tuple[Candidate, ...]:
    """Return what the set knows of the same packages and versions, strong reasons first."""
    own = {advisory.id, *advisory.aliases}
    asked = [
        Lookup(PackageKey(a.scheme, a.release, a.name, a.names), "", None)
        for a in advisory.affected
    ]
    packages = {(package.pid, package.slot) for package in advisories.packages(asked)}
    on = advisories.claims_on(pid for pid, _ in packages)
    spoken = advisories.claims(cid for cids in on.values() for cid in cids)
    found: dict[int, Candidate] = {}
    for pid, slot in sorted(packages):
        mine = advisory.affected[slot]
        for cid in on.get(pid, ()):
            claim = spoken[cid].claim
            if claim.withdrawn or claim.claim != "affected":
                continue
            theirs = Affected(
                scheme=mine.scheme,
                name=mine.name,
                intervals=tuple(starmap(_interval, claim.intervals)),
                versions=claim.listed,
            )
            strong, why = _alike(mine, theirs)
            for gid in spoken[cid].groups if why else ():
                if gid not in found or (strong and not found[gid].strong):
                    found[gid] = Candidate(spoken[cid].advisory, why, strong)
    known = advisories.vulnerabilities(found)
    named = [
        Candidate(vulnerability.id, found[gid].why, found[gid].strong)
        for gid, vulnerability in known.items()
        if not own & {vulnerability.id, *vulnerability.aliases}
    ]
    return tuple(sorted(named, key=lambda each: (not each.strong, each.id)))


def by_commit(path: str, urls: Iterable[str]) -> tuple[Candidate, ...]:
    """Return the records at `path` (files of OSV or CVE records) that name a commit of `urls`."""
    commits = {found for url in urls for found in COMMIT.findall(url.lower())}
    wanted = {commit: commit.encode() for commit in sorted(commits)}
    found = {
        id_: f"it names the fix commit {commit[:12]}, in {place}"
        for place, data in (_records(path) if wanted else ())
        for commit, mark in wanted.items()
        if mark in data
        for id_ in _id(data)
    }
    return tuple(Candidate(id_, why, strong=True) for id_, why in sorted(found.items()))


def _interval(introduced: str, fixed: str, last: str, limit: str) -> Interval:
    return Interval(
        introduced=introduced or None,
        fixed=fixed or None,
        last_affected=last or None,
        limit=limit or None,
    )


def _alike(mine: Affected, theirs: Affected) -> tuple[bool, str]:
    """Say whether two claims on one package are strongly alike, and in what; empty: in nothing."""
    (left, laid), (right, laid_right) = claim_of(mine, ""), claim_of(theirs, "")
    shared = sorted(_fixes(left.intervals) & _fixes(right.intervals))
    if shared:
        return True, f"{mine.name} was fixed in {shared[0]} there as well"
    if any(_overlap(a, b) for a in laid.spans for b in laid_right.spans):
        return False, f"it is about {mine.name} too, and versions overlap"
    return False, ""


def _fixes(intervals: tuple[Bounds, ...]) -> set[str]:
    return {bounds[FIXED] for bounds in intervals if bounds[FIXED]}


def _overlap(a: Span, b: Span) -> bool:
    return a.lo < b.hi and b.lo < a.hi


def _records(path: str) -> Iterator[tuple[str, bytes]]:
    """Yield the place and bytes of each record of files in OSV's or the CVE list's format."""
    for source in walk(path):
        if source.feed not in {"osv", "cve"}:
            continue
        with open(source.path, "rb") as file:
            for place, data, _ in documents(source.feed, source.path, file):
                if not isinstance(data, Problem):
                    yield place, bytes(data)


def _id(data: bytes) -> list[str]:
    """Return the record's own id, the first that it gives."""
    found = ID.search(data)
    return [found[1].decode()] if found else []
