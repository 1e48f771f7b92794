"""The shared pairs of thirteen ecosystems, judged by key and comparator directly."""

import pytest

from match.versions import compare, exact, key

FILES = {
    "Alpine": "apk",
    "CRAN": "cran",
    "ConanCenter": "conan",
    "Debian": "dpkg",
    "Hackage": "hackage",
    "Maven": "maven",
    "NuGet": "nuget",
    "Packagist": "composer",
    "Pub": "pub",
    "PyPI": "pep440",
    "Red_Hat": "rpm",
    "RubyGems": "gem",
    "SemVer": "semver",
}

# Maven 3.8.7, 3.9.9, 3.9.11 and 4.0.0-rc-4 all contradict these expectations (docs/versions.md).
REFUTED = {
    ("1-1", "1-ga-1"),
    ("1.0.0-RC16", "1.0.0.RC8-beta"),
    ("1.0.0rc0", "1.0.beta8"),
    ("1.2.48.sec10", "1.2.48_noneautotype"),
    ("1.2.50.sec10", "1.2.50_noneautotype"),
    ("1.2.57.sec10", "1.2.57_noneautotype"),
    ("1.2.60.sec10", "1.2.60_noneautotype"),
    ("1.5.9.RC1", "1.5.9-RC0"),
    ("2-1", "2.0.0.a"),
    ("2.0.a", "2.0.0.a"),
    ("2.9.0-1", "2.9.0.RC1"),
    ("6.1.12.rc5", "6.1.12rc1"),
}


def rows(shared, name):
    lines = (shared / "cases" / "versions" / f"{name}.tsv").read_text("utf-8").split("\n")
    return [line.split("\t")[1:4] for line in lines[1:] if line]


@pytest.mark.shared
@pytest.mark.parametrize("name", sorted(FILES))
def test_every_shared_pair_is_ordered_as_expected(shared, name):
    scheme = FILES[name]
    wrong = []
    for a, op, b in rows(shared, name):
        settled = compare(scheme, a, b)
        if exact(scheme, a) and exact(scheme, b):
            left, right = key(scheme, a), key(scheme, b)
            assert settled == (left > right) - (left < right)
        if "<=>"[settled + 1] != op and not (scheme == "maven" and (a, b) in REFUTED):
            wrong.append(f"{a} {op} {b}: got {'<=>'[settled + 1]}")
    assert not wrong


@pytest.mark.shared
def test_the_refuted_pairs_are_among_the_shared_ones(shared):
    assert {(a, b) for a, _, b in rows(shared, "Maven")} >= REFUTED
