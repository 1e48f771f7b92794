"""The stock matched again: at the price of what changed, and the same as matching everything."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import json, msgpack
from small_sets import advisory, language, ranges, sbom_of, source
from stocks import day, take

from match.against import compare
from match.model import Exploited, Likelihood, Severity
from match.states import states
from match.stock.delta import differ
from match.stock.keys import refresh
from sbom.model import Component, Distro, Subject
from sbom.store import keep_all, open_store

IDS = ["CVE-2024-1", "CVE-2024-2", "GHSA-a", "GHSA-b", "GO-1", "DSA-1"]
OWNER = "pkg:deb/debian/src@1.0-1"


def owned(purl="pkg:pypi/owned@1.0", maker=OWNER, **more):
    """A language package whose files belong to a distribution's."""
    return Component(purl=purl, name="owned", version="1.0", maker=maker, **more)


def deb(name, version, **more):
    """A Debian package."""
    return Component(purl=f"pkg:deb/debian/{name}@{version}", name=name, version=version, **more)


SBOMS = (
    sbom_of("pkg:pypi/lib@1.0", "pkg:pypi/other@1.5", OWNER, owned()),
    sbom_of("pkg:pypi/lib@1.0", "pkg:pypi/lib@nonsense", owned()),
    sbom_of("pkg:pypi/lib@3.0", OWNER, "pkg:pypi/owned@1.0", owned()),
    sbom_of("pkg:pypi/far@1.0", "pkg:pypi/owned@1.0", deb("src", "1.0-1", source="other")),
    sbom_of(owned(), deb("src", "1.0-1", source="other"), "pkg:maven/g/lib@3.7.0.rc.3"),
    sbom_of("pkg:pypi/lib@1.0", deb("bin", "1.5", source="src", source_version="0.9")),
    sbom_of("pkg:deb/debian/src@1.0-1?arch=amd64", deb("src", "1.1", vendor="x@nginx.com")),
)
DISTROS = (Distro(id="debian", version="12"), Distro(id="debian", version="11"), None)

AFFECTED = st.builds(
    lambda make, name, fixed, claim: make(name, intervals=ranges((None, fixed)), claim=claim),
    st.sampled_from([language, source]),
    st.sampled_from(["lib", "other", "owned", "src", "far"]),
    st.sampled_from(["0.5", "1.2", "2.0"]),
    st.sampled_from(["affected", "affected", "affected", "not_affected", "unknown"]),
)
ADVISORY = st.builds(
    lambda id_, feed, affected, aliases, names, withdrawn, score, modified: advisory(
        id_,
        *affected,
        feed=feed,
        aliases=tuple(aliases) if not names else (),
        names=tuple(names),
        withdrawn=withdrawn,
        modified=modified,
        severities=(Severity(source=feed, score=score, version="3.1"),),
    ),
    st.sampled_from(IDS),
    st.sampled_from(["one", "two"]),
    st.lists(AFFECTED, max_size=2),
    st.lists(st.sampled_from(IDS), max_size=2, unique=True),
    st.lists(st.sampled_from(IDS[:2]), max_size=2, unique=True),
    st.sampled_from(["", "", "", "2025-01-01T00:00:00Z"]),
    st.sampled_from([5.0, 9.8]),
    st.sampled_from(["", "2024-01-01T00:00:00Z", "2025-06-01T00:00:00Z"]),
)
KNOWN = st.one_of(
    st.builds(Exploited, id=st.sampled_from(IDS[:2]), added=st.just("2025-05-05")),
    st.builds(
        Likelihood,
        id=st.sampled_from(IDS[:2]),
        probability=st.sampled_from([0.1, 0.9]),
        percentile=st.just(0.5),
        date=st.just("2025-05-05"),
    ),
)
STEP = st.tuples(st.lists(st.one_of(ADVISORY, KNOWN), max_size=4), st.booleans())


def stocked(path, sboms, distros=DISTROS):
    """Keep SBOMs of every distribution; return them by number."""
    kept = [
        (sbom_of(*sbom.components, distro=distro), b"%d %d" % (i, j))
        for i, sbom in enumerate(sboms)
        for j, distro in enumerate(distros)
    ]
    keep_all(path, kept, day(0))
    refresh(path)
    return dict(enumerate((sbom for sbom, _ in kept), 1))


def of_delta(path, numbers, before, after):
    """What the delta says of each SBOM."""
    with open_store(path, write=False) as database:
        found = differ(database, path, before, after)
    return {n: sorted(json.encode(h.told) for h in found if n in h.holders) for n in numbers}


@settings(max_examples=40, deadline=None)
@given(st.lists(STEP, min_size=2, max_size=4))
def test_the_delta_is_the_same_as_matching_every_sbom_in_both_states(tmp_path_factory, steps):
    path = str(tmp_path_factory.mktemp("stock") / "store.db")
    sboms = stocked(path, SBOMS)
    for number, (records, whole) in enumerate(steps):
        take(path, day(number), records, whole=whole)
    known = states(path)
    for before, after in ((known[0], known[-1]), (known[-2:][0], known[-1])):
        found = of_delta(path, sboms, before, after)
        for number, sbom in sboms.items():
            whole = compare(sbom, path, before.dated, after.dated).transitions
            assert found[number] == sorted(map(json.encode, whole)), sbom.components
