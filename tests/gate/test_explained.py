"""A trace as it is read: on a terminal of any width, as JSON, and with what settled a finding."""

import sys
from pathlib import Path

import pytest
from msgspec import json
from msgspec.structs import replace
from runs import run

from gate.apply import apply
from gate.evaluate import evaluate
from gate.explained import render_json, render_text, settle
from gate.model import Product, Statement, Status, View
from gate.policy.reading import load
from match.explain import explain
from match.model import Exploited, Likelihood
from match.resolve import resolve
from sbom.documents.own_schema import schema_faults
from sbom.model import Component, Evidence

sys.path.insert(0, str(Path(__file__).parent.parent / "match"))
from small_sets import advisory, language, ranges, sbom_of, set_of

LIB = "pkg:pypi/lib@1.0"
NASTY = "a\x1b[2Jb\u202e"
RECORDS = (
    advisory("GHSA-a", language(), aliases=("CVE-2024-1",), unmatchable=1),
    advisory("PYSEC-1", language(intervals=ranges((None, "0.5"))), aliases=("CVE-2024-1",)),
    advisory("CVE-2024-1", language("other"), feed="cve", modified="2024-02-03T00:00:00Z"),
)


def statement(product=LIB, status=Status.NOT_AFFECTED):
    return Statement(
        document="https://example.test/vex#statements[0]",
        author="Acme",
        vulnerabilities=("CVE-2024-1",),
        products=(Product(purls=(product,)),),
        status=status,
        timestamp="2024-05-01T00:00:00Z",
        justification="component_not_present",
    )


def traced(sbom, *records, id_="CVE-2024-1", statements=(), policy=""):
    """A trace, and what settled it in a run of the same SBOM and set."""
    with set_of(*records) as advisories:
        trace = explain(sbom, advisories, id_)
        found = resolve(sbom, advisories).findings
    judged, applications = apply(found, statements, sbom)
    whole = run(judged=judged, applications=applications)
    if policy:
        whole = replace(whole, verdict=evaluate(whole, load(policy), "build"))
    return trace, settle(trace, whole)


def text(trace, settlement, **view):
    return render_text(trace, View(**({"width": 200} | view)), settlement)


def test_the_answer_comes_first_and_then_why():
    trace, settlement = traced(sbom_of(LIB), *RECORDS)
    assert text(trace, settlement).splitlines() == [
        "CVE-2024-1 is a finding: it affects 1 component.",
        "  ids: CVE-2024-1, GHSA-a, PYSEC-1",
        "",
        "affected: pkg:pypi/lib@1.0",
        (
            "  GHSA-a (osv:GHSA) says that lib before 2.0 is affected, 1.0 is in that range, and no"
            " distribution speaks for it, so the records of its ecosystem decide."
        ),
        "  fixed in 2.0 · no severity is known",
        "  * GHSA-a (osv:GHSA) on lib in pypi: inside",
        "      before 2.0: inside, since 1.0 < 2.0",
        "  - PYSEC-1 (osv:PYSEC) on lib in pypi: outside",
        "      before 0.5: outside, since 1.0 > 0.5",
        "",
        "GHSA-a (osv:GHSA) has 1 range of commits, held against nothing.",
        "",
        "1 other record of it (--all): cve 1",
        "",
        f"Advisory set {trace.state.digest[:19]} as of 2024-02-03.",
    ]


def test_everything_adds_the_keys_and_the_records_on_other_packages():
    trace, settlement = traced(sbom_of(LIB), *RECORDS)
    shown = text(trace, settlement, everything=True)
    compared = trace.cases[0].steps[0].ranges[0].comparisons[0]
    assert f"{compared.component_key} < {compared.key} (fixed)" in shown
    assert "CVE-2024-1 (cve), modified 2024-02-03: PyPI other" in shown


def test_the_statement_that_settled_a_finding_is_told():
    trace, settlement = traced(sbom_of(LIB), *RECORDS, statements=(statement(),))
    (told,) = settlement.settled
    assert (told.status, told.purl) == ("not_affected", LIB)
    shown = text(trace, settlement)
    assert "VEX: Acme on 2024-05-01: not_affected, component_not_present" in shown
    assert "https://example.test/vex#statements[0]" in shown
    assert settlement.unused == ()


def test_a_statement_that_misses_is_told_with_what_it_misses_by():
    other = statement("pkg:pypi/lib@9.9")
    trace, settlement = traced(sbom_of(LIB), *RECORDS, statements=(other,))
    (missed,) = settlement.unused
    assert missed.miss == "version"
    shown = text(trace, settlement)
    assert "VEX statements of it that decide nothing here" in shown
    assert missed.because in shown


def test_the_policy_s_rule_is_told():
    trace, settlement = traced(sbom_of(LIB), *RECORDS, policy="strict")
    (told,) = settlement.settled
    assert told.answer
    assert told.rule
    assert f"policy: {told.answer} by rule {told.rule}: " in text(trace, settlement)


def test_every_trace_is_valid_by_its_schema():
    seen = Component(purl=LIB, name="lib", version="1.0", evidence=(Evidence(path="x"),))
    for id_, sbom in (
        ("CVE-2024-1", sbom_of(seen)),
        ("CVE-2024-1", sbom_of("pkg:pypi/lib@3.0")),
        ("CVE-0000-0", sbom_of(LIB)),
        ("CVE-2024-1", sbom_of("pkg:gem/x@1")),
    ):
        for statements, policy in (((), ""), ((statement(),), "default")):
            trace, settlement = traced(
                sbom, *RECORDS, id_=id_, statements=statements, policy=policy
            )
            document = json.decode(render_json(trace, settlement))
            assert document["schema"] == "lading-explain/1"
            assert not list(schema_faults(document, "explain.schema.json"))
    document["cases"] = [{"purl": "x"}]
    assert list(schema_faults(document, "explain.schema.json"))


@pytest.mark.parametrize("width", [20, 60, 80, 200])
def test_lines_are_as_wide_as_the_terminal_and_hold_no_control_codes(width):
    evil = Component(
        purl=f"pkg:pypi/lib@1.0?x={'y' * 300}",
        name="lib",
        version="1.0",
        evidence=(Evidence(path=NASTY),),
    )
    trace, settlement = traced(sbom_of(evil), *RECORDS)
    shown = text(trace, settlement, width=width)
    assert max(map(len, shown.splitlines())) <= max(width, 50)
    assert not [c for c in shown if not c.isprintable() and c != "\n"]
    colored = text(trace, settlement, width=width, color=True)
    assert colored.startswith("\x1b[1;31m")
    assert "\x1b[2J" not in colored


def test_what_sets_a_finding_apart_stands_with_its_facts():
    facts = (
        Exploited(id="CVE-2024-1", added="2024-03-01T00:00:00Z"),
        Likelihood(id="CVE-2024-1", probability=0.123, percentile=0.9, date="2026-01-01"),
        advisory("CVE-2024-1", disputed=True, feed="nvd"),
    )
    trace, settlement = traced(sbom_of(LIB), *RECORDS, *facts)
    told = "fixed in 2.0 · no severity is known · known exploited since 2024-03-01 · EPSS 12.3% · disputed"
    assert f"  {told}" in text(trace, settlement).splitlines()


def test_ranges_of_commits_are_named_once():
    twice = (RECORDS[0], replace(RECORDS[0], summary="told otherwise"))
    trace, settlement = traced(sbom_of(LIB), *twice)
    shown = text(trace, settlement)
    assert shown.count("has 1 range of commits, held against nothing") == 1


def test_a_purl_in_a_pipe_is_whole():
    long = f"pkg:pypi/lib@1.0?x={'y' * 300}"
    trace, settlement = traced(sbom_of(long), *RECORDS)
    assert long in text(trace, settlement, width=0).split()


def test_many_components_are_no_wall():
    sbom = sbom_of(*(f"pkg:pypi/lib@1.{n}" for n in range(50)))
    trace, settlement = traced(sbom, *RECORDS)
    assert "and 30 more components (--all)" in text(trace, settlement)
    assert text(trace, settlement, everything=True).count("affected: ") == 50
