"""The stock matched again: at the price of what changed, and the same as matching everything."""

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from msgspec import json
from small_sets import advisory, binary, language, ranges, sbom_of, source
from stocks import day, of_delta, stocked, take

from match.carry.exporting import export
from match.carry.importing import receive
from match.changes.against import compare
from match.model import Affected, Exploited, Likelihood, Severity
from match.resolve import resolve
from match.set.states import states
from match.set.store import open_set
from match.stock import events
from match.stock.delta import differ
from match.stock.keys import refresh, write_about
from match.stock.rematch import rematch, since
from match.stock.sought import seek
from match.stock.whole import match_all, short_of
from sbom.digest import digest_of
from sbom.model import Component, Distro
from sbom.store import keep_all, open_store
from sbom.store.forgetting import forget

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
    sbom_of("pkg:generic/openssl@1.0"),
    sbom_of("pkg:pypi/lib@1.0", deb("bin", "1.5", source="src", source_version="0.9")),
    sbom_of("pkg:deb/debian/src@1.0-1?arch=amd64", deb("src", "1.1", vendor="x@nginx.com")),
)
DISTROS = (Distro(id="debian", version="12"), Distro(id="debian", version="11"), None)


def product(_name, **more):
    """What NVD says of a product: it counts where no record names the package itself."""
    more = {"scheme": "cpe", "names": "cpe"} | more
    return Affected(name="openssl:openssl", **more)


def generic(name, **more):
    """What a record says of a program that no package installed."""
    return language(name="openssl" if name == "far" else name, scheme="generic", **more)


AFFECTED = st.builds(
    lambda make, name, fixed, claim: make(name, intervals=ranges((None, fixed)), claim=claim),
    st.sampled_from([language, source, product, generic]),
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


@settings(max_examples=12, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.lists(STEP, min_size=2, max_size=4))
def test_the_delta_is_the_same_as_matching_every_sbom_in_both_states(tmp_path_factory, steps):
    path = str(tmp_path_factory.mktemp("stock") / "store.db")
    sboms = stocked(path, SBOMS, DISTROS)
    for number, (records, whole) in enumerate(steps):
        take(path, day(number), records, whole=whole)
    known = states(path)
    for before, after in ((known[0], known[-1]), (known[-2:][0], known[-1])):
        found = of_delta(path, sboms, before, after)
        for number, sbom in sboms.items():
            whole = compare(sbom, path, before.dated, after.dated).transitions
            told = set(map(json.encode, whole))
            assert set(found[number]) - told == told - set(found[number]) == set()


@settings(max_examples=8, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.lists(STEP, min_size=1, max_size=2))
def test_all_at_once_and_one_id_find_what_each_sbom_has(tmp_path_factory, steps):
    path = str(tmp_path_factory.mktemp("stock") / "store.db")
    sboms = stocked(path, SBOMS, DISTROS)
    take(path, day(0), [advisory("CVE-2024-1", language("lib"), feed="one")])
    for number, (records, snapshot) in enumerate(steps, 1):
        take(path, day(number), records, whole=snapshot)
    with open_set(path) as advisories:
        each = {
            number: {short_of(f) for f in resolve(sbom, advisories).findings}
            for number, sbom in sboms.items()
        }
    matched = match_all(path, path)
    assert {
        number: {short for short, holders in matched.found if number in holders} for number in sboms
    } == each
    numbers = {image.digest: number for number, image in matched.images.items()}
    for id_ in {short.id for found in each.values() for short in found}:
        sought = {
            (numbers[holder.image.digest], found.id, found.purl)
            for found in seek(path, path, id_).affected
            for holder in found.images
        }
        has = {(n, s.id, s.purl) for n, found in each.items() for s in found if s.id == id_}
        assert has <= sought


def test_the_keys_of_new_components_are_added_and_those_of_forgotten_ones_go(store):
    first, second = sbom_of("pkg:pypi/lib@1.0"), sbom_of("pkg:pypi/lib@1.0", "pkg:npm/x@1")
    keep_all(store, [(first, b"1")], day(0))
    assert refresh(store) == 1
    keep_all(store, [(second, b"2")], day(1))
    assert refresh(store) == 1
    assert refresh(store) == 0
    forget(store, digests=[digest_of(b"2")], program="", today="2026-01-01")
    with open_store(store, write=False) as database:
        rows = database.execute("SELECT package FROM component_key ORDER BY 1").fetchall()
    assert rows == [("pep440:lib",), ("pkg:pypi/lib@1.0",)]


def test_other_code_makes_the_keys_anew(tmp_path):
    path = str(tmp_path / "store.db")
    keep_all(path, [(sbom_of("pkg:pypi/lib@1.0"), b"1")], day(0))
    refresh(path)
    with open_store(path, write=True) as database:
        database.execute("UPDATE component_key SET key = ?", (b"wrong",))
        write_about(database, {"code": "older"})
    assert refresh(path) == 1
    with open_store(path, write=False) as database:
        keys = database.execute("SELECT key FROM component_key").fetchall()
    assert (b"wrong",) not in keys


def test_a_release_that_comes_to_the_set_is_told_for_what_another_judged(tmp_path):
    path = str(tmp_path / "store.db")
    centos = Distro(id="centos", version="7")
    part = Component(purl="pkg:rpm/centos/bin@1.0-1", name="bin", version="1.0-1")
    keep_all(path, [(sbom_of(part, distro=centos), b"1")], day(0))
    refresh(path)
    take(path, day(0), [advisory("CVE-2024-1", binary("bin", release="rhel:7"))])
    take(path, day(1), [advisory("CVE-2024-2", binary("far", release="centos:7"))])
    known = states(path)
    with open_store(path, write=False) as database:
        found = differ(database, path, known[0], known[1])
    sbom = sbom_of(part, distro=centos)
    whole = compare(sbom, path, known[0].dated, known[1].dated).transitions
    assert [held.told for held in found] == list(whole)
    assert [each.kind for each in whole] == ["gone"]


RELEASES = {"debian": "11", "alpine": "3.20", "fedora": "99", "centos": "8"}
"""Supported until 2026-08-31 and 2026-04-01; nobody knows how long; CentOS Linux 2021-12-31."""


def of_releases(path):
    """An image of each release, and one without a distribution."""
    taken = [
        sbom_of(f"pkg:{kind}/{id_}/base@1.0-1", distro=Distro(id=id_, version=version))
        for kind, (id_, version) in zip(("deb", "apk", "rpm", "rpm"), RELEASES.items(), strict=True)
    ]
    taken.append(sbom_of("pkg:pypi/lib@1.0"))
    keep_all(path, [(sbom, b"%d" % number) for number, sbom in enumerate(taken)], day(0))


def fallen(path, at, set_path=""):
    """What a re-match at a time tells of releases, with the numbers of the SBOMs."""
    done = rematch(path, set_path or path, f"{at}T12:00:00Z", ["test"])
    with open_store(path, write=True) as database:
        told = events.after(database, events.place_of(database, "test"), 100)
        if told:
            events.advance(database, "test", told[-1][0])
    assert done.found == len(told)
    return [(e.due.release, e.due.until, len(e.images)) for _, e in told if e.due]


def test_the_end_of_a_release_is_told_once_when_its_day_has_passed(store, tmp_path):
    of_releases(store)
    take(advisories := str(tmp_path / "set.db"), day(0), [advisory("CVE-2024-1", language("lib"))])
    assert fallen(store, "2026-03-31", advisories) == []
    assert fallen(store, "2026-04-01", advisories) == []
    assert fallen(store, "2026-04-02", advisories) == [("alpine:3.20", "2026-04-01", 1)]
    assert fallen(store, "2026-04-02", advisories) == []
    assert fallen(store, "2026-01-01", advisories) == []
    assert fallen(store, "2026-12-31", advisories) == [("debian:11", "2026-08-31", 1)]
    assert fallen(store, "2027-12-31", advisories) == []


def test_what_fell_due_since_a_state_is_shown_and_not_noted(tmp_path):
    path = str(tmp_path / "store.db")
    of_releases(path)
    take(path, "2026-03-01T00:00:00Z", [advisory("CVE-2024-1", language("far"))])
    fallen(path, "2026-03-01")
    for _ in range(2):
        before, now, found = since(path, path, "2026-03-01", "2026-09-01T00:00:00Z")
        assert [each.due.release for each in found] == ["alpine:3.20", "debian:11"]
        assert before == now
    assert len(fallen(path, "2026-09-01")) == 2


def test_a_set_that_was_replaced_is_begun_anew_though_its_states_have_the_same_numbers(tmp_path):
    path, parcel = str(tmp_path / "store.db"), str(tmp_path / "x.set")
    other = str(tmp_path / "other.db")
    of_releases(path)
    flaw = [advisory("CVE-2024-1", language("lib"))]
    take(path, day(0), [advisory("CVE-2024-2", language("far"))])
    for number, records in enumerate((flaw, [advisory("CVE-2024-3", language("lib"))])):
        take(other, day(number), records)
    first = rematch(path, path, day(3), ["test"])
    export(other, parcel)
    receive(parcel, path, anew=True)
    numbers = [state.number for state in states(path)]
    assert numbers[0] == 1
    done = rematch(path, path, day(4), ["test"])
    assert (done.before, done.found, done.lost) == (None, 0, first.after.digest)
    take(path, day(5), [advisory("CVE-2024-4", language("lib"))])
    again = rematch(path, path, day(6), ["test"])
    assert (again.before, again.found, again.lost) == (done.after, 1, "")


def test_a_set_replaced_by_one_that_was_in_the_same_state_goes_on_from_there(tmp_path):
    path, parcel = str(tmp_path / "store.db"), str(tmp_path / "x.set")
    other = str(tmp_path / "other.db")
    of_releases(path)
    known = advisory("CVE-2024-2", language("far"))
    take(other, day(0), [advisory("CVE-2024-2", language("other"))])
    for url, number in ((path, 0), (other, 1)):
        take(url, day(number), [known])
    first = rematch(path, path, day(3), ["test"])
    take(other, day(2), [advisory("CVE-2024-1", language("lib"))])
    export(other, parcel)
    receive(parcel, path, anew=True)
    done = rematch(path, path, day(4), ["test"])
    assert (done.before.digest, done.found, done.lost) == (first.after.digest, 1, "")
