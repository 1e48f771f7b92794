"""The package note of an ELF file."""

import json

import pytest
from reader_files import both, elf, found, package_note

PATH = "usr/lib64/libfoo.so"
SAID = {"type": "rpm", "name": "foo", "version": "1.2-3.fc40", "architecture": "x86_64"}


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_file_says_which_package_it_was_built_for(order):
    text = json.dumps(SAID).encode() + b"\0"
    other = package_note(b"abc", b"GNU\0", 3, order)
    data = elf(
        {".text": b"\x90", ".note.package": other + package_note(text, order=order)}, order=order
    )
    [each] = found("notes", data, PATH)
    assert (each.type, each.namespace) == ("generic", "rpm")
    assert (each.name, each.version) == ("foo", "1.2-3.fc40")


def test_a_damaged_note_is_a_problem():
    data = elf({".note.package": package_note(b"{")})
    assert both("notes", data, PATH)[1][0].where == f"{PATH}: .note.package"


@pytest.mark.parametrize(
    "data", [package_note(b"x", b"ABC\0"), package_note(b"{}")[:14], b"", package_note(b"{}")]
)
def test_other_notes_say_nothing(data):
    assert found("notes", elf({".note.package": data}), PATH) == []
