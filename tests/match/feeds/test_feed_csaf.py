"""CSAF documents of distributions: product statuses to claims by release, product and module."""

import json
import re

import pytest
from feed_files import ranges, records
from hypothesis import given, settings
from hypothesis import strategies as st

from match.feeds import csaf, read, walk
from match.model import Advisory
from match.records.product_tree import RPM
from sbom.model import Problem

EL9 = (
    "AppStream-9",
    "Red Hat Enterprise Linux AppStream (v. 9)",
    "cpe:/a:redhat:enterprise_linux:9::appstream",
)
EL8 = ("el_8", "Red Hat Enterprise Linux 8", "cpe:/o:redhat:enterprise_linux:8")
LAYERED = ("jws", "JBoss Web Server 5", "cpe:/a:redhat:jboss_web_server:5")
SLES = ("sles", "SUSE Linux Enterprise Server 15 SP5", "cpe:/o:suse:sles:15:sp5")
LEAP = ("leap", "openSUSE Leap 15.5", "cpe:/o:opensuse:leap:15.5")


def product(id_, name="", **helper):
    return {"product_id": id_, "name": name or id_, "product_identification_helper": helper}


def tree(platforms, packages, pairs=None):
    """A product tree: platforms (id, name, cpe), packages (id, purl), each package on each."""
    inner = [
        {
            "category": "product_version",
            "name": i,
            "product": product(i, purl=p) if p else product(i),
        }
        for i, p in packages
    ]
    outer = [
        {"category": "product_name", "name": n, "product": product(i, n, cpe=c)}
        for i, n, c in platforms
    ]
    pairs = pairs or [(p[0], f[0]) for f in platforms for p in packages]
    return {
        "branches": [{"category": "vendor", "name": "v", "branches": [*outer, {"category": "architecture", "name": "x", "branches": inner}]}],
        "relationships": [
            {"category": "default_component_of", "product_reference": p, "relates_to_product_reference": f, "full_product_name": product(f"{f}:{p}")}
            for p, f in pairs
        ],
    }  # fmt: skip


def document(
    product_tree, *vulnerabilities, id_="CVE-2021-10009", publisher="Red Hat Product Security"
):
    return {
        "document": {
            "category": "csaf_vex",
            "csaf_version": "2.0",
            "title": "crane: swings",
            "publisher": {"name": publisher},
            "tracking": {
                "id": id_,
                "initial_release_date": "2021-01-02T00:00:00+00:00",
                "current_release_date": "2021-01-03T00:00:00Z",
            },
            "references": [{"category": "self", "url": "https://example.org/crane.json"}],
        },
        "product_tree": product_tree,
        "vulnerabilities": list(vulnerabilities),
    }


def vulnerability(cve="CVE-2021-10009", remediations=(), scores=(), **status):
    return {
        "cve": cve,
        "product_status": status,
        "remediations": list(remediations),
        "scores": list(scores),
    }


def read_all(data):
    return records(csaf, json.dumps(data).encode())


def claims(product_tree, **fields):
    (found,) = read_all(document(product_tree, vulnerability(**fields)))
    return found


CRANE = ("crane-1:2.0-3.el9.x86_64", "pkg:rpm/redhat/crane@2.0-3.el9?arch=x86_64&epoch=1")


def test_fixed_is_affected_before_that_version_on_that_release():
    found = claims(tree([EL9], [CRANE]), fixed=["AppStream-9:crane-1:2.0-3.el9.x86_64"])
    assert (found.id, found.names, found.feed) == ("CVE-2021-10009", (), "csaf:redhat")
    assert (found.published, found.modified) == ("2021-01-02T00:00:00Z", "2021-01-03T00:00:00Z")
    assert found.url == "https://example.org/crane.json"
    (claim,) = found.affected
    assert (claim.scheme, claim.name, claim.names) == ("rpm", "crane", "binary")
    assert (claim.release, claim.product) == ("rhel:9", "enterprise_linux:9::appstream")
    assert (claim.fix, ranges(claim), claim.stream) == ("fixed", [(None, "1:2.0-3.el9", None)], "")


@pytest.mark.parametrize(
    ("status", "category", "details", "claim", "fix"),
    [
        ("known_affected", "none_available", "Affected", "affected", "none"),
        ("known_affected", "none_available", "Fix deferred", "affected", "deferred"),
        ("known_affected", "no_fix_planned", "Will not fix", "affected", "wont_fix"),
        ("known_affected", "workaround", "Lock it", "affected", "none"),
        ("known_not_affected", "workaround", "", "not_affected", "not_affected"),
        ("under_investigation", "workaround", "", "unknown", "under_investigation"),
    ],
)
def test_a_status_without_a_version_is_of_every_version(status, category, details, claim, fix):
    product_tree = tree([EL8], [("crane", "pkg:rpm/redhat/crane")])
    remediation = {"category": category, "details": details, "product_ids": ["el_8:crane"]}
    (found,) = claims(product_tree, remediations=[remediation], **{status: ["el_8:crane"]}).affected
    assert (found.release, found.product, found.claim, found.fix) == (
        "rhel:8",
        "enterprise_linux:8",
        claim,
        fix,
    )
    assert ranges(found) == ([(None, None, None)] if claim == "affected" else [])


def test_a_status_of_a_version_is_of_that_version_alone():
    found = claims(tree([EL9], [CRANE]), known_not_affected=[f"AppStream-9:{CRANE[0]}"])
    (claim,) = found.affected
    assert (claim.claim, claim.versions, claim.intervals) == ("not_affected", ("1:2.0-3.el9",), ())


@pytest.mark.parametrize(
    ("status", "found"),
    [
        ("known_affected", []),
        ("first_affected", [("1:2.0-3.el9", None, None)]),
        ("last_affected", [(None, None, "1:2.0-3.el9")]),
    ],
)
def test_a_status_may_bound_what_is_affected(status, found):
    (claim,) = claims(tree([EL9], [CRANE]), **{status: [f"AppStream-9:{CRANE[0]}"]}).affected
    assert (claim.claim, ranges(claim)) == ("affected", found)
    assert claim.versions == (() if found else ("1:2.0-3.el9",))


def test_the_module_is_in_the_purl_or_between_package_and_platform_or_unknown():
    modular = "crane-2.0-3.module+el9.x86_64"
    labelled = (
        modular,
        "pkg:rpm/redhat/crane@2.0-3.module%2Bel9?arch=x86_64&rpmmod=crane:2:90:abc",
    )
    (claim,) = claims(tree([EL9], [labelled]), fixed=[f"AppStream-9:{modular}"]).affected
    assert claim.stream == "crane:2"
    bare = (modular, "pkg:rpm/redhat/crane@2.0-3.module%2Bel9?arch=x86_64")
    (claim,) = claims(tree([EL9], [bare]), fixed=[f"AppStream-9:{modular}"]).affected
    assert claim.stream is None
    module = ("crane:2", "pkg:rpmmod/redhat/crane@2:90:abc")
    nested = tree(
        [EL9], [bare, module], [("crane:2", "AppStream-9"), (modular, "AppStream-9:crane:2")]
    )
    (claim,) = claims(nested, fixed=[f"AppStream-9:crane:2:{modular}"]).affected
    assert (claim.stream, claim.release) == ("crane:2", "rhel:9")


def test_without_a_purl_the_name_says_what_it_is():
    (claim,) = claims(
        tree([EL9], [("crane-libs-1:2.0-3.el9.noarch", "")]),
        fixed=["AppStream-9:crane-libs-1:2.0-3.el9.noarch"],
    ).affected
    assert (claim.name, ranges(claim)) == ("crane-libs", [(None, "1:2.0-3.el9", None)])


def test_the_epoch_may_be_in_the_name_alone():
    packages = [("crane-1:2.0-3.el9.x86_64", "pkg:rpm/redhat/crane@2.0-3.el9?arch=x86_64")]
    (claim,) = claims(
        tree([EL9], packages), fixed=["AppStream-9:crane-1:2.0-3.el9.x86_64"]
    ).affected
    assert ranges(claim) == [(None, "1:2.0-3.el9", None)]


def test_architectures_that_differ_are_told_apart():
    packages = [
        (f"crane-2.0-{n}.el9.{arch}", f"pkg:rpm/redhat/crane@2.0-{n}.el9?arch={arch}")
        for n, arch in ((3, "x86_64"), (3, "s390x"), (4, "aarch64"))
    ]
    found = claims(tree([EL9], packages), fixed=[f"AppStream-9:{id_}" for id_, _ in packages])
    assert [(c.arches, ranges(c)) for c in found.affected] == [
        (("aarch64",), [(None, "2.0-4.el9", None)]),
        (("s390x", "x86_64"), [(None, "2.0-3.el9", None)]),
    ]


def test_sources_are_told_by_their_binaries_and_what_has_no_key_is_counted():
    source = ("crane-2.0-3.el9.src", "pkg:rpm/redhat/crane@2.0-3.el9?arch=src")
    container = ("crane-image", "pkg:oci/crane?repository_url=x")
    product_tree = tree([EL9, LAYERED], [CRANE, source, container])
    ids = [f"AppStream-9:{CRANE[0]}", f"AppStream-9:{source[0]}"]
    assert claims(product_tree, fixed=ids).unmatchable == 0
    alone = claims(product_tree, fixed=ids[1:])
    assert (alone.affected, alone.unmatchable) == ((), 1)
    lost = [f"jws:{CRANE[0]}", "AppStream-9:crane-image", "nowhere"]
    assert claims(product_tree, known_affected=lost).unmatchable == 3


@pytest.mark.parametrize(
    ("platform", "release", "product_"),
    [(SLES, "sles:15.5", "Linux Enterprise Server 15 SP5"), (LEAP, "opensuse-leap:15.5", "")],
)
def test_suse_names_its_platforms(platform, release, product_):
    package = ("crane-2.0-150500.3.1.x86_64", "pkg:rpm/suse/crane@2.0-150500.3.1?arch=x86_64")
    data = document(
        tree([platform], [package]),
        vulnerability(fixed=[f"{platform[0]}:{package[0]}"]),
        id_="SUSE-SU-2021:1-1",
        publisher="SUSE Product Security Team",
    )
    (found,) = read_all(data)
    assert (found.feed, found.names) == ("csaf:suse", ("CVE-2021-10009",))
    assert [(a.release, a.product) for a in found.affected] == [(release, product_)]


def test_an_advisory_has_a_record_for_each_of_its_cves_with_their_own_scores():
    vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
    scores = [{"cvss_v3": {"baseScore": 1.0, "vectorString": vector}}]
    one = vulnerability("CVE-2021-10010", scores=scores, fixed=[f"AppStream-9:{CRANE[0]}"])
    first, second = read_all(
        document(tree([EL9], [CRANE]), one, vulnerability("CVE-2021-10011"), id_="RHSA-2021:0001")
    )
    assert {first.id, second.id} == {"RHSA-2021:0001"}
    assert (first.names, second.names) == (("CVE-2021-10010",), ("CVE-2021-10011",))
    # The vector counts, not what is written beside it.
    assert [(s.score, s.version) for s in first.severities] == [(9.8, "3.1")]
    assert (len(first.affected), second.affected, second.severities) == (1, (), ())


def test_a_vulnerability_without_a_cve_goes_by_the_advisory():
    (found,) = read_all(
        document(
            tree([EL9], [CRANE]),
            vulnerability(None, fixed=[f"AppStream-9:{CRANE[0]}"]),
            id_="RHBA-2021:0002",
        )
    )
    assert (found.id, found.names, len(found.affected)) == ("RHBA-2021:0002", (), 1)


def test_a_document_that_names_nothing_is_a_record(tmp_path):
    path = tmp_path / "crane.json"
    path.write_text(json.dumps(document({})))
    (source,) = walk(str(path))
    (found,) = read(source)
    assert (source.feed, found.id, found.affected) == ("csaf", "CVE-2021-10009", ())


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("crane-1:2.0-3.el9.x86_64", ("crane", "1", "2.0", "3.el9", "x86_64")),
        ("crane-libs-2.0-3.el9.noarch.rpm", ("crane-libs", None, "2.0", "3.el9", "noarch")),
        (
            "ruby-2.7.8-139.module+el8.8.0+1+a.i686.rpm-ruby:2.7",
            ("ruby", None, "2.7.8", "139.module+el8.8.0+1+a", "i686"),
        ),
    ],
)
def test_the_names_of_rpms(text, parts):
    assert re.fullmatch(RPM, text).group("name", "epoch", "version", "release", "arch") == parts


def test_a_tree_that_goes_in_circles_or_too_deep_ends():
    circle = tree([EL9], [CRANE], [("a", "AppStream-9:b"), ("b", "AppStream-9:a")])
    circle["relationships"][0]["relates_to_product_reference"] = "AppStream-9:a"
    assert read_all(document(circle, vulnerability(fixed=["AppStream-9:a"])))[0].affected == ()
    deep = {"category": "vendor", "name": "v"}
    for _ in range(50):
        deep = {"category": "vendor", "name": "v", "branches": [deep]}
    (lost,) = read_all(document({"branches": [deep]}))
    assert (lost.effect, "too deep" in lost.what) == ("record_lost", True)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_change_of_a_value_makes_it_fail(data):
    packed = json.dumps(
        document(tree([EL9], [CRANE]), vulnerability(fixed=[f"AppStream-9:{CRANE[0]}"]))
    )
    at = data.draw(st.integers(0, len(packed)))
    piece = data.draw(st.sampled_from(["", '"', "[", "}", "1", "null", "\\", ":", "é"]))
    for found in records(csaf, (packed[:at] + piece + packed[at + 1 :]).encode()):
        assert isinstance(found, Advisory | Problem)
