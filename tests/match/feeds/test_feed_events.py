"""Range events: the OSV schema's own algorithm is the oracle."""

from hypothesis import given, settings
from hypothesis import strategies as st

from match.model import Interval
from match.records.events import backwards, intervals

KINDS = st.sampled_from(["introduced", "fixed", "last_affected"])


def key(version):
    return int(version).to_bytes(4, "big") if version.isdigit() else None


def affected(events, version):
    """The specification's evaluation of one range."""
    state = False
    for kind, at in sorted(events, key=lambda e: int(e[1])):
        if kind == "introduced" and version >= int(at):
            state = True
        elif (kind == "fixed" and version >= int(at)) or (
            kind == "last_affected" and version > int(at)
        ):
            state = False
    return state


def inside(interval, version):
    return (
        (interval.introduced is None or version >= int(interval.introduced))
        and (interval.fixed is None or version < int(interval.fixed))
        and (interval.last_affected is None or version <= int(interval.last_affected))
        and (interval.limit is None or version < int(interval.limit))
    )


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(KINDS, st.integers(1, 30).map(str)), max_size=7, unique_by=lambda e: e[1])
)
def test_the_intervals_hold_what_the_specification_says(events):
    found = intervals(events, key)
    for version in range(1, 40):
        assert any(inside(i, version) for i in found) == affected(events, version), version


def pairs(*versions):
    words = ("introduced", "fixed")
    return [(words[i % 2], v) for i, v in enumerate(versions)]


def test_events_are_sorted():
    events = [("introduced", "0"), ("introduced", "40"), ("fixed", "45"), ("fixed", "30")]
    assert intervals(events, key) == (Interval(fixed="30"), Interval(introduced="40", fixed="45"))


def test_a_pair_the_wrong_way_round_holds_what_follows_its_beginning():
    """The specification sorts the events; that the record is odd is told apart from it."""
    assert intervals(pairs("9", "4"), key) == (Interval(introduced="9"),)
    assert backwards(pairs("9", "4"), key)
    assert backwards([*pairs("9", "4"), ("limit", "*")], key)
    for sound in (pairs("4", "9"), pairs("4", "4"), pairs("0", "4"), pairs("4", "9", "3", "2")):
        assert not backwards(sound, key)


def test_one_version_in_two_spellings_is_one():
    events = [("introduced", "5"), ("last_affected", "05"), *pairs("7", "8")]
    assert Interval(introduced="5", last_affected="05") in intervals(events, key)


def test_of_two_ends_at_one_version_the_fix_counts():
    events = [("introduced", "1"), ("last_affected", "3"), ("fixed", "3"), *pairs("7", "8")]
    assert intervals(events, key) == (
        Interval(introduced="1", fixed="3"),
        Interval(introduced="7", fixed="8"),
    )


def test_at_one_version_an_end_comes_before_a_beginning():
    assert intervals(pairs("1", "2", "2", "3"), key) == (
        Interval(introduced="1", fixed="2"),
        Interval(introduced="2", fixed="3"),
    )
    unsorted = pairs("0", "31", "32", "34", "31", "33")
    assert Interval(introduced="31", fixed="33") in intervals(unsorted, key)


def test_one_version_alone_and_an_empty_pair_stay_pairs():
    alone = [("introduced", "5"), ("last_affected", "5")]
    assert intervals([*alone, *pairs("7", "8")], key) == (
        Interval(introduced="5", last_affected="5"),
        Interval(introduced="7", fixed="8"),
    )
    assert intervals(pairs("1", "2", "9", "9"), key) == (
        Interval(introduced="9", fixed="9"),
        Interval(introduced="1", fixed="2"),
    )


def test_limits_bound_every_interval_and_a_star_does_not():
    limit = [("limit", "5"), ("limit", "7")]
    assert intervals([("introduced", "0"), *limit], key) == (Interval(limit="7"),)
    assert intervals([("introduced", "0"), ("limit", "*")], key) == (Interval(),)
    assert intervals([("introduced", "0"), *limit, ("limit", "*")], key) == (Interval(),)


def test_versions_without_an_order_keep_the_order_written():
    assert intervals(pairs("b", "c", "a", "d"), key) == (
        Interval(introduced="b", fixed="c"),
        Interval(introduced="a", fixed="d"),
    )


def test_a_range_without_a_beginning_holds_nothing():
    assert intervals([("fixed", "3"), ("last_affected", "4")], key) == ()
