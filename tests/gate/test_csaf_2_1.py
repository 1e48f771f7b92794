"""CSAF 2.1: what its mandatory tests add to those of 2.0, and what is read of it."""

import json
import re

import msgspec
import pytest

from gate.csaf_rules import ADDED, CHANGED, TESTS, TESTS_2_1
from gate.vex import faults, read

TIME = "2024-01-02T00:00:00Z"
LATER = "2024-01-03T00:00:00+01:00"
NOT_ASKED = frozenset({"6.1.46", "6.1.47", "6.1.48"} | {f"6.1.{n}" for n in range(54, 70)})
"""Tests of SSVC's registers, of licences, and those that the drafts still change."""
INCOMPLETE = frozenset({"6.1.4", "6.1.8", "6.1.11", "6.1.50"})
"""Tests of which we ask the most, not all: groups in extensions, CVSS's own schema, names of
weaknesses by the version of CWE, the meaning of ranges."""


def document():
    return {
        "$schema": "https://docs.oasis-open.org/csaf/csaf/v2.1/schema/csaf.json",
        "document": {
            "category": "csaf_vex",
            "csaf_version": "2.1",
            "distribution": {"tlp": {"label": "CLEAR"}},
            "title": "Shop",
            "publisher": {"category": "vendor", "name": "Acme", "namespace": "https://acme.test"},
            "notes": [{"category": "description", "text": "why"}],
            "references": [{"summary": "Elsewhere", "url": "https://acme.test/x"}],
            "tracking": {
                "id": "ACME-1",
                "status": "final",
                "version": "2",
                "initial_release_date": "2024-01-01T00:00:00.5Z",
                "current_release_date": TIME,
                "revision_history": [
                    {"date": "2024-01-01T00:00:00Z", "number": "1", "summary": "First."},
                    {"date": TIME, "number": "2", "summary": "More."},
                ],
            },
        },
        "product_tree": {
            "branches": [
                {
                    "category": "product_version_range",
                    "name": "vers:npm/<2",
                    "product": {"name": "Cart", "product_id": "cart"},
                }
            ],
            "full_product_names": [
                {
                    "name": "Shop",
                    "product_id": "shop",
                    "product_identification_helper": {
                        "purls": [
                            "pkg:deb/debian/shop@1?arch=amd64",
                            "pkg:deb/debian/shop@1?arch=arm64",
                        ],
                        "model_numbers": ["A*"],
                        "serial_numbers": ["7\\*8*"],
                    },
                },
                {"name": "Old", "product_id": "old"},
            ],
            "product_groups": [{"group_id": "all", "product_ids": ["shop", "cart"]}],
        },
        "vulnerabilities": [
            {
                "cve": "CVE-2024-0001",
                "cwes": [{"id": "CWE-20", "name": "Improper Input Validation", "version": "4.0"}],
                "disclosure_date": TIME,
                "first_known_exploitation_dates": [
                    {"date": TIME, "exploitation_date": TIME, "product_ids": ["old"]}
                ],
                "notes": [{"category": "general", "text": "a note", "product_ids": ["shop"]}],
                "product_status": {
                    "known_not_affected": ["shop", "cart"],
                    "known_affected": ["old"],
                },
                "flags": [{"label": "component_not_present", "group_ids": ["all"]}],
                "remediations": [
                    {"category": "workaround", "details": "x", "product_ids": ["old"]},
                    {"category": "no_fix_planned", "details": "x", "product_ids": ["old"]},
                ],
                "metrics": [
                    {
                        "products": ["old"],
                        "content": {
                            "epss": {"percentile": "0.5", "probability": "0.1", "timestamp": TIME},
                            "ssvc_v2": {"timestamp": TIME},
                            "cvss_v4": {
                                "version": "4.0",
                                "vectorString": (
                                    "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N"
                                    "/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"
                                ),
                                "baseScore": 9.3,
                                "baseSeverity": "CRITICAL",
                                "attackVector": "NETWORK",
                            },
                        },
                    }
                ],
            }
        ],
    }


def change(given, path, value):
    """Set what is at a path; `+` adds to a list, `-` as value deletes."""
    *steps, last = path.split(".")
    node = given
    for step in steps:
        node = node[int(step)] if step.isdigit() else node[step]
    if last == "+":
        node.append(value)
    elif value == "-":
        del node[last]
    else:
        node[int(last) if last.isdigit() else last] = value


def sections(given):
    found = faults(msgspec.json.encode(given))
    assert all(re.search(r"\(6\.1\.[0-9.]+\)$", fault.what) for fault in found), found
    return {re.search(r"\((6\.1\.[0-9.]+)\)$", fault.what)[1] for fault in found}


SHARING = "document.distribution.sharing_group"
MAX, NIL = "ffffffff-ffff-ffff-ffff-ffffffffffff", "00000000-0000-0000-0000-000000000000"
ONE = "5868d6be-b28a-404e-a245-0b5093b31b8b"
METRIC = "vulnerabilities.0.metrics.0"
HELPER = "product_tree.full_product_names.0.product_identification_helper"
FIX = {"category": "vendor_fix", "details": "x", "product_ids": ["old"]}
BREAKS = [
    ("6.1.1", f"{METRIC}.products", ["nobody"]),
    ("6.1.1", "vulnerabilities.0.notes.0.product_ids", ["nobody"]),
    ("6.1.4", "vulnerabilities.0.first_known_exploitation_dates.0.group_ids", ["none"]),
    ("6.1.6", "vulnerabilities.0.product_status.unknown", ["old"]),
    ("6.1.9", f"{METRIC}.content.cvss_v4.baseScore", 9.4),
    ("6.1.10", f"{METRIC}.content.cvss_v4.attackVector", "LOCAL"),
    ("6.1.11", "vulnerabilities.0.cwes.0.name", "Something"),
    ("6.1.13", f"{HELPER}.purls.+", "pkg:npm"),
    ("6.1.26", "document.category", "With-Drawn"),
    ("6.1.35", "vulnerabilities.0.remediations.+", FIX),
    ("6.1.36", "vulnerabilities.0.remediations.+", FIX | {"product_ids": ["shop"]}),
    ("6.1.37", "document.tracking.initial_release_date", "2024-01-01 00:00:00Z"),
    ("6.1.37", "document.tracking.initial_release_date", "2024-01-01T23:59:60Z"),
    ("6.1.37", "document.tracking.initial_release_date", "2024-02-30T00:00:00Z"),
    ("6.1.39", SHARING, {"id": ONE}),
    ("6.1.41", SHARING, {"id": MAX}),
    ("6.1.42", f"{HELPER}.purls.+", "pkg:deb/debian/shop@2"),
    ("6.1.43", f"{HELPER}.model_numbers", ["A*B*"]),
    ("6.1.44", f"{HELPER}.serial_numbers", ["**"]),
    ("6.1.45", "vulnerabilities.0.disclosure_date", LATER.replace("+01:00", "Z")),
    ("6.1.49", f"{METRIC}.content.ssvc_v2.timestamp", "2024-01-02T00:00:01Z"),
    ("6.1.50", "product_tree.branches.0.name", "all versions < 2"),
    ("6.1.51", f"{METRIC}.content.epss.timestamp", "2024-01-02T00:00:01Z"),
    (
        "6.1.52",
        "vulnerabilities.0.first_known_exploitation_dates.0.date",
        "2024-01-02T00:00:00-01:00",
    ),
    (
        "6.1.53",
        "vulnerabilities.0.first_known_exploitation_dates.0.date",
        "2024-01-02T00:00:00+01:00",
    ),
]


def test_a_document_without_fault_has_none():
    assert sections(document()) == set()
    drafted = document()
    change(drafted, SHARING, {"id": NIL, "name": "No sharing allowed"})
    change(drafted, "document.tracking.status", "draft")
    assert sections(drafted) == set()


@pytest.mark.parametrize(("section", "path", "value"), BREAKS)
def test_each_test_refuses_what_it_is_for(section, path, value):
    broken = document()
    change(broken, path, value)
    assert sections(broken) == {section}


def test_reserved_names_and_labels_belong_to_reserved_ids():
    broken = document()
    change(broken, SHARING, {"id": ONE, "name": "Public"})
    assert sections(broken) == {"6.1.39", "6.1.40"}
    change(broken, SHARING, {"id": MAX, "name": "Public"})
    assert sections(broken) == set()
    change(broken, "document.distribution.tlp.label", "AMBER+STRICT")
    assert sections(broken) == {"6.1.38"}


def test_a_product_is_below_thirty_branches():
    deep = document()
    for depth, expected in ((30, set()), (31, {"6.1.34"})):
        leaf = {
            "category": "product_name",
            "name": "x",
            "product": {"name": "Deep", "product_id": "deep"},
        }
        for _ in range(depth - 1):
            leaf = {"category": "product_family", "name": "x", "branches": [leaf]}
        deep["product_tree"]["branches"][1:] = [leaf]
        assert sections(deep) == expected


@pytest.mark.parametrize(
    ("category", "title"),
    [
        ("csaf_withdrawn", "Reasoning for Withdrawal"),
        ("csaf_superseded", "Reasoning for Supersession"),
    ],
)
def test_what_ended_says_so_and_nothing_else(category, title):
    ended = document()
    ended["document"]["category"] = category
    expected = {"6.1.27.3", "6.1.27.15", "6.1.27.18"}
    successor = {"6.1.27.19"} if category == "csaf_superseded" else set()
    assert sections(ended) == expected | successor
    del ended["vulnerabilities"], ended["product_tree"]
    ended["document"]["notes"] = [{"category": "description", "title": title, "text": "why"}]
    ended["document"]["references"][0]["summary"] = "Superseding Document: ACME-2"
    assert sections(ended) == set()
    ended["document"]["notes"][0]["category"] = "summary"
    assert sections(ended) == {"6.1.27.14", "6.1.27.18"}
    ended["document"]["lang"] = "de"
    assert sections(ended) == {"6.1.27.14"}
    ended["document"]["tracking"]["revision_history"] = [
        {"date": TIME, "number": "1", "summary": "x"}
    ]
    ended["document"]["tracking"]["version"] = "1"
    assert "6.1.27.16" in sections(ended)


def test_an_advisory_affects_something_and_a_deprecated_one_need_not():
    told = document()
    told["document"]["category"] = "csaf_security_advisory"
    assert sections(told) == set()
    del told["vulnerabilities"][0]["product_status"]["known_affected"]
    assert sections(told) == {"6.1.27.12"}
    told["document"]["category"] = "csaf_deprecated_security_advisory"
    assert sections(told) == set()
    del told["vulnerabilities"][0]["notes"]
    assert sections(told) == {"6.1.27.11"}


def test_one_score_of_a_version_is_one_of_a_source():
    scored = document()
    again = json.loads(json.dumps(scored["vulnerabilities"][0]["metrics"][0]))
    scored["vulnerabilities"][0]["metrics"].append(again)
    assert sections(scored) == {"6.1.7"}
    again["source"] = "https://other.test"
    assert sections(scored) == set()


@pytest.mark.parametrize("place", ["document.distribution", "document.tracking.id"])
def test_what_the_schema_lacks_is_told_by_its_place(place):
    broken = document()
    change(broken, place, "-")
    (fault,) = faults(msgspec.json.encode(broken))
    assert place.rpartition(".")[2] in fault.what


def test_each_of_several_purls_names_the_product():
    statements, problems = read(msgspec.json.encode(document()), "d")
    assert not problems
    clears = next(s for s in statements if s.status == "not_affected")
    assert [p.purls for p in clears.products] == [
        ("pkg:deb/debian/shop@1?arch=amd64",),
        ("pkg:deb/debian/shop@1?arch=arm64",),
        (),
    ]
    assert clears.justification == "component_not_present"


def test_the_table_is_that_of_2_0_with_changes():
    assert {section for section, _ in TESTS} <= {section for section, _ in TESTS_2_1}
    assert set(CHANGED) <= {section for section, _ in TESTS}
    assert not {section for section, _ in ADDED} & NOT_ASKED


@pytest.mark.shared
def test_the_standards_own_samples_are_told_apart(shared):
    cases = json.loads((shared / "cases/validity/cases.json").read_bytes())
    missed, wrong, samples = [], [], 0
    for case in cases:
        if case["family"] != "csaf-2.1-mandatory":
            continue
        samples += 1
        section = case["why"].removeprefix("test ")
        found = faults((shared / "cases/validity" / case["file"]).read_bytes())
        asked = ".".join(section.split(".")[:3]) not in NOT_ASKED and section not in INCOMPLETE
        if case["expect"] == "reject" and asked and not found:
            missed.append(case["file"])
        if case["expect"] == "accept" and any(f.what.endswith(f"({section})") for f in found):
            wrong.append(case["file"])
    assert samples > 200
    assert not missed
    assert not wrong
