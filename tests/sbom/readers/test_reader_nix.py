"""Packages by their folder in the store of Nix or Guix."""

import pytest
from reader_files import both, elf, found, nix_database

HASH = "0a1b2c3d4f5g6h7i8j9k0l1m2n3p4q5r"
PROGRAM = elf({".text": b"\x90" * 32})


@pytest.mark.parametrize(
    ("folder", "name", "version"),
    [
        ("glibc-2.38-44", "glibc", "2.38-44"),
        ("openssl-3.0.13-bin", "openssl", "3.0.13"),
        ("gcc-13.2.0-libgcc", "gcc", "13.2.0"),
        ("python3.11-requests-2.31.0", "python3.11-requests", "2.31.0"),
        ("zlib-1.3.1-dev", "zlib", "1.3.1"),
        ("xz-5.4.6-unusual", "xz", "5.4.6-unusual"),
    ],
)
def test_the_version_begins_at_the_first_hyphen_before_a_digit(folder, name, version):
    [each] = found("nix", PROGRAM, f"nix/store/{HASH}-{folder}/bin/x")
    assert (each.type, each.namespace, each.name, each.version) == ("generic", "nix", name, version)


def test_guix_has_a_store_of_the_same_kind():
    [each] = found("nix", PROGRAM, f"gnu/store/{HASH}-hello-2.12.1/bin/hello")
    assert (each.namespace, each.name, each.version) == ("gnu", "hello", "2.12.1")


@pytest.mark.parametrize(
    "path",
    [
        "usr/bin/x",
        f"nix/store/{HASH}-entrypoint/bin/x",
        "nix/store/short-a-1/bin/x",
        f"home/nix/store/{HASH}-a-1/x",
    ],
)
def test_other_programs_are_not_its_own(path):
    assert found("nix", PROGRAM, path) == []


def test_the_database_lists_packages_without_programs():
    names = ["hello-2.12.1", "tzdata-2024a", "tzdata-2024a-man", "x-1.drv", "entrypoint"]
    things = found("nix", nix_database(*names), "nix/var/nix/db/db.sqlite")
    assert [(e.namespace, e.name, e.version) for e in things] == [
        ("nix", "hello", "2.12.1"),
        ("nix", "tzdata", "2024a"),
    ]


def test_a_long_database_is_read_to_its_end():
    names = [f"package{number}-1.{number}" for number in range(5_000)]
    assert len(found("nix", nix_database(*names), "nix/var/nix/db/db.sqlite")) == 5_000


@pytest.mark.parametrize(
    "data", [b"SQLite format 3\0" + bytes(200), b"text" * 99, nix_database()[:9_000]]
)
def test_a_damaged_database_is_a_problem(data):
    _, problems = both("nix", data, "nix/var/nix/db/db.sqlite")
    assert problems
