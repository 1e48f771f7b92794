"""NVD's feeds in their format 1.1."""

import json

import pytest
from feed_files import records

from match.feeds import nvd11, recognise
from sbom.model import Problem

V3 = {
    "version": "3.0",
    "vectorString": "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
    "baseScore": 9.8,
}
V2 = {"version": "2.0", "vectorString": "AV:N/AC:L/Au:N/C:P/I:P/A:P", "baseScore": 7.5}
NODE = {
    "operator": "AND",
    "children": [
        {"cpe_match": [{"vulnerable": True}, {"vulnerable": False}]},
        {"cpe_match": [{"vulnerable": True}]},
    ],
}


def item(id_="CVE-2021-10014", text="The crane swings.\nOften."):
    return {
        "cve": {
            "CVE_data_meta": {"ID": id_},
            "description": {"description_data": [{"lang": "en", "value": text}]},
        },
        "impact": {"baseMetricV3": {"cvssV3": V3}, "baseMetricV2": {"cvssV2": V2}},
        "configurations": {"nodes": [NODE, {"cpe_match": [{"vulnerable": True}]}]},
        "publishedDate": "2021-01-02T00:15Z",
        "lastModifiedDate": "2021-01-03T00:15Z",
    }


def read(*items):
    return records(nvd11, json.dumps({"CVE_data_type": "CVE", "CVE_Items": list(items)}).encode())


def test_scores_dates_and_the_count_of_its_cpes():
    (found,) = read(item())
    assert (found.id, found.feed, found.summary) == ("CVE-2021-10014", "nvd11", "The crane swings.")
    assert (found.published, found.modified) == ("2021-01-02T00:15:00Z", "2021-01-03T00:15:00Z")
    assert [(s.source, s.score, s.version) for s in found.severities] == [
        ("nvd", 9.8, "3.0"),
        ("nvd", 7.5, "2.0"),
    ]
    assert (found.unmatchable, found.affected, found.withdrawn) == (3, (), "")


def test_what_was_rejected_is_withdrawn():
    (found,) = read(item(text="** REJECT ** Not a crane."))
    assert found.withdrawn == "2021-01-03T00:15:00Z"


def test_a_bad_item_costs_that_item():
    found = read({}, item("no CVE"), {"cve": {"CVE_data_meta": {"ID": "CVE-2021-10015"}}})
    assert [isinstance(r, Problem) for r in found] == [True, True, False]
    assert found[2].severities == ()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"CVE_Items": 5}', "[" * 9000])
def test_what_is_no_feed_is_one_problem(text):
    (lost,) = records(nvd11, text.encode())
    assert lost.effect == "source_lost"


def test_it_is_known_by_its_list():
    assert recognise("nvdcve-1.1-2021.json", b'{"CVE_data_type": "CVE", "CVE_Items": [') == "nvd11"
