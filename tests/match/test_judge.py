"""Where a version lies in a claim, by keys, by SQL and by plain reasoning."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_sets import advisory, language, sbom_of, set_of

from match.judge import LISTED, Claim, claim_of, fixes, judge, lay_out, words
from match.model import Affected, Interval
from match.resolve import resolve

NUMBERS = st.integers(0, 6)
VERSIONS = st.builds("{}.{}".format, NUMBERS, st.integers(0, 3))
BOUNDS = st.none() | VERSIONS
INTERVALS = st.lists(
    st.builds(
        lambda a, kind, b: Interval(introduced=a, **({kind: b} if b else {})),
        BOUNDS,
        st.sampled_from(["fixed", "last_affected", "limit"]),
        BOUNDS,
    ),
    max_size=4,
).map(tuple)


def number(version):
    return tuple(map(int, version.split(".")))


def plainly(version, intervals, listed):
    """OSV's evaluation, written down a second time without keys."""
    v = number(version)
    inside = (
        (i.introduced is None or v >= number(i.introduced))
        and (i.fixed is None or v < number(i.fixed))
        and (i.limit is None or v < number(i.limit))
        and (i.last_affected is None or v <= number(i.last_affected))
        for i in intervals
    )
    return any(inside) or v in set(map(number, listed))


@given(VERSIONS, INTERVALS, st.lists(VERSIONS, max_size=3).map(tuple))
def test_a_version_is_inside_where_plain_reasoning_says_so(version, intervals, listed):
    claim, _ = claim_of(
        Affected(scheme="pep440", name="n", intervals=intervals, versions=listed), ""
    )
    verdict = judge(version, "pep440", claim).verdict
    assert (verdict == "inside") == plainly(version, intervals, listed)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(VERSIONS, min_size=1, max_size=5, unique=True),
    INTERVALS,
    st.lists(VERSIONS, max_size=3).map(tuple),
)
def test_the_join_in_sql_and_judge_agree(versions, intervals, listed):
    affected = language("lib", intervals=intervals, versions=listed)
    claim, _ = claim_of(affected, "")
    with set_of(advisory("GHSA-a", affected)) as advisories:
        found = resolve(sbom_of(*(f"pkg:pypi/lib@{v}" for v in versions)), advisories)
    expected = {v for v in versions if judge(v, "pep440", claim).verdict == "inside"}
    assert {f.component.version for f in found.findings} == expected


@given(VERSIONS, INTERVALS)
def test_a_mending_version_is_outside_of_every_interval(version, intervals):
    claim, _ = claim_of(Affected(scheme="pep440", name="n", intervals=intervals), "")
    judged = judge(version, "pep440", claim)
    for fixed in fixes(claim, judged.place) if judged.verdict == "inside" else ():
        assert judge(fixed, "pep440", claim).verdict == "outside"
        assert number(fixed) > number(version)


def claim(*bounds, listed=(), scheme="gem"):
    intervals = tuple(Interval(introduced=a, fixed=f, last_affected=last) for a, f, last in bounds)
    return claim_of(Affected(scheme=scheme, name="n", intervals=intervals, versions=listed), "")[0]


def test_last_affected_is_inclusive_and_fixed_is_not():
    assert judge("2.0", "gem", claim((None, None, "2.0"))).verdict == "inside"
    assert judge("2.0.0", "gem", claim((None, None, "2.0"))).verdict == "inside"
    assert judge("2.0", "gem", claim((None, "2.0", None))).verdict == "outside"
    assert judge("2.0.1", "gem", claim((None, None, "2.0"))).verdict == "outside"


def test_a_last_version_of_bitnamis_means_all_its_revisions():
    """An advisory names the upstream's version; one with a revision means just that."""
    upstream = claim(("5.15.12", None, "5.15.12"))
    assert judge("5.15.12-3", "bitnami", upstream).verdict == "inside"
    assert judge("5.15.13-0", "bitnami", upstream).verdict == "outside"
    assert judge("5.15.12", "bitnami", upstream).verdict == "inside"
    revision = claim(("6.7.2-7", None, "6.8.2-0"))
    assert judge("6.8.2-0", "bitnami", revision).verdict == "inside"
    assert judge("6.8.2-1", "bitnami", revision).verdict == "outside"
    mended = claim((None, "6.8.2", None))
    assert judge("6.8.2-4", "bitnami", mended).verdict == "outside"
    assert judge("6.8.1-4", "bitnami", mended).verdict == "inside"
    listed = Claim(claim="affected", fix="none", listed=("1.2.3",))
    assert judge("1.2.3-4", "bitnami", listed).verdict == "inside"


def test_a_fix_that_another_interval_takes_back_is_none():
    taken = claim((None, "1.5", None), ("1.2", "2.0", None))
    assert fixes(taken, 0) == ("2.0",)
    branches = claim((None, "1.5", None), ("2.0", "2.3", None))
    assert fixes(branches, 0) == ("1.5", "2.3")
    assert fixes(branches, judge("2.1", "gem", branches).place) == ("2.3",)


def test_an_inverted_range_has_no_span_and_is_told():
    laid = lay_out("pep440", (("2.0", "1.0", "", ""), ("", "0.5", "", "")), ())
    assert [s.place for s in laid.spans] == [0]
    assert laid.faults == ("the range from 2.0 before 1.0 is empty or inverted",)


ODD = "not a version!"


@pytest.mark.parametrize("version", [ODD, ""])
def test_a_version_without_an_order_is_undecided_where_a_range_could_hold_it(version):
    assert judge(version, "gem", claim((None, "2.0", None))).verdict == "undecided"


def test_a_version_without_an_order_is_inside_what_has_no_bounds_or_lists_its_text():
    assert judge(ODD, "gem", claim((None, None, None))).verdict == "inside"
    assert judge(ODD, "gem", claim(listed=(ODD, "1.0"))).how == LISTED
    assert judge(ODD, "gem", claim(listed=("1.0",))).verdict == "outside"
    assert judge(ODD, "no such scheme", claim((None, "2.0", None))).verdict == "undecided"


def test_a_bound_without_an_order_leaves_only_its_side_open():
    odd = claim(("1.0", ODD, None))
    assert judge("0.9", "gem", odd).verdict == "outside"
    assert judge("5.0", "gem", odd).verdict == "undecided"
    both = claim(("1.0", ODD, None), ("4.0", "6.0", None))
    assert judge("5.0", "gem", both).verdict == "inside"


def test_maven_versions_whose_keys_are_not_exact_are_settled_by_the_comparator():
    from match.versions import maven

    version = "3.7.0.rc.3"
    assert not maven.exact(version)
    expected = maven.compare(version, "3.7.0.Final") < 0
    held = claim((None, "3.7.0.Final", None), scheme="maven")
    assert (judge(version, "maven", held).verdict == "inside") == expected
    turned = claim((None, version, None), scheme="maven")
    expected = maven.compare("3.7.0-04", version) < 0
    assert (judge("3.7.0-04", "maven", turned).verdict == "inside") == expected


def test_the_store_settles_inexact_keys_too():
    from match.versions import maven

    version = "3.7.0.rc.3"
    versions = ("3.7.0-04", "3.7.0.Final", version, "3.6.9")
    record = language("org.example:a", "maven", intervals=(Interval(fixed=version),))
    with set_of(advisory("GHSA-a", record)) as advisories:
        sbom = sbom_of(*(f"pkg:maven/org.example/a@{v}" for v in versions))
        found = {f.component.version for f in resolve(sbom, advisories).findings}
    assert found == {v for v in versions if maven.compare(v, version) < 0}


def test_ranges_in_words():
    assert words(("", "", "", "")) == "all versions"
    assert words(("1", "2", "", "")) == "from 1 before 2"
    assert words(("1", "", "", "")) == "from 1 on"
    assert words(("", "", "3", "")) == "up to 3"


def test_claims_survive_being_written():
    from msgspec import msgpack

    made = claim((None, "1.5", None), listed=("3.0",))
    assert msgpack.decode(msgpack.encode(made), type=Claim) == made
