"""Portage's records of installed packages."""

import pytest
from reader_files import both, found

ROOT = "var/db/pkg"


@pytest.mark.parametrize(
    ("folder", "name", "version"),
    [
        ("app-shells/bash-5.2_p15-r6", "bash", "5.2_p15-r6"),
        ("dev-lang/python-3.11.9_rc1", "python", "3.11.9_rc1"),
        ("media-fonts/font-misc-100dpi-1.0.3", "font-misc-100dpi", "1.0.3"),
        ("dev-libs/openssl-1.1.1w", "openssl", "1.1.1w"),
        ("sys-libs/db-6.0.35-r4", "db", "6.0.35-r4"),
        ("sys-kernel/gentoo-sources-9999", "gentoo-sources", "9999"),
    ],
)
def test_a_folder_says_category_name_and_version(folder, name, version):
    file_name = folder.partition("/")[2].encode() + b"\n"
    [each] = found("portage", file_name, f"{ROOT}/{folder}/PF")
    assert (each.type, each.namespace) == ("generic", folder.partition("/")[0])
    assert (each.name, each.version) == (name, version)


def test_files_and_links_are_the_packages_own():
    data = (
        b"dir /usr\nobj /usr/bin/a b 0123456789abcdef0123456789abcdef 1700000000\n"
        b"sym /usr/bin/sh -> bash 1700000000\n"
    )
    [each] = found("portage", data, f"{ROOT}/app-shells/bash-5.2/CONTENTS")
    assert (each.name, each.version, each.owns) == ("bash", "", ("usr/bin/a b", "usr/bin/sh"))
    assert found("portage", b"dir /usr\n", f"{ROOT}/virtual/libc-1/CONTENTS") == []


def test_a_folder_without_a_version_is_a_problem_and_an_unfinished_one_nothing():
    packages, [problem] = both("portage", b"odd", f"{ROOT}/a/odd/PF")
    assert packages == []
    assert problem.where == f"{ROOT}/a/odd/PF"
    assert both("portage", b"x-1", f"{ROOT}/a/-MERGING-x-1/PF") == ([], [])
