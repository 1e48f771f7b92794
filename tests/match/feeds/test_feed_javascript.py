"""Node.js' working group and RetireJS."""

import json
from contextlib import suppress

import pytest
from feed_files import ranges, records, tarball
from hypothesis import given, settings
from hypothesis import strategies as st

from match.ecosystems import keys_of
from match.feeds import nodejs, read, recognise, retirejs, walk
from match.judge import claim_of, judge
from match.model import Advisory
from match.records.npm_ranges import InvalidRange, after, versions_in
from sbom.model import Component, Problem

CORE = {
    "cve": ["CVE-2021-10003"],
    "vulnerable": "14.x || 16.x",
    "patched": "^14.2.0 || ^16.1.1",
    "severity": "High",
}
NPM = {
    "id": 7, "module_name": "@dock/crane", "cves": ["CVE-2021-10004"], "vulnerable_versions": "<=1.2.0",
    "title": "Swings", "created_at": "2021-01-02", "cvss_vector": "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
}  # fmt: skip


def one(reader, data, path="x"):
    (found,) = records(reader, json.dumps(data).encode(), path)
    return found


def judged(claim, version):
    laid, _ = claim_of(claim, "")
    return judge(version, claim.scheme, laid).verdict


def test_node_itself_is_affected_where_vulnerable_holds_and_patched_does_not():
    found = one(nodejs, CORE)
    assert (found.id, found.feed, found.severities[0].label) == ("CVE-2021-10003", "nodejs", "high")
    (claim,) = found.affected
    assert (claim.scheme, claim.name, claim.fix) == ("node", "node", "fixed")
    assert ranges(claim) == [("14.0.0", "14.2.0", None), ("16.0.0", "16.1.1", None)]


@pytest.mark.parametrize(
    ("version", "verdict"),
    [
        ("14.1.9", "inside"),
        ("14.2.0", "outside"),
        ("15.0.0", "outside"),
        ("v16.0.0", "inside"),
        ("14.1.0-rc.1", "outside"),
    ],
)
def test_a_range_of_releases_holds_no_prerelease_of_node(version, verdict):
    (claim,) = one(nodejs, CORE).affected
    assert judged(claim, version) == verdict


def test_the_next_release_bounds_what_one_patched_version_leaves():
    (claim,) = one(nodejs, {**CORE, "patched": "14.2.0", "vulnerable": "14.x"}).affected
    assert ranges(claim) == [("14.0.0", "14.2.0", None), ("14.2.1", "15.0.0", None)]


def test_a_component_of_node_is_looked_up_under_its_own_key():
    first, second, *products = keys_of(
        Component(purl="pkg:generic/node@14.1.0", name="node", version="14.1.0")
    )
    assert (first.key.scheme, first.key.name, first.version) == ("node", "node", "14.1.0")
    assert second.key.scheme == "generic"
    assert {each.key.name for each in products} == {"nodejs:node.js", "nodejs:nodejs"}


def test_npm_packages_are_read_in_plain_order():
    found = one(nodejs, NPM)
    assert (found.id, found.published, found.severities[0].score) == (
        "CVE-2021-10004",
        "2021-01-02T00:00:00Z",
        7.5,
    )
    (claim,) = found.affected
    assert (claim.scheme, claim.name, ranges(claim)) == (
        "npm",
        "@dock/crane",
        [(None, None, "1.2.0")],
    )
    assert judged(claim, "1.2.0-rc.1") == "inside"


def test_a_record_of_several_cves_names_each_and_one_of_none_goes_by_its_number():
    several = one(
        nodejs, {**CORE, "cve": ["CVE-2021-10003", "CVE-2021-10004"]}, "r!vuln/core/12.json"
    )
    assert (several.id, several.names) == ("NODEJS-CORE-12", ("CVE-2021-10003", "CVE-2021-10004"))
    assert one(nodejs, {**NPM, "cves": []}).id == "NSWG-ECO-7"


def test_a_range_that_cannot_be_read_leaves_no_claim():
    lost, found = records(nodejs, json.dumps({**NPM, "vulnerable_versions": "some"}).encode())
    assert (lost.effect, found.affected, found.unmatchable) == ("field_lost", (), 1)


@pytest.mark.parametrize("end", ["99.999.99999", "999.999.999", "100.0.0", "1000.0.0"])
def test_an_end_that_stands_for_every_version_is_no_fix(end):
    (claim,) = one(nodejs, {**NPM, "vulnerable_versions": f"<{end}"}).affected
    (interval,) = claim.intervals
    assert (claim.fix, interval.fixed, interval.limit) == ("none", None, end)


@pytest.mark.parametrize("end", ["10.0.0", "100.0.1", "110.0.0", "1.99.9"])
def test_an_end_that_is_only_high_is_a_fix(end):
    (claim,) = one(nodejs, {**NPM, "vulnerable_versions": f"<{end}"}).affected
    assert claim.fix == "fixed"
    assert claim.intervals[0].limit is None


@pytest.mark.parametrize(
    "text", ["1.2.3.4.5", "about 1", ">", "1 ||| 2 x y", "^", "1" * 5000, "1.2.3 - "]
)
def test_what_is_no_range_is_refused(text):
    with pytest.raises(InvalidRange):
        versions_in(text, nodejs.ORDERS["npm"], prereleases=True)


@settings(max_examples=150, deadline=None)
@given(st.text("0123.x*^~<>=| -ab+v", max_size=24))
def test_any_text_is_a_range_or_refused(text):
    with suppress(InvalidRange):
        versions_in(text, nodejs.ORDERS["npm"], prereleases=True)


@pytest.mark.parametrize(
    ("version", "above"), [("1.2.3", "1.2.4-0"), ("1.2.3-rc", "1.2.3-rc.0"), ("1.2", "1.2.0")]
)
def test_the_lowest_version_above(version, above):
    assert after(version) == above


RETIRE = {
    "crane.js": {
        "npmname": "crane",
        "vulnerabilities": [
            {
                "atOrAbove": "1.0.0",
                "below": "1.4.0",
                "severity": "Medium",
                "identifiers": {
                    "CVE": ["CVE-2021-10005"],
                    "githubID": "GHSA-aaaa-bbbb-cccc",
                    "summary": "Swings",
                },
            },
            {"below": "1.0.0.beta.3", "identifiers": {"retid": "9"}},
            {"below": "2.999.999", "identifiers": {"issue": "1"}},
            {"below": "2.0.0", "identifiers": {"CVE": ["CVE-2021-10006", "CVE-2021-10007"]}},
        ],
    },
    "hoist": {"vulnerabilities": [{"below": "2.0.0"}]},
    "cart": {"basePurl": "pkg:github/Harbour/Cart", "vulnerabilities": [{"below": "2.0.0"}]},
    "retire-example": {"vulnerabilities": [{"below": "0.0.2"}]},
}


def test_libraries_are_the_packages_they_name():
    found = records(retirejs, json.dumps(RETIRE).encode())
    assert [(r.id, r.aliases, r.names) for r in found] == [
        ("CVE-2021-10005", ("GHSA-aaaa-bbbb-cccc",), ()),
        ("RETIREJS-crane-js-9", (), ()),
        ("RETIREJS-crane-js-0-2.999.999", (), ()),
        ("RETIREJS-crane-js-0-2.0.0", (), ("CVE-2021-10006", "CVE-2021-10007")),
        ("RETIREJS-hoist-0-2.0.0", (), ()),
        ("RETIREJS-cart-0-2.0.0", (), ()),
    ]
    named = [(a.scheme, a.name) for r in found for a in r.affected]
    assert named[3:] == [("npm", "crane"), ("npm", "hoist")]
    assert [r.unmatchable for r in found] == [0, 0, 0, 0, 0, 1]
    first, second, third = (r.affected[0] for r in found[:3])
    assert ranges(first) == [("1.0.0", "1.4.0", None)]
    assert ranges(second) == [(None, "1.0.0-beta.3", None)]
    assert (third.fix, third.intervals[0].limit) == ("none", "2.999.999")
    assert judged(first, "1.4.0-rc.1") == "inside"


def test_archives_are_known_and_one_layout_is_read(tmp_path):
    lists = {
        "r-1/repository/jsrepository.json": b"{}",
        "r-1/repository/jsrepository-v4.json": json.dumps(RETIRE).encode(),
        "r-1/repository/jsrepository-v3.json": b"no list",
        "r-1/repository/npmrepository.json": b"given up",
    }
    group = {
        "wg/vuln/core/1.json": json.dumps(CORE).encode(),
        "wg/vuln/core/index.json": b"{",
        "wg/vuln/npm/2.json": json.dumps(NPM).encode(),
    }
    (tmp_path / "a.tar.gz").write_bytes(tarball(lists, packed=True))
    (tmp_path / "b.tar.gz").write_bytes(tarball(group, packed=True))
    (tmp_path / "c.json").write_bytes(json.dumps(RETIRE).encode())
    first, second, third = walk(str(tmp_path))
    assert [first.feed, second.feed, third.feed] == ["retirejs", "nodejs", "retirejs"]
    assert len(list(read(first))) == 6 == len(list(read(third)))
    assert [r.id for r in read(second)] == ["CVE-2021-10003", "CVE-2021-10004"]
    assert recognise("repo/vuln/core/3.json", json.dumps(CORE).encode()) == "nodejs"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "[" * 9000,
        '{"a": 1}',
        '{"a": {"vulnerabilities": [1]}}',
        '{"a": {"basePurl": "x"}}',
    ],
)
def test_what_is_no_record_is_a_problem(text):
    for reader in (nodejs, retirejs):
        assert all(isinstance(r, Problem | Advisory) for r in records(reader, text.encode()))
        assert any(isinstance(r, Problem) for r in records(reader, text.encode()))
