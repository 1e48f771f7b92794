"""The database of installed packages of apk-tools."""

import pytest
from reader_files import both, found

PATH = "lib/apk/db/installed"
MUSL = b"""C:Q1rwqgTrpQnfRhXJgDtQwCIJ8/3fs=
P:musl-utils
V:1.2.3-r4
A:x86_64
T:a library: with colons
L:MIT AND BSD-2-Clause
o:musl
m:Someone <someone@example.org>
p:cmd:ldd=1.2.3-r4
F:
R:top
F:sbin
R:ldconfig
a:0:0:755
Z:Q1Kja2+POZKxEkUOZqwSjC6kmaED4=
F:usr/bin
R:ldd
R:iconv
"""


def test_a_package_has_all_that_the_database_states():
    [package] = found("apk", MUSL, PATH)
    assert (package.type, package.name, package.version) == ("apk", "musl-utils", "1.2.3-r4")
    assert (package.source, package.source_version, package.arch) == ("musl", "", "x86_64")
    assert package.licenses == ("MIT AND BSD-2-Clause",)
    assert package.vendor == "Someone <someone@example.org>"
    assert package.owns == ("top", "sbin/ldconfig", "usr/bin/ldd", "usr/bin/iconv")


def test_virtual_packages_are_packages():
    data = b"P:.python-rundeps\nV:20221112.072824\nA:noarch\n\n" + MUSL
    names = [package.name for package in found("apk", data, PATH)]
    assert names == [".python-rundeps", "musl-utils"]


@pytest.mark.parametrize("line", [b"P:musl-utils\n", b"V:1.2.3-r4\n"])
def test_a_package_without_name_or_version_is_a_problem(line):
    data = MUSL.replace(line, b"") + b"\n" + MUSL
    packages, [problem] = both("apk", data, PATH)
    assert len(packages) == 1
    assert problem.where == "lib/apk/db/installed: paragraph 1"


def test_an_origin_of_the_same_name_is_left_to_its_default():
    [package] = found("apk", MUSL.replace(b"o:musl", b"o:musl-utils"), PATH)
    assert package.source == ""


def test_one_long_folder_cannot_be_named_a_million_times():
    data = b"P:a\nV:1\nF:" + b"x/" * 2000 + b"\n" + b"R:y\n" * 200_000
    packages, [problem] = both("apk", data, PATH)
    assert problem.effect == "field_lost"
    assert [package.owns for package in packages] == [()]
