"""What a record's ids say (rules.md 6, 7), and its times."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from match.records.ids import sort_ids
from match.records.times import utc

C1, C2, C3 = "CVE-2026-0001", "CVE-2026-0002", "CVE-2026-0003"
GHSA = "GHSA-aaaa-bbbb-cccc"

CASES = {
    # own id, aliases, upstream, related: aliases, names, related
    "one alias": ((GHSA, [C1], [], [C2]), ([C1], [], [C2])),
    "an alias of an alias": (("GO-2026-1", [C1, GHSA], [], []), ([C1, GHSA], [], [])),
    "the same alias twice": (("GO-2026-1", [C1, C1], [], []), ([C1], [], [])),
    "its own id": ((GHSA, [GHSA, C1], [], []), ([C1], [], [])),
    "several CVEs": (("GO-2026-1", [C2, C1, GHSA], [], []), ([], [C1, C2], [GHSA])),
    "a CVE with another": ((C1, [C2], [], []), ([], [C1, C2], [])),
    "a CVE's own record": ((C1, [GHSA], [C2], []), ([GHSA], [], [C2])),
    "DSA by upstream": (("DSA-1-1", [], [C2, C1], ["DSA-1-2"]), ([], [C1, C2], ["DSA-1-2"])),
    "DSA by aliases": (("DSA-1-1", [C1], [], []), ([], [C1], [])),
    "ALSA by related": (("ALSA-2026:1", [], [], [C1, "X-1"]), ([], [C1], ["X-1"])),
    "ALSA by upstream": (("ALSA-2026:1", [], [C1], [C2]), ([], [C1], [C2])),
    "openSUSE by related": (("openSUSE-SU-2026:1-1", [], [], [C1]), ([], [C1], [])),
    "GHSA has no CVE in related": ((GHSA, [], [], [C1]), ([], [], [C1])),
    "Ubuntu's name of a CVE": ((f"UBUNTU-{C1}", [], [C1], ["USN-1-1"]), ([], [C1], ["USN-1-1"])),
    "by its own id": ((f"UBUNTU-{C1}", [], [], []), ([], [C1], [])),
    "USN by Ubuntu's names": (
        ("USN-1-1", [], [f"UBUNTU-{C1}", C1], []),
        ([], [C1], [f"UBUNTU-{C1}"]),
    ),
    "upstream without a CVE": (("CGA-1", [], [GHSA], []), ([], [GHSA], [])),
    "upstream of both kinds": (("CleanStart-1", [], [GHSA, C1, C2], []), ([], [C1, C2], [GHSA])),
    "an advisory of nothing": (("ALBA-2026:1", [], [], []), ([], [], [])),
}


@pytest.mark.parametrize("case", CASES)
def test_ids(case):
    (own, aliases, upstream, related), expected = CASES[case]
    assert [list(x) for x in sort_ids(own, aliases, upstream, related)] == list(expected)


IDS = st.lists(st.sampled_from([C1, C2, C3, GHSA, "DSA-1-1", "X-1", f"DEBIAN-{C1}"]), max_size=4)


@given(st.sampled_from([C1, GHSA, "DSA-1-1", "ALSA-1:1", "X-1"]), IDS, IDS, IDS)
def test_no_id_is_lost_and_no_group_holds_two_cves(own, aliases, upstream, related):
    found = sort_ids(own, aliases, upstream, related)
    kept = {*found.aliases, *found.names, *found.related}
    assert {*aliases, *upstream, *related} - {own} <= kept
    assert len({i for i in (own, *found.aliases) if i.startswith("CVE-")}) < 2 or found.names
    assert not set(found.names) & {*found.aliases, *found.related}
    assert own not in {*found.aliases, *found.related}


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        ("2026-01-02T03:04:05.123456Z", "2026-01-02T03:04:05.123456Z"),
        ("2026-01-02T03:04:05", "2026-01-02T03:04:05Z"),
        ("2026-01-02 03:04:05+00:00", "2026-01-02T03:04:05Z"),
        ("2026-01-02T00:30:00+01:00", "2026-01-01T23:30:00Z"),
        ("2026-01-02", "2026-01-02T00:00:00Z"),
        ("2026-01-02T07:00Z", "2026-01-02T07:00:00Z"),
        ("0001-01-01T00:00:00Z", ""),
        ("0001-01-01T00:00:00+05:00", ""),
        ("", ""),
        (None, ""),
        ("2025-14-11T00:51:21.963", None),
        ("2026-02-30T00:00:00", None),
        ("2026-02-30T00:00:00Z", None),
        ("2024-02-29T00:00:00.5Z", "2024-02-29T00:00:00.5Z"),
        ("2026-01-02T23:59:60Z", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("now", None),
    ],
)
def test_times_in_utc(text, time):
    assert utc(text) == time
