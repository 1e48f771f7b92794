"""What keeps a record from standing as it is: ids that will be others, disputes, rejected CVEs."""

from small_sets import advisory, language, ranges, sbom_of, set_of

from match.aliases import Assertion, Member, group, merge
from match.model import Reach
from match.resolve import resolve
from match.set.reach import DAYS

LIB = "pkg:pypi/lib@1.0"


def members(*told):
    (found,) = group([Assertion("CVE-2024-1")])
    return merge(found, told, (), named="", learned="")


def rejected(feed, when="2024-05-01T00:00:00Z"):
    return Member("CVE-2024-1", feed, withdrawn=when)


def test_a_temporary_id_is_nobodys_alias_and_names_no_group_of_others():
    found = group([Assertion("TEMP-1-A", ("CVE-2024-1",)), Assertion("GHSA-a", ("TEMP-1-A",))])
    assert {g.ids: g.related for g in found} == {
        ("CVE-2024-1",): ("TEMP-1-A",),
        ("GHSA-a",): ("TEMP-1-A",),
        ("TEMP-1-A",): ("CVE-2024-1", "GHSA-a"),
    }


def test_two_temporary_ids_may_be_one():
    (found,) = group([Assertion("TEMP-2-B", ("TEMP-1-A",))])
    assert found.ids == ("TEMP-1-A", "TEMP-2-B")


def test_a_dispute_and_a_decision_of_any_standing_record_are_known():
    told = Member("CVE-2024-1", "cve", disputed=True, ssvc="poc/no/partial")
    assert (members(told).disputed, members(told).ssvc) == (True, "poc/no/partial")
    assert not members(Member("CVE-2024-1", "nvd")).disputed


def test_the_cnas_record_says_whether_a_cve_was_rejected():
    assert members(rejected("nvd")).rejected == "2024-05-01T00:00:00Z"
    assert members(rejected("nvd"), Member("CVE-2024-1", "cve")).rejected == ""
    assert members(Member("CVE-2024-1", "nvd"), rejected("cve")).rejected != ""
    assert members(rejected("osv:GHSA")).rejected == ""


def test_a_record_with_its_own_word_outlives_the_rejection_and_says_so():
    own = advisory("GHSA-a", language(), aliases=("CVE-2024-1",))
    cve = advisory("CVE-2024-1", language(), feed="cve", withdrawn="2024-05-01T00:00:00Z")
    with set_of(own, cve) as advisories:
        (found,) = resolve(sbom_of(LIB), advisories).findings
    assert (found.advisory, found.vulnerability.rejected) == ("GHSA-a", "2024-05-01T00:00:00Z")
    assert "rejected by the CNA on 2024-05-01" in found.because


def test_without_another_record_a_rejected_cve_is_no_finding():
    cve = advisory("CVE-2024-1", language(), feed="cve", withdrawn="2024-05-01T00:00:00Z")
    with set_of(cve) as advisories:
        assert resolve(sbom_of(LIB), advisories).findings == ()


def recent(number, *affected, feed="cve", day="2024-06-01", **more):
    return advisory(f"CVE-2024-{number}", *affected, feed=feed, published=f"{day}T00:00:00Z", modified=f"{day}T00:00:00Z", **more)  # fmt: skip


def test_the_share_of_recent_cves_that_the_set_can_match():
    records = [
        recent(1, language()),
        recent(2),
        advisory("GHSA-a", language("other"), aliases=("CVE-2024-2",)),
        recent(3),
        recent(4, withdrawn="2024-06-02T00:00:00Z"),
        recent(5, language(), day="2023-01-01"),
        recent(6, day="2024-06-02"),
        advisory("PYSEC-6", aliases=("CVE-2024-6",), published="2020-01-01T00:00:00Z"),
    ]
    with set_of(*records) as advisories:
        assert advisories.reach() == Reach(
            days=DAYS,
            since="2024-03-04",
            cves=3,
            matchable=2,
            feeds=(("cve", 1), ("osv:GHSA", 1)),
            areas=(("pypi", 2),),
        )
        coverage = resolve(sbom_of(LIB, "pkg:npm/a@1"), advisories).coverage
    assert coverage.reach.areas == (("npm", 0), ("pypi", 2))


def test_a_set_without_a_date_says_nothing_of_recent_cves():
    with set_of(advisory("CVE-2024-1", language(intervals=ranges((None, "2"))))) as advisories:
        assert resolve(sbom_of(LIB), advisories).coverage.reach is None
