import json

import pytest
from msgspec.json import encode

from gate.model import Status
from gate.vex import faults, read
from sbom.errors import InputError

CSAF = {
    "document": {
        "category": "csaf_vex",
        "csaf_version": "2.0",
        "title": "t",
        "publisher": {"category": "vendor", "name": "Acme", "namespace": "https://example.test"},
        "tracking": {
            "id": "ACME-1",
            "current_release_date": "2024-01-01T01:00:00+01:00",
            "initial_release_date": "2024-01-01T00:00:00Z",
            "revision_history": [{"date": "2024-01-01T00:00:00Z", "number": "1", "summary": "s"}],
            "status": "final",
            "version": "1",
        },
    },
    "product_tree": {
        "branches": [
            {
                "category": "vendor",
                "name": "Acme",
                "branches": [
                    {
                        "category": "product_name",
                        "name": "OS 8",
                        "product": {
                            "name": "Acme OS 8",
                            "product_id": "os8",
                            "product_identification_helper": {"cpe": "cpe:/o:acme:os:8"},
                        },
                    }
                ],
            }
        ],
        "full_product_names": [
            {
                "name": "curl",
                "product_id": "curl",
                "product_identification_helper": {
                    "purl": "pkg:rpm/acme/curl@1-1",
                    "hashes": [
                        {
                            "filename": "x",
                            "file_hashes": [{"algorithm": "sha256", "value": "ab" * 16}],
                        }
                    ],
                },
            },
            {"name": "wget", "product_id": "wget"},
        ],
        "relationships": [
            {
                "category": "default_component_of",
                "full_product_name": {"name": "curl in OS 8", "product_id": "os8:curl"},
                "product_reference": "curl",
                "relates_to_product_reference": "os8",
            }
        ],
        "product_groups": [{"group_id": "g", "product_ids": ["os8:curl", "os8"]}],
    },
    "vulnerabilities": [
        {
            "cve": "CVE-2024-0001",
            "ids": [{"system_name": "x", "text": "GHSA-x"}],
            "notes": [{"category": "general", "text": "about curl"}],
            "product_status": {
                "known_not_affected": ["os8:curl", "wget"],
                "fixed": ["curl"],
                "recommended": ["curl"],
            },
            "flags": [{"label": "component_not_present", "group_ids": ["g"]}],
            "threats": [{"category": "impact", "details": "not built", "product_ids": ["wget"]}],
        }
    ],
}


def changed(document, change):
    copy = json.loads(json.dumps(document))
    change(copy)
    return encode(copy)


def test_csaf_products_are_joined_by_their_relationships():
    statements, problems = read(encode(CSAF), "x")
    assert not problems
    assert not faults(encode(CSAF))
    by_reason = {(s.status, s.justification, s.impact): s for s in statements}
    assert set(by_reason) == {
        (Status.NOT_AFFECTED, "component_not_present", ""),
        (Status.NOT_AFFECTED, None, "not built"),
        (Status.FIXED, None, ""),
    }
    (inside,) = by_reason[Status.NOT_AFFECTED, "component_not_present", ""].products
    assert (inside.id, inside.cpes) == ("os8:curl", ("cpe:/o:acme:os:8",))
    assert inside.subcomponents[0].purls == ("pkg:rpm/acme/curl@1-1",)
    assert inside.subcomponents[0].hashes == (("sha256", "ab" * 16),)
    for statement in statements:
        assert statement.timestamp == "2024-01-01T00:00:00Z"
        assert statement.author == "Acme"
        assert statement.vulnerabilities == ("CVE-2024-0001", "GHSA-x")
        assert statement.document == "ACME-1#vulnerabilities[0]"


def test_a_csaf_product_that_is_not_defined_is_a_problem():
    def change(document):
        document["vulnerabilities"][0]["product_status"]["fixed"] = ["nobody"]

    data = changed(CSAF, change)
    statements, (problem,) = read(data, "x")
    assert Status.FIXED not in {s.status for s in statements}
    assert "nobody" in problem.what
    assert [f.place for f in faults(data)] == ["vulnerabilities[0].product_status.fixed"]


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["document"].pop("tracking"),
        lambda d: d["document"].update(csaf_version="1.2"),
        lambda d: d["vulnerabilities"][0].update(cve="CVE-1"),
        lambda d: d["product_tree"]["full_product_names"].append(
            {"name": "a", "product_id": "curl"}
        ),
        lambda d: d["vulnerabilities"][0]["product_status"].update(fixed="curl"),
    ],
)
def test_csaf_faults_are_found(change):
    assert faults(changed(CSAF, change))


def test_csaf_of_any_shape_is_read():
    for value in (None, 1, "x", [], {}, [None], [{"product_status": {"fixed": 1}}]):
        for key in ("product_tree", "vulnerabilities"):
            statements, problems = read(encode({**CSAF, key: value}), "x")
            assert not any(s.products and key == "vulnerabilities" for s in statements)
            assert statements or problems or key == "vulnerabilities"


CYCLONEDX = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "version": 1,
    "metadata": {
        "timestamp": "2024-01-01T00:00:00Z",
        "authors": [{"name": "Acme"}],
        "component": {"type": "application", "name": "App", "version": "2", "bom-ref": "app"},
    },
    "components": [
        {"type": "library", "name": "curl", "purl": "pkg:deb/debian/curl@1", "bom-ref": "c"}
    ],
    "vulnerabilities": [
        {
            "id": "CVE-2024-0001",
            "references": [{"id": "GHSA-x", "source": {"name": "x"}}],
            "analysis": {"state": "not_affected", "justification": "code_not_reachable"},
            "affects": [
                {"ref": "app"},
                {"ref": "c"},
                {"ref": "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#d%20e"},
                {"ref": "pkg:npm/a@1"},
                {
                    "ref": "app",
                    "versions": [
                        {"version": "1", "status": "affected"},
                        {"range": "vers:semver/>=2", "status": "unaffected"},
                    ],
                },
            ],
        },
        {"id": "CVE-2024-0002", "affects": [{"ref": "app"}]},
    ],
}


def test_cyclonedx_products_are_named_by_their_refs():
    (statement,), problems = read(encode(CYCLONEDX), "x.json")
    assert not problems
    assert not faults(encode(CYCLONEDX))
    assert statement.status is Status.NOT_AFFECTED
    assert statement.justification == "vulnerable_code_not_in_execute_path"
    assert statement.notes == "not_affected code_not_reachable"
    assert statement.vulnerabilities == ("CVE-2024-0001", "GHSA-x")
    assert statement.document == "x.json#vulnerabilities[0]"
    app, curl, link, purl, ranged = statement.products
    assert (app.name, app.version) == ("App", "2")
    assert curl.purls == ("pkg:deb/debian/curl@1",)
    assert (link.serial, link.ref) == ("3e671687-395b-41f5-a30f-a58921a69b79", "d e")
    assert purl.purls == ("pkg:npm/a@1",)
    assert (ranged.name, ranged.versions) == ("App", "vers:semver/>=2")


@pytest.mark.parametrize(
    ("state", "status", "versions"),
    [
        ("exploitable", Status.AFFECTED, ["vers:generic/1"]),
        ("in_triage", Status.UNDER_INVESTIGATION, ["vers:generic/1"]),
        ("resolved", Status.FIXED, ["vers:semver/>=2"]),
        ("false_positive", Status.NOT_AFFECTED, ["vers:semver/>=2"]),
    ],
)
def test_a_state_is_about_the_versions_it_fits(state, status, versions):
    def change(document):
        document["vulnerabilities"][0]["analysis"] = {"state": state}

    (statement,), _ = read(changed(CYCLONEDX, change), "x")
    assert statement.status is status
    assert [p.versions for p in statement.products if p.versions] == versions
    assert statement.justification is None


def test_an_unknown_cyclonedx_state_is_a_problem_and_a_fault():
    def change(document):
        document["vulnerabilities"][0]["analysis"] = {"state": "fine"}

    data = changed(CYCLONEDX, change)
    statements, (problem,) = read(data, "x")
    assert not statements
    assert problem.effect == "record_lost"
    assert faults(data)


def test_a_bom_without_vulnerabilities_says_nothing_and_that_is_said():
    data = changed(CYCLONEDX, lambda d: d.pop("vulnerabilities"))
    with pytest.raises(InputError, match="it says nothing"):
        read(data, "x")
    assert faults(data)


@pytest.mark.shared
@pytest.mark.parametrize("family", ["openvex", "cyclonedx-vex", "csaf-2.0-examples"])
def test_real_documents_are_valid_and_read(shared, family):
    base = shared / "cases" / "validity"
    cases = json.loads((base / "cases.json").read_bytes())
    cases = [c for c in cases if c["family"] == family and c["kind"] == "vex"]
    assert cases
    for case in cases:
        data = (base / case["file"]).read_bytes()
        assert bool(faults(data)) is (case["expect"] == "reject"), case["file"]
        read(data, case["file"])


def test_a_product_path_of_csaf_2_1_is_a_part_in_its_product():
    def change(document):
        document["document"]["csaf_version"] = "2.1"
        document["document"]["distribution"] = {"tlp": {"label": "CLEAR"}}
        tree = document["product_tree"]
        (relationship,) = tree.pop("relationships")
        tree["product_paths"] = [
            {
                "beginning_product_reference": relationship["product_reference"],
                "full_product_name": relationship["full_product_name"],
                "subpaths": [{"category": "installed_on", "next_product_reference": "os8"}],
            }
        ]

    data = changed(CSAF, change)
    assert not faults(data)
    assert read(data, "x")[0] == read(encode(CSAF), "x")[0]

    def longer(document):
        change(document)
        document["product_tree"]["product_paths"][0]["subpaths"] *= 2

    _, problems = read(changed(CSAF, longer), "x")
    assert ["os8:curl" in problem.what for problem in problems] == [True]
