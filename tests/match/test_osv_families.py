"""Each family of databases in the OSV format: a record of it meets the component it is about."""

import json
from io import BytesIO

import pytest
from small_sets import sbom_of, set_of

from match.feeds import osv
from match.resolve import resolve
from sbom.distro import from_qualifier
from sbom.purl import parse

FAMILIES = [
    # id, its CVE or none, how it names it, ecosystem, package, component
    ("GHSA-aaaa-bbbb-cccc", "aliases", "npm", "@dock/crane", "pkg:npm/%40dock/crane@1.0.0"),
    ("PYSEC-2021-1", "aliases", "PyPI", "Dock_Crane", "pkg:pypi/dock-crane@1.0.0"),
    ("GO-2021-0001", "aliases", "Go", "dock.example/crane", "pkg:golang/dock.example/crane@v1.0.0"),
    ("RUSTSEC-2021-0001", "aliases", "crates.io", "crane", "pkg:cargo/crane@1.0.0"),
    ("MAL-2024-0001", "", "npm", "crane", "pkg:npm/crane@1.0.0"),
    ("MAL-2024-0002", "", "PyPI", "crane", "pkg:pypi/crane@1.0.0"),
    ("BIT-crane-2021-10001", "aliases", "Bitnami", "crane", "pkg:bitnami/crane@1.0.0-3"),
    ("DRUPAL-CONTRIB-2024-001", "", "Packagist", "drupal/crane", "pkg:composer/drupal/crane@1.0.0"),
    ("OSV-2021-1", "", "OSS-Fuzz", "crane", "pkg:generic/crane@1.0.0"),
    ("JLSEC-2025-1", "aliases", "Julia", "Crane", "pkg:julia/Crane@1.0.0"),
    ("HSEC-2023-0001", "aliases", "Hackage", "crane", "pkg:hackage/crane@1.0.0"),
    ("RSEC-2023-1", "aliases", "CRAN", "crane", "pkg:cran/crane@1.0.0"),
    ("DEBIAN-CVE-2021-10001", "upstream", "Debian:12", "crane", "pkg:deb/debian/crane@1.0-1?distro=debian-12"),
    ("UBUNTU-CVE-2021-10001", "upstream", "Ubuntu:22.04:LTS", "crane", "pkg:deb/ubuntu/crane@1.0-1?distro=ubuntu-22.04"),
    ("USN-1-1", "upstream", "Ubuntu:22.04:LTS", "crane", "pkg:deb/ubuntu/crane@1.0-1?distro=ubuntu-22.04"),
    ("ALPINE-CVE-2021-10001", "upstream", "Alpine:v3.20", "crane", "pkg:apk/alpine/crane@1.0-r0?distro=alpine-3.20"),
    ("CGA-aaaa-bbbb-cccc", "upstream", "Chainguard", "crane", "pkg:apk/chainguard/crane@1.0-r0?distro=chainguard"),
    ("CGA-aaaa-bbbb-dddd", "upstream", "Wolfi", "crane", "pkg:apk/wolfi/crane@1.0-r0?distro=wolfi"),
    ("ALSA-2021:1", "related", "AlmaLinux:8", "crane", "pkg:rpm/almalinux/crane@1.0-1?distro=almalinux-8"),
    ("RLSA-2021:1", "upstream", "Rocky Linux:8", "crane", "pkg:rpm/rocky/crane@1.0-1?distro=rocky-8"),
    ("SUSE-SU-2021:1-1", "upstream", "SUSE:Linux Enterprise Server 15 SP5", "crane", "pkg:rpm/suse/crane@1.0-1?distro=sles-15.5"),
    ("openSUSE-SU-2021:1-1", "upstream", "openSUSE:Leap 15.5", "crane", "pkg:rpm/opensuse/crane@1.0-1?distro=opensuse-leap-15.5"),
    ("OESA-2021-1", "upstream", "openEuler:22.03-LTS-SP1", "crane", "pkg:rpm/openeuler/crane@1.0-1?distro=openeuler-22.03"),
    ("AZL-1", "upstream", "Azure Linux:3", "crane", "pkg:rpm/azurelinux/crane@1.0-1?distro=azurelinux-3.0"),
    ("ECHO-1", "upstream", "Echo", "crane", "pkg:deb/echo/crane@1.0-1?distro=echo"),
    ("MINI-1", "upstream", "MinimOS", "crane", "pkg:apk/minimos/crane@1.0-r0?distro=minimos"),
]  # fmt: skip
CVE = "CVE-2021-10001"


def of(purl):
    parts = parse(purl)
    return from_qualifier(parts.get("distro"), parts.namespace, parts.type)


@pytest.mark.parametrize(("id_", "names", "ecosystem", "package", "purl"), FAMILIES)
def test_a_record_of_each_family_meets_its_component(id_, names, ecosystem, package, purl):
    span = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9.0.0"}]}
    record = {
        "id": id_,
        "modified": "2026-01-01T00:00:00Z",
        "affected": [{"package": {"ecosystem": ecosystem, "name": package}, "ranges": [span]}],
        **({names: [CVE]} if names else {}),
    }
    (read,) = osv.read("x", BytesIO(json.dumps(record).encode()))
    with set_of(read) as advisories:
        (found,) = resolve(sbom_of(purl, distro=of(purl)), advisories).findings
    vulnerability = found.vulnerability
    assert vulnerability.id == (CVE if names else id_)
    assert id_ in {vulnerability.id, *vulnerability.aliases, *found.related}
    assert (found.advisory, found.outcome) == (id_, "affected")
