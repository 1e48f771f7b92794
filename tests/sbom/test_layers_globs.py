"""All patterns of all readers, as one question."""

import re
import time
from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbom.image.globs import beginnings, compiled, expression
from sbom.image.layers import ready
from sbom.readers import load

READERS = ready(dict(load()))

PATTERNS = {
    "dpkg": ("var/lib/dpkg/status", "var/lib/dpkg/status.d/*", "var/lib/dpkg/info/*.list"),
    "node": ("**/package.json", "**/node_modules/*/package.json"),
    "java": ("**/*.jar", "**/*.[wej]ar"),
    "python": ("**/*.dist-info/METADATA", "**/*.egg-info"),
    "odd": ("**/a?c", "**/specifications/**/x*"),
}
MATCHER = compiled(PATTERNS)


@pytest.mark.parametrize(
    ("path", "readers"),
    [
        ("var/lib/dpkg/status", ("dpkg",)),
        ("x/var/lib/dpkg/status", ()),
        ("var/lib/dpkg/status.d/base", ("dpkg",)),
        ("var/lib/dpkg/status.d/base/more", ()),
        ("var/lib/dpkg/info/a:amd64.list", ("dpkg",)),
        ("package.json", ("node",)),
        ("a/b/c/package.json", ("node",)),
        ("a/xpackage.json", ()),
        ("a/b.jar", ("java",)),
        (".jar", ("java",)),
        ("a.jar/b", ()),
        ("a/b.war", ("java",)),
        ("x/foo-1.dist-info/METADATA", ("python",)),
        ("foo-1.dist-info/METADATA", ("python",)),
        ("METADATA", ()),
        ("p/foo.egg-info", ("python",)),
        ("p/abc", ("odd",)),
        ("p/a/c", ()),
        ("specifications/x1", ("odd",)),
        ("y/specifications/deep/er/x1", ("odd",)),
    ],
)
def test_patterns_say_who_wants_a_path(path, readers):
    assert MATCHER.wanted(path.encode()) == readers


def test_several_readers_may_want_one_path_in_their_order():
    both = compiled({"b": ("**/*.jar",), "a": ("**/x.jar",)})
    assert both.wanted(b"lib/x.jar") == ("b", "a")


def test_names_that_are_not_utf8_are_matched_as_bytes():
    assert MATCHER.wanted(b"caf\xe9/package.json") == ("node",)


NAMES = st.sampled_from(
    [
        "var",
        "lib",
        "dpkg",
        "status",
        "status.d",
        "package.json",
        "node_modules",
        "a.jar",
        "abc",
        "x",
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=6))
def test_the_look_ups_refuse_nothing_that_a_pattern_matches(parts):
    path = str(PurePosixPath(*parts)).encode()
    expected = tuple(
        reader
        for reader, patterns in PATTERNS.items()
        if any(re.fullmatch(expression(p), path, re.DOTALL) for p in patterns)
    )
    assert MATCHER.wanted(path) == expected


def test_beginnings_say_what_a_link_to_a_folder_makes_wanted():
    starts = beginnings(MATCHER.patterns)
    assert ("dpkg", "dpkg/status") in starts.through(b"var/lib")
    assert ("dpkg", "status") in starts.through(b"var/lib/dpkg")
    assert ("node", "package.json") in starts.through(b"app/node_modules/left-pad")
    assert starts.through(b"usr/share") == []


def test_no_pattern_of_our_readers_needs_more_than_a_look_up():
    assert READERS.matcher.others == []


def test_a_hundred_thousand_paths_are_asked_in_a_moment():
    paths = [b"usr/share/doc/package-%d/file-%d.html" % (n % 700, n) for n in range(100_000)]
    best = 9.0
    for _ in range(3):
        start = time.perf_counter()
        for path in paths:
            READERS.matcher.wanted(path)
        best = min(best, time.perf_counter() - start)
    assert best < 0.6  # 0.06 s on an idle machine
