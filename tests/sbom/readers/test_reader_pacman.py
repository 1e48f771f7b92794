"""pacman's local database."""

from reader_files import both, found

FOLDER = "var/lib/pacman/local/gcc-libs-14.1.1-2"
DESC = b"""%NAME%
gcc-libs

%VERSION%
1:14.1.1-2

%BASE%
gcc

%DESC%
Runtime libraries
%NAME% is not here

%ARCH%
x86_64

%PACKAGER%
Jane Roe <jane@example.org>

%LICENSE%
GPL-3.0-or-later
LGPL-3.0-or-later

"""


def test_a_package_has_its_base_maker_and_licences():
    [each] = found("pacman", DESC, f"{FOLDER}/desc")
    assert (each.type, each.name, each.version, each.arch) == (
        "alpm",
        "gcc-libs",
        "1:14.1.1-2",
        "x86_64",
    )
    assert (each.source, each.source_version) == ("gcc", "1:14.1.1-2")
    assert each.licenses == ("GPL-3.0-or-later", "LGPL-3.0-or-later")
    assert each.vendor == "Jane Roe <jane@example.org>"


def test_the_files_of_a_package_are_its_own_and_folders_are_shared():
    data = b"%FILES%\nusr/\nusr/lib/\nusr/lib/libgcc_s.so.1\n\n%BACKUP%\netc/x\tabc\n"
    [each] = found("pacman", data, f"{FOLDER}/files")
    assert (each.name, each.version) == ("gcc-libs", "")
    assert each.owns == ("usr/lib/libgcc_s.so.1",)
    assert found("pacman", b"%FILES%\nusr/\n", f"{FOLDER}/files") == []


def test_a_description_without_a_version_is_a_problem():
    packages, [problem] = both("pacman", b"%NAME%\nx\n", f"{FOLDER}/desc")
    assert packages == []
    assert "no version" in problem.what
