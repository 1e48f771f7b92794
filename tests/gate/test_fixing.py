"""The upgrades that clear the gate, by matching what they lead to against real records."""

import pytest
from msgspec import json
from msgspec.structs import replace

from gate.evaluate import evaluate
from gate.fixing import Plan, plan, render_json, render_text
from gate.model import Judged, Run
from gate.policy.reading import load
from match.resolve import resolve
from match.set.importer import load as load_advisories
from sbom.documents.own_schema import schema_faults
from sbom.model import Component, Distro, Purl, Sbom, Subject

DEBIAN = Distro(id="debian", version="12")


def osv(id_, ecosystem, name, *events, score="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"):
    return {
        "schema_version": "1.6.0",
        "id": id_,
        "modified": "2024-01-01T00:00:00Z",
        "published": "2024-01-01T00:00:00Z",
        "severity": [{"type": "CVSS_V3", "score": score}],
        "affected": [
            {
                "package": {"ecosystem": ecosystem, "name": name},
                "ranges": [{"type": "ECOSYSTEM", "events": list(events)}],
            }
        ],
    }


RECORDS = [
    osv("CVE-2024-0001", "PyPI", "django", {"introduced": "0"}, {"fixed": "3.2.4"}),
    # What fixes the first brings the second.
    osv("CVE-2024-0002", "PyPI", "django", {"introduced": "3.2.4"}, {"fixed": "3.2.6"}),
    osv("CVE-2024-0003", "PyPI", "flask", {"introduced": "0"}),
    osv(
        "CVE-2024-0004", "Debian:12", "openssl", {"introduced": "0"}, {"fixed": "3.0.11-1+deb12u2"}
    ),
    osv("CVE-2024-0005", "AlmaLinux:9", "bash", {"introduced": "0"}, {"fixed": "1:5.1.8-7.el9"}),
]


def deb(name):
    return Component(
        purl=Purl(f"pkg:deb/debian/{name}@3.0.11-1+b1?distro=debian-12"),
        name=name,
        version="3.0.11-1+b1",
        namespace="debian",
        source="openssl",
        source_version="3.0.11-1",
        distro=DEBIAN,
    )


def pypi(name, version):
    return Component(purl=Purl(f"pkg:pypi/{name}@{version}"), name=name, version=version)


BASH = Component(
    purl=Purl("pkg:rpm/almalinux/bash@5.1.8-6.el9?distro=almalinux-9&epoch=0"),
    name="bash",
    version="5.1.8-6.el9",
    namespace="almalinux",
    distro=Distro(id="almalinux", version="9"),
)


@pytest.fixture
def judge(tmp_path):
    """Match and judge an SBOM against the records."""
    folder = tmp_path / "advisories"
    folder.mkdir()
    for record in RECORDS:
        (folder / f"{record['id']}.json").write_bytes(json.encode(record))

    def judged(sbom: Sbom) -> Run:
        with load_advisories(str(folder)) as advisories:
            found = resolve(sbom, advisories)
        run = Run(
            sbom=sbom,
            sbom_digest="",
            state=found.state,
            judged=tuple(Judged(finding=each) for each in found.findings),
            coverage=found.coverage,
        )
        return replace(run, verdict=evaluate(run, load("default"), "build"))

    return judged


def fixed(judge, *components, distro=DEBIAN) -> Plan:
    sbom = Sbom(subject=Subject(name="app"), components=components, distro=distro)
    return plan(judge(sbom), judge)


def steps(found):
    return [(s.name, s.packages, s.installed, s.version, s.clears, s.unfixed) for s in found.steps]


def test_a_fix_that_has_a_vulnerability_of_its_own_is_passed_by(judge):
    found = fixed(judge, pypi("django", "3.2"))
    assert steps(found) == [("django", ("django",), "3.2", "3.2.6", 1, 0)]
    assert (found.outcome, found.unfixed, found.reasons) == ("pass", (), ())
    assert "app: 1 upgrade clears the gate" in render_text(found)


def test_packages_of_one_source_are_one_upgrade(judge):
    found = fixed(judge, deb("openssl"), deb("libssl3"))
    (step,) = steps(found)
    assert step == ("openssl", ("libssl3", "openssl"), "3.0.11-1+b1", "3.0.11-1+deb12u2", 2, 0)
    assert found.outcome == "pass"
    assert "(libssl3, openssl)  clears 2 findings" in render_text(found)


def test_an_epoch_goes_where_a_purl_has_it(judge):
    found = fixed(judge, BASH, distro=BASH.distro)
    assert steps(found) == [("bash", ("bash",), "5.1.8-6.el9", "1:5.1.8-7.el9", 1, 0)]
    assert found.outcome == "pass"


def test_what_no_version_fixes_is_named_and_the_gate_still_denies(judge):
    found = fixed(judge, pypi("flask", "1.0"), pypi("django", "3.2"))
    assert [s.name for s in found.steps] == ["django"]
    assert found.outcome == "deny"
    assert found.unfixed == (("CVE-2024-0003", "flask 1.0"),)
    assert "CVE-2024-0003 in flask 1.0" in found.reasons[0]
    assert "no fix: CVE-2024-0003 in flask 1.0" in render_text(found)


def test_an_image_that_passes_needs_nothing(judge):
    found = fixed(judge, pypi("django", "4.0"))
    assert (found.outcome, found.steps) == ("pass", ())
    assert "app: passes as it is (stage build, policy default)" in render_text(found)


def test_the_plan_is_valid_by_its_schema_and_the_same_each_time(judge):
    parts = (deb("openssl"), deb("libssl3"), pypi("flask", "1"), pypi("django", "3.2"))
    found = fixed(judge, *parts)
    assert not list(schema_faults(json.decode(render_json(found)), "fix.schema.json"))
    assert [s.name for s in found.steps] == ["openssl", "django"]
    assert render_json(fixed(judge, *reversed(parts))) == render_json(found)
