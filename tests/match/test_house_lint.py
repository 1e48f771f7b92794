"""Each fault of an advisory with its place; foreign records are held to what concerns them."""

import json

import pytest
from house_records import COMMIT, published

from match.house.lint import lint

GOOD = json.loads(published().public)


def changed(**fields):
    """A public house advisory with some fields replaced, or left out where None."""
    record = GOOD | fields
    return {name: value for name, value in record.items() if value is not None}


def told(record, level):
    return [(r.place, r.what) for r in lint(json.dumps(record).encode(), "x") if r.level == level]


def spans(*events, ecosystem="PyPI", **more):
    block = {
        "package": {"ecosystem": ecosystem, "name": "lib"},
        "ranges": [{"type": "ECOSYSTEM", "events": list(events)}],
    }
    return [block | more]


def test_a_good_one_has_nothing_wrong_or_doubtful():
    assert told(GOOD, "wrong") == told(GOOD, "doubtful") == []
    assert told(GOOD, "note") == [("credits", "nobody is credited")]


@pytest.mark.parametrize(
    ("fields", "place", "what"),
    [
        ({"summary": " "}, "summary", "empty"),
        ({"severity": None}, "severity", "no vector of CVSS 3.1 or 4.0"),
        ({"severity": [{"type": "CVSS_V3", "score": "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]}, "severity", "no vector"),
        ({"severity": [{"type": "CVSS_V3", "score": "9.8"}]}, "severity[0].score", "is no CVSS_V3 vector"),
        ({"references": [{"type": "WEB", "url": "https://example.com"}]}, "references", "no evidence"),
        ({"references": [{"type": "FIX", "url": "ftp://example.com"}]}, "references[0].url", "no web address"),
        ({"affected": None}, "affected", "no package"),
        ({"affected": [{"package": {"ecosystem": "PyPI", "name": "x"}}]}, "affected[0]", "neither a range nor versions"),
        ({"affected": spans({"introduced": "0"}, {"fixed": "not one!"})}, "affected[0].ranges[0].events[1].fixed", "no version there"),
        ({"affected": spans({"introduced": "3.0"}, {"fixed": "2.0"})}, "affected[0].ranges[0].events", "ends"),
        ({"affected": spans({"introduced": "2.0"}, {"fixed": "2.0"})}, "affected[0].ranges[0].events", "both introduces and fixes"),
        ({"affected": spans({"introduced": "0"}, ecosystem="Nowhere")}, "affected[0].package.ecosystem", "no ecosystem"),
        ({"aliases": ["CVE-2026-1111", "CVE-2026-1112"]}, "aliases", "not one vulnerability"),
        ({"published": "2026-12-01T00:00:00Z"}, "modified", "before `published`"),
        ({"modified": "yesterday"}, "modified", "does not match"),
        ({"database_specific": {"state": "gone", "first_seen": "2026-11-01T00:00:00Z"}}, "database_specific.state", "gone"),
        ({"database_specific": {"state": "published"}}, "database_specific", "first_seen"),
        ({"withdrawn": "2026-11-01T00:00:00Z"}, "database_specific", "withdrawn_reason"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(fields, place, what):
    assert any(at == place and what in text for at, text in told(changed(**fields), "wrong"))


@pytest.mark.parametrize(
    ("fields", "place", "what"),
    [
        ({"details": None}, "details", "empty"),
        ({"published": "0001-01-01T00:00:00Z"}, "published", "not set"),
        ({"references": [{"type": "REPORT", "url": COMMIT}]}, "references", "no reference to the fix"),
        ({"affected": spans({"introduced": "0"}, versions=["1.0", "?!"])}, "affected[0].versions", "no version there"),
        ({"aliases": ["LDG-2026-0001"]}, "aliases", "names itself"),
    ],
)  # fmt: skip
def test_what_is_doubtful_is_told_with_its_place(fields, place, what):
    assert any(at == place and what in text for at, text in told(changed(**fields), "doubtful"))


def test_an_open_range_is_a_note():
    assert (
        told(changed(affected=spans({"introduced": "1.0"})), "note")[0][0]
        == "affected[0].ranges[0].events"
    )


def test_a_foreign_record_needs_no_evidence_but_a_package_that_can_be_matched():
    foreign = {"id": "GHSA-aaaa-bbbb-cccc", "modified": "2026-01-01T00:00:00Z"}
    assert told(foreign, "wrong") == [("affected", "no package: nothing can be matched by it")]
    assert {place for place, _ in told(foreign, "doubtful")} == {"details", "summary"}
    assert told(foreign | {"withdrawn": "2026-01-01T00:00:00Z"}, "wrong") == []


@pytest.mark.parametrize(
    "data", [b"", b"{", b"\xff\xfe", b"[" * 200_000, b"null", b"7", b'"x"', b"[[]]", b"{}"]
)
def test_what_is_no_record_is_one_remark_and_no_error(data):
    assert [r.level for r in lint(data, "x")][:1] == ["wrong"]


def test_each_record_of_a_list_is_told_apart():
    other = changed(id="LDG-2026-0002", severity=None)
    remarks = lint(json.dumps([GOOD, other]).encode(), "list.json")
    (wrong,) = [r for r in remarks if r.level == "wrong"]
    assert wrong.about == "list.json: LDG-2026-0002"
