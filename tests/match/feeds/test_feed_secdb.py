"""Security databases of apk distributions."""

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from match.feeds import secdb
from match.model import Advisory, Interval
from sbom.model import Problem

ALPINE = {"distroversion": "v3.10", "reponame": "main", "urlprefix": "http://x/alpine"}


def read(fixes, **fields):
    packages = [{"pkg": {"name": name, "secfixes": found}} for name, found in fixes.items()]
    return read_raw(json.dumps({**(fields or ALPINE), "packages": packages}))


def read_raw(text):
    return list(secdb.read("main.json", io.BytesIO(text.encode())))


def test_one_advisory_per_id_with_every_package_that_names_it():
    first, second = read(
        {"b": {"2-r0": ["CVE-2020-0002", "CVE-2020-0001"]}, "a": {"1-r1": ["CVE-2020-0001"]}}
    )
    assert (first.id, second.id) == ("CVE-2020-0001", "CVE-2020-0002")
    assert first.feed == "secdb:alpine:3.10/main"
    assert [(a.name, a.release, a.intervals, a.fix, a.ecosystem) for a in first.affected] == [
        ("a", "alpine:3.10", (Interval(fixed="1-r1"),), "fixed", "Alpine:v3.10"),
        ("b", "alpine:3.10", (Interval(fixed="2-r0"),), "fixed", "Alpine:v3.10"),
    ]
    assert {a.names for a in first.affected} == {"source"}


def test_version_0_says_never_affected_unless_another_fixes():
    (never,) = read({"a": {"0": ["CVE-2020-0001"]}})
    assert [(a.claim, a.intervals) for a in never.affected] == [("not_affected", ())]
    (both,) = read({"a": {"0": ["CVE-2020-0001"], "1-r0": ["CVE-2020-0001"]}})
    assert [(a.claim, a.intervals) for a in both.affected] == [
        ("affected", (Interval(fixed="1-r0"),))
    ]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("CVE-2020-0001 GHSA-aaaa-bbbb-cccc", [("CVE-2020-0001", ("GHSA-aaaa-bbbb-cccc",))]),
        ("XSA-1 CVE-2020-0001", [("CVE-2020-0001", ("XSA-1",))]),
        ("XSA-207", [("XSA-207", ())]),
        ("GHSA-aaaa-bbbb-cccc", [("GHSA-aaaa-bbbb-cccc", ())]),
        ("CVE-2020-0001 (also CVE-2020-0009)", [("CVE-2020-0001", ())]),
        ("CVE-2020-0001 CVE-2020-0002", [("CVE-2020-0001", ()), ("CVE-2020-0002", ())]),
        ("CVE_2020-0001", [("CVE-2020-0001", ())]),
        ("CVE 2020-0001", [("CVE-2020-0001", ())]),
        ("CVE-2020-0001-2", [("CVE-2020-0001", ())]),
    ],
)
def test_a_text_may_hold_ids_and_notes(text, ids):
    assert [(a.id, a.aliases) for a in read({"a": {"1-r0": [text]}})] == ids


@pytest.mark.parametrize("texts", [["see the log"], None, []])
def test_a_text_without_an_id_is_a_problem_of_that_field(texts):
    problem, advisory = read({"a": {"1-r0": texts, "2-r0": ["CVE-2020-0001"]}})
    assert problem.where == "main.json: [0]: a 1-r0"
    # What names something that is no id is a record, whose id nobody knows.
    effect = "record_lost" if texts else "field_lost"
    assert (problem.effect, advisory.id) == (effect, "CVE-2020-0001")


@pytest.mark.parametrize(
    ("address", "release", "ecosystem"),
    [
        ("https://packages.wolfi.example", "wolfi", "Wolfi"),
        ("https://apk.cgr.example/chainguard", "chainguard", "Chainguard"),
        ("https://packages.mini.dev", "minimos", "MinimOS"),
    ],
)
def test_the_address_says_whose_it_is(address, release, ecosystem):
    (found,) = read({"a": {"1-r0": ["CVE-2020-0001"]}}, urlprefix=address, reponame="os")
    assert (found.feed, found.affected[0].release) == (f"secdb:{release}/os", release)
    assert found.affected[0].ecosystem == ecosystem


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"packages": []}', '{"packages": 5, "urlprefix": "alpine"}', "[" * 10_000],
)
def test_what_is_no_database_is_one_problem(text):
    (problem,) = read_raw(text)
    assert (problem.where, problem.effect) == ("main.json", "source_lost")


def test_a_bad_entry_costs_that_entry_and_none_is_none():
    packages = [5, {"pkg": {}}, {"pkg": {"name": "a", "secfixes": {"1-r0": ["CVE-2020-0001"]}}}]
    one, two, advisory = read_raw(json.dumps({**ALPINE, "packages": packages}))
    assert {one.effect, two.effect} == {"record_lost"}
    assert advisory.id == "CVE-2020-0001"
    assert read_raw(json.dumps({**ALPINE, "packages": None})) == []


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40), st.text(max_size=10))
def test_no_text_makes_the_reader_fail(text, version):
    for found in read({"a": {version: [text]}}):
        assert isinstance(found, Advisory | Problem)
