"""Documents and names made to cost far more than their size do not: time stays in proportion."""

import json
from time import perf_counter

import pytest
from make_image import image_of, tar

from sbom import diff
from sbom.build import build
from sbom.distro import from_qualifier
from sbom.errors import InputError
from sbom.formats import read, write
from sbom.limits import Limits, parse
from sbom.model import Component, Purl, Sbom, Subject
from sbom.registry.challenge import challenges
from sbom.sheets import sheet

MOST_SECONDS = 10


@pytest.fixture(autouse=True)
def in_time():
    begun = perf_counter()
    yield
    assert perf_counter() - begun < MOST_SECONDS


def sbom_of(*components):
    return Sbom(subject=Subject(name="x"), components=components)


def component(version="1", **more):
    return Component(purl=Purl(f"pkg:npm/a@{version}"), name="a", version=version, **more)


def test_two_sboms_of_very_many_versions_are_compared():
    before = sbom_of(*(component(f"1.{n}") for n in range(20_000)))
    after = sbom_of(*(component(f"2.{n}") for n in range(20_000)))
    assert len(diff.compare(before, after).changed) == 20_000


@pytest.mark.parametrize("format_", ["cyclonedx-json", "spdx-json"])
def test_many_components_of_one_reference_are_written(format_):
    many = sbom_of(*(component(ref="SPDXRef-a") for _ in range(20_000)))
    assert len(read(write(many, format_), "x").components) == 20_000


def test_a_package_of_very_many_purls_cpes_and_places_is_read():
    names = [("purl", f"pkg:npm/a@1.{n}") for n in range(5_000)]
    names += [("cpe23Type", f"cpe:2.3:a:b:c:{n}:*:*:*:*:*:*:*") for n in range(5_000)]
    package = {
        "SPDXID": "SPDXRef-a",
        "name": "a",
        "sourceInfo": f"acquired package info from: {', '.join(f'p{n}' for n in range(5_000))}",
        "externalRefs": [{"referenceType": kind, "referenceLocator": one} for kind, one in names],
    }
    found = read(json.dumps({"spdxVersion": "SPDX-2.3", "packages": [package]}).encode(), "x")
    assert [one.version for one in found.components] == [f"1.{n}" for n in range(5_000)]
    assert {len(one.cpes) for one in found.components} == {5_000}
    assert {len(one.evidence) for one in found.components} == {5_000}
    assert len({id(one.evidence) for one in found.components}) == 1
    assert len({id(one.cpes) for one in found.components}) == 1


def test_many_licences_that_look_alike_are_written():
    many = sbom_of(component(licenses=tuple(f"{'!' * 60}{n}" for n in range(20_000))))
    written = json.loads(write(many, "spdx-json"))
    ids = {one["licenseId"] for one in written["hasExtractedLicensingInfos"]}
    assert len(ids) == 20_000


def test_a_set_of_a_licence_a_million_times_is_no_text_of_gigabytes():
    long = {
        "type": "simplelicensing_LicenseExpression",
        "spdxId": "urn:x:long",
        "simplelicensing_licenseExpression": "A" * 9_999,
    }
    members = ["urn:x:long"] * 300_000
    whole = {
        "type": "expandedlicensing_ConjunctiveLicenseSet",
        "spdxId": "urn:x:set",
        "expandedlicensing_member": members,
    }
    package = {"type": "software_Package", "spdxId": "urn:x:a", "name": "a"}
    told = {
        "type": "Relationship",
        "spdxId": "urn:x:r",
        "from": "urn:x:a",
        "relationshipType": "hasDeclaredLicense",
        "to": ["urn:x:set"],
    }
    context = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
    document = {"@context": context, "@graph": [long, whole, package, told]}
    (found,) = read(json.dumps(document).encode(), "x").components
    assert found.licenses == ()


def test_very_many_roots_are_asked_once_each():
    main = {
        "type": "SpdxDocument",
        "spdxId": "urn:x:d",
        "rootElement": [f"urn:x:{n}" for n in range(300_000)],
    }
    context = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
    assert not read(json.dumps({"@context": context, "@graph": [main]}).encode(), "x").components


@pytest.mark.parametrize("creator", ["Person: " + " " * 20_000 + "x", "Tool: x" + "-1" * 20_000])
def test_creators_of_any_form_are_judged(creator):
    document = {
        "spdxVersion": "SPDX-2.3",
        "creationInfo": {"created": "2026-01-01T00:00:00Z", "creators": [creator + " ?"]},
        "packages": [],
    }
    assert sheet(json.dumps(document).encode(), "x").told["format"] == ("SPDX",)


def test_a_dependency_on_very_many_is_judged():
    needs = b'<dependency ref="b"/>' * 100_000
    document = (
        b'<bom xmlns="http://cyclonedx.org/schema/bom/1.6"><components/><dependencies>'
        b'<dependency ref="a" dependsOn="odd">' + needs + b"</dependency></dependencies></bom>"
    )
    assert sheet(document, "x").rows == ()


def test_names_of_distributions_and_challenges_have_an_end():
    assert from_qualifier("-" * 300_000, "debian", "deb") is not None
    assert challenges("a" * 300_000)[0].scheme == "a" * 8192
    assert challenges('Basic x="' + 'a\\"' * 100_000) == []


def test_files_with_very_many_names_through_links_are_told(tmp_path):
    package = json.dumps({"name": "p", "version": "1"})
    files = [(f"a/{n}/node_modules/p/package.json", package.encode()) for n in range(60)]
    links = [(f"l/{n}/package.json", "/a") for n in range(60)]
    image = image_of(tmp_path, tar(*files, *links))
    assert len(build(image).components) == 1
    with pytest.raises(InputError, match=r"more than 1000 names \(packages\)"):
        build(image, limits=Limits(packages=1_000))


def test_a_limit_of_very_many_digits_is_no_size():
    with pytest.raises(InputError, match="is no size"):
        parse(["layers=" + "9" * 5_000])
