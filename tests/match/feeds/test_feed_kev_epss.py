"""KEV and EPSS: what is said of a CVE beside its advisories."""

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from match.feeds import epss, kev
from match.model import Exploited, Likelihood
from sbom.model import Problem

ENTRY = {"cveID": "CVE-2026-0001", "dateAdded": "2026-01-02", "dueDate": "2026-01-23"}


def read_kev(data):
    text = data if isinstance(data, str) else json.dumps({"vulnerabilities": data})
    return list(kev.read("kev", io.BytesIO(text.encode())))


def test_json_and_csv_say_the_same():
    known = Exploited(id="CVE-2026-0001", added="2026-01-02", due="2026-01-23", ransomware=True)
    assert read_kev([{**ENTRY, "knownRansomwareCampaignUse": "Known", "notes": ""}]) == [known]
    table = (
        "cveID,vendorProject,dateAdded,shortDescription,dueDate,knownRansomwareCampaignUse\n"
        'CVE-2026-0001,X,2026-01-02,"a, ""b""",2026-01-23,Known\n'
    )
    assert read_kev(table) == [known]
    assert read_kev("\ufeff" + table) == [known]


@pytest.mark.parametrize(
    "entry",
    [5, {}, {**ENTRY, "cveID": "X"}, {**ENTRY, "dateAdded": "soon"}, {**ENTRY, "dateAdded": None}],
)
def test_a_bad_entry_costs_that_entry(entry):
    problem, good = read_kev([entry, ENTRY])
    assert (problem.effect, good.id) == ("record_lost", "CVE-2026-0001")


def test_a_bad_due_date_costs_that_date():
    problem, entry = read_kev([{**ENTRY, "dueDate": "2026-02-99"}])
    assert (problem.effect, entry.due, entry.ransomware) == ("field_lost", "", False)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"vulnerabilities": {}}', "[" * 50_000])
def test_what_is_no_catalog_is_one_problem(text):
    (problem,) = read_kev(text)
    assert problem.effect == "source_lost"


def read_epss(text, path="epss.csv"):
    return list(epss.read(path, io.BytesIO(text.encode())))


ROW = "CVE-2026-0001,0.5,0.97\n"
HEADING = "cve,epss,percentile\n"


def test_a_days_scores():
    head = "#model_version:v2026.01.01,score_date:2026-02-22T00:00:00+0000\n"
    assert read_epss(head + HEADING + ROW) == [
        Likelihood(id="CVE-2026-0001", probability=0.5, percentile=0.97, date="2026-02-22")
    ]


def test_the_date_is_the_files_where_the_comment_has_none():
    assert read_epss(HEADING + ROW, "a/epss_scores-2026-02-23.csv.gz")[0].date == "2026-02-23"
    assert read_epss("#model_version:x\n" + HEADING + ROW)[0].date == ""


@pytest.mark.parametrize(
    "row", ["x", "CVE-2026-1,a,b", "CVE-2026-0001,1.5,0", "CVE-2026-0001,nan,0"]
)
def test_a_bad_row_costs_that_row(row):
    problem, good = read_epss(f"{HEADING}{row}\n{ROW}")
    assert (problem.where, good.id) == ("epss.csv: line 2", "CVE-2026-0001")


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=120))
def test_no_bytes_make_the_readers_fail(data):
    for text in (data, kev.CSV_HEAD + b"dateAdded\n" + data, HEADING.encode() + data):
        for found in (*kev.read("k", io.BytesIO(text)), *epss.read("e", io.BytesIO(text))):
            assert isinstance(found, Exploited | Likelihood | Problem)
