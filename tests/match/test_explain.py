"""What `explain` shows beside the reason: ids, ranges, what was compared, and all that was looked at."""

import pytest
from small_sets import advisory, debian, language, ranges, sbom_of, set_of, source
from test_resolve import DEB, ECOSYSTEM, MADE_BY, MAKER, OWNED, deb

from match.explain import explain
from match.model import Exploited, Likelihood
from sbom.model import Component, Evidence


def traced(sbom, vulnerability, purl, *records):
    with set_of(*records) as advisories:
        return explain(sbom, advisories, vulnerability, purl)


def case_of(sbom, vulnerability, purl, *records):
    (case,) = traced(sbom, vulnerability, purl, *records).cases
    return case


LIB = sbom_of("pkg:pypi/lib@1.0")


def test_a_match_shows_the_record_the_range_and_the_bytes_that_were_compared():
    two = language(intervals=ranges((None, "0.5"), ("0.9", "2.0")))
    trace = traced(LIB, "ghsa-A", None, advisory("GHSA-a", two, aliases=("CVE-2024-1",)))
    assert (trace.answer, trace.ids) == ("finding", ("CVE-2024-1", "GHSA-a"))
    assert trace.conclusion == "CVE-2024-1 (asked as GHSA-a) is a finding: it affects 1 component."
    (case,) = trace.cases
    assert (case.outcome, case.advisory, case.fixed) == ("affected", "GHSA-a", ("2.0",))
    (step,) = case.steps
    assert (step.advisory, step.verdict, step.claim, step.decides) == (
        "GHSA-a",
        "inside",
        "affected",
        True,
    )
    assert [(r.words, r.verdict) for r in step.ranges] == [
        ("before 0.5", "outside"),
        ("from 0.9 before 2.0", "inside"),
    ]
    low, high = step.ranges[1].comparisons
    assert (low.bound, low.version, low.sign) == ("introduced", "0.9", ">")
    assert (high.bound, high.version, high.sign) == ("fixed", "2.0", "<")
    assert low.key < low.component_key == high.component_key < high.key


def test_every_record_on_the_package_is_a_step_and_the_deciding_one_says_so():
    trace = traced(
        LIB,
        "CVE-2024-1",
        None,
        advisory("GHSA-a", language(), aliases=("CVE-2024-1",)),
        advisory("PYSEC-1", language(intervals=ranges((None, "0.5"))), aliases=("CVE-2024-1",)),
        advisory("GHSA-b", language(), aliases=("CVE-2024-1",), withdrawn="2025-01-01T00:00:00Z"),
        advisory("CVE-2024-1", language("other"), feed="cve"),
    )
    (case,) = trace.cases
    assert [(s.advisory, s.verdict, s.decides) for s in case.steps] == [
        ("GHSA-a", "inside", True),
        ("PYSEC-1", "outside", False),
    ]
    assert {r.advisory for r in trace.records} >= {"GHSA-a", "PYSEC-1", "CVE-2024-1"}


def test_a_package_owned_by_the_distribution_shows_what_was_said_of_its_owner():
    dsa = advisory("DSA-1", source(intervals=ranges((None, "1.0-1"))), names=("CVE-2024-1",))
    trace = traced(sbom_of(OWNED, MADE_BY), "CVE-2024-1", None, ECOSYSTEM, dsa)
    owned, maker = sorted(trace.cases, key=lambda case: case.outcome, reverse=True)
    assert (owned.purl, owned.outcome) == (OWNED.purl, "owned")
    assert (maker.purl, maker.outcome) == (MAKER, "fixed")
    assert [(s.advisory, s.of, s.verdict, s.decides) for s in owned.steps] == [
        ("PYSEC-1", "", "inside", False),
        ("DSA-1", MAKER, "outside", True),
    ]


@pytest.mark.parametrize(
    ("component", "verdict", "why"),
    [
        (
            deb(vendor="Docker <support@docker.com>"),
            "refused",
            "this one was made by Docker <support@docker.com>",
        ),
        (deb(), "inside", ""),
    ],
)
def test_what_keeps_a_claim_from_being_about_the_component_is_in_the_step(component, verdict, why):
    case = case_of(sbom_of(component), "GHSA-a", component.purl, advisory("GHSA-a", source()))
    assert [(s.verdict, s.why) for s in case.steps] == [(verdict, why)]


def test_places_come_with_their_layers():
    layer = "sha256:" + "1" * 64
    seen = Component(
        purl="pkg:pypi/lib@1.0",
        name="lib",
        version="1.0",
        evidence=(Evidence(path="a/METADATA", layer=layer), Evidence(path="b/METADATA")),
    )
    case = case_of(sbom_of(seen), "GHSA-a", None, advisory("GHSA-a", language()))
    assert [(p.path, p.layer) for p in case.places] == [("a/METADATA", layer), ("b/METADATA", None)]


def test_an_id_that_is_not_in_the_set():
    trace = traced(LIB, "CVE-1999-0001", None, ECOSYSTEM)
    assert trace.conclusion.endswith("(as of 2025-01-01): nothing can be said of it.")
    assert (trace.answer, trace.cases, trace.records, trace.ids) == ("unknown_id", (), (), ())


def test_a_component_that_is_not_in_the_sbom():
    trace = traced(LIB, "PYSEC-1", "pkg:pypi/nothing", ECOSYSTEM)
    assert trace.answer == "no_component"
    assert "has no component pkg:pypi/nothing" in trace.conclusion


def test_what_sets_a_vulnerability_apart_is_told_with_its_case():
    case = case_of(
        LIB,
        "CVE-2024-1",
        None,
        advisory("CVE-2024-1", language(), disputed=True),
        Exploited(id="CVE-2024-1", added="2024-03-01"),
        Likelihood(id="CVE-2024-1", probability=0.5, percentile=0.9, date="2026-01-01"),
    )
    assert (case.exploited, case.likelihood, case.disputed) == ("2024-03-01", 0.5, True)


def test_a_component_of_another_version_is_named_where_the_one_asked_is_not_there():
    trace = traced(LIB, "PYSEC-1", "lib@2.0", ECOSYSTEM)
    assert trace.answer == "no_component"
    assert trace.conclusion.endswith("It has pkg:pypi/lib@1.0.")


def test_records_that_name_no_component_and_records_of_no_package():
    trace = traced(sbom_of("pkg:pypi/other@1"), "PYSEC-1", None, ECOSYSTEM)
    assert trace.conclusion.endswith("its records name no component of the SBOM.")
    assert trace.records[0].names == ("PyPI lib",)
    trace = traced(LIB, "CVE-2024-9", None, advisory("CVE-2024-9", feed="nvd"), ECOSYSTEM)
    assert "no record of it names a package" in trace.conclusion


def test_silence_is_not_taken_for_clean():
    trace = traced(sbom_of(deb(distro=debian("9"))), "PYSEC-1", None, ECOSYSTEM)
    assert trace.unsaid == (("no feed for debian:9", 1),)
    assert trace.conclusion.endswith("but for 1 component no feed speaks (no feed for debian:9).")


def test_an_advisory_of_several_cves_explains_each_of_them():
    dsa = advisory("DSA-1", source(), names=("CVE-2024-1", "CVE-2024-2"))
    cleared = advisory(
        "CVE-2024-2", source(claim="not_affected", intervals=()), modified="2025-01-01T00:00:00Z"
    )
    trace = traced(sbom_of(deb()), "DSA-1", DEB, dsa, cleared)
    assert trace.ids == ("CVE-2024-1", "CVE-2024-2")
    assert [(c.vulnerability, c.outcome, c.advisory) for c in trace.cases] == [
        ("CVE-2024-1", "affected", "DSA-1"),
        ("CVE-2024-2", "not_affected", "CVE-2024-2"),
    ]
    assert [len(case.steps) for case in trace.cases] == [1, 2]
    assert trace.conclusion.startswith("DSA-1 (CVE-2024-1, CVE-2024-2) is a finding")


def test_records_of_another_kind_and_ranges_of_commits_are_told_apart():
    trace = traced(
        LIB,
        "CVE-2024-1",
        None,
        advisory("CVE-2024-1", language(), unmatchable=2),
        Likelihood(id="CVE-2024-1", probability=0.5, percentile=0.9, date="2026-01-01"),
    )
    assert {(r.kind, r.unmatchable) for r in trace.records} == {("advisory", 2), ("likelihood", 0)}


@pytest.mark.parametrize(
    "named", [DEB, "pkg:deb/debian/bin1@1.0-1", "pkg:deb/debian/bin1", "bin1", "Bin1@1.0-1", "src"]
)
def test_a_component_may_be_named_in_part_by_its_name_and_by_its_source(named):
    dsa = advisory("DSA-1", source(), names=("CVE-2024-1",))
    assert case_of(sbom_of(deb()), "CVE-2024-1", named, dsa).purl == DEB
