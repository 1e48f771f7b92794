"""House advisories in matching: at once, under the CVE when it comes, with their first date."""

import json
import sqlite3

import pytest
from histories import day, take
from house_records import COMMIT, at, drafted, kept, published, said
from hypothesis import given, settings
from hypothesis import strategies as st
from small_sets import advisory, binary, debian, language, ranges, sbom_of, set_of, source

from match.house import lifecycle as life
from match.house.book import open_book
from match.house.draft import Said, write
from match.house.feed import advisory_of, lay_in
from match.house.suggest import by_commit, candidates
from match.model import HOUSE_FEED
from match.resolve import resolve
from match.set.importer import import_path
from match.set.past import open_past
from match.set.store import open_set
from sbom.errors import StoreError
from sbom.model import Distro

LIB = "pkg:pypi/lib@1.0"


@pytest.fixture
def db(tmp_path):
    return str(tmp_path / "store.db")


def keep(db, *entries):
    with open_book(db, write=True) as book:
        kept(book, *entries)
    lay_in(db)
    return entries[-1]


def found(db, *purls):
    with open_set(db) as advisories:
        resolution = resolve(sbom_of(*(purls or (LIB,))), advisories, everything=True)
    return {f.vulnerability.id: f for f in resolution.findings}, resolution


def feed_of(folder, *records):
    folder.mkdir(parents=True, exist_ok=True)
    for record in records:
        (folder / f"{record['id']}.json").write_text(json.dumps(record))
    return str(folder)


def osv(id_, fixed="2.0", **more):
    spread = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}
    package = {"ecosystem": "PyPI", "name": "lib"}
    base = {"id": id_, "modified": "2026-11-19T00:00:00Z", "published": "2026-11-19T00:00:00Z"}
    return base | {"affected": [{"package": package, "ranges": [spread]}]} | more


def test_a_draft_matches_at_once_and_says_that_it_is_not_public(db):
    keep(db, drafted())
    findings, resolution = found(db)
    (finding,) = findings.values()
    assert (finding.vulnerability.id, finding.feed, finding.fixed) == (
        "LDG-2026-0001",
        "house",
        ("2.0",),
    )
    assert finding.severity.score == 9.8
    assert finding.vulnerability.summary == "Not public yet: It breaks out"
    assert "LDG-2026-0001 (house) says that lib before 2.0 is affected" in finding.because
    assert resolution.state.feeds[0].name == "house"


def test_what_one_finding_names_is_no_coverage_of_its_ecosystem(db, tmp_path):
    keep(db, drafted())
    _, resolution = found(db, LIB, "pkg:pypi/other@1.0")
    assert resolution.coverage.without_feed == (("no feed for pypi", 2),)
    import_path(feed_of(tmp_path / "f", osv("PYSEC-1")), db, learned="2026-11-20T00:00:00Z")
    _, resolution = found(db, LIB, "pkg:pypi/other@1.0")
    assert resolution.coverage.without_feed == ()


def test_what_one_finding_names_is_no_coverage_of_its_release(tmp_path):
    path = str(tmp_path / "store.db")

    def areas(number, *records):
        take(path, day(number), records)
        with open_set(path) as advisories:
            return advisories.areas().releases

    house = advisory("LDG-2026-0001", source("ours"), source("both"), feed=HOUSE_FEED)
    assert areas(0, house) == {"debian:12": 0}
    assert areas(1, advisory("DSA-1", source("both"), source("theirs"))) == {"debian:12": 2}
    assert areas(2, advisory("LDG-2026-0002", source("more"), feed="osv:LDG")) == {"debian:12": 2}
    # What it was told of by an earlier version of a record still counts.
    assert areas(3, advisory("DSA-1", source("theirs"))) == {"debian:12": 2}
    assert areas(4, advisory("DSA-2", source("ours"))) == {"debian:12": 3}
    with open_past(path, day(0)) as advisories:
        assert advisories.areas().releases == {"debian:12": 0}


def test_a_package_that_the_house_alone_names_is_found_and_its_release_not_covered():
    house = advisory("LDG-2026-0001", source(), feed=HOUSE_FEED)
    sbom = sbom_of("pkg:deb/debian/src@1.0-1", distro=debian())
    with set_of(house) as advisories:
        resolution = resolve(sbom, advisories)
    assert [f.advisory for f in resolution.findings] == ["LDG-2026-0001"]
    assert resolution.coverage.without_feed == (("no feed for debian:12", 1),)


@pytest.mark.parametrize("release", ["rocky:8", "rocky"])
def test_a_house_advisory_takes_no_release_from_the_feed_that_judges_it(release):
    theirs = advisory("RHSA-1", binary(release="rhel:8"), names=("CVE-2024-1",), feed="osv:RHSA")
    house = advisory("LDG-2026-0001", binary(release=release), feed=HOUSE_FEED)
    rocky = Distro(id="rocky", version="8")
    with set_of(theirs, house) as advisories:
        found = resolve(sbom_of("pkg:rpm/rocky/bin@1.0-1", distro=rocky), advisories).findings
    assert {f.advisory for f in found} == {"RHSA-1", "LDG-2026-0001"}


def test_a_release_that_an_earlier_version_counted_by_the_house_alone_is_covered_no_more(tmp_path):
    path = str(tmp_path / "store.db")
    take(path, day(0), [advisory("LDG-1", source(), feed=HOUSE_FEED), advisory("GHSA-a")])
    with sqlite3.connect(path) as db:
        db.execute("UPDATE area SET packages = 1")
    db.close()
    take(path, day(1), [advisory("GHSA-b")])
    with open_set(path) as advisories:
        assert advisories.areas().releases == {"debian:12": 0}
    with open_past(path, day(0)) as advisories:
        assert advisories.areas().releases == {"debian:12": 1}


def test_the_house_dates_a_set_only_where_there_is_nothing_else(db, tmp_path):
    keep(db, drafted(day="11-22"))
    with open_set(db) as advisories:
        assert advisories.state.as_of == "2026-11-22T00:00:00Z"
    import_path(feed_of(tmp_path / "f", osv("PYSEC-1")), db, learned="2026-11-23T00:00:00Z")
    with open_set(db) as advisories:
        assert advisories.state.as_of == "2026-11-19T00:00:00Z"
        own = next(feed for feed in advisories.state.feeds if feed.name == HOUSE_FEED)
        assert own.as_of == "2026-11-22T00:00:00Z"


def test_laying_in_again_changes_nothing_and_makes_up_for_what_failed(db):
    entry = keep(db, drafted())
    with open_set(db) as advisories:
        before = advisories.state
    lay_in(db)
    with open_set(db) as advisories:
        assert advisories.state == before
    with open_book(db, write=True) as book:
        book.append(life.withdraw(entry, at("11-05")))
    assert set(found(db)[0]) == {"LDG-2026-0001"}
    lay_in(db)
    assert found(db)[0] == {}


def test_reserved_ids_make_no_set(db):
    with open_book(db, write=True) as book:
        book.append(life.reserve("LDG-2026-0001", at("11-01")))
    lay_in(db)
    with pytest.raises(StoreError, match="no advisories"), open_set(db):
        pass


def test_a_linked_cve_names_the_finding_and_the_first_date_stays(db, tmp_path):
    entry = keep(db, drafted(day="01-05"))
    entry = keep(db, life.link_cve(entry, "CVE-2026-1111", at("11-04")))
    findings, _ = found(db)
    assert findings["CVE-2026-1111"].vulnerability.aliases == ("LDG-2026-0001",)
    assert findings["CVE-2026-1111"].vulnerability.first_seen == "2026-01-05T00:00:00Z"
    # The CVE's own record changes who decides, never the group nor when it was first seen.
    path = feed_of(tmp_path / "f", osv("PYSEC-2026-1", aliases=["CVE-2026-1111"]))
    import_path(path, db, learned="2026-11-20T00:00:00Z")
    findings, _ = found(db)
    ((id_, finding),) = findings.items()
    assert id_ == "CVE-2026-1111"
    assert finding.advisory == "PYSEC-2026-1"
    assert finding.vulnerability.aliases == ("PYSEC-2026-1", "LDG-2026-0001")
    assert finding.vulnerability.first_seen == "2026-01-05T00:00:00Z"
    keep(db, life.unlink(entry, "CVE-2026-1111", at("11-21", "another one")))
    assert set(found(db)[0]) == {"CVE-2026-1111", "LDG-2026-0001"}


def test_a_feed_that_names_the_house_id_joins_them_of_itself(db, tmp_path):
    keep(db, published(day="01-05"))
    path = feed_of(tmp_path / "f", osv("CVE-2026-1111", aliases=["LDG-2026-0001"]))
    import_path(path, db, learned="2026-11-20T00:00:00Z")
    ((id_, finding),) = found(db)[0].items()
    assert (id_, finding.vulnerability.aliases) == ("CVE-2026-1111", ("LDG-2026-0001",))
    assert finding.vulnerability.first_seen == "2026-01-05T00:00:00Z"


def test_two_that_are_the_same_are_one_finding(db):
    one, two = drafted(), drafted("LDG-2026-0002")
    keep(db, one, two)
    assert len(found(db)[0]) == 2
    keep(db, life.join(one, two.id, at("11-02")), life.join(two, one.id, at("11-02")))
    ((id_, finding),) = found(db)[0].items()
    assert (id_, finding.vulnerability.aliases) == ("LDG-2026-0001", ("LDG-2026-0002",))


def test_a_split_id_leads_to_its_parts_and_matches_through_them_alone(db):
    whole, one, two = life.split(
        drafted(), ("LDG-2026-0002", "LDG-2026-0003"), ("CVE-2026-1111",), at("11-02")
    )
    narrow = write(Said(ranges=("<0.5",)), two.draft)
    keep(db, drafted(), whole, one, two, life.draft(two, narrow, "", at("11-03")))
    findings, _ = found(db)
    assert set(findings) == {"CVE-2026-1111"}
    with open_set(db) as advisories:
        groups = advisories.vulnerabilities(advisories.groups_of("LDG-2026-0001")).values()
    assert {v.id for v in groups} == {"CVE-2026-1111", "LDG-2026-0003"}


def test_a_withdrawn_one_is_dismissed_with_its_date(db):
    keep(db, life.withdraw(drafted(), at("11-05", "works as meant")))
    findings, resolution = found(db)
    assert findings == {}
    assert [(d.reason, d.advisory) for d in resolution.dismissals] == [
        ("withdrawn", "LDG-2026-0001")
    ]


def test_a_disputed_one_counts_and_says_so():
    disputed = life.dispute(published(), "the maintainers", "", at("11-05"))
    assert advisory_of(disputed).summary == "Disputed: It breaks out"
    assert advisory_of(disputed).disputed
    assert not advisory_of(published()).disputed
    assert advisory_of(published()).summary == "It breaks out"
    assert advisory_of(life.reserve("LDG-2026-0001", at("11-01"))) is None


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(4)))
def test_the_order_of_changes_to_several_ids_is_no_matter(tmp_path_factory, order):
    entries = [drafted(f"LDG-2026-000{n}", summary=f"number {n}") for n in range(1, 4)]
    entries.append(life.link_cve(drafted("LDG-2026-0004"), "CVE-2026-1111", at("11-01")))
    answers = []
    for number, sequence in enumerate((order, range(4))):
        path = str(tmp_path_factory.mktemp("order") / f"{number}.db")
        for place in sequence:
            keep(path, entries[place])
        with open_set(path) as advisories:
            answers.append(resolve(sbom_of(LIB), advisories))
    assert answers[0] == answers[1]


def test_what_may_be_the_same_is_suggested_and_not_joined(db, tmp_path):
    path = feed_of(
        tmp_path / "f",
        osv("PYSEC-2026-1", aliases=["CVE-2026-1111"]),
        osv("PYSEC-2026-2", "1.5", aliases=["CVE-2026-2222"]),
        osv("PYSEC-2026-3", "1.5", withdrawn="2026-11-19T00:00:00Z"),
        osv(
            "PYSEC-2026-4",
            affected=[{"package": {"ecosystem": "PyPI", "name": "other"}, "versions": ["1.0"]}],
        ),
    )
    import_path(path, db, learned="2026-11-20T00:00:00Z")
    entry = keep(db, drafted(day="11-21"))
    with open_set(db) as advisories:
        seen = candidates(advisory_of(entry), advisories)
    assert [(c.id, c.strong) for c in seen] == [("CVE-2026-1111", True), ("CVE-2026-2222", False)]
    assert "fixed in 2.0" in seen[0].why
    linked = life.link_cve(entry, "CVE-2026-1111", at("11-22"))
    with open_set(db) as advisories:
        assert [c.id for c in candidates(advisory_of(linked), advisories)] == ["CVE-2026-2222"]


def test_every_statement_on_a_package_is_compared_with_what_is_known_of_it():
    older, newer = (language(intervals=ranges(r)) for r in (("1.0", "1.5"), ("3.0", "3.5")))
    known = advisory("CVE-2026-1111", language(intervals=ranges((None, "1.5"))), feed="test")
    with set_of(known) as advisories:
        for stated in ((older, newer), (newer, older)):
            (one,) = candidates(advisory("LDG-2026-0001", *stated), advisories)
            assert (one.id, one.strong) == ("CVE-2026-1111", True)


def test_a_record_with_the_fix_commit_is_found_in_a_feeds_files(tmp_path):
    git = {
        "type": "GIT",
        "repo": "https://example.com/lib",
        "events": [{"introduced": "0"}, {"fixed": COMMIT[-40:]}],
    }
    hit = osv("GHSA-aaaa-bbbb-cccc", affected=[{"ranges": [git]}])
    path = feed_of(tmp_path / "f", hit, osv("PYSEC-2026-1"))
    assert [(c.id, c.strong) for c in by_commit(path, [COMMIT])] == [("GHSA-aaaa-bbbb-cccc", True)]
    assert by_commit(path, ["https://example.com/no/commit"]) == ()


def test_a_distributions_package_is_matched_by_its_release(db):
    text = said(packages=("pkg:deb/debian/lib?distro=debian-12",), ranges=("<1.0-2",))
    keep(db, life.draft(life.reserve("LDG-2026-0001", at("11-01")), text, "", at("11-01")))
    assert set(found(db, "pkg:deb/debian/lib@1.0-1?distro=debian-12")[0]) == {"LDG-2026-0001"}
    assert found(db, "pkg:deb/debian/lib@1.0-2?distro=debian-12")[0] == {}
