"""Lint: what is wrong or doubtful in a document, beyond its schema."""

import msgspec
import pytest

from gate.statements.lint import lint
from sbom.errors import InputError

GOOD = {
    "vulnerability": {"name": "CVE-2024-0001"},
    "products": [{"@id": "pkg:npm/lodash@4.17.20"}],
    "status": "not_affected",
    "justification": "component_not_present",
}


def remarks(*statements, **fields):
    document = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://acme.example.test/vex-1",
        "author": "Acme",
        "timestamp": "2024-01-01T00:00:00Z",
        "version": 1,
        "statements": list(statements),
    } | fields
    return [
        (each.level, each.place, each.what)
        for each in lint(msgspec.json.encode(document), "x.json")
    ]


def only(found, level, place, words):
    ((got, where, what),) = found
    assert (got, where) == (level, place)
    assert words in what


def test_a_good_statement_has_no_remark():
    assert remarks(GOOD) == []


def test_breaches_of_schema_and_truth_table_are_wrong():
    broken = GOOD | {"status": "fixed"}
    only(remarks(broken), "wrong", "statements[0].justification", "fixed has no justification")
    assert [each[0] for each in remarks(GOOD, author=7)] == ["wrong"]


@pytest.mark.parametrize(
    ("products", "words"),
    [
        ([{"@id": "pkg:npm/lodash"}], "every version"),
        (
            [{"@id": "pkg:npm/lodash@4.17.20"}, {"@id": "pkg:npm/lodash"}],
            "listed beside it notwithstanding",
        ),
        (
            [{"@id": "pkg:oci/shop", "subcomponents": [{"@id": "pkg:npm/lodash"}]}],
            "every version",
        ),
    ],
)
def test_what_clears_every_version_is_wrong(products, words):
    only(remarks(GOOD | {"products": products}), "wrong", "statements[0]", words)


@pytest.mark.parametrize(
    "products",
    [
        [{"@id": "pkg:oci/shop", "subcomponents": [{"@id": "pkg:npm/lodash@4.17.20"}]}],
        [{"@id": "pkg:oci/shop@sha256:ab", "subcomponents": [{"@id": "pkg:npm/lodash"}]}],
        [{"@id": "pkg:npm/lodash", "hashes": {"sha-256": "ab"}}],
        [{"@id": "https://acme.example.test/shop"}],
    ],
)
def test_what_bounds_a_clearance_is_enough(products):
    assert remarks(GOOD | {"products": products}) == []


def test_a_cpe_without_version_is_doubtful_and_one_with_it_bounds():
    for cpe, expected in (
        ("cpe:2.3:a:acme:shop:*:*:*:*:*:*:*:*", ["doubtful"]),
        ("cpe:/a:acme:shop", ["doubtful"]),
        ("cpe:/a:acme:shop:1.0", []),
    ):
        products = [{"@id": "https://acme.example.test/shop", "identifiers": {"cpe23": cpe}}]
        assert [each[0] for each in remarks(GOOD | {"products": products})] == expected


def test_what_can_apply_to_nothing_is_wrong():
    nothing = {key: value for key, value in GOOD.items() if key != "products"}
    assert any(each[2].startswith("it names no product") for each in remarks(nothing))
    ended = GOOD | {"status_notes": "Valid until 1999-01-01."}
    only(remarks(ended), "wrong", "statements[0]", "before it was made")
    odd = GOOD | {"status_notes": "Valid until 2030-02-31."}
    only(remarks(odd), "wrong", "statements[0]", "is no day")
    assert remarks(GOOD | {"status_notes": "Valid until 2030-02-28."}) == []


def test_what_warns_of_every_version_is_right():
    warning = {
        "vulnerability": {"name": "CVE-2024-0001"},
        "products": [{"@id": "pkg:npm/lodash"}],
        "status": "affected",
        "action_statement": "upgrade",
    }
    assert remarks(warning) == []


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("CVE-24-1", "wrong"),
        ("GHSA-1234-5678-abcd", "wrong"),
        ("CVE-2024-0001 and others", "wrong"),
        ("ACME-1", "doubtful"),
        ("GHSA-2345-6789-cfgh", None),
        ("RHSA-2024:0001", None),
        ("cve-2024-0001", None),
    ],
)
def test_ids_of_vulnerabilities_have_a_known_form(name, level):
    found = remarks(GOOD | {"vulnerability": {"name": name}})
    assert [each[0] for each in found] == ([level] if level else [])


def test_the_same_twice_is_wrong():
    only(remarks(GOOD, GOOD), "wrong", "statements[0]", "says the same again")


def test_two_statuses_at_one_time_are_wrong():
    other = {key: GOOD[key] for key in ("vulnerability", "products")}
    found = remarks(GOOD, other | {"status": "under_investigation"})
    only(found, "wrong", "statements[0]", "says under_investigation at the same time")


def test_a_superseded_statement_is_doubtful_whatever_the_order():
    later = {key: GOOD[key] for key in ("vulnerability", "products")}
    later |= {"status": "fixed", "timestamp": "2024-02-01T00:00:00Z"}
    only(remarks(GOOD, later), "doubtful", "statements[0]", "statements[1] supersedes it")
    only(remarks(later, GOOD), "doubtful", "statements[1]", "statements[0] supersedes it")


def test_what_is_no_vex_document_is_an_error():
    with pytest.raises(InputError, match="not a VEX document"):
        lint(b'{"bomFormat": "other"}', "x.json")
    with pytest.raises(InputError, match="not JSON"):
        lint(b"\xff", "x.json")


def test_a_document_that_says_nothing_is_wrong():
    found = lint(b'{"bomFormat":"CycloneDX","specVersion":"1.6"}', "x.json")
    assert {each.level for each in found} == {"wrong"}
