"""The rocks of a LuaRocks tree."""

import pytest
from reader_files import found

TREE = "usr/local/lib/luarocks/rocks-5.4"
SPEC = b'package = "lpeg"\nversion = "1.1.0-1"\ndescription = {\n   license = "MIT"\n}\n'


def test_an_installed_rock_has_the_name_and_version_of_its_folders():
    [each] = found("luarocks", SPEC, f"{TREE}/lpeg/1.1.0-1/lpeg-1.1.0-1.rockspec")
    assert (each.type, each.name, each.version) == ("luarocks", "lpeg", "1.1.0-1")
    assert each.licenses == ("MIT",)


def test_a_rock_from_a_repository():
    [each] = found("luarocks", b"", f"{TREE}/my-rock/scm-2/my-rock-scm-2.rockspec")
    assert (each.name, each.version, each.licenses) == ("my-rock", "scm-2", ())


@pytest.mark.parametrize(
    "path",
    [
        "src/lpeg-1.1.0-1.rockspec",
        f"{TREE}/lpeg/1.1.0-1/other-1.0-1.rockspec",
        f"{TREE}/lpeg/1.1.0-1/doc/lpeg-1.1.0-1.rockspec",
    ],
)
def test_other_rockspecs_are_not_installed(path):
    assert found("luarocks", SPEC, path) == []
