"""The crates that cargo-auditable leaves in a program."""

import json
import zlib

import pytest
from reader_files import both, crates, elf, found

DOCUMENT = {
    "packages": [
        {"name": "autocfg", "version": "1.5.1", "source": "crates.io", "kind": "build"},
        {"name": "ledger", "version": "0.4.2", "source": "local", "root": True},
        {"name": "libc", "version": "0.2.191", "source": "crates.io", "dependencies": [0]},
    ]
}


def test_crates_are_read_and_build_dependencies_are_optional():
    things = found("rust", crates(json.dumps(DOCUMENT).encode()), "app/ledger")
    assert [(each.name, each.version, each.scope) for each in things] == [
        ("autocfg", "1.5.1", "optional"),
        ("ledger", "0.4.2", "required"),
        ("libc", "0.2.191", "required"),
    ]
    assert {each.type for each in things} == {"cargo"}


LOCK = b"""version = 3

[[package]]
name = "ledger"
version = "0.4.2"
dependencies = [
 "libc",
]

[[package]]
name = "libc"
version = "0.2.191"
source = "registry+https://example.org/index"

[[package]]
name = "forked"
version = "1.0.0"
source = "git+https://example.org/forked#abc"

[metadata]
name = "x"
"""


def test_the_published_crates_of_a_lock_file_are_optional():
    [each] = found("rust", LOCK, "app/Cargo.lock")
    assert (each.type, each.name, each.version, each.scope) == (
        "cargo",
        "libc",
        "0.2.191",
        "optional",
    )
    assert found("rust", LOCK, "root/.cargo/registry/src/x/ledger-0.4.2/Cargo.lock") == []


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("wide", [True, False])
def test_programs_of_all_kinds_of_machines(order, wide):
    packed = zlib.compress(json.dumps(DOCUMENT).encode())
    data = elf({".data": b"x", ".dep-v0": packed, ".bss": b""}, order=order, wide=wide)
    assert len(found("rust", data, "app/x")) == 3


def test_a_program_without_the_section_has_nothing_to_say():
    assert both("rust", elf({".text": b".dep-v0\0"}), "app/x") == ([], [])
    assert both("rust", b"\x7fELF", "app/x") == ([], [])


def test_a_bad_crate_is_a_problem_of_that_crate():
    data = crates(b'{"packages": [{"name": "a"}, {"name": "b", "version": "1"}]}')
    [each], [problem] = both("rust", data, "app/x")
    assert each.name == "b"
    assert problem.where == "app/x: .dep-v0: packages[0]"


@pytest.mark.parametrize(
    "section",
    [b"", b"garbage", zlib.compress(b"{"), zlib.compress(b'{"packages": 1}')],
)
def test_a_damaged_section_is_a_problem(section):
    things, [problem] = both("rust", elf({".dep-v0": section + b" "}), "app/x")
    assert things == []
    assert problem.effect == "source_lost"


def test_a_bomb_is_not_unpacked():
    bomb = zlib.compress(b'{"packages": [' + b" " * (64 << 20))
    _, [problem] = both("rust", elf({".dep-v0": bomb}), "app/x")
    assert "unreadable list" in problem.what
