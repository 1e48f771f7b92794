"""Sets of versions obey the laws of sets, and come back as intervals that hold the same."""

from hypothesis import given, settings
from hypothesis import strategies as st

from match.records.npm_ranges import after
from match.records.version_sets import (
    EVERYTHING,
    NOTHING,
    all_of,
    both,
    complement,
    intervals_of,
    union,
    where,
)
from match.versions import key


def order(version):
    return key("npm", version)


VERSIONS = [f"{a}.{b}.0{tail}" for a in range(3) for b in range(3) for tail in ("", "-rc.1")]
VERSIONS += ["1.1.1-0", "1.1.1", "0.0.0-0", "9.9.9"]
COMPARED = st.builds(
    lambda operator, version: where(operator, version, order),
    st.sampled_from(["<", "<=", ">", ">=", "=", "!="]),
    st.sampled_from(VERSIONS),
)
SETS = st.recursive(
    COMPARED,
    lambda s: st.one_of(
        st.lists(s, max_size=3).map(union), st.lists(s, max_size=3).map(all_of), s.map(complement)
    ),
    max_leaves=6,
)


def holds(of, version):
    at = (order(version), 0.5)
    return any(low.at < at < high.at for low, high in of)


def inside(intervals, version):
    at = order(version)
    return any(
        (i.introduced is None or order(i.introduced) <= at)
        and (i.fixed is None or at < order(i.fixed))
        and (i.last_affected is None or at <= order(i.last_affected))
        for i in intervals
    )


@settings(max_examples=150, deadline=None)
@given(SETS, SETS)
def test_they_are_sets(one, other):
    assert complement(complement(one)) == union([one])
    assert both(one, other) == both(other, one)
    assert union([one, complement(one)]) == EVERYTHING
    assert both(one, complement(one)) == NOTHING
    for version in VERSIONS:
        assert holds(union([one, other]), version) is (holds(one, version) or holds(other, version))
        assert holds(both(one, other), version) is (holds(one, version) and holds(other, version))
        assert holds(complement(one), version) is not holds(one, version)


@settings(max_examples=150, deadline=None)
@given(SETS)
def test_intervals_hold_what_the_set_holds(of):
    intervals = intervals_of(of, after)
    for version in VERSIONS:
        assert inside(intervals, version) is holds(of, version)


def test_nothing_and_everything():
    assert intervals_of(NOTHING, after) == ()
    (whole,) = intervals_of(EVERYTHING, after)
    assert (whole.introduced, whole.fixed, whole.last_affected) == (None, None, None)
    assert all_of([]) == EVERYTHING
    assert union([]) == NOTHING
