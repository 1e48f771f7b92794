"""Ignore files of other tools, and exceptions made of them: nothing is widened, nothing is lost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from gate.exceptions.document import Entry
from gate.exceptions.drafting import imported
from gate.exceptions.files import read, write
from gate.ignores import TOOLS, Ignored, reader
from sbom.errors import InputError

GRYPE = b"""\
fail-on-severity: high
ignore:
  - vulnerability: CVE-2024-0001
    reason: not reachable
  - vulnerability: CVE-2024-0002
    fix-state: not-fixed
    package: {name: libssl3, version: 3.0.1, type: deb, location: "/usr/lib/**"}
  - package: {type: gem}
  - vulnerability: CVE-2024-0003
    fix-state: wont-fix
  - vulnerability: CVE-2024-0004
    vex-status: not_affected
  - vulnerability: CVE-2024-0005
    package: {name: x, type: jenkins-plugin}
  - vulnerability: CVE-2024-0006
    package: {upstream-name: curl}
"""
TRIVYIGNORE = b"""\
# Not reachable,
# says the team.
CVE-2024-0001

CVE-2024-0002 exp:2026-12-31   # soon
AVD-DS-0002
CVE-2024-0003 exp:soon
# of nobody

GHSA-aaaa-bbbb-cccc
"""
TRIVY = b"""\
vulnerabilities:
  - id: CVE-2024-0001
    paths: [/usr/local/lib/setuptools/METADATA]
    purls: ["pkg:deb/debian/libssl1.1"]
    expired_at: 2026-12-31
    statement: accepted
  - id: CVE-2024-0002
  - id: CVE-2024-0003
    severity: low
  - statement: nothing
misconfigurations:
  - id: AVD-DS-0002
"""
OSV = b"""\
[[IgnoredVulns]]
id = "GO-2022-0968"
ignoreUntil = 2026-12-31
reason = "no ssh"

[[IgnoredVulns]]
id = "GO-2022-0969"
ignoreUntil = 2026-12-31T10:00:00Z

[[IgnoredVulns]]
reason = "x"

[[PackageOverrides]]
name = "lib"
ignore = true
"""


def test_grypes_rules():
    found, left = reader("grype").read(GRYPE, ".grype.yaml")
    assert found == (
        Ignored("CVE-2024-0001", reason="not reachable"),
        Ignored(
            "CVE-2024-0002",
            packages=("libssl3",),
            versions=("3.0.1",),
            types=("deb",),
            paths=("usr/lib/**",),
            fixed_ends=True,
        ),
    )
    assert left == (
        "line 8: it names no vulnerability, and an exception has to",
        "line 9: CVE-2024-0003: no exception can say fix-state wont-fix",
        "line 11: CVE-2024-0004: no exception can say vex-status",
        "line 13: CVE-2024-0005: no purl type stands for jenkins-plugin",
        "line 15: CVE-2024-0006: no exception can say upstream-name",
    )


def test_trivys_lines_end_on_the_day_before_and_have_the_comments_above_them_as_reason():
    found, left = reader("trivy").read(TRIVYIGNORE, ".trivyignore")
    assert found == (
        Ignored("CVE-2024-0001", reason="Not reachable, says the team."),
        Ignored("CVE-2024-0002", reason="soon", until="2026-12-30"),
        Ignored("GHSA-aaaa-bbbb-cccc"),
    )
    assert left == (
        "line 6: AVD-DS-0002 is no vulnerability's id",
        "line 7: CVE-2024-0003: exp:soon is not understood",
    )


def test_trivys_document():
    found, left = reader("trivy").read(TRIVY, ".trivyignore.yaml")
    assert found == (
        Ignored(
            "CVE-2024-0001",
            reason="accepted",
            packages=("pkg:deb/debian/libssl1.1",),
            paths=("usr/local/lib/setuptools/METADATA",),
            until="2026-12-30",
        ),
        Ignored("CVE-2024-0002"),
    )
    assert left == (
        "line 11: 1 under misconfigurations: exceptions are about vulnerabilities",
        "line 8: CVE-2024-0003: no exception can say severity",
        "line 10: it has no id",
    )


def test_osv_scanners_table():
    found, left = reader("osv-scanner").read(OSV, "osv-scanner.toml")
    assert found == (
        Ignored("GO-2022-0968", reason="no ssh", until="2026-12-30"),
        Ignored("GO-2022-0969", until="2026-12-30"),
    )
    assert left == (
        "IgnoredVulns[2]: it has no id",
        "PackageOverrides[0]: lib overrides a package, and an exception names a vulnerability",
    )


@pytest.mark.parametrize(
    ("tool", "data"),
    [
        ("grype", b"[]"), ("grype", b"ignore: 7"), ("grype", b""), ("trivy", b"\xff\xfe"),
        ("osv-scanner", b"= 7"), ("osv-scanner", b"\xff"),
    ],
)  # fmt: skip
def test_what_is_no_such_file_is_refused(tool, data):
    with pytest.raises(InputError):
        reader(tool).read(data, "x")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(TOOLS), st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_rules_or_refused(tool, data):
    try:
        found, left = reader(tool).read(data, "x")
    except InputError:
        return
    assert all(isinstance(each, Ignored) for each in found)
    assert all(isinstance(each, str) for each in left)


def test_rules_become_exceptions_that_can_be_read():
    rules = reader("grype").read(GRYPE, "x")[0] + reader("trivy").read(TRIVYIGNORE, "x")[0]
    given_ = Entry(vulnerability="-", owner="shop", reason="taken over", until="2026-12-01")
    text = write(imported(rules, given_))
    exceptions = read(text.encode(), "ex.yaml")
    assert [(e.id, e.until, e.reason) for e in exceptions] == [
        ("CVE-2024-0001", "2026-12-01", "not reachable"),
        ("CVE-2024-0002 in libssl3", "2026-12-01", "taken over"),
        ("CVE-2024-0001 (2)", "2026-12-01", "Not reachable, says the team."),
        ("CVE-2024-0002", "2026-12-01", "soon"),
        ("GHSA-aaaa-bbbb-cccc", "2026-12-01", "taken over"),
    ]
    assert exceptions[1].events == ("fix_published",)
    assert {e.owner for e in exceptions} == {"shop"}
    (endless,) = imported([Ignored("CVE-1")], Entry(vulnerability="-", owner="o", reason="r"))
    assert endless.until is UNSET
