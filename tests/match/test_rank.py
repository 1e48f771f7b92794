"""Who made a package, and which record decides (rules.md 6, 11)."""

import pytest
from small_sets import advisory, language, sbom_of, set_of

from match.rank import third_party
from match.resolve import resolve
from sbom.model import Component


def made(purl, version="1", vendor=""):
    return Component(purl=purl, name="n", version=version, vendor=vendor)


@pytest.mark.parametrize(
    ("component", "distribution", "stranger"),
    [
        (made("pkg:deb/debian/a@1"), "debian", False),
        (made("pkg:deb/debian/a@1", vendor="A Person <someone@example.org>"), "debian", False),
        (made("pkg:deb/debian/a@1", vendor="Team <team@lists.debian.org>"), "debian", False),
        (made("pkg:deb/debian/a@1", vendor="Docker <support@docker.com>"), "debian", True),
        (made("pkg:deb/debian/a@1", vendor="N <nginx-packaging@f5.com>"), "debian", True),
        (made("pkg:deb/debian/a@1", vendor="x <i@packages.nodesource.com>"), "debian", True),
        (
            made("pkg:deb/debian/a@1", "15.3-1.pgdg120+1", "Team <team@tracker.debian.org>"),
            "debian",
            True,
        ),
        (made("pkg:deb/debian/a@1", "18.1.0-1nodesource1"), "debian", True),
        (made("pkg:rpm/almalinux/a@1"), "almalinux", False),
        (made("pkg:rpm/almalinux/a@1", vendor="AlmaLinux"), "almalinux", False),
        (made("pkg:rpm/redhat/a@1", vendor="Red Hat, Inc."), "rhel", False),
        (made("pkg:rpm/redhat/a@1", vendor="Fedora Project"), "rhel", True),
        (made("pkg:rpm/opensuse/a@1", vendor="SUSE LLC <x>"), "opensuse-leap", False),
        (made("pkg:rpm/example/a@1", vendor="Anyone"), "example", False),
        (made("pkg:apk/alpine/a@1", vendor="Docker <support@docker.com>"), "alpine", False),
    ],
)
def test_who_made_a_package(component, distribution, stranger):
    assert bool(third_party(component, distribution)) == stranger


def deciding(*records):
    with set_of(*records) as advisories:
        (finding,) = resolve(sbom_of("pkg:pypi/lib@1.0"), advisories).findings
    return finding


def test_the_ecosystems_own_database_decides_before_others():
    other = advisory("GHSA-a", language(), aliases=("CVE-2024-1",))
    own = advisory("PYSEC-2024-1", language(), aliases=("CVE-2024-1",))
    for records in ((other, own), (own, other)):
        assert deciding(*records).advisory == "PYSEC-2024-1"


def test_a_denial_of_this_vulnerability_alone_overrules_an_advisory_of_several():
    several = advisory("X-1", language(), names=("CVE-2024-1", "CVE-2024-2"))
    denial = advisory("Y-1", language(claim="not_affected", intervals=()), names=("CVE-2024-1",))
    with set_of(several, denial) as advisories:
        found = resolve(sbom_of("pkg:pypi/lib@1.0"), advisories, everything=True)
    assert [f.vulnerability.id for f in found.findings] == ["CVE-2024-2"]
    (dismissal,) = found.dismissals
    assert (dismissal.vulnerability, dismissal.reason) == ("CVE-2024-1", "not_affected")
    assert "Y-1" in dismissal.because


@pytest.mark.parametrize(("denied_on", "findings"), [("2024-02-01", 0), ("2024-01-01", 1)])
def test_between_two_records_of_one_vulnerability_a_denial_must_be_the_newer(denied_on, findings):
    affected = advisory("X-1", language(), names=("CVE-2024-1",), modified="2024-01-15T00:00:00Z")
    denial = advisory(
        "Y-1",
        language(claim="not_affected", intervals=()),
        names=("CVE-2024-1",),
        modified=f"{denied_on}T00:00:00Z",
    )
    with set_of(affected, denial) as advisories:
        found = resolve(sbom_of("pkg:pypi/lib@1.0"), advisories)
    assert len(found.findings) == findings
