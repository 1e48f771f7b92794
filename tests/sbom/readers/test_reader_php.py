"""Composer's list of what is installed, and its lock file."""

import json

import pytest
from reader_files import both, found

PATH = "var/www/vendor/composer/installed.json"
TWIG = {"name": "twig/twig", "version": "v2.4.4", "license": ["BSD-3-Clause"], "type": "library"}
LOG = {"name": "psr/log", "version": "1.1.3"}


@pytest.mark.parametrize(
    "document",
    [[TWIG, LOG], {"packages": [TWIG, LOG], "dev": True, "dev-package-names": ["psr/log"]}],
    ids=["Composer 1", "Composer 2"],
)
def test_what_is_installed_is_read(document):
    twig, log = found("php", json.dumps(document).encode(), PATH)
    assert (twig.type, twig.namespace, twig.name) == ("composer", "twig", "twig")
    assert (twig.version, twig.licenses, twig.scope) == ("v2.4.4", ("BSD-3-Clause",), "required")
    assert (log.namespace, log.name, log.version) == ("psr", "log", "1.1.3")


def test_the_names_in_a_lock_file_are_optional():
    data = json.dumps({"packages": [TWIG], "packages-dev": [LOG]}).encode()
    packages = found("php", data, "var/www/composer.lock")
    assert [(each.name, each.scope) for each in packages] == [
        ("twig", "optional"),
        ("log", "optional"),
    ]
    assert found("php", data, "var/www/vendor/twig/twig/composer.lock") == []


def test_a_bad_entry_is_a_problem_of_that_entry():
    packages, problems = both("php", json.dumps([TWIG, {"name": "x/y"}, 7, LOG]).encode(), PATH)
    assert [each.name for each in packages] == ["twig", "log"]
    assert [problem.where for problem in problems] == [
        f"{PATH}: packages[1]",
        f"{PATH}: packages[2]",
    ]


@pytest.mark.parametrize("data", [b"", b"{", b"7", b'{"packages": 1}', b"\xff", b"[" * 100_000])
def test_a_file_that_is_no_such_document_is_a_problem(data):
    packages, [problem] = both("php", data, PATH)
    assert packages == []
    assert problem.where.startswith(PATH)
