"""What each scheme's rule comes to, on chains of rising versions and on equal ones."""

import shutil
import subprocess
from itertools import pairwise

import pytest
from conftest import skip_or_fail
from version_grammars import pairs

from match.versions import InvalidVersion, compare, exact, key

RISING = {
    "dpkg": "1.0~~ 1.0~rc1 1.0 1.0-0a 1.0-1~deb7u1 1.0-1 1.0-1+b1 1.0-1.1 1.0-10 1.0a 1.0+ 1.1 1:0",
    "rpm": "1.0~rc1-1 1.0 1.0- 1.0-1 1.0^git1 1.0a 1.0.1 1.0.2-1 1.0.10 2 1:0.1",
    "apk": ".1 c 1_alpha 1_beta 1_pre 1_rc 1_blah 1 1-r1 1~ab 1_git1 1_p1 1_p1_p 1a 1.0 1.00 1.1 "
    "1.9 1.10",
    "pep440": "trunk 1.0-final-x 2.0-x 1.0.dev1 1.0a1.dev1 1.0a1 1.0a1.post1 1.0b1 1.0rc1 1.0 "
    "1.0+x 1.0+1 1.0.post1.dev1 1.0.post1 1.0.1 1.1 2024.1 1!0.1",
    "npm": "0.9.9 1.0.0-0 1.0.0-1 1.0.0-A 1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-rc.1 "
    "1.0.0",
    "node": "1.0.0-rc.1 2.0.0-0 2.0.0-rc.1 0.0.0 0.0.1 1.0.0 1.10.0 2.0.0",
    "golang": "v0.0.0-20220622213112-05595931fe9d v0.0.0 v1.20.0-rc.1 go1.20rc2 go1.20 v1.20.1 "
    "v2.0.0+incompatible v2.0.1-0.20230101000000-abcdefabcdef v2.0.1",
    "cargo": "0.1.0-alpha 0.1.0 0.2.0",
    "maven": "1-alpha-1 1b1 1-m2 1-cr1 1-SNAPSHOT 1 1-sp 1-foo 1-1 1.0.1 1.1-rc 1.1",
    "gem": "1.0.a.0.b 1.0.a 1.0.a.1 1.0.b1 1.0-x 1.0 1.0.1.pre 1.0.1 1.2 1.10",
    "composer": "1.0-foo 1.0-dev 1.0a1 1.0-beta 1.0RC1 1.0 1.0.0 1.0.1 1.0pl1 1.1",
    "nuget": "1.0.0-1 1.0.0-alpha 1.0.0-Beta.2 1.0.0-beta.11 1.0.0 1.0.0.1 1.0.1",
    "pub": "1.0.0-pre 1.0.0-pre+b 1.0.0 1.0.0+1 1.0.0+a 1.0.1",
    "cran": "0.1 0.1-0 0.1-4 0.1.10 0.2",
    "hackage": "0.11.3 1.0 1.0.0 1.1",
    "conan": "1.0-alpha.2 1.0-alpha.10 1.0 1.0+b1 1.1 1.a",
    "bitnami": "1.2.3-rc1 1.2.3 1.2.3-1 1.2.3-2 1.2.3-10 1.2.4",
    "generic": "1 1.1 2-rc 2",
    "semver": "1.0.0.alpha.1 1.0.0.beta2 1.0.0rc1 1.0.0 2rc1 2",
}

EQUAL = {
    "dpkg": "1.0 0:1.0 1.0-0 1.00-00",
    "rpm": "1.0-1 0:1.0-1 1_0-01 1.0.-1 1..0-1é",
    "apk": "1-r0-1 1-r0-2",
    "pep440": "1.0 1 v1.0.0 0!1 01.0",
    "npm": "1.0.0 v1.0.0 =1.0.0 1.0.0+build 1 1.0",
    "node": "1.0.0 v1.0.0 1.0.0+build",
    "golang": "v1.20 go1.20 1.20.0 v1.20.0+incompatible",
    "maven": "1 1.0 1-ga 1.FINAL 1-0 1.0.0-release 01",
    "gem": "1.0.a.2 1.a2 1.0.0.a.2.0 1.00.a.2",
    "composer": "1.0-a1 v1.0alpha1 1.0.alpha.01 1.0_apple+1",
    "nuget": "1.0.0-BETA 1.0-beta+x 1.0.0.0-Beta",
    "conan": "1 1.0 1.0.0 01",
    "bitnami": "1.2.3 1.2.3-0 v1.2.3+b",
}

REFUSED = {
    "dpkg": ["1-", "1:", "a:1", ":1", "1 2", "1.1:2", "1.0é"],
    "apk": ["1\x00"],
    "pep440": ["\x00"],
    "semver": ["6dbd0d1e9b5e1f3b5b0a9e4f5b2f0e6d5a1c2b3d", "8f4b7f8", "1.0.0.Final", "1.0.0.post1"],
    "npm": ["latest", "1.0.0-", "1.0.0-a..b", "1..0", "1.0 0", "x1", "1.0.0-é"],
    "node": ["latest", "x1"],
    "golang": ["(devel)", "gopher", "v1..2"],
    "maven": ["a\x00"],
    "gem": ["v1", "1_0", "-1"],
    "composer": ["#1", "1 0", "-1", "é"],
    "nuget": ["1.0-", "latest"],
    "cran": ["1.a", "1.", "-1"],
    "conan": ["1 0", "é"],
}


@pytest.mark.parametrize("scheme", sorted(RISING))
def test_versions_rise(scheme):
    for lower, higher in pairwise(RISING[scheme].split()):
        assert compare(scheme, lower, higher) == -1, (lower, higher)
        assert exact(scheme, lower)
        assert key(scheme, lower) < key(scheme, higher), (lower, higher)


@pytest.mark.parametrize("scheme", sorted(EQUAL))
def test_equal_versions_have_equal_keys(scheme):
    assert len({key(scheme, version) for version in EQUAL[scheme].split()}) == 1
    for a, b in pairwise(EQUAL[scheme].split()):
        assert compare(scheme, a, b) == 0


@pytest.mark.parametrize("scheme", sorted(REFUSED))
def test_what_is_no_version_is_refused(scheme):
    for text in REFUSED[scheme]:
        with pytest.raises(InvalidVersion, match="is no"):
            key(scheme, text)


def test_an_rpm_epoch_is_only_the_digits_before_the_first_colon():
    assert key("rpm", "13:5") < key("rpm", "14:2")
    assert key("rpm", "a:1") < key("rpm", "a1:1") < key("rpm", "0:1.a") < key("rpm", "1:0")


def test_a_go_toolchain_is_read_as_the_vulnerability_database_writes_it():
    assert key("golang", "go1.21rc2") == key("golang", "1.21.0-rc.2")
    assert key("golang", "go1.21rc9") < key("golang", "go1.21rc10") < key("golang", "go1.21.0")
    assert key("golang", "go1.20.3-custom") == key("golang", "v1.20.3")


def test_a_long_version_is_shown_shortened():
    with pytest.raises(InvalidVersion) as refused:
        key("npm", "x" * 1000)
    assert len(str(refused.value)) < 120


def test_dpkg_itself_agrees_and_refuses_the_same():
    program = shutil.which("dpkg")
    if not program:
        skip_or_fail("dpkg is not installed")
    for a, b in list(pairs("dpkg", 260, seed=3)) + [(text, "1") for text in REFUSED["dpkg"]]:
        done = subprocess.run(
            [program, "--compare-versions", a, "lt", b], capture_output=True, check=False
        )
        try:
            below = key("dpkg", a) < key("dpkg", b)
        except InvalidVersion:
            assert done.returncode == 2 or "é" in a, (a, b)
        else:
            assert done.returncode == (0 if below else 1), (a, b)
