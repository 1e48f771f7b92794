"""`Package.resolved`, versions 1 to 3."""

import json

import pytest
from reader_files import both, found

PATH = "app/Package.resolved"


@pytest.mark.parametrize(
    ("address", "namespace", "name"),
    [
        ("https://github.com/apple/swift-nio.git", "github.com/apple", "swift-nio"),
        ("https://GitHub.com/Acme/Kit", "github.com/Acme", "Kit"),
        ("git@example.org:team/sub/kit.git", "example.org/team/sub", "kit"),
        ("ssh://git@example.org:2222/team/kit.git", "example.org/team", "kit"),
        ("https://user:word@example.org/team/kit/", "example.org/team", "kit"),
    ],
)
def test_the_namespace_is_the_host_and_owner(address, namespace, name):
    pin = {"identity": "x", "kind": "remoteSourceControl", "location": address}
    document = {"pins": [pin | {"state": {"revision": "ab", "version": "2.62.0"}}], "version": 2}
    [each] = found("swift", json.dumps(document).encode(), PATH)
    assert (each.type, each.namespace, each.name) == ("swift", namespace, name)
    assert (each.version, each.scope) == ("2.62.0", "optional")


def test_the_first_version_of_the_file():
    pin = {"package": "Kit", "repositoryURL": "https://example.org/acme/kit.git"}
    branch = {"state": {"branch": "main", "revision": "ab", "version": None}}
    pins = [pin | {"state": {"branch": None, "version": "1.2.3"}}, pin | branch]
    document = {"object": {"pins": pins}, "version": 1}
    [each] = found("swift", json.dumps(document).encode(), PATH)
    assert (each.name, each.version) == ("kit", "1.2.3")
    assert found("swift", json.dumps(document).encode(), "app/.build/x/Package.resolved") == []


def test_a_bad_entry_is_a_problem_of_that_entry():
    state = {"state": {"version": "1.0.0"}}
    pins = [7, {"location": "nowhere"} | state, {"location": "https://e.org/a/b"} | state]
    packages, problems = both("swift", json.dumps({"pins": pins}).encode(), PATH)
    assert [e.name for e in packages] == ["b"]
    assert [p.where for p in problems] == [f"{PATH}: pins[0]", f"{PATH}: pins[1]"]


@pytest.mark.parametrize("data", [b"", b"{", b"7", b'{"pins": 7}', b"\xff", b"[" * 100_000])
def test_a_file_that_is_no_such_document_is_a_problem(data):
    packages, [problem] = both("swift", data, PATH)
    assert (packages, problem.effect) == ([], "source_lost")
