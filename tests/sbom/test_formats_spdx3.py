"""SPDX 3.0.1 as other tools write it: elements by id or in place, licences as sets, agents."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbom.errors import InputError
from sbom.formats import faults, read

CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
INFO = {
    "type": "CreationInfo",
    "@id": "_:c",
    "specVersion": "3.0.1",
    "created": "2024-01-01T00:00:00Z",
    "createdBy": ["urn:x:me"],
}


def element(type_, id_, **members):
    return {"type": type_, "spdxId": f"urn:x:{id_}", "creationInfo": "_:c"} | members


def graph(*elements):
    return json.dumps({"@context": CONTEXT, "@graph": [INFO, *elements]}).encode()


def licensed(id_, how, *licenses):
    ends = {"from": f"urn:x:{id_}", "to": [f"urn:x:{one}" for one in licenses]}
    return element("Relationship", f"{id_}-{how}", relationshipType=f"has{how}License", **ends)


EXAMPLE = (
    element("Person", "me", name="Me"),
    element("Organization", "us", name="Us"),
    element("SpdxDocument", "doc", name="d", rootElement=["urn:x:bom"]),
    element("software_Sbom", "bom", rootElement=["urn:x:app"]),
    element("software_Package", "app", name="app", software_packageVersion="2"),
    element(
        "software_Package",
        "a",
        name="a",
        software_packageVersion="1",
        software_packageUrl="pkg:npm/a@1",
        suppliedBy="urn:x:us",
        originatedBy=["urn:x:me"],
        verifiedUsing=[{"type": "Hash", "algorithm": "sha3_256", "hashValue": "00"}],
        externalIdentifier=[
            {
                "type": "ExternalIdentifier",
                "externalIdentifierType": "cpe23",
                "identifier": "cpe:2.3:a:b:c:1:*:*:*:*:*:*:*",
            }
        ],
    ),
    element(
        "software_Package",
        "b",
        name="b",
        externalIdentifier=[
            {
                "type": "ExternalIdentifier",
                "externalIdentifierType": "packageUrl",
                "identifier": "pkg:npm/b@1",
            }
        ],
    ),
    element("software_File", "f", name="f"),
    element(
        "software_Package",
        "os",
        name="debian",
        software_packageVersion="12",
        software_primaryPurpose="operatingSystem",
    ),
    element(
        "Relationship", "r", relationshipType="dependsOn", **{"from": "urn:x:a", "to": ["urn:x:b"]}
    ),
    element(
        "simplelicensing_LicenseExpression", "mit", simplelicensing_licenseExpression="MIT OR ISC"
    ),
    element(
        "expandedlicensing_ListedLicense", "y/Zlib", name="zlib", simplelicensing_licenseText="-"
    ),
    element(
        "expandedlicensing_ConjunctiveLicenseSet",
        "both",
        expandedlicensing_member=["urn:x:mit", "urn:x:y/Zlib"],
    ),
    licensed("a", "Declared", "both"),
    licensed("a", "Concluded", "mit"),
)


def test_packages_agents_licences_and_relationships():
    sbom = read(graph(*EXAMPLE), "a.json")
    app, a, b = sbom.components
    assert (app.name, app.version, app.purl) == ("app", "2", "")
    assert (a.purl, b.purl) == ("pkg:npm/a@1", "pkg:npm/b@1")
    assert a.vendor == "Us"
    assert a.parties == (("originator-person", "Me"), ("supplier", "Us"))
    assert a.hashes == (("SHA3-256", "00"),)
    assert a.cpes == ("cpe:2.3:a:b:c:1:*:*:*:*:*:*:*",)
    assert a.licenses == ("(MIT OR ISC) AND Zlib",)
    assert a.concluded == ("MIT OR ISC",)
    assert sbom.dependencies == (("urn:x:a", ("urn:x:b",)),)
    assert (sbom.root.name, sbom.root.version, sbom.root.ref) == ("app", "2", "urn:x:app")
    assert (sbom.distro.id, sbom.distro.version) == ("debian", "12")
    assert (sbom.format, sbom.serial) == ("spdx3-json 3.0.1", "urn:x:doc")
    assert faults(graph(*EXAMPLE)) == []


def test_an_element_may_stand_in_the_place_of_its_id():
    party = {"type": "Organization", "spdxId": "urn:x:o", "name": "Them", "creationInfo": INFO}
    inner = element("software_Package", "a", name="a", suppliedBy=party)
    sbom = element("software_Sbom", "s", rootElement=[inner])
    (one,) = (found := read(graph(sbom), "a.json")).components
    assert one.vendor == "Them"
    assert found.root.name == "a"
    alone = read(json.dumps({"@context": CONTEXT} | inner).encode(), "a.json")
    assert [each.name for each in alone.components] == ["a"]


def test_another_context_is_told():
    data = json.dumps({"@context": [CONTEXT, {"x": "y"}], "@graph": []}).encode()
    (problem,) = read(data, "a.json").problems
    assert "@context" in problem.what
    assert [fault.place for fault in faults(data)] == ["@context"]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"software_packageUrl": 7}, "@graph[1].software_packageUrl"),
        ({"software_primaryPurpose": "vegetable"}, "@graph[1].software_primaryPurpose"),
        ({"type": "software_Vegetable"}, "@graph[1].type"),
        ({"type": None}, "@graph[1]"),
        ({"creationInfo": None}, "@graph[1].creationInfo"),
        ({"colour": "red"}, "@graph[1]"),
        ({"spdxId": "no address"}, "@graph[1].spdxId"),
        ({"verifiedUsing": [{"type": "Hash"}]}, "@graph[1].verifiedUsing"),
    ],
)
def test_faults_name_element_and_member(change, place):
    package = element("software_Package", "a", name="a") | change
    assert place in [fault.place for fault in faults(graph(package))]


def test_an_id_given_twice_is_a_fault():
    package = element("software_Package", "a", name="a")
    assert [f.place for f in faults(graph(package, package))] == ["@graph[2].spdxId"]


def test_licences_that_hold_themselves_or_each_other_end_soon():
    sets = [
        element(
            "expandedlicensing_ConjunctiveLicenseSet",
            f"l{n}",
            expandedlicensing_member=[f"urn:x:l{n + 1}", f"urn:x:l{n + 1}", f"urn:x:l{n}"],
        )
        for n in range(200)
    ]
    package = element("software_Package", "a", name="a")
    started = time.perf_counter()
    (one,) = read(graph(package, licensed("a", "Declared", "l0"), *sets), "a.json").components
    assert time.perf_counter() - started < 5
    assert len("".join(one.licenses)) <= 10_000


def test_what_cannot_be_read_is_told():
    package = element("software_Package", "a", name="a", suppliedBy={"name": []})
    sbom = read(graph(package, element("software_Package", "a", name="b")), "a.json")
    assert [one.name for one in sbom.components] == ["a"]
    assert sorted(p.where for p in sbom.problems) == [
        "a.json: urn:x:a",
        "a.json: urn:x:a.suppliedBy[0]",
    ]


@pytest.mark.parametrize(
    "members",
    [
        {"name": 7, "externalIdentifier": [7, {"identifier": []}]},
        {"suppliedBy": [[], 7, {"name": []}], "originatedBy": {}},
        {"verifiedUsing": "x", "software_attributionText": 7},
        {"type": 7},
        {"spdxId": []},
    ],
)
def test_odd_members_are_told_and_nothing_breaks(members):
    read(graph(element("software_Package", "a") | members), "a.json")
    assert faults(graph(element("software_Package", "a") | members))


@given(st.lists(st.tuples(st.integers(0, 3000), st.binary(max_size=4)), max_size=5))
@settings(max_examples=100, deadline=None)
def test_spoiled_documents_are_read_or_refused(changes):
    data = graph(*EXAMPLE)
    for place, octets in changes:
        data = data[:place] + octets + data[place + len(octets) :]
    faults(data)
    try:
        told = [problem.where for problem in read(data, "a").problems]
    except InputError as refused:
        told = [str(refused)]
    assert not any("\n" in line for line in told)
