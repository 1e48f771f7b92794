"""The advisory set as it was: every answer of then can be given again, to the byte."""

import sqlite3
from pathlib import Path

import pytest
from histories import SBOM, STEP, answers, day, take
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import json
from msgspec.structs import replace
from small_sets import advisory, language, ranges, sbom_of

from match.changes.against import Comparison, compare, render_text
from match.changes.against import render_json as against_json
from match.changes.difference import Difference, differ
from match.changes.difference import render_json as difference_json
from match.changes.transitions import KINDS
from match.feeds import read, walk
from match.model import Advisory, Exploited, Severity
from match.resolve import resolve
from match.set.log import Log, log
from match.set.log import render_json as log_json
from match.set.past import open_past
from match.set.states import find, states
from match.set.store import open_set
from sbom.documents.own_schema import schema_faults
from sbom.errors import InputError

ROOT = Path(__file__).resolve().parents[2]


@settings(max_examples=20, deadline=None)
@given(st.lists(STEP, min_size=2, max_size=5))
def test_as_of_equals_the_state_at_the_time(tmp_path_factory, steps):
    path = str(tmp_path_factory.mktemp("time") / "store.db")
    then = []
    for number, (records, whole, problems) in enumerate(steps):
        take(path, day(number), records, whole=whole, problems=problems)
        with open_set(path) as advisories:
            then.append((advisories.state.digest, answers(advisories)))
    for number, (digest, answer) in enumerate(then):
        with open_past(path, day(number)) as advisories:
            assert advisories.state.digest == digest
            assert answers(advisories) == answer
    first = dict(reversed(then))
    for digest, answer in first.items():
        with open_past(path, digest) as advisories:
            assert answers(advisories) == answer


@settings(max_examples=20, deadline=None)
@given(st.lists(STEP, min_size=2, max_size=4))
def test_transitions_lead_from_the_findings_of_one_state_to_those_of_another(
    tmp_path_factory, steps
):
    path = str(tmp_path_factory.mktemp("time") / "store.db")
    held = []
    for number, (records, whole, _) in enumerate(steps):
        take(path, day(number), records, whole=whole)
        with open_set(path) as advisories:
            findings = resolve(SBOM, advisories).findings
        held.append({(f.component.purl, f.vulnerability.id) for f in findings})
    for one, other in ((0, len(steps) - 1), (len(steps) - 1, 0)):
        told = compare(SBOM, path, day(one), day(other)).transitions
        pairs = {kind: {(t.purl, t.id) for t in told if t.kind == kind} for kind in KINDS}
        renamed = {(t.purl, f.before): t.id for t in told for f in t.fields if f.field == "id"}
        kept = {(p, renamed.get((p, i), i)) for p, i in held[one] - pairs["gone"]}
        assert kept | pairs["new"] == held[other]
        assert pairs["gone"] <= held[one]
        assert all(t.causes for t in told if t.kind != "changed")


def test_a_change_is_told_with_its_feed_record_and_field(tmp_path):
    path = str(tmp_path / "store.db")
    before = advisory("GHSA-a", language(intervals=ranges((None, "4.0.4"))), feed="osv:PyPI")
    after = advisory("GHSA-a", language(intervals=ranges((None, "4.0.5"))), feed="osv:PyPI")
    take(path, day(0), [before, advisory("GHSA-b", language(name="far"))])
    take(path, day(1), [after, advisory("GHSA-c", language(name="far"))])
    sbom = sbom_of("pkg:pypi/lib@4.0.4", "pkg:pypi/far@1.0")
    found = compare(sbom, path, day(0), day(1))
    told = {
        (t.kind, t.id): [(c.feed, c.advisory, c.path) for c in t.causes] for t in found.transitions
    }
    assert told == {
        ("new", "GHSA-a"): [("osv:PyPI", "GHSA-a", "affected[0].fixed")],
        ("new", "GHSA-c"): [("osv:GHSA", "GHSA-c", "record")],
    }
    text = render_text(found)
    assert "by GHSA-a (osv:PyPI): affected[0].fixed: 4.0.4 → 4.0.5" in text
    assert "Findings: 2 new, 0 changed, 0 gone." in text
    assert compare(sbom, path, day(1), day(1)).transitions == ()


def test_a_cve_that_arrives_changes_the_id_and_ends_no_finding(tmp_path):
    path = str(tmp_path / "store.db")
    take(path, day(0), [advisory("GHSA-a", language())])
    take(path, day(1), [advisory("GHSA-a", language(), aliases=("CVE-2024-1",))])
    (only,) = compare(sbom_of("pkg:pypi/lib@1.0"), path, day(0), day(1)).transitions
    assert (only.kind, only.id) == ("changed", "CVE-2024-1")
    assert {field.field for field in only.fields} == {"id", "aliases"}
    assert [(cause.path, cause.after) for cause in only.causes] == [("aliases", "CVE-2024-1")]


def test_the_record_that_joins_two_ids_is_the_cause_for_a_package_it_does_not_name(tmp_path):
    path = str(tmp_path / "store.db")
    take(path, day(0), [advisory("GHSA-a", language())])
    rated = Severity(source="nvd", score=9.8, version="3.1")
    take(
        path, day(1), [advisory("CVE-2024-1", aliases=("GHSA-a",), severities=(rated,), feed="nvd")]
    )
    (only,) = compare(sbom_of("pkg:pypi/lib@1.0"), path, day(0), day(1)).transitions
    assert {field.field for field in only.fields} == {"id", "aliases", "severity"}
    assert [(cause.feed, cause.path) for cause in only.causes] == [("nvd", "record")]


def test_the_difference_of_two_states_names_every_record_and_field(tmp_path):
    path = str(tmp_path / "store.db")
    first = [
        advisory("GHSA-a", language(), summary="one", feed="test"),
        advisory("GHSA-b", language(), feed="test"),
    ]
    then = [
        advisory(
            "GHSA-a",
            language(intervals=ranges((None, "2.0"), ("3.0", "3.1"))),
            language(name="far"),
            summary="two",
            feed="test",
            aliases=("CVE-2024-1",),
            severities=(Severity(source="nvd", score=7.5, version="3.1"),),
            withdrawn="2026-01-02T00:00:00Z",
        ),
        Exploited(id="CVE-2024-1", added="2026-01-01"),
    ]
    take(path, day(0), first, whole=True)
    take(path, day(1), then, whole=True)
    known, test = differ(path).feeds
    assert (known.name, known.added, test.name) == ("kev", 1, "test")
    assert (test.added, test.changed, test.gone) == (0, 1, 1)
    changed, gone = test.records
    assert (changed.id, gone.id, gone.kind) == ("GHSA-a", "GHSA-b", "gone")
    assert [(f.field, f.path, f.before, f.after) for f in changed.fields] == [
        ("ranges", "affected[0].ranges", "before 2.0", "before 2.0, from 3.0 before 3.1"),
        ("ranges", "affected[1]", "", "far before 2.0"),
        ("aliases", "aliases", "", "CVE-2024-1"),
        ("severity", "severities", "", "7.5 (CVSS 3.1, nvd)"),
        ("withdrawn", "withdrawn", "", "2026-01-02T00:00:00Z"),
        ("text", "summary", "one", "two"),
    ]
    back = differ(path, day(1), day(0)).feeds[1].records
    assert [record.kind for record in back] == ["changed", "added"]
    assert differ(path, day(0), day(0)).feeds == ()


def test_dates_times_and_digests_name_states(tmp_path):
    path = str(tmp_path / "store.db")
    for number in range(3):
        take(path, day(number), [advisory(f"GHSA-{number}", language())])
    known = states(path)
    one, two, three = known
    assert find(known, "2026-01-01") is one
    assert find(known, "2026-01-02T11:59:59Z") is one
    assert find(known, "2026-01-02T12:00:00Z") is two
    assert find(known, "2026-01-02T14:00:00+02:00") is two
    assert find(known, "2026-06-01") is three
    assert find(known, two.digest) is two
    assert find(known, two.digest.removeprefix("sha256:")[:12]) is two
    assert find(known, "current") is three
    for wrong, why in (
        ("2025-12-31", "before the advisory set's first state, of 2026-01-01"),
        ("0900-01-01", "before the advisory set's first state, of 2026-01-01"),
        ("2026-02-31", "no such date"),
        ("yesterday", "no date and no digest"),
        ("0" * 12, "in no such state"),
    ):
        with pytest.raises(InputError, match=why):
            find(known, wrong)


def test_an_import_that_brings_nothing_makes_no_state_and_one_that_is_newer_does(tmp_path):
    path = str(tmp_path / "store.db")
    records = [advisory("GHSA-a", language())]
    for learned in (day(0), day(0), day(1)):
        take(path, learned, records)
    one, two = states(path)
    assert (one.dated, two.dated, one.digest) == (day(0), day(1), two.digest)
    assert find((one, two), one.digest) is one


def test_an_older_import_of_another_feed_joins_the_latest_state(tmp_path):
    path = str(tmp_path / "store.db")
    take(path, day(1), [advisory("GHSA-a", language(), feed="one")])
    take(path, day(0), [advisory("GHSA-b", language(), feed="two")])
    assert [(state.learned, state.dated) for state in states(path)] == [
        (day(1), day(1)),
        (day(0), day(1)),
    ]
    with open_past(path, "2026-01-02") as advisories:
        assert len(resolve(sbom_of("pkg:pypi/lib@1.0"), advisories).findings) == 2
    with pytest.raises(InputError, match="before the advisory set's first state"):
        open_past(path, "2026-01-01").__enter__()


def test_first_seen_stays_with_a_name_whose_advisory_changed(tmp_path):
    path = str(tmp_path / "store.db")
    for number, summary in enumerate(("one", "two")):
        named = advisory("DSA-1", language(), names=("CVE-2024-1",), summary=summary)
        take(path, day(number), [named])
    with open_set(path) as advisories:
        (finding,) = resolve(sbom_of("pkg:pypi/lib@1.0"), advisories).findings
    assert finding.vulnerability.first_seen == day(0)


def test_what_ended_is_kept_and_matching_never_meets_it(tmp_path):
    path = str(tmp_path / "store.db")
    take(path, day(0), [advisory("GHSA-a", language())])
    take(path, day(1), [advisory("GHSA-a", language(), withdrawn="2026-01-02T00:00:00Z")])
    connection = sqlite3.connect(path)
    rows = [
        connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
        for table in ("affected", "past_affected", "claim", "past_claim", "document")
    ]
    connection.close()
    assert rows == [0, 1, 1, 1, 2]


@pytest.mark.shared
def test_real_records_answer_as_they_did(shared, tmp_path):
    path = str(tmp_path / "store.db")
    records = [r for r in real(shared) if isinstance(r, Advisory)][:600]
    names = sorted({a.name for r in records for a in r.affected if a.release == ""})[:80]
    sbom = sbom_of(*(f"pkg:pypi/{name}@{version}" for name in names for version in ("0.1", "1.0")))
    then = []
    for number in range(3):
        edited = [edit(r, i, number) for i, r in enumerate(records) if (i + number) % 7]
        take(path, day(number), edited, whole=True)
        with open_set(path) as advisories:
            then.append(json.encode(resolve(sbom, advisories, everything=True)))
    assert len(set(then)) == 3
    for number, answer in enumerate(then):
        with open_past(path, day(number)) as advisories:
            assert json.encode(resolve(sbom, advisories, everything=True)) == answer


def real(shared):
    """Records of a real feed."""
    return (record for source in walk(str(shared / "feeds/osv/PyPI")) for record in read(source))


def edit(record, place, number):
    """The same record as a publisher might have it a day later."""
    if number == 0 or place % 5:
        return record
    if place % 2:
        return replace(record, withdrawn="2026-01-02T00:00:00Z")
    moved = [
        replace(a, intervals=tuple(replace(i, fixed=f"9.{number}") for i in a.intervals))
        for a in record.affected
    ]
    return replace(record, affected=tuple(moved), aliases=record.aliases[:1])


def schema(name, kind, title):
    """The JSON Schema of a document that is a struct, as its types have it."""
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:lading:schema:{name}",
        "title": title,
    }
    made = json.encode(head | json.schema(kind), order="deterministic")
    return json.format(made, indent=1) + b"\n"


SCHEMAS = {
    "transitions": (Comparison, "What `lading match --against` found"),
    "feeds-diff": (Difference, "What `lading feeds diff` found"),
    "feeds-log": (Log, "The states of the advisory set, as `lading feeds log` lists them"),
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema_is_the_one_of_the_types(name):
    path = ROOT / "schemas" / f"{name}.schema.json"
    assert path.read_bytes() == schema(name, *SCHEMAS[name])


def test_the_documents_are_valid_by_their_schemas(tmp_path):
    path = str(tmp_path / "store.db")
    take(path, day(0), [advisory("GHSA-a", language())])
    take(path, day(1), [advisory("GHSA-a", language(), aliases=("CVE-2024-1",))])
    sbom = sbom_of("pkg:pypi/lib@1.0")
    for name, data in (
        ("transitions", against_json(compare(sbom, path, day(0), day(1)))),
        ("feeds-diff", difference_json(differ(path))),
        ("feeds-log", log_json(log(path))),
    ):
        assert not list(schema_faults(json.decode(data), f"{name}.schema.json"))


if __name__ == "__main__":
    for each, of in SCHEMAS.items():
        (ROOT / "schemas" / f"{each}.schema.json").write_bytes(schema(each, *of))
