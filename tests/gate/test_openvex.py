import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.json import encode

from gate.instants import sort_key, utc
from gate.model import Status
from gate.vex import faults, read
from sbom.errors import InputError

HEAD = {
    "@context": "https://openvex.dev/ns/v0.2.0",
    "@id": "https://example.test/vex/1",
    "author": "Acme",
    "timestamp": "2024-01-01T00:00:00Z",
    "version": 1,
}


def statement(**fields):
    usual = {
        "vulnerability": {"name": "CVE-2024-1"},
        "products": [{"@id": "pkg:apk/wolfi/git@2.41.0-r1"}],
        "status": "not_affected",
        "justification": "component_not_present",
    }
    return {k: v for k, v in (usual | fields).items() if v is not None}


def document(*statements, **fields):
    return encode({**HEAD, "statements": list(statements), **fields})


def test_version_0_2_names_everything_by_objects():
    product = {
        "@id": "https://example.test/app",
        "identifiers": {
            "purl": "pkg:oci/app@sha256%3Aff",
            "cpe23": "cpe:2.3:a:acme:app:1:*:*:*:*:*:*:*",
        },
        "hashes": {"sha-256": "FF"},
        "subcomponents": [{"identifiers": {"purl": "pkg:deb/debian/curl"}}],
    }
    vulnerability = {"name": "CVE-2024-1", "aliases": ["GHSA-aaaa-bbbb-cccc"]}
    (found,), problems = read(
        document(statement(vulnerability=vulnerability, products=[product])), "x.json"
    )
    assert not problems
    assert found.vulnerabilities == ("CVE-2024-1", "GHSA-aaaa-bbbb-cccc")
    assert found.document == "https://example.test/vex/1#statements[0]"
    assert found.products[0].purls == ("pkg:oci/app@sha256%3Aff",)
    assert found.products[0].cpes[0].startswith("cpe:2.3:")
    assert found.products[0].hashes == (("sha-256", "FF"),)
    assert found.products[0].subcomponents[0].purls == ("pkg:deb/debian/curl",)


def test_version_0_0_1_names_everything_by_texts():
    data = encode(
        {
            "@context": "https://openvex.dev/ns",
            "@id": "my-doc",
            "author": "Acme",
            "statements": [
                {
                    "vulnerability": "CVE-2024-1",
                    "products": ["pkg:oci/app"],
                    "subcomponents": ["pkg:deb/debian/curl"],
                    "status": "under_investigation",
                    "timestamp": "2022-12-22T20:56:05-05:00",
                }
            ],
        }
    )
    (found,), problems = read(data, "x.json")
    assert not problems
    assert not faults(data)
    assert found.status is Status.UNDER_INVESTIGATION
    assert found.timestamp == "2022-12-23T01:56:05Z"
    assert found.products[0].subcomponents[0].id == "pkg:deb/debian/curl"


def test_times_come_down_from_the_document():
    (one, two), _ = read(
        document(statement(), statement(timestamp="2025-01-01T00:00:00+01:00")), "x.json"
    )
    assert (one.timestamp, two.timestamp) == ("2024-01-01T00:00:00Z", "2024-12-31T23:00:00Z")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"status": "not_afected"}, "status"),
        ({"status": None}, "status"),
        ({"status": ["not_affected"]}, "status"),
        ({"justification": None}, "justification"),
        ({"justification": "trust_me"}, "justification"),
        ({"action_statement": "upgrade"}, "action_statement"),
        ({"status": "fixed"}, "justification"),
        ({"vulnerability": None}, "vulnerability"),
        ({"vulnerability": {}}, "vulnerability"),
        (
            {"products": [{"@id": "pkg:oci/app", "subcomponents": "all"}]},
            "products[0].subcomponents",
        ),
        ({"products": [{}]}, "products[0]"),
    ],
)
def test_what_cannot_be_held_to_is_a_problem_and_never_clears(fields, field):
    data = document(statement(**fields))
    found, problems = read(data, "x.json")
    assert not any(s.products for s in found if s.status in {Status.NOT_AFFECTED, Status.FIXED})
    assert problems[0].effect == "record_lost"
    assert problems[0].where == f"x.json: statements[0].{field}"
    assert any(fault.place.startswith("statements[0]") for fault in faults(data))


def test_an_impact_statement_is_reason_enough_beside_or_without_a_justification():
    for fields in (
        {"justification": None, "impact_statement": "not built in"},
        {"impact_statement": "x"},
    ):
        data = document(statement(**fields))
        assert not faults(data)
        assert len(read(data, "x")[0]) == 1


def test_affected_without_action_is_a_fault_and_still_counts():
    data = document(statement(status="affected", justification=None))
    assert [fault.place for fault in faults(data)] == ["statements[0].action_statement"]
    assert read(data, "x")[0][0].status is Status.AFFECTED


def test_a_document_without_any_time_is_told_and_sorts_first():
    data = document(statement(), timestamp=None)
    (found,), (problem,) = read(data, "x")
    assert found.timestamp == ""
    assert problem.effect == "field_lost"
    assert sort_key("") < sort_key("0001-01-01T00:00:00Z")
    assert faults(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"{}",
        b'{"@context": 1}',
        b'{"@context": "https://openvex.dev/ns/v0.2.0"}',
        b"[" * 100_000,
        b'"x"',
    ],
)
def test_what_is_no_vex_document_is_an_input_error(data):
    with pytest.raises(InputError) as caught:
        read(data, "some.json")
    assert "some.json" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert faults(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "status",
                    "products",
                    "vulnerability",
                    "subcomponents",
                    "@id",
                    "identifiers",
                    "hashes",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(JSON)
def test_any_statements_are_read_or_are_problems(value):
    found, problems = read(document(value), "x")
    assert len(found) <= 1
    assert found or problems


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2023-12-05T05:04:34.77929922Z", "2023-12-05T05:04:34.77929922Z"),
        ("2023-12-05t05:04:34.770z", "2023-12-05T05:04:34.77Z"),
        ("2023-12-05", "2023-12-05T00:00:00Z"),
        ("2023-12-05T05:04:34+02:00", "2023-12-05T03:04:34Z"),
        ("0001-01-01T00:00:00+01:00", None),
        ("soon", None),
        (5, None),
        (None, None),
    ],
)
def test_times_in_utc(text, expected):
    assert utc(text) == expected


@settings(max_examples=60)
@given(st.datetimes(), st.datetimes())
def test_times_sort_as_time_does(one, other):
    first, second = (utc(each.isoformat() + "Z") for each in (one, other))
    assert (sort_key(first) < sort_key(second)) == (one < other)
