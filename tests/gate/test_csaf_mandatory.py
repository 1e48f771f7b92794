"""Each mandatory test of CSAF 2.0 (section 6.1) refuses what it is for, and it alone does so."""

import re

import msgspec
import pytest

from gate.csaf_rules import TESTS, faults, registers

TIME = "2024-01-01T00:00:00Z"
CVSS3 = {
    "version": "3.1",
    "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
    "baseScore": 9.8,
    "baseSeverity": "CRITICAL",
}


def document():
    """A VEX document with no fault, and something for most tests to break."""
    return {
        "document": {
            "category": "csaf_vex",
            "csaf_version": "2.0",
            "lang": "en-GB",
            "source_lang": "de",
            "title": "Shop",
            "publisher": {
                "category": "translator",
                "name": "Acme",
                "namespace": "https://acme.example.test",
            },
            "tracking": {
                "id": "ACME-1",
                "status": "final",
                "version": "2",
                "initial_release_date": TIME,
                "current_release_date": TIME,
                "revision_history": [
                    {"date": "2024-01-02T01:00:00+01:00", "number": "2", "summary": "More."},
                    {"date": TIME, "number": "1", "summary": "First."},
                ],
            },
        },
        "product_tree": {
            "branches": [
                {
                    "category": "product_name",
                    "name": "Shop",
                    "branches": [
                        {
                            "category": "product_version",
                            "name": "2.0-allwinner",
                            "product": {
                                "name": "Shop 2.0",
                                "product_id": "shop",
                                "product_identification_helper": {
                                    "purl": "pkg:npm/shop@2.0.0",
                                    "hashes": [
                                        {
                                            "filename": "shop.tgz",
                                            "file_hashes": [
                                                {"algorithm": "sha256", "value": "ab" * 32},
                                                {"algorithm": "sha512", "value": "cd" * 64},
                                            ],
                                        }
                                    ],
                                },
                            },
                        }
                    ],
                }
            ],
            "full_product_names": [
                {"name": "Linux 8", "product_id": "os"},
                {"name": "Old", "product_id": "old"},
            ],
            "relationships": [
                {
                    "category": "installed_on",
                    "full_product_name": {"name": "Shop on Linux", "product_id": "both"},
                    "product_reference": "shop",
                    "relates_to_product_reference": "os",
                }
            ],
            "product_groups": [{"group_id": "all", "product_ids": ["shop", "both"]}],
        },
        "vulnerabilities": [
            {
                "cve": "CVE-2024-0001",
                "cwe": {"id": "CWE-20", "name": "Improper Input Validation"},
                "notes": [{"category": "general", "text": "a note"}],
                "product_status": {
                    "known_not_affected": ["shop", "both"],
                    "known_affected": ["old"],
                },
                "flags": [{"label": "component_not_present", "group_ids": ["all"]}],
                "remediations": [
                    {"category": "none_available", "details": "none", "product_ids": ["old"]}
                ],
                "involvements": [
                    {"party": "vendor", "status": "completed", "date": TIME},
                    {"party": "vendor", "status": "completed", "date": "2024-01-02T00:00:00Z"},
                ],
                "scores": [{"products": ["old"], "cvss_v3": dict(CVSS3)}],
            },
            {
                "cve": "CVE-2024-0002",
                "notes": [{"category": "general", "text": "a note"}],
                "product_status": {"under_investigation": ["old"]},
            },
        ],
    }


HELPER = "product_tree.branches.0.branches.0.product.product_identification_helper"
BREAKS = {
    "6.1.1": ("product_tree.relationships.0.product_reference", "nobody"),
    "6.1.2": ("product_tree.full_product_names.1.product_id", "os"),
    "6.1.3": ("product_tree.relationships.0.relates_to_product_reference", "both"),
    "6.1.4": ("vulnerabilities.0.remediations.0.group_ids", ["none"]),
    "6.1.5": (
        "product_tree.product_groups.+",
        {"group_id": "all", "product_ids": ["os", "old"]},
    ),
    "6.1.6": ("vulnerabilities.0.product_status.fixed", ["old"]),
    "6.1.7": ("vulnerabilities.0.scores.+", {"products": ["old", "shop"], "cvss_v3": CVSS3}),
    "6.1.8": ("vulnerabilities.0.scores.0.cvss_v3.baseSeverity", "PERFECT"),
    "6.1.9": ("vulnerabilities.0.scores.0.cvss_v3.baseScore", 9.7),
    "6.1.10": ("vulnerabilities.0.scores.0.cvss_v3.attackVector", "LOCAL"),
    "6.1.11": ("vulnerabilities.0.cwe.name", "Improper Output Validation"),
    "6.1.12": ("document.lang", "EZ"),
    "6.1.13": (
        f"{HELPER}.purl",
        "pkg:npm/@1.0.0",
    ),
    "6.1.14": ("document.tracking.revision_history.0.date", "2023-01-01T00:00:00Z"),
    "6.1.15": ("document.source_lang", None),
    "6.1.16": ("document.tracking.version", "1"),
    "6.1.17": ("document.tracking.version", "0"),
    "6.1.18": ("document.tracking.revision_history.1.number", "0"),
    "6.1.19": ("document.tracking.revision_history.1.number", "1.0.0-rc.1"),
    "6.1.20": ("document.tracking.version", "2.0.0-rc.1"),
    "6.1.21": ("document.tracking.revision_history.0.number", "3"),
    "6.1.22": ("document.tracking.revision_history.0.number", "1"),
    "6.1.23": ("vulnerabilities.1.cve", "CVE-2024-0001"),
    "6.1.24": ("vulnerabilities.0.involvements.1.date", "2024-01-01T02:00:00+02:00"),
    "6.1.25": (
        f"{HELPER}.hashes.0.file_hashes.1.algorithm",
        "sha256",
    ),
    "6.1.26": ("document.category", "V\u2013eX"),
    "6.1.27.1": ("document.category", "csaf_security_incident_response"),
    "6.1.27.2": ("document.category", "csaf_security_incident_response"),
    "6.1.27.3": ("document.category", "csaf_informational_advisory"),
    "6.1.27.4": ("product_tree", None),
    "6.1.27.5": ("vulnerabilities.1.notes", None),
    "6.1.27.7": ("vulnerabilities.1.product_status", {"recommended": ["old"]}),
    "6.1.27.8": ("vulnerabilities.1.cve", None),
    "6.1.27.9": ("vulnerabilities.0.flags", None),
    "6.1.27.10": ("vulnerabilities.0.remediations", None),
    "6.1.27.11": ("vulnerabilities", None),
    "6.1.28": ("document.source_lang", "EN-gb"),
    "6.1.29": ("vulnerabilities.0.remediations.0.product_ids", None),
    "6.1.30": ("document.tracking.version", "2.0.0"),
    "6.1.31": ("product_tree.branches.0.branches.0.name", "all before 2"),
    "6.1.32": ("vulnerabilities.0.flags.0.group_ids", None),
    "6.1.33": (
        "vulnerabilities.0.flags.+",
        {"label": "vulnerable_code_not_present", "product_ids": ["shop"]},
    ),
}
# Where one change cannot but break a second rule too.
TOGETHER = {
    "6.1.2": {"6.1.1"},
    "6.1.5": {"6.1.27.9"},
    "6.1.14": {"6.1.16", "6.1.21"},
    "6.1.17": {"6.1.16"},
    "6.1.18": {"6.1.21"},
    "6.1.19": {"6.1.30"},
    "6.1.20": {"6.1.16", "6.1.17", "6.1.30"},
    "6.1.21": {"6.1.16"},
    "6.1.22": {"6.1.16"},
    "6.1.27.1": {"6.1.27.2"},
    "6.1.27.2": {"6.1.27.1"},
    "6.1.27.3": {"6.1.27.1", "6.1.27.2"},
    "6.1.27.4": {"6.1.1", "6.1.4", "6.1.27.9"},
    "6.1.29": {"6.1.27.10"},
    "6.1.32": {"6.1.27.9"},
}


def change(value, path, new):
    """Set, append (`+`) or take out (None) what is at the path."""
    *steps, last = path.split(".")
    for step in steps:
        value = value[int(step)] if isinstance(value, list) else value[step]
    if last == "+":
        value.append(new)
    elif new is None:
        del value[last]
    else:
        value[int(last) if isinstance(value, list) else last] = new


def sections(value):
    """The sections that refuse the document."""
    found = [re.search(r"\((6\.1\.[0-9.]+)\)\Z", fault.what) for fault in faults(value)]
    assert all(found), tuple(faults(value))
    return {match[1] for match in found}


def test_the_document_to_break_has_no_fault():
    assert tuple(faults(document())) == ()


def test_every_test_of_the_table_is_broken_here():
    # 6.1.8 is the schema's; 6.1.27.6 is for advisories and below.
    assert {name for name, _ in TESTS} | {"6.1.8"} == {*BREAKS, "6.1.27.6"}


@pytest.mark.parametrize("section", BREAKS)
def test_each_section_refuses_what_it_is_for(section):
    broken = document()
    change(broken, *BREAKS[section])
    assert sections(broken) == {section, *TOGETHER.get(section, ())}


def test_an_advisory_needs_product_statuses():
    broken = document()
    broken["document"]["category"] = "csaf_security_advisory"
    assert sections(broken) == set()
    del broken["vulnerabilities"][1]["product_status"]
    assert sections(broken) == {"6.1.27.6"}


def test_a_draft_may_be_a_pre_release_of_its_last_revision():
    draft = document()
    for item, number in zip(
        draft["document"]["tracking"]["revision_history"], ("1.1.0", "1.0.0"), strict=True
    ):
        item["number"] = number
    draft["document"]["tracking"] |= {"status": "draft", "version": "1.1.0-rc.1+build.7"}
    assert sections(draft) == set()
    draft["document"]["tracking"]["status"] = "interim"
    assert {"6.1.16", "6.1.17", "6.1.20"} <= sections(draft)


@pytest.mark.parametrize(
    ("numbers", "sorted_"),
    [
        (("1.0.0", "1.2.0", "1.10.0"), True),
        (("9", "10"), True),
        (("1.0.0", "1.10.0", "1.9.0"), False),
        (("1.0.0-alpha.2", "1.0.0-alpha.10"), True),
        (("1.0.0-alpha.beta", "1.0.0-alpha.1"), False),
        (("1.0.0", "1.0.0-rc.1"), False),
    ],
)
def test_revisions_are_ordered_as_versions_are(numbers, sorted_):
    value = document()
    value["document"]["tracking"]["revision_history"] = [
        {"date": f"2024-01-0{day}T00:00:00Z", "number": number, "summary": "s"}
        for day, number in enumerate(numbers, 1)
    ]
    assert ("6.1.14" not in sections(value)) is sorted_


@pytest.mark.parametrize(
    ("tag", "known"),
    [
        ("en", True),
        ("de-AT-1901", True),
        ("zh-cmn-Hans-CN", True),
        ("sr-Latn-RS", True),
        ("es-419", True),
        ("i-klingon", True),
        ("qtx", True),
        ("de-x-house", True),
        ("en-u-ca-gregory", True),
        ("EZ", False),
        ("en-ZZZZ-QQQQ", False),
        ("en-US-Latn", False),
        ("de-x", False),
        ("", False),
    ],
)
def test_languages_are_those_of_the_register(tag, known):
    assert registers.is_language(tag) is known


@pytest.mark.parametrize(
    ("category", "allowed"),
    [
        ("Company notice", True),
        ("csaf_base", True),
        ("vexing", True),
        ("Csaf_a", False),
        ("Security   Advisory", False),
        ("informational-advisory", False),
        ("csafvex", False),
    ],
)
def test_other_categories_must_not_look_like_profiles(category, allowed):
    value = document()
    value["document"]["category"] = category
    assert ("6.1.26" not in sections(value)) is allowed


def test_cvss_2_is_held_to_its_vector_too():
    value = document()
    cvss = {"version": "2.0", "vectorString": "AV:N/AC:L/Au:N/C:C/I:C/A:C", "baseScore": 10.0}
    value["vulnerabilities"][0]["scores"] = [{"products": ["old"], "cvss_v2": cvss}]
    assert sections(value) == set()
    cvss["baseScore"] = 9.9
    cvss["authentication"] = "SINGLE"
    assert sections(value) == {"6.1.9", "6.1.10"}


@pytest.mark.shared
@pytest.mark.parametrize(
    "family", ["csaf-2.0-mandatory", "csaf-validator-lib-mandatory", "csaf-2.0-examples"]
)
def test_shared_cases_are_accepted_and_refused_as_expected(shared, family):
    from gate.vex import faults as of_any

    base = shared / "cases" / "validity"
    cases = [
        c for c in msgspec.json.decode((base / "cases.json").read_bytes()) if c["family"] == family
    ]
    assert cases
    wrong = [
        (case["file"], case["expect"])
        for case in cases
        if bool(of_any((base / case["file"]).read_bytes())) is (case["expect"] == "accept")
    ]
    assert not wrong


def test_a_long_chain_of_relationships_is_no_circle_and_its_end_can_make_it_one():
    value = document()
    chain = [
        {
            "category": "installed_on",
            "full_product_name": {"name": f"p{i}", "product_id": f"p{i}"},
            "product_reference": "shop",
            "relates_to_product_reference": f"p{i + 1}" if i < 20_000 else "os",
        }
        for i in range(20_001)
    ]
    value["product_tree"]["relationships"] += chain
    assert sections(value) == set()
    chain[-1]["relates_to_product_reference"] = "p0"
    assert sections(value) == {"6.1.3"}


def test_hostile_numbers_and_depths_are_faults_or_nothing_and_never_errors():
    value = document()
    value["document"]["tracking"]["version"] = "9" * 5000
    assert {"6.1.16"} <= sections(value)
    branch = value["product_tree"]["branches"][0]
    for _ in range(300):
        branch = {"category": "product_family", "name": "n", "branches": [branch]}
    value["product_tree"]["branches"] = [branch]
    assert {"6.1.16"} <= sections(value)
