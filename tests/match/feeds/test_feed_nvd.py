"""NVD, API 2.0."""

import io
import json

import pytest

from match.feeds import nvd
from match.model import Advisory, Severity

VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


def metric(score=9.8, source="nvd@nist.gov", version="3.1", vector=VECTOR):
    data = {"version": version, "vectorString": vector, "baseScore": score}
    return {"source": source, "type": "Primary", "cvssData": data}


def cve(id_="CVE-2026-0001", **fields):
    return {"id": id_, "sourceIdentifier": "x", "vulnStatus": "Analyzed", **fields}


def read(document):
    return list(nvd.read("page.json", io.BytesIO(json.dumps(document).encode())))


SHAPES = {
    "page": lambda r: {"format": "NVD_CVE", "vulnerabilities": [{"cve": r}]},
    "list of wrapped": lambda r: [{"cve": r}],
    "list of bare": lambda r: [r],
    "items": lambda r: {"cve_items": [r]},
    "one": lambda r: r,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_the_same_record(shape):
    record = cve(
        published="2026-01-01T10:00:00.123",
        lastModified="2026-01-02T10:00:00.000",
        descriptions=[{"lang": "es", "value": "x"}, {"lang": "en", "value": "A hole\nmore"}],
        metrics={"cvssMetricV31": [metric()]},
    )
    assert read(SHAPES[shape](record)) == [
        Advisory(
            id="CVE-2026-0001",
            feed="nvd",
            severities=(Severity(source="nvd", score=9.8, vector=VECTOR, version="3.1"),),
            summary="A hole",
            published="2026-01-01T10:00:00.123000Z",
            modified="2026-01-02T10:00:00Z",
            url="https://nvd.nist.gov/vuln/detail/CVE-2026-0001",
        )
    ]


def test_who_scored_is_kept_and_the_same_rating_is_one():
    cisa = "134c704f-9b21-4f2e-91b3-4a467353bcc0"
    metrics = {
        "cvssMetricV2": [metric(7.5, version="2.0", vector="AV:N/AC:L/Au:N/C:P/I:P/A:P")],
        "cvssMetricV31": [metric(), metric(), metric(5.0, "psirt@a.example"), metric(6.0, cisa)],
        "cvssMetricV40": [metric(None, version="4.0", vector="nonsense")],
    }
    (advisory,) = read([cve(metrics=metrics)])
    assert [(s.source, s.version, s.score) for s in advisory.severities] == [
        ("nvd", "4.0", None),
        ("nvd", "3.1", 9.8),
        ("cna:psirt@a.example", "3.1", 5.0),
        ("cisa-adp", "3.1", 6.0),
        ("nvd", "2.0", 7.5),
    ]


def test_a_score_is_computed_where_it_is_missing_or_out_of_bounds():
    for stated in (None, 99.0):
        (advisory,) = read([cve(metrics={"cvssMetricV31": [metric(stated)]})])
        assert advisory.severities[0].score == 9.8


@pytest.mark.parametrize("status", ["Rejected", "rejected"])
def test_rejected_is_withdrawn(status):
    (advisory,) = read([cve(vulnStatus=status, lastModified="2026-01-02T00:00:00.000")])
    assert advisory.withdrawn == "2026-01-02T00:00:00Z"
    (undated,) = read([cve(vulnStatus=status)])
    assert undated.withdrawn


def test_cpe_ranges_are_counted():
    matches = [{"vulnerable": True, "criteria": "cpe:2.3:a:x:y"}, {"vulnerable": False}]
    (advisory,) = read([cve(configurations=[{"nodes": [{"cpeMatch": matches}] * 2}])])
    assert (advisory.unmatchable, advisory.affected) == (2, ())


def test_what_is_wrong_costs_its_record_or_field():
    records = [5, cve("CVE-X"), cve(published="2026-14-01T00:00:00.000"), cve(metrics=None)]
    one, two, three, dated, plain = read(records)
    assert [p.effect for p in (one, two, three)] == ["record_lost", "record_lost", "field_lost"]
    assert (dated.published, plain.severities) == ("", ())


@pytest.mark.parametrize("text", ["", "{", '{"vulnerabilities": 5}', "[1,", "[" * 50_000])
def test_what_is_no_page_is_one_problem(text):
    (problem,) = nvd.read("page.json", io.BytesIO(text.encode()))
    assert problem.effect in {"source_lost", "record_lost"}


def test_pages_are_told_from_the_retired_feed():
    assert nvd.recognises("x", json.dumps([{"cve": cve()}], indent=1).encode())
    assert not nvd.recognises("x", b'{"CVE_data_format": "MITRE", "CVE_Items": []}')
