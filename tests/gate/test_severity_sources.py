"""Whose score counts: the sources of a policy in their order."""

import pytest
from msgspec.structs import replace

from gate.policy.reading import load
from gate.score import score_of
from match.model import Finding, Severity, Vulnerability
from sbom.errors import InputError
from sbom.model import Component

RATINGS = (
    Severity(source="nvd", score=9.8, version="3.1"),
    Severity(source="nvd", score=7.5, version="2.0"),
    Severity(source="cna:dock", score=6.1, version="4.0"),
    Severity(source="cisa-adp", score=8.0, version="3.1"),
    Severity(source="osv:GHSA", score=5.0, version="3.1"),
    Severity(source="osv:ALSA", score=4.0, version="3.1"),
)


def finding(purl="pkg:rpm/almalinux/crane@1-1", feed="osv:ALSA", ratings=RATINGS):
    return Finding(
        component=Component(purl=purl, name="crane", version="1"),
        vulnerability=Vulnerability(id="CVE-2021-10001", severities=ratings, severity=RATINGS[2]),
        advisory="X-1",
        feed=feed,
        outcome="affected",
        because="x",
    )


@pytest.mark.parametrize(
    ("sources", "cvss", "score"),
    [
        ((), "", 6.1),
        (("nvd",), "", 9.8),
        (("nvd",), "2.0", 7.5),
        (("cisa", "nvd"), "", 8.0),
        (("cna", "nvd"), "", 6.1),
        (("ghsa",), "", 5.0),
        (("distribution", "nvd"), "", 4.0),
        (("house",), "", 6.1),
        (("house", "nvd"), "", 9.8),
        ((), "3.1", 9.8),
    ],
)
def test_the_first_source_that_has_a_score_gives_it(sources, cvss, score):
    assert score_of(finding(), cvss, sources)[0] == score


def test_a_feed_is_no_distribution_for_what_is_no_distributions_package():
    assert score_of(finding("pkg:pypi/crane@1", "nvd"), "", ("distribution", "cna"))[0] == 6.1


def test_no_score_is_still_no_score():
    silent = finding(ratings=())
    silent = replace(silent, vulnerability=replace(silent.vulnerability, severity=None))
    assert score_of(silent, "", ("nvd",)) == (None, "")


def test_a_policy_states_them(tmp_path):
    path = tmp_path / "policy.yaml"
    path.write_text("stages:\n  build:\n    score: 7\n    severity_sources: [distribution, nvd]\n")
    ((_, rules),) = load(str(path)).stages
    assert rules.severity_sources == ("distribution", "nvd")
    path.write_text("stages:\n  build:\n    severity_sources: [somebody]\n")
    with pytest.raises(InputError, match="severity_sources"):
        load(str(path))
