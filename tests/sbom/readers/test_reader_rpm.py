"""RPM headers, and the three containers that they come in."""

import sqlite3
import struct

import pytest
from reader_files import both, found, rpm_berkeley, rpm_header, rpm_ndb, rpm_sqlite

CONTAINERS = {
    "sqlite": ("var/lib/rpm/rpmdb.sqlite", rpm_sqlite),
    "sqlite of small pages": (
        "usr/share/rpm/rpmdb.sqlite",
        lambda headers: rpm_sqlite(headers, page_size=512),
    ),
    "ndb": ("usr/lib/sysimage/rpm/Packages.db", rpm_ndb),
    "Berkeley DB": ("var/lib/rpm/Packages", rpm_berkeley),
    "Berkeley DB of the other order": (
        "var/lib/rpm/Packages",
        lambda headers: rpm_berkeley(headers, order=">"),
    ),
}


def package(name="bash", **more):
    fields = {
        "name": name,
        "version": "5.1.8",
        "release": "4.el9",
        "arch": "x86_64",
        "sourcerpm": "bash-5.1.8-4.el9.src.rpm",
        "vendor": "Acme",
        "license": "GPLv3+",
    }
    return rpm_header(**fields | more)


@pytest.mark.parametrize(("path", "make"), CONTAINERS.values(), ids=CONTAINERS)
@pytest.mark.parametrize("count", [0, 1, 3, 200])
def test_every_container_gives_every_header(path, make, count):
    # Long ones go on in other pages, at all lengths around the ends of these.
    headers = [package(f"p{n}", vendor="v" * (n * 37)) for n in range(count)]
    names = [each.name for each in found("rpm", make(headers), path)]
    assert sorted(names) == sorted(f"p{n}" for n in range(count))


def test_a_package_has_all_that_its_header_states():
    header = package(
        "bash-doc",
        epoch=2,
        modularitylabel="perl:5.26:820181219174508:9edba152",
        dirnames=["/usr/bin/", "/etc/"],
        basenames=["bash", "bashrc", "sh"],
        dirindexes=[0, 1, 0],
    )
    [each] = found("rpm", rpm_ndb([header]), "var/lib/rpm/Packages.db")
    assert (each.type, each.name, each.version) == ("rpm", "bash-doc", "5.1.8-4.el9")
    assert each.qualifiers == (("epoch", "2"), ("upstream", "bash-5.1.8-4.el9.src.rpm"))
    assert (each.source, each.source_version, each.arch) == ("bash", "", "x86_64")
    assert each.stream == "perl:5.26:820181219174508:9edba152"
    assert (each.vendor, each.licenses) == ("Acme", ("GPLv3+",))
    assert each.owns == ("usr/bin/bash", "etc/bashrc", "usr/bin/sh")


def test_the_source_of_another_version_is_kept():
    header = package("perl-libs", sourcerpm="perl-Foo-Bar-0.9-1.module_el8.src.rpm")
    [each] = found("rpm", rpm_ndb([header]), "var/lib/rpm/Packages.db")
    assert (each.source, each.source_version) == ("perl-Foo-Bar", "0.9-1.module_el8")


def test_an_epoch_of_nought_is_none_and_keys_are_no_packages():
    headers = [package(epoch=0), package("gpg-pubkey"), package("z", vendor="(none)", packager="P")]
    first, last = found("rpm", rpm_sqlite(headers), "var/lib/rpm/rpmdb.sqlite")
    assert first.qualifiers == (("upstream", "bash-5.1.8-4.el9.src.rpm"),)
    assert (last.name, last.vendor) == ("z", "P")


@pytest.mark.parametrize(("path", "make"), CONTAINERS.values(), ids=CONTAINERS)
def test_a_damaged_header_is_a_problem_of_that_record(path, make):
    bad = struct.pack(">II", 70_000, 5) + b"x" * 300
    packages, [problem] = both("rpm", make([package("a"), bad, package("b")]), path)
    assert sorted(each.name for each in packages) == ["a", "b"]
    assert problem.effect == "record_lost"
    assert problem.where.startswith(f"{path}: ")


def test_a_header_without_a_name_is_a_problem():
    packages, [problem] = both("rpm", rpm_ndb([rpm_header(version="1")]), "var/lib/rpm/Packages.db")
    assert packages == []
    assert "has no name" in problem.what


def test_a_hostile_header_cannot_name_one_long_folder_without_end():
    count = 50_000
    header = package(dirnames=["/" + "x" * 10_000], basenames=[""] * count, dirindexes=[0] * count)
    packages, [problem] = both("rpm", rpm_ndb([header]), "var/lib/rpm/Packages.db")
    assert [each.name for each in packages] == ["bash"]
    assert packages[0].owns == ()
    assert problem.effect == "field_lost"


def test_parts_that_overlap_do_not_multiply():
    header = package(vendor="v" * 100_000)
    data = bytearray(rpm_ndb([header] * 2))
    # Every slot shows the same block, so that the file would give its size 250 times.
    for slot in range(250):
        data[32 + 16 * slot : 48 + 16 * slot] = data[32:48]
    packages, problems = both("rpm", bytes(data), "var/lib/rpm/Packages.db")
    assert len(packages) < 10
    assert problems[-1].effect == "source_lost"
    assert "overlap" in problems[-1].what


def test_what_is_no_database_is_said():
    for data in (b"garbage" * 100, b"RpmP", b"SQLite format 3\0", b"\0" * 12 + b"\x61\x15\x06\0"):
        packages, [problem] = both("rpm", data, "var/lib/rpm/Packages")
        assert packages == []
        assert problem.effect == "source_lost"
    assert both("rpm", b"", "var/lib/rpm/Packages") == ([], [])


def test_another_sqlite_database_is_said_to_have_no_packages():
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE other (a)")
    data = database.serialize()
    database.close()
    packages, [problem] = both("rpm", data, "var/lib/rpm/rpmdb.sqlite")
    assert packages == []
    assert "no table Packages" in problem.what


def test_changes_in_a_write_ahead_log_are_said():
    path = "var/lib/rpm/rpmdb.sqlite-wal"
    assert both("rpm", b"", path) == ([], [])
    assert both("rpm", b"\x37\x7f\x06\x82" + b"\0" * 28, path) == ([], [])
    assert len(both("rpm", b"\x37\x7f\x06\x82" + b"\0" * 5000, path)[1]) == 1


def test_the_list_of_an_image_without_rpm():
    path = "var/lib/rpmmanifest/container-manifest-2"
    lines = [
        ("zlib", "1.2.13-2.cm2", "17", "16", "Acme", "0", "9", "x86_64", "0", "zlib-1.2.src.rpm"),
        ("bind-libs", "9-1.cm2", "17", "16", "Acme", "0", "9", "x86_64", "32", "bind-9-1.src.rpm"),
        ("cut short",),
    ]
    data = "".join("\t".join(line) + "\n" for line in lines).encode()
    [zlib, bind], [problem] = both("rpm", data, path)
    assert (zlib.name, zlib.version, zlib.arch) == ("zlib", "1.2.13-2.cm2", "x86_64")
    assert zlib.vendor == "Acme"
    assert bind.qualifiers[0] == ("epoch", "32")
    assert bind.source == "bind"
    assert problem.where == f"{path}: line 3"
