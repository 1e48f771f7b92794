import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbom import purl
from sbom.purl import InvalidPurl, Parts

TEXTS = st.text(max_size=12)
TYPES = st.sampled_from(["deb", "npm", "golang", "pypi", "generic", "maven", "oci", "git", "rpm"])
KEYS = st.from_regex(r"[A-Za-z][A-Za-z0-9._\-]{0,6}", fullmatch=True)


@st.composite
def spellings(draw):
    """Purls as people write them: odd cases, slashes, escapes, unescaped letters."""
    pieces = draw(st.lists(TEXTS, min_size=1, max_size=4))
    text = f"{draw(st.sampled_from(['pkg:', 'PKG:', 'pkg://']))}{draw(TYPES)}/{'/'.join(pieces)}"
    if draw(st.booleans()):
        text += f"@{draw(TEXTS)}"
    if draw(st.booleans()):
        pairs = draw(st.dictionaries(KEYS, TEXTS, max_size=3))
        text += "?" + "&".join(f"{key}={value}" for key, value in pairs.items())
    return text + draw(st.sampled_from(["", "#", "#a/../b", "#a//%62"]))


@pytest.mark.shared
def test_every_case_of_the_purl_specification(shared):
    cases = json.loads((shared / "cases/purl-spec/cases.json").read_text())
    wrong = [
        f"{case['file']}#{case['n']}: {case['input']} gave {given}, not {case['expected']}"
        for case in cases
        if not is_right(case, given := answer(case))
    ]
    assert len(cases) >= 293
    assert not wrong, "\n".join(wrong)


def answer(case):
    stated = case["input"]
    try:
        if case["type"] == "parse":
            parts = purl.parse(stated)
            return {field: getattr(parts, field) for field in parts.__struct_fields__} | {
                "qualifiers": dict(parts.qualifiers)
            }
        if case["type"] == "build":
            texts = {k: v or "" for k, v in stated.items() if k != "qualifiers"}
            return purl.build(qualifiers=(stated["qualifiers"] or {}).items(), **texts)
        return purl.canonical(stated)
    except InvalidPurl:
        return None


def is_right(case, given):
    if case["fails"]:
        return given is None
    if isinstance(case["expected"], dict):
        return given is not None and all(
            (given.get(key) or None) == (value or None) for key, value in case["expected"].items()
        )
    return given == case["expected"]


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("pkg:deb/debian/libx@1%3A2.3-4+b1", "pkg:deb/debian/libx@1:2.3-4%2Bb1"),
        ("pkg:deb/Debian/LibX@1:2.3-4%2bb1", "pkg:deb/debian/libx@1:2.3-4%2Bb1"),
        ("pkg:npm/@scope/name", "pkg:npm/%40scope/name"),
        ("pkg:npm/%40scope%2Fname@1", "pkg:npm/%40scope/name@1"),
        ("pkg:npm/JSONStream@1", "pkg:npm/JSONStream@1"),
        (
            "pkg:golang/github.com%2FBurntSushi%2Ftoml@v1",
            "pkg:golang/github.com/BurntSushi/toml@v1",
        ),
        ("pkg:pypi/Foo_Bar.baz@1", "pkg:pypi/foo-bar.baz@1"),
        ("pkg:rpm/redhat/package A@1", "pkg:rpm/redhat/package%20A@1"),
        ("pkg:rpm/x/y@1?b=2&a=1&c=", "pkg:rpm/x/y@1?a=1&b=2"),
        ("pkg:rpm/x/y@1?a=1&A=1", "pkg:rpm/x/y@1?a=1"),
        ("pkg:generic/a@1/2", "pkg:generic/a@1%2F2"),
        ("pkg:generic/50%25", "pkg:generic/50%25"),
        ("pkg:generic/50%", "pkg:generic/50%25"),
        ("pkg:generic/%E2%82%AC", "pkg:generic/%E2%82%AC"),
        ("pkg:generic/a/?#", "pkg:generic/a"),
    ],
)
def test_spellings_come_to_one(written, canonical):
    assert purl.canonical(written) == canonical
    assert purl.canonical(canonical) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pkg",
        "pkg:",
        "pkg:deb",
        "pkg:deb/",
        "pkg:deb/debian/@1",
        "pkg:/",
        "npm:a/b",
        "pkg:n+m/a",
        "pkg:ñ/a",
        "pkg:npm/a?x",
        "pkg:npm/a?x=1&x=2",
        "pkg:npm/a?1x=1",
        "pkg:npm/%FF",
        "pkg:npm/a@%C3",
        "pkg:npm/\ud800",
    ],
)
def test_what_is_no_purl_is_refused_with_a_reason(text):
    with pytest.raises(InvalidPurl) as refused:
        purl.canonical(text)
    assert str(refused.value)


@given(spellings())
@settings(max_examples=300)
def test_canonical_is_a_fixed_point(text):
    try:
        once = purl.canonical(text)
    except InvalidPurl:
        return
    assert purl.canonical(once) == once
    assert once.isascii()
    assert " " not in once


PLAIN_TEXTS = st.text(st.sampled_from("aZ0.-_~:/@%?#+ é"), max_size=14)


@settings(max_examples=2000)
@given(st.sampled_from(sorted(purl.AS_WRITTEN | {"pypi", "deb", "Npm"})), PLAIN_TEXTS)
def test_what_is_taken_as_it_stands_is_what_reading_in_full_gives(type_, rest):
    for text in (f"pkg:{type_}/{rest}", f"pkg:{type_}/a/{rest}@1.0", f"pkg:{type_}/a@{rest}"):
        if parts := purl.plain(text):
            assert (parts, text) == (purl._read(text)[0], purl._join(*purl._read(text)))


def test_most_purls_are_taken_as_they_stand():
    assert purl.plain("pkg:golang/github.com/A/b@v1.0.0-rc.1") == Parts(
        "golang", "github.com/A", "b", "v1.0.0-rc.1"
    )
    assert purl.plain("pkg:maven/org.a/b@1") == purl.parse("pkg:maven/org.a/b@1")
    for text in ("pkg:npm/a", "pkg:npm/@a/b@1", "pkg:deb/debian/a@1", "pkg:npm/a@1?b=c", "a"):
        assert purl.plain(text) is None


@given(spellings())
@settings(max_examples=300)
def test_parts_survive_writing(text):
    try:
        parts = purl.parse(text)
    except InvalidPurl:
        return
    assert purl.parse(purl.write(parts)) == parts
    assert purl.read(text) == (parts, purl.write(parts))


@given(TYPES, TEXTS, TEXTS, TEXTS, st.dictionaries(KEYS, TEXTS, max_size=3), TEXTS)
@settings(max_examples=300)
def test_build_gives_what_parse_reads(type_, namespace, name, version, qualifiers, subpath):
    try:
        built = purl.build(type_, namespace, name, version, qualifiers.items(), subpath)
    except InvalidPurl:
        return
    parts = purl.parse(built)
    assert purl.build(*(getattr(parts, field) for field in Parts.__struct_fields__)) == built
    assert parts.version == version


@given(st.text(max_size=40))
@settings(max_examples=300)
def test_nothing_but_invalid_purl_is_raised(text):
    for candidate in (text, f"pkg:{text}", f"pkg:npm/{text}", f"pkg:rpm/a/b@1?{text}"):
        try:
            purl.canonical(candidate)
        except InvalidPurl:
            continue


@given(
    st.sampled_from(["deb", "rpm", "apk", "gem", "maven", "cargo", "nuget"]),
    st.from_regex(r"[a-z]{1,5}", fullmatch=True),
    st.from_regex(r"[a-z0-9+.\-]{1,10}", fullmatch=True),
    st.from_regex(r"[0-9A-Za-z.:~+\-]{1,10}", fullmatch=True),
)
@settings(max_examples=100)
def test_ordinary_purls_are_as_packageurl_writes_them(type_, namespace, name, version):
    from packageurl import PackageURL

    theirs = PackageURL(type_, namespace, name, version, {"arch": "amd64"}).to_string()
    # It lowers the case of escapes too, where a type's names have none.
    theirs = theirs.replace("%2b", "%2B")
    assert purl.build(type_, namespace, name, version, (("arch", "amd64"),)) == theirs


def test_a_hundred_thousand_letters_cost_little():
    started = time.perf_counter()
    for text in ("pkg:npm/" + "%41" * 30_000, "pkg:npm/" + "/" * 100_000 + "a", "pkg:a/" * 20_000):
        assert purl.canonical(text)
    assert time.perf_counter() - started < 2
