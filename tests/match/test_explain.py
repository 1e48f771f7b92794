"""`explain` for every reason the code can give."""

import pytest
from small_sets import advisory, debian, language, ranges, sbom_of, set_of, source
from test_resolve import DEB, ECOSYSTEM, MADE_BY, MAKER, OTHER, OWNED, deb

from match.explain import explain, render_text


def traced(sbom, vulnerability, purl, *records):
    with set_of(*records) as advisories:
        return explain(sbom, advisories, vulnerability, purl)


def case_of(sbom, vulnerability, purl, *records):
    (case,) = traced(sbom, vulnerability, purl, *records).cases
    return case


LIB = sbom_of("pkg:pypi/lib@1.0")


def test_a_match_shows_the_record_the_range_and_the_bytes_that_were_compared():
    trace = traced(LIB, "ghsa-A", None, advisory("GHSA-a", language(), aliases=("CVE-2024-1",)))
    (case,) = trace.cases
    assert trace.ids == ("CVE-2024-1", "GHSA-a")
    assert case.outcome == "affected"
    (step,) = case.steps
    assert (step.advisory, step.verdict, step.ranges) == ("GHSA-a", "inside", ("before 2.0",))
    (compared,) = step.comparisons
    assert (compared.bound, compared.version, compared.sign) == ("fixed", "2.0", "<")
    assert compared.component_key < compared.key
    text = render_text(trace)
    for piece in ("CVE-2024-1", "GHSA-a", "1.0 < 2.0 (fixed)", compared.key, case.because):
        assert piece in text


@pytest.mark.parametrize(
    ("outcome", "sbom", "records"),
    [
        ("fixed", sbom_of("pkg:pypi/lib@2.0"), [advisory("GHSA-a", language())]),
        (
            "out_of_range",
            LIB,
            [advisory("GHSA-a", language(intervals=ranges(("1.5", "2.0"))))],
        ),
        (
            "withdrawn",
            LIB,
            [advisory("GHSA-a", language(), withdrawn="2025-01-01T00:00:00Z")],
        ),
        ("not_affected", LIB, [advisory("GHSA-a", language(claim="not_affected", intervals=()))]),
        (
            "undecided",
            sbom_of("pkg:gem/lib@odd version"),
            [advisory("GHSA-a", language(scheme="gem"))],
        ),
        ("not_named", LIB, [advisory("GHSA-a", language("other"))]),
        ("no_feed", LIB, [advisory("GHSA-a", language(scheme="gem"))]),
        (
            "precedence",
            sbom_of(deb(vendor="Docker <support@docker.com>")),
            [advisory("GHSA-a", source())],
        ),
        (
            "no_feed",
            sbom_of(deb(distro=debian("9"))),
            [advisory("GHSA-a", source())],
        ),
    ],
)
def test_each_outcome_has_its_word(outcome, sbom, records):
    case = case_of(sbom, "GHSA-a", sbom.components[0].purl, *records)
    assert case.outcome == outcome
    assert case.because.endswith(".")


def test_a_package_owned_by_the_distribution():
    dsa = advisory("DSA-1", source(intervals=ranges((None, "1.0-1"))), names=("CVE-2024-1",))
    trace = traced(sbom_of(OWNED, MADE_BY), "CVE-2024-1", None, ECOSYSTEM, dsa)
    assert {case.purl: case.outcome for case in trace.cases} == {
        OWNED.purl: "owned",
        MAKER: "fixed",
    }


def test_a_silent_vendor_is_told():
    case = case_of(sbom_of(OWNED, MADE_BY), "PYSEC-1", OWNED.purl, ECOSYSTEM, OTHER)
    assert case.outcome == "affected"
    assert "said nothing" in case.because


def test_an_id_that_is_not_in_the_set():
    trace = traced(LIB, "CVE-1999-0001", None, ECOSYSTEM)
    assert "not in the advisory set" in trace.conclusion
    assert (trace.cases, trace.records, trace.ids) == ((), (), ())


def test_a_component_that_is_not_in_the_sbom():
    trace = traced(LIB, "PYSEC-1", "pkg:pypi/nothing", ECOSYSTEM)
    assert "has no component pkg:pypi/nothing" in trace.conclusion


def test_records_that_name_no_component_and_records_of_no_package():
    trace = traced(sbom_of("pkg:pypi/other@1"), "PYSEC-1", None, ECOSYSTEM)
    assert "name no component" in trace.conclusion
    assert trace.records[0].names == ("PyPI lib",)
    trace = traced(LIB, "CVE-2024-9", None, advisory("CVE-2024-9", feed="nvd"), ECOSYSTEM)
    assert "no record of it names a package" in trace.conclusion


def test_an_advisory_of_several_cves_leads_to_all_of_them():
    dsa = advisory("DSA-1", source(), names=("CVE-2024-1", "CVE-2024-2"))
    trace = traced(sbom_of(deb()), "DSA-1", DEB, dsa)
    assert trace.ids == ("CVE-2024-1", "CVE-2024-2")
    assert trace.cases[0].outcome == "affected"


@pytest.mark.parametrize("named", [DEB, "pkg:deb/debian/bin1@1.0-1", "pkg:deb/debian/bin1"])
def test_a_component_may_be_named_without_qualifiers_and_version(named):
    dsa = advisory("DSA-1", source(), names=("CVE-2024-1",))
    assert case_of(sbom_of(deb()), "CVE-2024-1", named, dsa).purl == DEB
