"""The shared VEX cases, with findings made by hand from each case's advisory records."""

import json

import pytest

from gate.apply import apply
from gate.model import Status
from gate.vex import read
from match.model import AdvisoryId, Finding, Vulnerability
from sbom.model import Component, Root, Sbom, Subject
from sbom.purl import parse

pytestmark = pytest.mark.shared

FAMILIES = ("go-vex", "trivy", "spec", "csaf", "csaf-redhat", "cyclonedx", "cyclonedx-range")


def sbom_of(document):
    """Read what VEX needs of a small CycloneDX document."""
    root = document["metadata"]["component"]
    return Sbom(
        subject=Subject(name=root["name"]),
        root=Root(
            purl=root.get("purl", ""),
            name=root["name"],
            version=root.get("version", ""),
            ref=root["bom-ref"],
            cpes=(root["cpe"],) if "cpe" in root else (),
        ),
        serial=document.get("serialNumber", ""),
        components=tuple(
            Component(purl=c["purl"], name=c["name"], version=c["version"], ref=c["bom-ref"])
            for c in document["components"]
            if "purl" in c
        ),
        dependencies=tuple(
            (d["ref"], tuple(d.get("dependsOn", ()))) for d in document["dependencies"]
        ),
    )


def findings_of(sbom, feeds):
    records = [json.loads(path.read_bytes()) for path in sorted(feeds.rglob("*.json"))]
    for component in sbom.components:
        for record in records:
            vulnerability = Vulnerability(
                id=AdvisoryId(record["id"]), aliases=tuple(record.get("aliases", ()))
            )
            name = parse(component.purl).name
            if any(name in a["package"]["name"] for a in record["affected"]):
                yield Finding(
                    component=component,
                    vulnerability=vulnerability,
                    advisory=vulnerability.id,
                    feed="osv",
                    outcome="affected",
                    because="made by hand",
                )


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("backwards", [False, True], ids=["in order", "reversed"])
def test_shared_cases_give_the_expected_status(shared, family, backwards):
    base = shared / "cases" / "vex"
    cases = [c for c in json.loads((base / "cases.json").read_bytes()) if c["group"] == family]
    assert cases
    wrong = []
    for case in cases:
        sbom = sbom_of(json.loads((base / case["sbom"]).read_bytes()))
        statements = []
        for name in case["vex"][:: -1 if backwards else 1]:
            found, problems = read((base / name).read_bytes(), name)
            assert all(p.effect == "field_lost" for p in problems), problems
            statements += found
        findings = list(findings_of(sbom, base / case["feeds"]))
        judged, accounts = apply(findings, statements, sbom, product=case["product"])
        assert len(accounts) == len(statements)
        assert all(bool(a.applied) != bool(a.miss) and a.because for a in accounts)
        for expected in case["expected"]:
            got = {
                j.status
                for j in judged
                if j.finding.component.purl == expected["purl"]
                and expected["id"] in {j.finding.vulnerability.id, *j.finding.vulnerability.aliases}
            }
            allowed = {None, Status.AFFECTED} if expected["status"] is None else None
            right = got and got <= allowed if allowed else got == {Status(expected["status"])}
            if not right:
                wrong.append((case["name"], expected, got, [a.because for a in accounts][:3]))
    assert not wrong
