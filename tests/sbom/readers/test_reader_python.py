"""Python's core metadata, wherever installers leave it."""

import pytest
from reader_files import archive, both, found

SITE = "usr/local/lib/python3.11/site-packages"
METADATA = f"{SITE}/Flask-2.0.dist-info/METADATA"
FLASK = b"""Metadata-Version: 2.1
Name: Flask
Version: 2.0
Summary: Name: not this one
License: BSD-3-Clause
Author: A. Author
Classifier: License :: OSI Approved :: BSD License

Name: neither
Version: 9
"""


@pytest.mark.parametrize(
    "path",
    [
        METADATA,
        f"{SITE}/Flask.egg-info/PKG-INFO",
        f"{SITE}/Flask-2.0-py3.11.egg-info",
        f"{SITE}/Flask-2.0-py3.11.egg/EGG-INFO/PKG-INFO",
        f"{SITE}/setuptools/_vendor/Flask-2.0.dist-info/METADATA",
        "usr/lib/python3/dist-packages/Flask-2.0.egg-info/PKG-INFO",
    ],
)
def test_metadata_is_read_up_to_its_first_empty_line(path):
    [each] = found("python", FLASK, path)
    assert (each.type, each.name, each.version) == ("pypi", "Flask", "2.0")
    assert (each.licenses, each.vendor) == (("BSD-3-Clause",), "A. Author")


def test_lines_may_end_with_returns_and_begin_with_a_byte_order_mark():
    data = b"\xef\xbb\xbf" + FLASK.replace(b"\n", b"\r\n")
    assert found("python", data, METADATA)[0].version == "2.0"


@pytest.mark.parametrize(
    ("lines", "licenses"),
    [
        ("License-Expression: MIT OR Apache-2.0\nLicense: old", ("MIT OR Apache-2.0",)),
        ("License: UNKNOWN", ()),
        ("License: The licence\n        of many lines", ("The licence",)),
        (
            """Classifier: License :: OSI Approved :: MIT License
Classifier: Topic :: Text
Classifier: License :: OSI Approved :: Apache Software License""",
            ("MIT License", "Apache Software License"),
        ),
    ],
)
def test_the_expression_speaks_before_the_text_and_the_text_before_classifiers(lines, licenses):
    data = f"Name: a\nVersion: 1\n{lines}\n\n".encode()
    assert found("python", data, METADATA)[0].licenses == licenses


def test_a_folder_states_what_its_metadata_does_not():
    [each], [problem] = both("python", b"Name: Flask\n\nVersion: 3\n", METADATA)
    assert (each.name, each.version) == ("Flask", "2.0")
    assert problem.effect == "field_lost"
    assert (
        both("python", b"", f"{SITE}/zope.interface-5.0.dist-info/METADATA")[0][0].version == "5.0"
    )


def test_metadata_that_nothing_names_is_a_problem():
    packages, [problem] = both("python", b"Name: x\n", f"{SITE}/x.egg-info/PKG-INFO")
    assert packages == []
    assert problem.effect == "record_lost"


def test_an_egg_may_be_a_zip_file():
    data = archive({"flask/__init__.py": b"", "EGG-INFO/PKG-INFO": FLASK})
    assert found("python", data, f"{SITE}/Flask-2.0-py3.11.egg")[0].name == "Flask"
    assert found("python", archive({"x": b""}), f"{SITE}/x.egg") == []
    assert both("python", b"PK no", f"{SITE}/x.egg")[1][0].effect == "source_lost"


@pytest.mark.parametrize(
    "path",
    [
        f"{SITE}/~lask-2.0.dist-info/METADATA",
        f"{SITE}/pkg_resources/tests/data/a.egg/EGG-INFO/PKG-INFO",
    ],
)
def test_what_pip_left_behind_and_test_data_are_not_installed(path):
    assert both("python", FLASK, path) == ([], [])


POETRY = b"""[[package]]
name = "requests"
version = "2.31.0"
files = [
    {file = "requests-2.31.0.tar.gz", hash = "sha256:00"},
]

[package.dependencies]
certifi = ">=2017.4.17"

[[package]]
name = "mine"
version = "0.1.0"

[package.source]
type = "git"
url = "https://example.org/mine.git"

[[package]]
name = "theirs"
version = "1.2"

[package.source]
type = "legacy"
url = "https://mirror.example/simple"
"""
UV = b"""version = 1

[[package]]
name = "app"
version = "0.1.0"
source = { virtual = "." }

[[package]]
name = "requests"
version = "2.31.0"
source = { registry = "https://mirror.example/simple" }
"""
PDM = b"""[[package]]
name = "requests"
version = "2.31.0"
requires_python = ">=3.7"

[[package]]
name = "mine"
version = "0.1.0"
git = "https://example.org/mine.git"
"""
PIPENV = b"""{"_meta": {"hash": {"sha256": "00"}, "pipfile-spec": 6},
"default": {"requests": {"version": "==2.31.0"}, "mine": {"git": "https://example.org/mine"}},
"develop": {"pytest": {"version": "==8.0.0", "markers": "x"}}}
"""


@pytest.mark.parametrize(
    ("file", "data", "expected"),
    [
        ("poetry.lock", POETRY, ["requests 2.31.0", "theirs 1.2"]),
        ("uv.lock", UV, ["requests 2.31.0"]),
        ("pdm.lock", PDM, ["requests 2.31.0"]),
        ("Pipfile.lock", PIPENV, ["requests 2.31.0", "pytest 8.0.0"]),
    ],
)
def test_the_published_packages_of_a_lock_file_are_optional(file, data, expected):
    packages = found("python", data, f"app/{file}")
    assert [f"{e.name} {e.version}" for e in packages] == expected
    assert {(e.type, e.scope) for e in packages} == {("pypi", "optional")}
    assert found("python", data, f"usr/lib/python3/dist-packages/a/{file}") == []
