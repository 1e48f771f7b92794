"""Two SBOMs compared: which packages are pairs, and what became of the others."""

from hypothesis import given
from hypothesis import strategies as st

from lading.differing import compared
from sbom.diff import compare
from sbom.model import Component, Distro, Evidence, Layer, Sbom, Subject
from sbom.purl import parse

LAYER = "sha256:" + "1" * 64


def one(purl, path="", **more):
    parts = parse(purl)
    evidence = (Evidence(path=path, layer=LAYER),) if path else ()
    arch = dict(parts.qualifiers).get("arch", "")
    return Component(
        purl=purl, name=parts.name, version=parts.version, arch=arch, evidence=evidence, **more
    )


def sbom(*components, platform="", **more):
    return Sbom(
        subject=Subject(name="app", platform=platform),
        components=tuple(c if isinstance(c, Component) else one(c) for c in components),
        layers=(Layer(diff_id=LAYER, created_by="RUN x", step=1),),
        **more,
    )


def events(before, after):
    return [(e.event, e.package, e.was, e.version) for e in compared(before, after).packages]


DEB = "pkg:deb/debian/a@1:2.0?arch=amd64&distro=debian-12"


def test_added_removed_and_changed_packages_are_told_apart():
    before = sbom("pkg:npm/a@1.9.0", "pkg:npm/gone@1", "pkg:npm/same@1")
    after = sbom("pkg:npm/a@1.10.0", "pkg:npm/new@1", "pkg:npm/same@1")
    assert events(before, after) == [
        ("added", "npm/new", "", "1"),
        ("removed", "npm/gone", "", "1"),
        ("upgraded", "npm/a", "1.9.0", "1.10.0"),
    ]
    assert events(after, before)[-1] == ("downgraded", "npm/a", "1.10.0", "1.9.0")


def test_of_several_versions_those_on_both_sides_stay_and_the_rest_are_paired():
    before = sbom("pkg:npm/a@1.0.0", "pkg:npm/a@2.0.0")
    after = sbom("pkg:npm/a@2.0.0", "pkg:npm/a@3.0.0", "pkg:npm/a@4.0.0")
    assert events(before, after) == [
        ("added", "npm/a", "", "4.0.0"),
        ("upgraded", "npm/a", "1.0.0", "3.0.0"),
    ]


def test_versions_at_the_same_path_are_paired_before_others():
    before = sbom(one("pkg:npm/a@1.0.0", "x"), one("pkg:npm/a@2.0.0", "y"))
    after = sbom(one("pkg:npm/a@1.5.0", "y"), one("pkg:npm/a@2.5.0", "x"))
    assert events(before, after) == [
        ("upgraded", "npm/a", "1.0.0", "2.5.0"),
        ("downgraded", "npm/a", "2.0.0", "1.5.0"),
    ]


def test_another_minor_release_of_the_distribution_is_no_change_of_a_package():
    before = sbom("pkg:apk/alpine/a@1-r0?arch=x86_64&distro=alpine-3.19.1")
    after = sbom("pkg:apk/alpine/a@1-r0?arch=x86_64&distro=alpine-3.19.2")
    assert events(before, after) == []


def test_a_package_of_another_distribution_is_another_package():
    found = events(sbom(DEB), sbom(DEB.replace("debian/a", "ubuntu/a")))
    assert [event for event, *_ in found] == ["added", "removed"]


def test_both_spellings_of_a_distribution_are_one():
    before, after = sbom("pkg:rpm/redhat/a@1-1"), sbom("pkg:rpm/rhel/a@1-2")
    assert [event for event, *_ in events(before, after)] == ["upgraded"]


def test_architectures_are_kept_apart_within_a_platform_and_ignored_between_two():
    amd, arm = DEB, DEB.replace("amd64", "arm64")
    assert [
        e for e, *_ in events(sbom(amd, platform="l/amd64"), sbom(arm, platform="l/amd64"))
    ] == ["rebuilt"]
    assert events(sbom(amd, platform="l/amd64"), sbom(arm, platform="l/arm64")) == []
    both = sbom(amd, DEB.replace("amd64", "i386"))
    assert events(both, sbom(amd.replace("2.0", "2.1"), DEB.replace("amd64", "i386"))) == [
        ("upgraded", "deb/debian/a", "1:2.0", "1:2.1")
    ]


def test_licences_facts_and_distribution_are_compared_too():
    before = sbom(one("pkg:npm/a@1", licenses=("MIT",)), facts=(("user", "root"),))
    after = sbom(
        one("pkg:npm/a@2", licenses=("GPL-3.0-only",)),
        facts=(("user", "7"),),
        distro=Distro(id="debian", version="12"),
    )
    told = compared(before, after)
    assert [(each.before, each.after) for each in told.licenses] == [(("MIT",), ("GPL-3.0-only",))]
    assert told.facts_removed[0].value == "root"
    assert told.facts_added[0].value == "7"
    assert told.after.distro == "debian-12"
    assert told.differs


def test_a_change_tells_the_layer_it_lies_in():
    entry = compared(sbom(), sbom(one("pkg:npm/a@1", "x"))).packages[0]
    assert (entry.number, entry.layer, entry.created_by, entry.path) == (1, LAYER, "RUN x", "x")


def test_components_without_a_readable_purl_go_by_their_names():
    old = Component(purl="", name="thing", version="1", type="application")
    new = Component(purl="odd", name="thing", version="2", type="application")
    assert events(sbom(old), sbom(new)) == [("changed", "application/thing", "1", "2")]


PURLS = st.sampled_from(
    [f"pkg:{kind}@{v}" for kind in ("npm/a", "npm/b", "deb/debian/c") for v in ("1", "2", "3")]
)
SBOMS = st.lists(PURLS, max_size=6).map(lambda purls: sbom(*purls))


@given(SBOMS, SBOMS)
def test_nothing_is_lost_and_the_way_back_is_the_mirror(before, after):
    there, back = compare(before, after), compare(after, before)
    assert {c.purl for c in there.added} == {c.purl for c in back.removed}
    assert {c.purl for c in there.removed} == {c.purl for c in back.added}
    assert len(there.changed) == len(back.changed)
    assert (
        len({c.purl for c in after.components})
        == len(there.added) + len(there.changed) + there.unchanged
    )
    assert (
        len({c.purl for c in before.components})
        == len(there.removed) + len(there.changed) + there.unchanged
    )


@given(SBOMS)
def test_an_sbom_does_not_differ_from_itself(same):
    assert not compared(same, same).differs
