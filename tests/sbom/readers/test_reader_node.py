"""Node's package.json of what is installed, and the lock files."""

import json
import time

import pytest
from reader_files import both, found


def package(**fields):
    return json.dumps({"name": "left-pad", "version": "1.3.0"} | fields).encode()


@pytest.mark.parametrize(
    "path",
    [
        "app/node_modules/left-pad/package.json",
        "node_modules/left-pad/package.json",
        "app/node_modules/a/node_modules/left-pad/package.json",
        "app/node_modules/@s/a/node_modules/@t/left-pad/package.json",
        "app/node_modules/.pnpm/left-pad@1.3.0/node_modules/left-pad/package.json",
        "app/node_modules/test/node_modules/left-pad/package.json",
        "app/node_modules/docs/package.json",
        "usr/share/nodejs/left-pad/package.json",
        "usr/share/nodejs/@s/left-pad/package.json",
        "usr/lib/x86_64-linux-gnu/nodejs/left-pad/package.json",
        "opt/yarn-v1.22/package.json",
        "app/package.json",
        "package.json",
    ],
)
def test_an_installed_package_is_read(path):
    [each] = found("node", package(), path)
    assert (each.type, each.namespace, each.name, each.version) == ("npm", "", "left-pad", "1.3.0")
    assert each.scope == "required"


@pytest.mark.parametrize(
    "path",
    [
        "app/node_modules/left-pad/esm/package.json",
        "app/node_modules/resolve/test/x/node_modules/left-pad/package.json",
        "app/node_modules/resolve/test/package.json",
        "usr/share/nodejs/left-pad/dist/package.json",
        "usr/lib/ruby/gems/3.1.0/gems/typeprof-0.21/vscode/package.json",
        "usr/lib/python3/dist-packages/notebook/static/package.json",
        "app/test/fixtures/left-pad/package.json",
        "var/www/vendor/acme/x/package.json",
    ],
)
def test_what_a_package_brings_along_is_not_installed(path):
    assert both("node", package(), path) == ([], [])


@pytest.mark.parametrize(
    "data",
    [
        b'{"type": "module"}',
        b'{"name": "x"}',
        b'{"name": "", "version": "1"}',
        b'{"name": ["x"], "version": {"y": 1}}',
        b"{}",
    ],
)
def test_a_file_without_name_and_version_marks_a_folder(data):
    assert both("node", data, "app/node_modules/x/package.json") == ([], [])


def test_scope_licence_and_author():
    data = package(name="@types/node", license="MIT", author={"name": "A", "email": "a@b"})
    [each] = found("node", data, "n/node_modules/@types/node/package.json")
    assert (each.namespace, each.name) == ("@types", "node")
    assert (each.licenses, each.vendor) == (("MIT",), "A")
    old = package(licenses=[{"type": "MIT", "url": "u"}, "BSD", 7])
    assert found("node", old, "package.json")[0].licenses == ("MIT", "BSD")


def test_a_private_application_is_not_the_package_of_its_name():
    [application] = found("node", package(private=True), "app/package.json")
    assert application.scope == "optional"
    [installed] = found("node", package(private=True), "app/node_modules/x/package.json")
    assert installed.scope == "required"


def test_an_unreadable_package_is_a_problem():
    for data in (b"", b"{", b'{"name": "\xff"}', b"[" * 100_000):
        packages, [problem] = both("node", data, "app/node_modules/x/package.json")
        assert packages == []
        assert problem.effect == "record_lost"
    with_mark = b"\xef\xbb\xbf" + package()
    assert found("node", with_mark, "app/node_modules/x/package.json")[0].name == "left-pad"


def names(data, path):
    things = found("node", data, path)
    assert {thing.scope for thing in things} <= {"optional"}
    return sorted(f"{thing.namespace}/{thing.name}@{thing.version}" for thing in things)


def test_the_lock_file_of_npm_in_its_new_form():
    data = json.dumps(
        {
            "lockfileVersion": 3,
            "packages": {
                "": {"name": "app", "version": "1.0.0"},
                "node_modules/a": {"version": "1.1.1"},
                "node_modules/a/node_modules/@s/b": {"version": "2.0.0", "dev": True},
                "node_modules/alias": {"name": "real", "version": "3.0.0"},
                "node_modules/linked": {"link": True, "resolved": "packages/linked"},
                "packages/linked": {"name": "linked", "version": "0.1.0"},
            },
        }
    ).encode()
    assert names(data, "app/package-lock.json") == ["/a@1.1.1", "/real@3.0.0", "@s/b@2.0.0"]


def test_the_lock_file_of_npm_in_its_old_form():
    data = json.dumps(
        {
            "dependencies": {
                "a": {"version": "1.1.1", "dependencies": {"@s/b": {"version": "2.0.0"}}},
                "alias": {"version": "npm:@t/real@3.0.0"},
                "git": {"version": "git+ssh://git@example.org/x.git#0123"},
            },
        }
    ).encode()
    assert names(data, "app/npm-shrinkwrap.json") == ["/a@1.1.1", "@s/b@2.0.0", "@t/real@3.0.0"]


def test_a_bad_entry_of_a_lock_file_is_a_problem_of_that_entry():
    data = b'{"packages": {"node_modules/a": {"version": 1}, "node_modules/b": {"version": "1"}}}'
    [each], [problem] = both("node", data, "app/package-lock.json")
    assert each.name == "b"
    assert problem.where == "app/package-lock.json: packages['node_modules/a']"


def test_a_lock_file_that_is_nested_without_end_ends():
    data = (
        b'{"dependencies":'
        + b'{"a":{"version":"1","dependencies":' * 60
        + b"{}"
        + b"}}" * 60
        + b"}"
    )
    packages, problems = both("node", data, "app/package-lock.json")
    assert len(packages) + len(problems) <= 60


def test_the_lock_file_of_yarn_in_both_forms():
    classic = b"""# yarn lockfile v1


"@babel/core@^7.0.0", "@babel/core@^7.1.0":
  version "7.2.0"
  resolved "https://example.org/core.tgz"

left-pad@^1.0.0:
  version "1.3.0"
  dependencies:
    version "^9"
"""
    assert names(classic, "app/yarn.lock") == ["/left-pad@1.3.0", "@babel/core@7.2.0"]
    berry = b"""__metadata:
  version: 8

"alias@npm:@t/real@^3.0.0":
  version: 3.0.1
  resolution: "@t/real@npm:3.0.1"

"app@workspace:.":
  version: 0.0.0-use.local
  resolution: "app@workspace:."

"left-pad@npm:^1.0.0":
  version: 1.3.0
  resolution: "left-pad@npm:1.3.0"
"""
    assert names(berry, "app/yarn.lock") == ["/left-pad@1.3.0", "@t/real@3.0.1"]


@pytest.mark.parametrize(
    "keys",
    [
        ["/left-pad/1.3.0:", "/@babel/core/7.2.0_peer@1.0.0:"],
        ["/left-pad@1.3.0:", "/@babel/core@7.2.0(peer@1.0.0):"],
        ["left-pad@1.3.0:", "'@babel/core@7.2.0':"],
        ["left-pad@1.3.0: {}", "'@babel/core@7.2.0(@types/node@18.0.0)':"],
    ],
)
def test_the_lock_file_of_pnpm_in_all_its_forms(keys):
    entries = "".join(f"  {key}\n    resolution: {{integrity: x}}\n\n" for key in keys)
    data = f"lockfileVersion: 5\n\nimporters:\n\n  .:\n    x: 1\n\npackages:\n\n{entries}"
    data += "snapshots:\n\n  other@1.0.0:\n    dev: true\n"
    assert names(data.encode(), "app/pnpm-lock.yaml") == ["/left-pad@1.3.0", "@babel/core@7.2.0"]


@pytest.mark.parametrize(
    "folder", ["app/node_modules/a", "usr/lib/ruby/gems/3.1.0/gems/x-1/vscode"]
)
def test_the_lock_file_of_a_package_installed_nothing(folder):
    data = b'{"packages": {"node_modules/a": {"version": "1.1.1"}}}'
    assert both("node", data, f"{folder}/package-lock.json") == ([], [])


def test_a_package_is_read_quickly():
    data = package(scripts={f"s{n}": "echo" for n in range(20)}, dependencies={"a": "^1"})
    start = time.perf_counter()
    for _ in range(1000):
        found("node", data, "app/node_modules/left-pad/package.json")
    assert time.perf_counter() - start < 0.2, "30 ms on a machine at rest"


def test_a_line_of_a_lock_file_without_an_end_is_read_once():
    start = time.process_time()
    for line in (b"  a@" + b"1" * (1 << 20), b'"' + b"a" * (1 << 20), b'"@' + b"a" * (1 << 20)):
        assert found("node", b"packages:\n" + line + b"\n", "app/pnpm-lock.yaml") == []
        found("node", line + b":\n", "app/yarn.lock")
    assert time.process_time() - start < 2
