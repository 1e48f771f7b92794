"""Which rating is shown (rules.md 8)."""

import pytest

from match.model import Severity
from match.severity import pick, score


def rated(source, value, version="3.1"):
    return Severity(source=source, score=value, version=version)


def test_the_highest_cvss_version_is_shown_whatever_its_score():
    assert pick([rated("nvd", 9.8), rated("osv:GHSA", 5.0, "4.0")]).score == 5.0


def test_of_one_version_the_distribution_goes_before_cna_cisa_nvd_and_others():
    ratings = [
        *(rated("osv:GHSA", 1.0), rated("nvd", 2.0), rated("cisa-adp", 3.0)),
        *(rated("cna:vendor", 4.0), rated("redhat", 5.0)),
    ]
    for expected in (5.0, 4.0, 3.0, 2.0, 1.0):
        assert pick(ratings, speaker="redhat").score == expected
        ratings.pop()


def test_a_word_counts_only_where_no_score_exists_and_says_so():
    word = Severity(source="debian", label="high")
    assert pick([word, rated("nvd", 2.0)], speaker="debian", word="high").score == 2.0
    shown = pick([word], speaker="debian")
    assert (shown.score, shown.version) == (7.0, "")
    assert "its word: high" in shown.source
    assert pick([word], speaker="") is None
    assert pick([], speaker="debian", word="important").score == 7.0
    assert pick([], speaker="debian", word="no such word") is None


@pytest.mark.parametrize(
    ("vector", "expected"),
    [
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", (9.8, "3.1")),
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", (7.5, "3.0")),
        ("AV:N/AC:L/Au:N/C:P/I:P/A:P", (7.5, "2.0")),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", (9.3, "4.0")),
        ("CVSS:3.1/AV:N", None),
        ("CVSS:9.9/AV:N", None),
        ("nonsense", None),
        ("", None),
        ("CVSS:3.1/" + "A" * 5000, None),
    ],
)
def test_vectors_are_scored_or_refused(vector, expected):
    assert score(vector) == expected
