"""The laws of alias groups (rules.md 7)."""

from hypothesis import given, settings
from hypothesis import strategies as st

from match.aliases import Assertion, Group, Member, group, is_cve, leads_to, merge
from match.ids import order
from match.model import Exploited, Severity

IDS = [f"CVE-2024-{n}" for n in range(4)] + [f"GHSA-{c * 4}" for c in "abcd"] + ["GO-2024-1", "X-1"]
records = st.lists(
    st.builds(
        Assertion,
        st.sampled_from(IDS),
        st.lists(st.sampled_from(IDS), max_size=4).map(tuple),
    ),
    max_size=12,
)


def ids_of(assertions):
    return {i for a in assertions for i in (a.id, *a.aliases)}


@given(records, st.randoms())
def test_the_order_of_records_and_aliases_does_not_matter(assertions, chance):
    shuffled = [
        Assertion(a.id, tuple(chance.sample(a.aliases, len(a.aliases)))) for a in assertions
    ]
    chance.shuffle(shuffled)
    assert group(shuffled) == group(assertions)


@given(records)
def test_groups_are_a_partition_and_no_id_is_lost(assertions):
    ids = [i for g in group(assertions) for i in g.ids]
    assert sorted(ids) == sorted(ids_of(assertions))


@given(records)
def test_no_group_holds_two_cves(assertions):
    assert all(sum(map(is_cve, g.ids)) <= 1 for g in group(assertions))


@given(records)
def test_what_was_asserted_is_an_alias_or_related(assertions):
    groups = {i: g for g in group(assertions) for i in g.ids}
    for assertion in assertions:
        mine = groups[assertion.id]
        assert {*mine.ids, *mine.related} >= set(assertion.aliases)


@given(records)
def test_saying_it_twice_changes_nothing(assertions):
    assert group(assertions + assertions) == group(assertions)


def test_plain_aliases_join():
    found = group([Assertion("GHSA-a", ("CVE-2024-1",)), Assertion("GO-1", ("GHSA-a",))])
    assert found == (Group(("CVE-2024-1", "GHSA-a", "GO-1")),)


def test_a_record_of_several_cves_is_no_member_and_related_to_each():
    found = group([Assertion("GHSA-a", ("CVE-2024-1", "CVE-2024-2"))])
    assert found == (
        Group(("CVE-2024-1",), ("GHSA-a",)),
        Group(("CVE-2024-2",), ("GHSA-a",)),
        Group(("GHSA-a",), ("CVE-2024-1", "CVE-2024-2")),
    )
    assert leads_to(found[2]) == ("CVE-2024-1", "CVE-2024-2")
    assert leads_to(found[0]) == ()


def test_an_id_joins_the_nearest_cve():
    chain = [
        Assertion("GHSA-a", ("CVE-2024-1",)),
        Assertion("GHSA-a", ("GHSA-b",)),
        Assertion("GHSA-b", ("GHSA-c",)),
        Assertion("GHSA-c", ("CVE-2024-2",)),
    ]
    found = {g.ids[0]: g for g in group(chain)}
    assert found["CVE-2024-1"].ids == ("CVE-2024-1", "GHSA-a")
    assert found["CVE-2024-2"].ids == ("CVE-2024-2", "GHSA-c")
    # Two steps from the first, two from the second: related to each, a member of none.
    assert found["GHSA-b"].ids == ("GHSA-b",)
    assert leads_to(found["GHSA-b"]) == ("CVE-2024-1", "CVE-2024-2")
    assert found["CVE-2024-1"].related == ("GHSA-b",)


def test_a_cve_that_names_another_keeps_its_group():
    found = group([Assertion("CVE-2024-1", ("CVE-2024-2", "GHSA-a"))])
    assert [g.ids[0] for g in found] == ["CVE-2024-1", "CVE-2024-2", "GHSA-a"]
    assert found[0].related == ("CVE-2024-2", "GHSA-a")


def test_canonical_order_is_by_kind_and_then_the_smallest_number():
    ids = "LDG-2026-1 DSA-9-1 OSV-2 RUSTSEC-1 PYSEC-1 GO-2024-10 GO-2024-9 GHSA-z CVE-2024-9999"
    ids = [*ids.split(), "CVE-2024-10000", "CVE-1999-1"]
    ids.reverse()
    assert sorted(ids, key=order) == [
        *("CVE-1999-1", "CVE-2024-9999", "CVE-2024-10000", "GHSA-z", "GO-2024-9", "GO-2024-10"),
        *("PYSEC-1", "RUSTSEC-1", "OSV-2", "DSA-9-1", "LDG-2026-1"),
    ]


members = st.lists(
    st.builds(
        Member,
        st.sampled_from(["CVE-2024-1", "GHSA-a"]),
        st.sampled_from(["nvd", "osv:GHSA"]),
        related=st.lists(st.sampled_from(IDS), max_size=2).map(tuple),
        severities=st.lists(
            st.builds(
                Severity,
                source=st.sampled_from(["nvd", "cna:x"]),
                score=st.sampled_from([None, 5.0, 9.8]),
                version=st.sampled_from(["", "2.0", "3.1", "4.0"]),
            ),
            max_size=2,
        ).map(tuple),
        summary=st.sampled_from(["", "a", "b"]),
        published=st.sampled_from(["", "2024-01-01T00:00:00Z", "2023-01-01T00:00:00Z"]),
        withdrawn=st.sampled_from(["", "2024-02-02T00:00:00Z"]),
    ),
    max_size=4,
)


@settings(max_examples=60)
@given(members, st.randoms())
def test_what_is_known_does_not_depend_on_the_order_of_records(told, chance):
    of = Group(("CVE-2024-1", "GHSA-a"))
    other = chance.sample(told, len(told))
    one, two = (merge(of, m, (), named="", learned="") for m in (told, other))
    assert one == two


def test_what_is_known_of_one_vulnerability():
    known = merge(
        Group(("CVE-2024-1", "GHSA-a")),
        [
            Member("GHSA-a", "osv:GHSA", summary="words", published="2024-01-02T00:00:00Z"),
            Member("CVE-2024-1", "nvd", published="2024-01-01T00:00:00Z"),
        ],
        [Exploited(id="CVE-2024-1", added="2024-03-01")],
        named="2020-01-01T00:00:00Z",
        learned="2024-05-05T00:00:00Z",
    )
    assert known.id == "CVE-2024-1"
    assert known.aliases == ("GHSA-a",)
    assert (known.published, known.summary) == ("2024-01-01T00:00:00Z", "words")
    assert known.first_seen == "2024-05-05T00:00:00Z"
    assert known.kev is not None


def test_an_id_of_more_digits_than_a_number_is_read_from_has_its_place():
    long = "CVE-2024-" + "1" * 5000
    assert sorted(["CVE-2024-12", long, "CVE-2024-9", "CVE-2024-0010"], key=order) == [
        "CVE-2024-9",
        "CVE-2024-0010",
        "CVE-2024-12",
        long,
    ]
