"""The CVE list: which versions an entry says are affected, and which entries name a package."""

import json

import pytest
from feed_files import ranges, records, tarball
from hypothesis import given, settings
from hypothesis import strategies as st

from match.feeds import cve, read, walk
from match.judge import claim_of, judge
from match.model import Advisory
from match.records.cve_versions import Change, Version, statuses
from match.versions import key
from sbom.model import Problem


def order(version):
    return key("npm", version)


def record(*affected, adp=(), state="PUBLISHED", **cna):
    return {
        "dataType": "CVE_RECORD",
        "cveMetadata": {"cveId": "CVE-2021-10008", "state": state, "datePublished": "2021-01-02T00:00:00.000Z", "dateUpdated": "2021-01-03T00:00:00.000Z"},
        "containers": {"cna": {"providerMetadata": {"shortName": "harbour"}, "affected": list(affected), **cna}, "adp": list(adp)},
    }  # fmt: skip


def one(data):
    (found,) = records(cve, json.dumps(data).encode())
    return found


RANGE = [{"version": "1.0", "status": "affected", "lessThan": "1.4", "versionType": "semver"}]
# The registries' hosts are put together here: none is named in this project.
NPM, MAVEN, GO = (
    "https://www.npmjs.example",
    "https://repo.maven.example/maven2",
    "https://pkg.go.example",
)


@pytest.mark.parametrize(
    ("entry", "package"),
    [
        ({"packageURL": "pkg:npm/%40dock/crane"}, ("npm", "@dock/crane")),
        ({"packageURL": "pkg:maven/org.dock/crane"}, ("maven", "org.dock:crane")),
        ({"packageURL": "pkg:pypi/Dock_Crane"}, ("pep440", "dock-crane")),
        ({"packageURL": "pkg:deb/debian/crane"}, None),
        ({"packageURL": "crane"}, None),
        ({"collectionURL": NPM, "packageName": "crane"}, ("npm", "crane")),
        ({"collectionURL": f"{NPM}/package/crane", "packageName": "crane"}, ("npm", "crane")),
        ({"collectionURL": MAVEN, "packageName": "org.dock:crane"}, ("maven", "org.dock:crane")),
        ({"collectionURL": MAVEN, "packageName": "crane"}, None),
        ({"collectionURL": GO, "packageName": "net/http"}, ("golang", "stdlib")),
        ({"collectionURL": GO, "packageName": "cmd/go"}, ("golang", "toolchain")),
        (
            {"collectionURL": GO, "packageName": "dock.example/crane"},
            ("golang", "dock.example/crane"),
        ),
        ({"collectionURL": "https://example.org/plugins", "packageName": "crane"}, None),
        ({"collectionURL": "https://[", "packageName": "crane"}, None),
        ({"collectionURL": NPM}, None),
        ({"vendor": "dock", "product": "crane"}, None),
    ],
)
def test_an_entry_that_names_a_package_is_matched_and_others_are_counted(entry, package):
    found = one(record({**entry, "versions": RANGE}))
    assert [(a.scheme, a.name) for a in found.affected] == ([package] if package else [])
    assert found.unmatchable == (package is None)
    if package:
        assert ranges(found.affected[0]) == [("1.0", "1.4", None)]
        assert found.affected[0].fix == "fixed"


def said(versions, default=None):
    entry = {"packageURL": "pkg:npm/crane", "versions": versions}
    if default:
        entry["defaultStatus"] = default
    found = one(record(entry))
    return [(a.claim, ranges(a)) for a in found.affected]


def test_the_default_is_what_no_version_says():
    sound = [{"version": "1.2", "status": "unaffected", "lessThanOrEqual": "1.*"}]
    assert said(sound, "affected") == [("affected", [(None, "1.2", None), ("2", None, None)])]
    assert said(sound, "unaffected") == [] == said(sound)
    assert said([], "affected") == [("affected", [(None, None, None)])]


def test_the_first_version_that_holds_decides():
    versions = [
        {"version": "1.3", "status": "unaffected"},
        {"version": "0", "status": "affected", "lessThanOrEqual": "2.0.0"},
        {"version": "1.0", "status": "unknown", "lessThan": "3.0.0"},
    ]
    assert said(versions) == [
        ("affected", [(None, "1.3", None), ("1.3.0", None, "2.0.0")]),
        ("unknown", [("2.0.1-0", "3.0.0", None)]),
    ]


def test_what_follows_the_last_version_that_is_not_affected_begins_above_it():
    """In each ecosystem's order: a Python pre-release's next is no legacy version."""
    for purl, sound, below, above in (
        ("pkg:pypi/crane", "1.0rc1", "1.0rc1", "1.0rc2"),
        ("pkg:pypi/crane", "1.0", "1.0", "1.0.post1"),
        ("pkg:hackage/crane", "1.0", "1.0", "1.0.0"),
        ("pkg:cargo/crane", "1.0.0-rc.1", "1.0.0-rc.1", "1.0.0-rc.2"),
        ("pkg:gem/crane", "1.0", "1.0.0", "1.0.1"),
    ):
        versions = [{"version": "0", "status": "unaffected", "lessThanOrEqual": sound}]
        entry = {"packageURL": purl, "defaultStatus": "affected", "versions": versions}
        (affected,) = one(record(entry)).affected
        claim, _ = claim_of(affected, "")
        assert judge(below, affected.scheme, claim).verdict == "outside", purl
        assert judge(above, affected.scheme, claim).verdict == "inside", purl


def test_changes_hold_from_their_version_on():
    versions = [
        {
            "version": "1.0", "status": "affected", "lessThan": "*",
            "changes": [{"at": "3.0", "status": "affected"}, {"at": "2.0", "status": "unaffected"}],
        }
    ]  # fmt: skip
    assert said(versions) == [("affected", [("1.0", "2.0", None), ("3.0", None, None)])]


def test_one_version_and_versions_over_commits():
    assert said([{"version": "1.2.3", "status": "affected"}]) == [
        ("affected", [("1.2.3", None, "1.2.3")])
    ]
    commits = [{"version": "abc", "lessThan": "def", "status": "affected", "versionType": "git"}]
    found = one(record({"packageURL": "pkg:npm/crane", "versions": commits}))
    assert (found.affected, found.unmatchable) == ((), 1)


@pytest.mark.parametrize(
    "version",
    [
        {"version": "soon", "status": "affected"},
        {"version": "1", "status": "maybe"},
        {"version": "1"},
        {"version": "1", "status": "affected", "lessThanOrEqual": "x.*"},
    ],
)
def test_what_cannot_be_read_leaves_no_claim(version):
    lost, found = records(
        cve, json.dumps(record({"packageURL": "pkg:npm/crane", "versions": [version]})).encode()
    )
    assert (lost.effect, found.affected, found.unmatchable) == ("field_lost", (), 1)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_every_version_has_the_status_the_format_gives_it(data):
    versions = data.draw(st.lists(VERSION, max_size=4))
    default = data.draw(st.sampled_from(["affected", "unaffected", "unknown"]))
    found = statuses(versions, default, order)
    for probe in PROBES:
        expected = status_of(versions, default, probe)
        at = (order(probe), 0.5)
        affected = any(low.at < at < high.at for low, high in found.affected)
        assert affected is (expected == "affected"), probe


PROBES = [f"{a}.{b}.0" for a in range(4) for b in range(3)]
STATUS = st.sampled_from(["affected", "unaffected", "unknown"])
VERSION = st.builds(
    Version,
    version=st.sampled_from(PROBES),
    status=STATUS,
    lessThan=st.sampled_from([None, None, *PROBES]),
    changes=st.lists(
        st.builds(Change, at=st.sampled_from(PROBES), status=STATUS),
        max_size=2,
        unique_by=lambda c: c.at,
    ),
)


def status_of(versions, default, probe):
    """The algorithm of the record format, word for word."""
    for version in versions:
        if version.lessThan is None:
            if order(probe) == order(version.version):
                return changed(version, probe)
        elif order(version.version) <= order(probe) < order(version.lessThan):
            return changed(version, probe)
    return default


def changed(version, probe):
    status = version.status
    for change in sorted(version.changes, key=lambda c: order(c.at)):
        if order(change.at) <= order(probe):
            status = change.status
    return status


def test_scores_and_decision_points_say_who_gave_them():
    metric = {
        "cvssV3_1": {
            "baseScore": 9.8,
            "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        }
    }
    points = {
        "other": {
            "type": "ssvc",
            "content": {
                "options": [
                    {"Exploitation": "poc"},
                    {"Automatable": "no"},
                    {"Technical Impact": "partial"},
                ]
            },
        }
    }
    adp = {
        "title": "CISA ADP",
        "providerMetadata": {"shortName": "CISA-ADP"},
        "metrics": [metric, points],
    }
    found = one(record(metrics=[{"cvssV4_0": {"baseScore": 8.1}}], adp=[adp], title="Swings"))
    assert [(s.source, s.score, s.version, s.label) for s in found.severities] == [
        ("cna:harbour", 8.1, "4.0", ""),
        ("cisa-adp", 9.8, "3.1", ""),
    ]
    assert (found.summary, found.published) == ("Swings", "2021-01-02T00:00:00.000Z")
    assert found.ssvc == "poc/no/partial"


@pytest.mark.parametrize("options", [None, [], [{"Exploitation": "poc"}, {"Automatable": "no"}], 1])
def test_a_decision_without_all_its_points_is_none(options):
    points = {"other": {"type": "ssvc", "content": {"options": options}}}
    adp = {"providerMetadata": {"shortName": "CISA-ADP"}, "metrics": [points]}
    assert one(record(adp=[adp])).ssvc == ""


def test_what_is_disputed_says_so():
    assert one(record(tags=["disputed"])).disputed
    assert not one(record(tags=["unsupported-when-assigned"])).disputed


def test_what_was_rejected_is_withdrawn():
    assert one(record(state="REJECTED")).withdrawn == "2021-01-03T00:00:00.000Z"
    assert one(record()).withdrawn == ""


def test_archives_and_single_records_are_known(tmp_path):
    data = json.dumps(record()).encode()
    members = {
        "v-1/README.md": b"CVE_RECORD",
        "v-1/2021/10xxx/CVE-2021-10008.json": data,
        "v-1/2021/10xxx/CVE-2021-10009.json": b"{",
    }
    (tmp_path / "a.tar.gz").write_bytes(tarball(members, packed=True))
    (tmp_path / "CVE-2021-10008.json").write_bytes(data)
    single, archive = walk(str(tmp_path))
    assert (single.feed, archive.feed) == ("cve", "cve")
    assert [r.id for r in read(single)] == ["CVE-2021-10008"]
    found, lost = read(archive)
    assert isinstance(found, Advisory)
    assert isinstance(lost, Problem)
    assert lost.effect == "record_lost"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"cveMetadata":{"cveId":"X"},"containers":{}}', "[" * 9000]
)
def test_what_is_no_record_is_a_problem(text):
    (lost,) = records(cve, text.encode())
    assert (lost.source, lost.effect) == ("cve", "record_lost")
