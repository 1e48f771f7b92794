"""Findings and dismissals by the rules (rules.md 1, 6, 7, 8, 11, 12, 13, 17)."""

import tracemalloc

import pytest
from msgspec.structs import replace
from small_sets import advisory, binary, debian, language, ranges, sbom_of, set_of, source

from match.model import Exploited, Severity
from match.resolve import resolve
from sbom.model import Component, Distro, Evidence

DEB = "pkg:deb/debian/bin1@1.0-1?arch=amd64&distro=debian-12&upstream=src"
PLAIN_OTHER = "pkg:deb/debian/other@1.0-1?distro=debian-12"


def deb(version="1.0-1", **more):
    more = {"distro": debian(), "source": "src", "source_version": version} | more
    purl = f"pkg:deb/debian/bin1@{version}?arch=amd64&distro=debian-12&upstream=src"
    return Component(purl=purl, name="bin1", version=version, **more)


def match(sbom, *records, learned=""):
    with set_of(*records, learned=learned) as advisories:
        return resolve(sbom, advisories, everything=True)


def only(sbom, *records, learned=""):
    found = match(sbom, *records, learned=learned)
    (finding,) = found.findings
    return finding


def ids(found):
    return [f.vulnerability.id for f in found.findings]


def test_one_finding_for_a_vulnerability_whatever_number_of_records_name_it():
    finding = only(
        sbom_of("pkg:pypi/lib@1.0"),
        advisory("GHSA-a", language(), aliases=("CVE-2024-1",)),
        advisory("PYSEC-1", language(), aliases=("CVE-2024-1",)),
    )
    assert finding.vulnerability.id == "CVE-2024-1"
    assert finding.vulnerability.aliases == ("GHSA-a", "PYSEC-1")
    assert finding.fixed == ("2.0",)
    assert (finding.outcome, finding.fix) == ("affected", "fixed")


def test_an_advisory_of_several_cves_gives_one_finding_for_each():
    dsa = advisory("DSA-1", source(), names=("CVE-2024-1", "CVE-2024-2"))
    nvd = advisory(
        "CVE-2024-2", feed="nvd", severities=(Severity(source="nvd", score=9.8, version="3.1"),)
    )
    found = match(sbom_of(deb()), dsa, nvd)
    # The one with a score comes first; the other has none.
    assert ids(found) == ["CVE-2024-2", "CVE-2024-1"]
    for finding in found.findings:
        assert finding.advisory == "DSA-1"
        assert finding.related == ("DSA-1",)
        assert finding.fixed == ("1.0-2",)
    assert found.findings[0].severity.score == 9.8


def test_a_record_that_asserts_several_cves_gives_one_finding_for_each_and_is_related():
    found = match(
        sbom_of("pkg:pypi/lib@1.0"),
        advisory("GHSA-a", language(), aliases=("CVE-2024-1", "CVE-2024-2")),
    )
    assert sorted(ids(found)) == ["CVE-2024-1", "CVE-2024-2"]
    assert {f.related for f in found.findings} == {("GHSA-a",)}


def test_a_record_without_a_cve_is_a_finding_by_its_own_id():
    assert only(sbom_of("pkg:pypi/lib@1.0"), advisory("MAL-2024-1", language())).related == ()


def test_the_source_package_and_its_version_are_asked_for():
    record = advisory("DSA-1", source(), names=("CVE-2024-1",))
    # The binary's own version is above the fix, its source's is not.
    component = deb("2:9.9", source_version="1.0-1")
    finding = only(sbom_of(component), record)
    assert "src before 1.0-2" in finding.because
    assert "1.0-1 is in that range" in finding.because
    assert "debian:12 speaks for its own packages" in finding.because


def at(path, **more):
    """The same package at another place."""
    return deb(evidence=(Evidence(path=path, reader="dpkg"),), **more)


def test_a_package_listed_many_times_is_matched_once_and_keeps_every_place():
    places = [at(f"{n}") for n in range(2000)]
    records = [advisory(f"DSA-{n}", source()) for n in range(200)]
    tracemalloc.start()
    found = match(sbom_of(*places), *records)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found.findings) == 200
    assert {len(f.component.evidence) for f in found.findings} == {2000}
    assert found.coverage.components == 2000
    assert peak < 20_000_000


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({}, ["a", "b"]),
        ({"source_version": "1.0-2"}, ["a"]),
        ({"source": "other"}, ["a"]),
        ({"arch": "arm64"}, ["a"]),
        ({"version": "1.0-1.pgdg12"}, ["a"]),
    ],
)
def test_only_what_matches_alike_is_one(other, said):
    """Of one purl: another source, architecture or maker may be another answer."""
    record = advisory("DSA-1", source(arches=("x86_64",)))
    first, second = at("a", arch="amd64"), at("b", **{"arch": "amd64"} | other)
    second = replace(second, purl=first.purl)
    for order in ((first, second), (second, first)):
        (finding,) = match(sbom_of(*order), record).findings
        assert sorted(e.path for e in finding.component.evidence) == said


def test_another_release_does_not_speak():
    found = match(sbom_of(deb()), advisory("DSA-1", source(release="debian:11")))
    assert found.findings == ()
    assert found.coverage.without_feed == (("no feed for debian:12", 1),)
    assert found.coverage.matchable == 0


def test_a_few_records_on_a_release_are_no_feed_for_it():
    found = match(sbom_of(deb(), PLAIN_OTHER, distro=debian()), advisory("DSA-1", source()))
    assert found.coverage.matchable == 1
    (reason, count) = found.coverage.without_feed[0]
    assert (reason, count) == ("no feed for debian:12 (the set names 1 of its packages)", 1)
    many = [advisory(f"DSA-{n}", source(f"s{n}")) for n in range(20)]
    assert match(sbom_of(deb(), PLAIN_OTHER, distro=debian()), *many).coverage.matchable == 2


def test_an_unknown_release_asks_every_release_and_is_undecided():
    purl = "pkg:deb/debian/src@1.0-1"
    finding = only(sbom_of(purl), advisory("DSA-1", source(), names=("CVE-2024-1",)))
    assert finding.outcome == "undecided"
    assert finding.unknowns == ("undecided",)
    assert "release" in finding.because


def test_an_unknown_product_matches_every_product_and_is_affected():
    record = advisory("USN-1", source(release="ubuntu:22.04", product="pro"), names=("CVE-2024-1",))
    purl = "pkg:deb/ubuntu/src@1.0-1?distro=ubuntu-22.04"
    ubuntu = Distro(id="ubuntu", version="22.04")
    assert only(sbom_of(purl, distro=ubuntu), record).outcome == "affected"


STREAMED = "1.0-1.module_el8.5.0+1"


@pytest.mark.parametrize(
    ("own", "theirs", "outcome"),
    [
        ("nodejs:14:8050:abc", "nodejs:14", "affected"),
        ("nodejs:16:8050:abc", "nodejs:14", None),
        ("nodejs:14:8050:abc", None, "undecided"),
        ("", "nodejs:14", "undecided"),
        ("", None, "undecided"),
    ],
)
def test_module_streams_of_a_modular_package(own, theirs, outcome):
    component = Component(
        purl=f"pkg:rpm/almalinux/bin@{STREAMED.replace('+', '%2B')}",
        name="bin",
        version=STREAMED,
        stream=own,
        distro=Distro(id="almalinux", version="8"),
    )
    record = advisory(
        "ALSA-1",
        binary(stream=theirs, intervals=ranges((None, "1.0-2.module_el8.6.0+2"))),
        names=("CVE-2024-1",),
    )
    found = match(sbom_of(component), record)
    assert [f.outcome for f in found.findings] == ([outcome] if outcome else [])
    if not outcome:
        assert [d.reason for d in found.dismissals] == ["stream"]


def test_a_module_does_not_speak_of_what_is_in_no_module():
    component = Component(
        purl="pkg:rpm/almalinux/bin@1.0-1.el8",
        name="bin",
        version="1.0-1.el8",
        distro=Distro(id="almalinux", version="8"),
    )
    found = match(sbom_of(component), advisory("ALSA-1", binary(stream="nodejs:14")))
    assert found.findings == ()
    assert [d.reason for d in found.dismissals] == ["stream"]


def test_a_distribution_without_a_feed_of_its_own_is_judged_by_the_one_it_follows():
    component = Component(
        purl="pkg:rpm/centos/bin@1.0-1",
        name="bin",
        version="1.0-1",
        distro=Distro(id="centos", version="7"),
    )
    record = advisory("RHSA-1", binary(release="rhel:7"), names=("CVE-2024-1",))
    finding = only(sbom_of(component), record)
    assert "rhel:7 speaks for centos:7" in finding.because
    own = advisory("CESA-1", binary("other", release="centos:7"))
    assert match(sbom_of(component), record, own).findings == ()


def test_a_fixed_version_of_the_distribution_is_a_dismissal_with_its_reason():
    found = match(sbom_of(deb("1.0-2")), advisory("DSA-1", source(), names=("CVE-2024-1",)))
    assert found.findings == ()
    (dismissal,) = found.dismissals
    assert (dismissal.vulnerability, dismissal.reason) == ("CVE-2024-1", "fixed")
    assert "fixed in 1.0-2" in dismissal.because


def test_below_every_range_is_out_of_range():
    record = advisory("PYSEC-1", language(intervals=ranges(("1.5", "2.0"))))
    (dismissal,) = match(sbom_of("pkg:pypi/lib@1.0"), record).dismissals
    assert dismissal.reason == "out_of_range"


def test_dismissals_are_made_only_where_everything_is_asked_for():
    with set_of(advisory("PYSEC-1", language())) as advisories:
        assert resolve(sbom_of("pkg:pypi/lib@3.0"), advisories).dismissals == ()


def test_a_withdrawn_record_is_no_finding():
    record = advisory("PYSEC-1", language(), withdrawn="2025-01-01T00:00:00Z")
    (dismissal,) = match(sbom_of("pkg:pypi/lib@1.0"), record).dismissals
    assert (dismissal.reason, "2025-01-01" in dismissal.because) == ("withdrawn", True)
    assert match(sbom_of("pkg:pypi/lib@what?"), record).findings == ()


def test_a_package_of_a_third_party_is_not_the_distributions_to_judge():
    component = deb("1.0-1", vendor="Docker <support@docker.com>")
    found = match(sbom_of(component), advisory("DSA-1", source(), names=("CVE-2024-1",)))
    assert found.findings == ()
    assert [d.reason for d in found.dismissals] == ["precedence"]
    assert found.coverage.without_feed == (
        ("no feed for packages of Docker <support@docker.com>", 1),
    )


def test_a_version_without_an_order_is_undecided_and_never_silent():
    finding = only(sbom_of("pkg:gem/lib@what is this"), advisory("GHSA-a", language(scheme="gem")))
    assert (finding.outcome, finding.unknowns) == ("undecided", ("undecided",))
    assert finding.fixed == ("2.0",)
    assert "undecided" in finding.because


def test_a_component_without_a_version_is_undecided_unless_every_version_is_affected():
    some = advisory("GHSA-a", language(scheme="gem"))
    every = advisory("MAL-1", language(scheme="gem", intervals=ranges((None, None))))
    found = match(sbom_of("pkg:gem/lib"), some, every)
    assert {f.vulnerability.id: f.outcome for f in found.findings} == {
        "GHSA-a": "undecided",
        "MAL-1": "affected",
    }


def test_a_claim_of_unknown_state_is_undecided():
    record = advisory("X-1", source(claim="unknown", intervals=(), fix="under_investigation"))
    finding = only(sbom_of(deb()), record)
    assert (finding.outcome, finding.fix) == ("undecided", "under_investigation")


@pytest.mark.parametrize("fix", ["wont_fix", "deferred", "upstream_only"])
def test_fix_states_are_handed_on(fix):
    record = advisory("X-1", source(fix=fix, intervals=ranges((None, None))))
    assert only(sbom_of(deb()), record).fix == fix


def test_an_architecture_that_is_not_named_is_not_affected():
    record = advisory("X-1", source(arches=("s390x",)))
    assert match(sbom_of(deb(arch="amd64")), record).findings == ()
    assert len(match(sbom_of(deb(arch="s390x")), record).findings) == 1
    assert len(match(sbom_of(deb(arch="")), record).findings) == 1


MAKER = "pkg:deb/debian/python3-lib@1.0-1?distro=debian-12&upstream=src"
OWNED = Component(purl="pkg:pypi/lib@1.0", name="lib", version="1.0", maker=MAKER)
MADE_BY = Component(
    purl=MAKER,
    name="python3-lib",
    version="1.0-1",
    source="src",
    source_version="1.0-1",
    distro=debian(),
)
ECOSYSTEM = advisory(
    "PYSEC-1", language(), aliases=("CVE-2024-1",), published="2025-01-01T00:00:00Z"
)
OTHER = advisory("DSA-9", source("other"), modified="2025-03-02T00:00:00Z", names=("CVE-2020-1",))


def test_where_the_distribution_has_said_nothing_the_silence_is_heard():
    finding = only(sbom_of(OWNED, MADE_BY), ECOSYSTEM, OTHER)
    assert finding.component.purl == OWNED.purl
    assert finding.unknowns == ("vendor_silent",)
    assert finding.silent_days == 60
    assert "has said nothing for 60 days" in finding.because


def test_silence_is_counted_from_when_it_was_learned_where_nothing_was_published():
    record = advisory("PYSEC-1", language(), aliases=("CVE-2024-1",))
    finding = only(sbom_of(OWNED, MADE_BY), record, OTHER, learned="2025-03-03T00:00:00Z")
    assert finding.silent_days == 0


def test_a_date_that_is_in_no_calendar_counts_no_days():
    known = Exploited(id="CVE-2024-1", added="2025-02-31")
    finding = only(sbom_of(OWNED, MADE_BY), ECOSYSTEM, known, advisory("DSA-9", source("other")))
    assert finding.unknowns == ("vendor_silent",)
    assert finding.silent_days is None


def test_what_the_distribution_fixed_is_fixed_for_the_language_package_it_made():
    dsa = advisory("DSA-1", source(intervals=ranges((None, "1.0-1"))), names=("CVE-2024-1",))
    found = match(sbom_of(OWNED, MADE_BY), ECOSYSTEM, dsa)
    assert found.findings == ()
    owned = next(d for d in found.dismissals if d.component.purl == OWNED.purl)
    assert owned.reason == "owned"
    assert owned.advisory == "DSA-1"
    assert "fixed in 1.0-1" in owned.because


def test_what_the_distribution_says_is_affected_is_found_once_on_its_package():
    dsa = advisory("DSA-1", source(), names=("CVE-2024-1",))
    found = match(sbom_of(OWNED, MADE_BY), ECOSYSTEM, dsa)
    assert [f.component.purl for f in found.findings] == [MAKER]
    # Where the SBOM does not list the owner, it is found on what it does list.
    assert [f.component.purl for f in match(sbom_of(OWNED), ECOSYSTEM, dsa).findings] == [
        OWNED.purl
    ]


def test_a_package_that_no_distribution_made_is_judged_by_its_ecosystem():
    plain = Component(purl="pkg:pypi/lib@1.0", name="lib", version="1.0")
    finding = only(sbom_of(plain, MADE_BY), ECOSYSTEM, OTHER)
    assert finding.unknowns == ()
    assert finding.silent_days is None


def test_one_purl_in_several_places_is_one_finding_with_all_its_evidence():
    places = [Evidence(path=path) for path in ("a/lib", "b/lib")]
    twice = [
        Component(purl="pkg:pypi/lib@1.0", name="lib", version="1.0", evidence=(place,))
        for place in places
    ]
    assert only(sbom_of(*twice), ECOSYSTEM).component.evidence == tuple(places)


def test_one_owned_and_one_plain_place_of_a_purl_are_a_finding_in_the_plain_place():
    dsa = advisory("DSA-1", source(intervals=ranges((None, "1.0-1"))), names=("CVE-2024-1",))
    plain = Component(
        purl=OWNED.purl, name="lib", version="1.0", evidence=(Evidence(path="venv/lib"),)
    )
    finding = only(sbom_of(OWNED, plain, MADE_BY), ECOSYSTEM, dsa)
    assert finding.component.evidence == plain.evidence
    assert finding.unknowns == ()


def test_the_distributions_rating_is_shown_for_its_packages_of_one_version():
    nvd = advisory(
        "CVE-2024-1", feed="nvd", severities=(Severity(source="nvd", score=9.8, version="3.1"),)
    )
    rated = Severity(source="osv:DSA", score=5.0, version="3.1")
    dsa = advisory("DSA-1", source(), names=("CVE-2024-1",), severities=(rated,))
    finding = only(sbom_of(deb()), nvd, dsa)
    assert finding.severity == rated
    assert len(finding.vulnerability.severities) == 2
    assert finding.vulnerability.severity.score == 9.8


def test_findings_are_ordered_by_score_id_and_purl_and_the_unscored_are_last():
    def record(id_, score):
        ratings = (Severity(source="nvd", score=score, version="3.1"),) if score else ()
        return advisory(id_, language(), severities=ratings)

    sbom = sbom_of("pkg:pypi/lib@1.1", "pkg:pypi/lib@1.0")
    found = match(sbom, record("GHSA-a", None), record("GHSA-b", 5.0), record("GHSA-c", 9.0))
    assert [(f.vulnerability.id, f.component.version) for f in found.findings] == [
        *(("GHSA-c", "1.0"), ("GHSA-c", "1.1"), ("GHSA-b", "1.0"), ("GHSA-b", "1.1")),
        *(("GHSA-a", "1.0"), ("GHSA-a", "1.1")),
    ]


def test_a_version_fixes_only_where_every_record_says_so():
    finding = only(
        sbom_of("pkg:pypi/lib@1.0"),
        advisory("GHSA-a", language(intervals=ranges((None, "1.5")))),
        advisory("PYSEC-1", language(intervals=ranges((None, "1.6"))), aliases=("GHSA-a",)),
    )
    assert finding.fixed == ("1.6",)


def test_coverage_says_who_nobody_speaks_for():
    sbom = sbom_of(
        "pkg:pypi/lib@1.0",
        "pkg:pypi/other@1.0",
        "pkg:hex/lib@1.0",
        "pkg:made-up/lib@1.0",
        Component(purl="", name="nameless", version="1"),
        Component(purl="pkg:pypi/maybe@1", name="maybe", version="1", scope="optional"),
    )
    record = advisory("PYSEC-1", language(), unmatchable=3)
    coverage = match(sbom, record).coverage
    assert (coverage.components, coverage.matchable) == (6, 3)
    assert (coverage.without_purl, coverage.optional) == (1, 1)
    assert coverage.without_feed == (("no feed for hex", 1), ("no feed for made-up", 1))
    assert coverage.unmatchable_ranges == 3


def test_an_alias_is_found_under_any_of_its_ids_in_any_case():
    with set_of(advisory("GHSA-a", language(), aliases=("CVE-2024-1",))) as advisories:
        assert advisories.groups_of("GHSA-a") == advisories.groups_of("CVE-2024-1") != ()
        assert advisories.groups_of("CVE-2024-9") == ()


def test_components_in_one_range_are_told_as_each_alone_is():
    high = (Severity(source="nvd", score=9.8, version="3.1"),)
    records = (
        advisory("GHSA-a", language(intervals=ranges((None, "1.5"), ("1.7", "2.0")))),
        advisory("GHSA-b", language(claim="unknown"), severities=high),
        advisory("GHSA-c", language(versions=("1.2", "3.0"), intervals=ranges(("x", "y")))),
        advisory("CVE-2024-1", language(), severities=high),
        advisory("DSA-1", source(), names=("CVE-2024-1", "CVE-2024-2")),
    )
    purls = [f"pkg:pypi/lib@{v}" for v in ("1.0", "1.2", "1.8", "1.9", "3.0", "none")]
    components = [*purls, "pkg:pypi/lib", *(deb(f"1.0-{n}") for n in range(3)), deb("0.9")]
    together = match(sbom_of(*components), *records).findings
    alone = [f for one in components for f in match(sbom_of(one), *records).findings]
    assert len(together) == len(alone) > 20
    assert set(together) == set(alone)
