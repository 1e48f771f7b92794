"""Reports that other programs read: JUnit, Markdown, GitLab, CSV and CycloneDX VDR."""

import csv
import io
import re
from pathlib import Path

import defusedxml.ElementTree
import jsonschema_rs
import pytest
from lxml import etree
from markdown_it import MarkdownIt
from msgspec import json
from msgspec.structs import replace
from runs import component, finding, run
from test_reports import hostile_run, rich_run

import schemas
from gate.evaluate import evaluate
from gate.model import Judged, Status, View
from gate.policy.reading import load
from gate.reports import render
from gate.vex import read as read_vex
from sbom.formats import faults
from sbom.formats import read as read_sbom

THIRD_PARTY = Path(schemas.__file__).parent / "third_party"
CONTROL = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e]")
EXCHANGE = ("junit", "markdown", "gitlab", "csv", "cyclonedx-vdr")


@pytest.mark.parametrize("name", EXCHANGE)
@pytest.mark.parametrize("make", [rich_run, hostile_run, run])
def test_no_control_character_leaves_in_any_report(name, make):
    assert not CONTROL.search(render(name, make(), View(everything=True)).decode())


@pytest.mark.parametrize("name", EXCHANGE)
def test_a_name_that_is_no_unicode_stops_no_report(name):
    bad = "a\udcff"
    assert render(name, run(finding(of=component(bad, bad, purl=f"pkg:generic/{bad}"))))


# JUnit


def junit(whole):
    root = defusedxml.ElementTree.fromstring(render("junit", whole))
    assert root.tag == "testsuites"
    (suite,) = root
    return suite


@pytest.mark.parametrize("make", [rich_run, hostile_run, run, lambda: rich_run("deploy")])
def test_junit_counts_what_it_holds(make):
    suite = junit(make())
    cases = suite.findall("testcase")
    assert [child.tag for child in suite if child.tag != "testcase"] in (
        ["properties"],
        ["properties", "system-err"],
    )
    assert int(suite.get("tests")) == len(cases) > 0
    assert int(suite.get("failures")) == len(suite.findall("testcase/failure"))
    assert int(suite.get("skipped")) == len(suite.findall("testcase/skipped"))
    for case in cases:
        assert case.get("classname")
        assert case.get("name")
        assert len(case) == 1


@pytest.mark.parametrize("make", [rich_run, hostile_run, run, lambda: rich_run("deploy")])
def test_junit_is_valid_by_the_schema_that_jenkins_uses(make):
    schema = etree.XMLSchema(etree.parse(THIRD_PARTY / "junit" / "junit-10.xsd"))
    document = etree.fromstring(render("junit", make()))
    assert schema.validate(document), schema.error_log
    document[0].set("surprise", "1")
    assert not schema.validate(document)


def test_junit_fails_what_denies_and_skips_what_does_not_count():
    whole = rich_run()
    suite = junit(whole)
    cases = {case.get("name"): case[0] for case in suite.findall("testcase")}
    assert cases["CVE-2024-0001 in django 3.2"].tag == "failure"
    assert cases["CVE-2024-0001 in django 3.2"].get("type") == "score"
    assert "Upgrade django 3.2 to 3.2.4." in cases["CVE-2024-0001 in django 3.2"].text
    assert cases["CVE-2024-0002 in django 3.2"].tag == "system-out"
    assert cases["CVE-2024-0003 in django 3.2"].tag == "skipped"
    assert cases["CVE-2024-0005 in linux-libc-dev 6.1"].tag == "skipped"
    assert cases["CVE-2024-0009 in django 3.2"].tag == "skipped"
    assert cases["no_feed"].get("message").startswith("warn: ")
    denied = sum(d.answer == "deny" for d in whole.verdict.decisions)
    assert int(suite.get("failures")) == denied == 2
    assert suite.get("timestamp") == "2026-11-22T00:00:00"


def test_junit_without_a_verdict_fails_what_counts():
    suite = junit(replace(rich_run(), verdict=None))
    assert int(suite.get("failures")) == 5
    assert int(junit(run()).get("failures")) == 0


# Markdown


def markdown(text):
    return MarkdownIt("commonmark").enable("table").parse(text)


def flat(tokens):
    for token in tokens:
        yield token
        yield from flat(token.children or ())


@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize("make", [rich_run, hostile_run, run])
def test_markdown_has_nothing_live_in_it(make, everything):
    text = render("markdown", make(), View(everything=everything)).decode()
    tokens = list(flat(markdown(text)))
    assert {t.type for t in tokens}.isdisjoint({"link_open", "image", "fence", "code_block"})
    html = [t.content.strip() for t in tokens if t.type in {"html_block", "html_inline"}]
    for each in html:
        assert re.fullmatch(r"<details><summary>[\d,]+ \w+</summary>|</details>|</?sub>.*", each)
    outside = "".join(t.content for t in tokens if t.type == "text")
    assert "script" not in outside
    assert "@" not in outside


def test_markdown_tables_keep_their_columns_whatever_a_package_is_called():
    bad = component("a|b`c``d@me #1 <b>", "1|2", purl="pkg:generic/x@1")
    whole = run(finding("CVE-1|2", 9.0, of=bad, fixed=("3|4",)))
    tokens = markdown(render("markdown", whole).decode())
    cells = [t for t in tokens if t.type == "td_open"]
    assert len(cells) == 6
    spans = [t.content for t in flat(tokens) if t.type == "code_inline"]
    assert "a|b`c``d@me #1 <b> 1|2" in spans
    assert "3|4" in spans


def test_markdown_is_short_and_says_what_it_leaves_out():
    many = [finding(f"CVE-2024-{n:05}", 9.0, component(f"p{n}" * 20)) for n in range(5_000)]
    whole = run(*many)
    whole = replace(whole, verdict=evaluate(whole, load("default"), "build"))
    text = render("markdown", whole).decode()
    assert len(text) < 10_000
    assert "… and 4,985 more findings." in text
    assert "❌ Denied at build" in text
    assert text.count("\n| ❌") == 15
    everything = render("markdown", whole, View(everything=True)).decode()
    assert everything.count("\n| ❌") == 5_000


def test_markdown_shows_what_denies_first():
    text = render("markdown", rich_run()).decode()
    assert text.index("CVE-2024-0004") < text.index("CVE-2024-0003")
    assert "upgrade `django` `3.2` to `3.2.4` (clears 1 finding)" in text
    assert "CVE-2024-0009" not in text


# GitLab

TEXT = {"type": "string", "minLength": 1}
TOOL = {
    "required": ["id", "name", "version", "vendor"],
    "properties": {"id": TEXT, "name": TEXT, "version": TEXT, "vendor": {"required": ["name"]}},
}
TIME = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$"}
GITLAB = {
    # What GitLab's published schema 15.0.2 requires of a report, in our own words.
    "type": "object",
    "required": ["version", "scan", "vulnerabilities"],
    "properties": {
        "version": {"const": "15.0.2"},
        "scan": {
            "required": ["analyzer", "scanner", "start_time", "end_time", "status", "type"],
            "properties": {
                "analyzer": TOOL,
                "scanner": TOOL,
                "start_time": TIME,
                "end_time": TIME,
                "status": {"enum": ["success", "failure"]},
                "type": {"const": "container_scanning"},
                "messages": {
                    "type": "array",
                    "items": {
                        "required": ["level", "value"],
                        "properties": {"level": {"enum": ["info", "warn", "fatal"]}, "value": TEXT},
                    },
                },
            },
        },
        "vulnerabilities": {
            "type": "array",
            "items": {
                "required": ["id", "identifiers", "location"],
                "properties": {
                    "id": {
                        "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$"
                    },
                    "name": {"type": "string", "maxLength": 255},
                    "description": {"type": "string", "maxLength": 1048576},
                    "severity": {"enum": ["Info", "Unknown", "Low", "Medium", "High", "Critical"]},
                    "solution": {"type": "string", "maxLength": 7000},
                    "identifiers": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": 20,
                        "items": {
                            "required": ["type", "name", "value"],
                            "properties": {"type": TEXT, "name": TEXT, "value": TEXT},
                        },
                    },
                    "details": {
                        "additionalProperties": {
                            "required": ["type", "name", "value"],
                            "properties": {"type": {"const": "text"}, "name": TEXT, "value": TEXT},
                        }
                    },
                    "location": {
                        "required": ["dependency", "operating_system", "image"],
                        "properties": {
                            "operating_system": TEXT,
                            "image": TEXT,
                            "dependency": {
                                "required": ["package", "version"],
                                "properties": {
                                    "package": {"required": ["name"]},
                                    "version": {"type": "string"},
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}


@pytest.mark.parametrize("make", [rich_run, hostile_run, run, lambda: rich_run("deploy")])
def test_the_gitlab_report_has_what_its_schema_requires(make):
    report = json.decode(render("gitlab", make()))
    errors = [e.message for e in jsonschema_rs.Draft7Validator(GITLAB).iter_errors(report)]
    assert not errors


def test_the_gitlab_report_holds_what_counts_and_says_the_rest():
    report = json.decode(render("gitlab", rich_run()))
    found = {v["identifiers"][0]["value"]: v for v in report["vulnerabilities"]}
    assert sorted(found) == [f"CVE-2024-{n:04}" for n in (1, 2, 3, 4, 6)]
    first = found["CVE-2024-0001"]
    assert first["severity"] == "Critical"
    assert first["solution"] == "Upgrade django 3.2 to 3.2.4."
    assert first["location"]["operating_system"] == "debian:12"
    details = {key: shown["value"] for key, shown in first["details"].items()}
    assert details["kev"] == "2024-02-01"
    assert details["layer"] == "2 of 2"
    assert details["advisory"] == "CVE-2024-0001 (osv)"
    assert details["policy"].startswith("deny by rule score: ")
    assert found["CVE-2024-0003"]["severity"] == "Unknown"
    said = [m["value"] for m in report["scan"]["messages"]]
    assert "not counted: 1 not affected by VEX" in said
    assert report["scan"]["start_time"] == "2026-11-22T00:00:00"
    ids = [v["id"] for v in report["vulnerabilities"]]
    assert len(set(ids)) == len(ids)


# CSV


def rows(whole, **view):
    text = render("csv", whole, View(**view)).decode()
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


@pytest.mark.parametrize("make", [rich_run, hostile_run, run])
def test_every_csv_row_has_every_column_and_no_formula(make):
    found = rows(make(), everything=True)
    for row in found:
        assert None not in row
        assert None not in row.values()
        for cell in row.values():
            assert not cell.startswith(("=", "+", "-", "@"))
    kinds = {row["kind"] for row in found}
    assert kinds <= {"verdict", "reason", "finding", "unknown", "problem", "dismissal"}


def test_a_csv_cell_is_a_text_whatever_a_package_is_called():
    bad = component('=HYPERLINK("x","y")', "@1", purl="pkg:generic/x")
    (row,) = (r for r in rows(run(finding(of=bad, because="a\r\nb,c"))) if r["kind"] == "finding")
    assert row["package"] == """'=HYPERLINK("x","y")"""
    assert row["installed"] == "'@1"
    assert row["because"] == "a\ufffd\ufffdb,c"


def test_the_csv_says_all_of_a_finding():
    found = rows(rich_run())
    first = next(r for r in found if r["kind"] == "finding")
    assert (first["id"], first["answer"], first["rule"]) == ("CVE-2024-0001", "deny", "score")
    assert (first["score"], first["severity"], first["layer"]) == ("9.8", "critical", "2")
    assert (first["known_exploited"], first["epss"]) == ("2024-02-01", "0.42000")
    assert sum(r["kind"] == "finding" for r in found) == 7
    assert found[0]["kind"] == "verdict"
    assert found[0]["answer"] == "deny"
    assert "dismissal" in {r["kind"] for r in rows(rich_run(), everything=True)}


# CycloneDX VDR


@pytest.mark.parametrize("make", [rich_run, hostile_run, run, lambda: rich_run("deploy")])
def test_the_vdr_is_valid_by_the_official_schema(make):
    assert not faults(render("cyclonedx-vdr", make()))


def test_the_vdr_is_read_by_another_library():
    from cyclonedx.model.bom import Bom

    bom = Bom.from_json(json.decode(render("cyclonedx-vdr", rich_run())))
    assert {v.id for v in bom.vulnerabilities} == {
        f"CVE-2024-{n:04}" for n in (1, 2, 3, 4, 5, 6, 9)
    }
    refs = {c.bom_ref.value for c in bom.components}
    for each in bom.vulnerabilities:
        assert {target.ref for target in each.affects} <= refs


@pytest.mark.parametrize("status", Status)
def test_the_statuses_of_a_vdr_are_read_back_as_they_were(status):
    reason = "vulnerable_code_not_present" if status is Status.NOT_AFFECTED else None
    judged = Judged(
        finding=finding(), status=status, justification=reason, statement="d#1", because="Acme: so"
    )
    statements, problems = read_vex(render("cyclonedx-vdr", run(judged=(judged,))), "vdr.json")
    assert not problems
    (statement,) = statements
    assert (statement.status, statement.justification) == (status, reason)
    assert statement.vulnerabilities[0] == "CVE-2024-0001"


def test_a_vdr_is_an_sbom_of_what_is_affected():
    document = read_sbom(render("cyclonedx-vdr", rich_run()), "vdr.json")
    assert {c.name for c in document.components} == {"django", "flask", "linux-libc-dev"}


def test_two_components_of_one_name_are_told_apart():
    one, other = (replace(component(purl="", version=v), ref="x") for v in ("1", "2"))
    document = json.decode(
        render("cyclonedx-vdr", run(finding(of=one), finding(of=other, id_="B")))
    )
    refs = [c["bom-ref"] for c in document["components"]]
    assert refs == ["x", "x#2"]
    assert document["serialNumber"].startswith("urn:uuid:")
