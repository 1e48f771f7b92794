"""The laws every scheme's keys obey, over versions put together from real pieces."""

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from version_grammars import PIECES, REAL

from match.versions import SCHEMES, InvalidVersion, compare, exact, key, scheme
from match.versions.encoding import number

GRAMMARS = sorted(REAL)
PARTIAL = ["conan", "maven"]


def named(grammar):
    return "pep440" if grammar == "legacy" else grammar


def has_key(grammar, version):
    try:
        return bool(key(named(grammar), version))
    except InvalidVersion:
        return False


def versions(grammar):
    pieces = st.sampled_from(PIECES[grammar] + ["0", "1", "2", "10", "00", "01", "."])
    tail = st.lists(pieces, max_size=4).map("".join)
    joined = st.tuples(st.sampled_from([*REAL[grammar], "1", "1.0"]), tail).map("".join)
    return joined.filter(lambda version: has_key(grammar, version))


def exact_versions(name):
    return versions(name).filter(lambda version: exact(name, version))


@pytest.mark.parametrize("grammar", GRAMMARS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_key_is_the_beginning_of_another(grammar, data):
    a, b = (key(named(grammar), data.draw(versions(grammar))) for _ in range(2))
    assert a == b or not b.startswith(a)


@pytest.mark.parametrize("grammar", GRAMMARS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_range_that_ends_with_a_version_ends_before_its_key_and_a_zero_byte(grammar, data):
    last, version = (data.draw(versions(grammar)) for _ in range(2))
    name = named(grammar)
    inside = key(name, version) < key(name, last) + b"\x00"
    if exact(name, last) and exact(name, version):
        assert inside == (compare(name, version, last) <= 0)


@pytest.mark.parametrize("name", PARTIAL)
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_exact_keys_and_the_comparator_agree(name, data):
    a, b = (data.draw(exact_versions(name)) for _ in range(2))
    left, right = key(name, a), key(name, b)
    assert compare(name, a, b) == (left > right) - (left < right)


@pytest.mark.parametrize("name", PARTIAL)
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_comparator_is_reflexive_and_antisymmetric(name, data):
    a, b = (data.draw(versions(name)) for _ in range(2))
    assert compare(name, a, a) == 0
    assert compare(name, a, b) == -compare(name, b, a)


@pytest.mark.parametrize("name", PARTIAL)
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_the_comparator_is_transitive_over_exact_versions(name, data):
    a, b, c = (data.draw(exact_versions(name)) for _ in range(3))
    if compare(name, a, b) <= 0 and compare(name, b, c) <= 0:
        assert compare(name, a, c) <= 0


def test_mavens_order_has_a_cycle_and_its_versions_are_not_all_exact():
    cycle = ["3.7.0.rc.3", "3.7.0-04", "3.7.0.Final", "3.7.0.rc.3"]
    assert all(compare("maven", a, b) == 1 for a, b in pairwise(cycle))
    assert not all(exact("maven", version) for version in cycle)


@pytest.mark.parametrize("name", sorted(SCHEMES))
@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=30))
def test_any_text_has_a_key_or_is_refused(name, text):
    try:
        made = key(name, text)
    except InvalidVersion:
        with pytest.raises(InvalidVersion) as refused:
            compare(name, text, text)
        assert refused.value.version == text
    else:
        assert key(name, text) == made != b""
        assert exact(name, text) in {True, False}
        assert compare(name, text, text) == 0


@pytest.mark.parametrize("name", sorted(SCHEMES))
@pytest.mark.parametrize("text", ["", " ", "\t\n"])
def test_nothing_is_no_version(name, text):
    with pytest.raises(InvalidVersion):
        key(name, text)


@pytest.mark.parametrize("name", sorted(SCHEMES))
def test_zero_is_a_version(name):
    assert key(name, "0") <= key(name, "0.0") < key(name, "0.1")


@settings(max_examples=200, deadline=None)
@given(
    a=st.integers(min_value=0, max_value=10**400),
    b=st.integers(min_value=0, max_value=10**400),
    zeros=st.integers(min_value=0, max_value=3),
)
def test_numbers_of_any_length_keep_their_order(a, b, zeros):
    left = number("0" * zeros + str(a)).encode("latin-1")
    right = number(str(b)).encode("latin-1")
    assert (left > right) - (left < right) == (a > b) - (a < b)
    assert a == b or not right.startswith(left)


@pytest.mark.parametrize("count", [125, 126, 127, 128, 1000, 1001])
def test_numbers_keep_their_order_where_the_count_outgrows_its_byte(count):
    assert number("9" * count) < number("1" + "0" * count) < number("1" * 20_000) < "\xff"


@pytest.mark.parametrize("name", sorted(SCHEMES))
@pytest.mark.parametrize("piece", ["1", "0", ".", "-", "a", "-1", ".a", "~", "_p", "1a", "+"])
def test_long_texts_take_time_in_proportion(name, piece):
    # A rule of quadratic cost in Python would take minutes here.
    text = "1" + piece * (60_000 // len(piece))
    try:
        key(name, text)
        compare(name, text, text + "x")
        exact(name, text)
    except InvalidVersion:
        return


def test_an_unknown_scheme_is_a_key_error():
    with pytest.raises(KeyError):
        scheme("nonesuch")


@pytest.mark.parametrize("name", SCHEMES)
@pytest.mark.parametrize("tail", ["-a", ".a", "1-", "a1.", "~", "_1", "+b", ".rc-a"])
def test_a_hostile_version_takes_no_longer_than_its_length(name, tail):
    start = time.process_time()
    for begin, end in (("1.0.rc", "!"), ("1", "\n!"), ("v1-x-linux", "é")):
        has_key(name, f"{begin}{tail * 30}{end}")
        has_key(name, f"{begin}{tail * 10_000}{end}")
    assert time.process_time() - start < 1.0
