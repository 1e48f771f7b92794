"""The build information of Go programs, in the forms before and since Go 1.18."""

import struct

import pytest
from reader_files import both, elf, found, go_build_info, stripped_of_sections

from sbom.readers.elf import segments

MODULES = (
    "path\texample.com/shop/api\n"
    "mod\texample.com/shop/api\t(devel)\t\n"
    "dep\tgithub.com/gin-gonic/gin\tv1.7.0\th1:abc=\n"
    "dep\tgithub.com/dgrijalva/jwt-go\tv3.2.0+incompatible\th1:abc=\n"
    "dep\tgithub.com/cespare/xxhash/v2\tv2.1.1\th1:abc=\n"
    "dep\told.example/lib\tv1.0.0\n"
    "=>\tnew.example/fork/lib\tv1.0.1\th1:abc=\n"
    "dep\tlocal.example/lib\tv1.0.0\n"
    "=>\t../lib\t\t\n"
    "build\t-compiler=gc\n"
)
EXPECTED = [
    "/stdlib@1.26.8",
    "example.com/shop/api@(devel)",
    "github.com/gin-gonic/gin@v1.7.0",
    "github.com/dgrijalva/jwt-go@v3.2.0+incompatible",
    "github.com/cespare/xxhash/v2@v2.1.1",
    "new.example/fork/lib@v1.0.1",
    "local.example/lib@(devel)",
]


def names(data):
    return [f"{e.namespace}/{e.name}@{e.version}" for e in found("golang", data, "app/api")]


def program(version="go1.26.8", modules=MODULES, **more):
    info = go_build_info(version, modules)
    return elf({".text": b"\x90" * 40, ".go.buildinfo": info, ".data": b"x" * 40}, **more)


def test_modules_are_read_and_replacements_followed():
    assert names(program()) == EXPECTED
    assert {each.type for each in found("golang", program(), "a")} == {"golang"}


def test_a_program_may_be_stripped_of_its_sections():
    assert names(stripped_of_sections(program())) == EXPECTED


def test_programs_of_windows_and_macos():
    info = go_build_info("go1.26.8", MODULES)
    for magic in (b"MZ\x90\0", b"\xcf\xfa\xed\xfe"):
        assert names(magic + b"\0" * 60 + info) == EXPECTED


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("wide", [True, False])
def test_the_form_with_pointers(order, wide):
    base, word = 0x40_0000, order + ("Q" if wide else "I")
    width = struct.calcsize(word)
    modules = b"m" * 16 + MODULES.encode() + b"k" * 16
    # The section begins behind the headers; all that it points at is in it.
    start = (64 + 56 if wide else 52 + 32) + 15 & ~15
    texts = 32 + 4 * width
    strings = [b"go1.17.3", modules]
    at, headers, body = base + start + texts, b"", b""
    for text in strings:
        headers += struct.pack(word, at + len(body)) + struct.pack(word, len(text))
        body += text
    pointers = b"".join(struct.pack(word, base + start + 32 + n * 2 * width) for n in (0, 1))
    head = b"\xff Go buildinf:" + bytes([width, 1 if order == ">" else 0]) + pointers
    info = head.ljust(32, b"\0") + headers + body
    data = elf({".go.buildinfo": info}, order=order, wide=wide, base=base)
    assert names(data) == ["/stdlib@1.17.3", *EXPECTED[1:]]


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("go1.22.5 (Red Hat 1.22.5-1.el9)", "1.22.5"),
        ("go1.21.0 X:boringcrypto", "1.21.0"),
        ("devel go1.18-2e9e4ff Fri Jan 1", "1.18-2e9e4ff"),
        ("go1.24rc1", "1.24rc1"),
    ],
)
def test_the_version_of_go_is_that_of_the_standard_library(version, expected):
    assert names(program(version, "")) == [f"/stdlib@{expected}"]


def test_a_version_of_go_that_is_not_understood_is_a_problem():
    modules, [problem] = both("golang", program("devel +abc"), "app/api")
    assert len(modules) == len(EXPECTED) - 1
    assert problem.effect == "field_lost"


def test_a_module_without_a_name_is_a_problem():
    text = "mod\texample.com/a\tv1.0.0\ndep\ndep\texample.com/b\tv1.0.0\n"
    modules, [problem] = both("golang", program(modules=text), "app/api")
    assert [each.name for each in modules] == ["stdlib", "a", "b"]
    assert problem.where == "app/api: build information, line 2"


def test_a_program_without_build_information_has_nothing_to_say():
    assert both("golang", elf({".text": b"\xff Go buildinf:"}), "bin/true") == ([], [])
    assert both("golang", b"MZ\0\0", "x.exe") == ([], [])


@pytest.mark.parametrize("cut", [20, 33, 36, 60, 200])
def test_build_information_that_is_cut_short_is_a_problem(cut):
    info = go_build_info("go1.26.8", MODULES)[:cut]
    _, problems = both("golang", b"MZ" + b"\0" * 14 + info, "app/api")
    assert [problem.effect for problem in problems] == ["source_lost"]


def test_a_length_without_an_end_is_a_problem():
    info = b"\xff Go buildinf:" + bytes([8, 2]) + b"\0" * 16 + b"\xff" * 100
    _, [problem] = both("golang", elf({".go.buildinfo": info}), "app/api")
    assert problem.effect == "source_lost"


def test_segments_that_each_are_the_whole_file_are_damage():
    for count, read in ((4, 4), (1000, 0)):
        size = 64 + 56 * count
        fields = (2, 62, 1, 0, 64, 0, 0, 64, 56, count, 64, 0, 0)
        head = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", *fields)
        whole = struct.pack("<IIQQQQQQ", 1, 6, 0, 0, 0, size, size, 16)
        assert len(segments(head + whole * count)) == read
