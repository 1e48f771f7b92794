"""The records of opam."""

import pytest
from reader_files import both, found

HOME = "home/opam/.opam/default/.opam-switch/packages"


@pytest.mark.parametrize(
    ("folder", "name", "version"),
    [
        ("dune.3.11.1", "dune", "3.11.1"),
        ("base-bytes.base", "base-bytes", "base"),
        ("ocaml-base-compiler.4.14.1~rc1", "ocaml-base-compiler", "4.14.1~rc1"),
    ],
)
def test_the_folder_names_the_package(folder, name, version):
    [each] = found("opam", b'opam-version: "2.0"\nlicense: "MIT"\n', f"{HOME}/{folder}/opam")
    assert (each.type, each.name, each.version, each.licenses) == ("opam", name, version, ("MIT",))


def test_several_licences():
    [each] = found("opam", b'license: ["ISC" "MIT"]\n', f"{HOME}/a.1/opam")
    assert each.licenses == ("ISC", "MIT")


def test_a_folder_of_another_form_is_a_problem():
    assert "NAME.VERSION" in both("opam", b"", f"{HOME}/odd/opam")[1][0].what
