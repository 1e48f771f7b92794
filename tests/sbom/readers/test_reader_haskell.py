"""GHC's package databases, and the lock files of Stack and Cabal."""

import pytest
from reader_files import both, found

PATH = "opt/ghc/lib/package.conf.d/aeson-2.1.2.1-abc.conf"


@pytest.mark.parametrize(
    "data",
    [
        b"name: aeson\nversion: 2.1.2.1\nid: aeson-2.1.2.1-abc\nlicense: BSD-3-Clause\n",
        b"name:            aeson\nversion:\n    2.1.2.1\nlicense:         BSD-3-Clause\n",
    ],
)
def test_an_installed_package_has_its_fields(data):
    [each] = found("haskell", data, PATH)
    assert (each.type, each.name, each.version) == ("hackage", "aeson", "2.1.2.1")
    assert (each.licenses, each.scope) == (("BSD-3-Clause",), "required")


def test_a_library_inside_a_package_is_no_package():
    data = b"name: z-attoparsec-z-internal\nversion: 0.14.4\npackage-name: attoparsec\n"
    assert found("haskell", data, PATH) == []
    [each] = found("haskell", b"name: fizz-x\nversion: 1.0\n", PATH)
    assert each.name == "fizz-x"


def test_the_names_of_lock_files_are_optional():
    stack = b"packages:\n- completed:\n    hackage: acme-box-0.0.0.1@sha256:ab,12\n    pantry-tree: {}\n"
    freeze = b"active-repositories: x\nconstraints: any.base ==4.18.2.1,\n  any.text ==2.0.2,\n"
    [each] = found("haskell", stack, "app/stack.yaml.lock")
    assert (each.name, each.version, each.scope) == ("acme-box", "0.0.0.1", "optional")
    names = [e.name for e in found("haskell", freeze, "app/cabal.project.freeze")]
    assert names == ["base", "text"]


def test_a_package_without_a_version_is_a_problem():
    packages, [problem] = both("haskell", b"name: a\n", PATH)
    assert packages == []
    assert "no version" in problem.what
