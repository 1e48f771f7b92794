"""`validate --kind osv`: what is wrong with a record, and where."""

import json

import pytest

from match.feeds.osv import faults

GOOD = {
    "schema_version": "1.7.3",
    "id": "X-1",
    "modified": "2026-01-02T03:04:05Z",
    "aliases": None,
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "foo", "purl": "pkg:pypi/foo"},
            "ranges": [
                {
                    "type": "ECOSYSTEM",
                    "events": [
                        {"introduced": "0"},
                        {"fixed": "1.0"},
                        {"introduced": "1.0"},
                        {"fixed": "1.2"},
                    ],
                },
                {"type": "GIT", "repo": "https://x.example", "events": [{"introduced": "0"}]},
            ],
            "versions": ["0.9", "not a version"],
        },
        {"package": {"ecosystem": "Debian:12", "name": "foo"}},
    ],
    "references": [{"type": "WEB", "url": "https://x.example"}],
}


def changed(path, value):
    record = json.loads(json.dumps(GOOD))
    *steps, last = path
    inner = record
    for step in steps:
        inner = inner[step]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return json.dumps(record).encode()


def test_a_good_record_and_a_list_of_them():
    assert faults(json.dumps(GOOD).encode()) == []
    assert faults(json.dumps([GOOD, GOOD]).encode()) == []


EVENTS = ("affected", 0, "ranges", 0, "events")
WRONG = {
    "no id": (("id",), ..., ""),
    "no time": (("modified",), "yesterday", "modified"),
    "not UTC": (("published",), "2026-01-02T03:04:05+01:00", "published"),
    "a field OSV has not": (("exploited",), True, ""),
    "no package name": (("affected", 0, "package", "name"), ..., "affected[0].package"),
    "no ecosystem": (
        ("affected", 0, "package", "ecosystem"),
        "Foolang",
        "affected[0].package.ecosystem",
    ),
    "no purl": (("affected", 0, "package", "purl"), "pkg:pypi/", "affected[0].package.purl"),
    "no beginning": (EVENTS, [{"fixed": "1"}], "affected[0].ranges[0].events"),
    "two in one event": (
        (*EVENTS, 0),
        {"introduced": "0", "fixed": "1"},
        "affected[0].ranges[0].events[0]",
    ),
    "fixed and last affected": (
        (*EVENTS, 3),
        {"last_affected": "1.2"},
        "affected[0].ranges[0].events",
    ),
    "empty": (EVENTS, [{"introduced": "2"}, {"fixed": "2"}], "affected[0].ranges[0].events"),
    "equal by its order": (
        EVENTS,
        [{"introduced": "2"}, {"fixed": "2.0"}],
        "affected[0].ranges[0].events",
    ),
    "inverted": (EVENTS, [{"introduced": "10"}, {"fixed": "9"}], "affected[0].ranges[0].events"),
    "before all": (EVENTS, [{"introduced": "0"}, {"fixed": "0"}], "affected[0].ranges[0].events"),
    "no repository": (("affected", 0, "ranges", 1, "repo"), ..., "affected[0].ranges[1]"),
    "a commit twice": (
        ("affected", 0, "ranges", 1, "events"),
        [{"introduced": "ab"}, {"fixed": "ab"}, {"introduced": "cd"}],
        "affected[0].ranges[1].events",
    ),
    "no vector": (("severity", 0, "score"), "CVSS:3.1/AV:X", "severity[0].score"),
    "another version's vector": (("severity", 0, "type"), "CVSS_V4", "severity[0].score"),
    "no URL": (("references", 0, "url"), "here", "references[0].url"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_fault_has_its_place(case):
    path, value, place = WRONG[case]
    found = faults(changed(path, value))
    assert place in [f.place for f in found], found
    assert all(f.what for f in found)


@pytest.mark.parametrize("data", [b"", b"{", b"5", b"null", b"[5]", b"\xff", b"[" * 100_000])
def test_what_is_no_record_has_one_fault(data):
    assert len(faults(data)) == 1


@pytest.mark.shared
@pytest.mark.parametrize("family", ["osv-linter", "osv-converted"])
def test_the_shared_cases(shared, family):
    cases = json.loads((shared / "cases/validity/cases.json").read_text())
    mine = [c for c in cases if c["family"] == family]
    assert mine
    for case in mine:
        found = faults((shared / "cases/validity" / case["file"]).read_bytes())
        assert bool(found) == (case["expect"] == "reject"), (case["file"], found)
