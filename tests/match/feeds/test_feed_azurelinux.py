"""Microsoft's OVAL documents."""

import pytest
from feed_files import ranges, records

from match.feeds import azurelinux, recognise
from match.records import markup
from sbom.model import Problem

HEAD = '<oval_definitions xmlns="urn:o" xmlns:l="urn:l" xmlns:v="urn:v"><generator><v:product_name>Azure Linux OVAL Definition Generator</v:product_name></generator>'


def document(*rows):
    """Rows: number, CVE, package, operation, version, patchable."""
    definitions = tests = objects = states = ""
    for n, cve, name, operation, evr, patchable in rows:
        definitions += (
            f'<definition class="vulnerability" id="d:{n}"><metadata><title>{cve} in {name}</title>'
            f'<reference ref_id="{cve}" source="CVE"/><patchable>{patchable}</patchable>'
            f"<advisory_date>2024-04-0{n}T00:00:00Z</advisory_date><severity>High</severity></metadata>"
            f'<criteria operator="AND"><criterion test_ref="t:{n}"/></criteria></definition>'
        )
        tests += f'<l:rpminfo_test id="t:{n}"><l:object object_ref="o:{n}"/><l:state state_ref="s:{n}"/></l:rpminfo_test>'
        objects += f'<l:rpminfo_object id="o:{n}"><l:name>{name}</l:name></l:rpminfo_object>'
        states += f'<l:rpminfo_state id="s:{n}"><l:evr operation="{operation}">{evr}</l:evr></l:rpminfo_state>'
    return f"{HEAD}<definitions>{definitions}</definitions><tests>{tests}</tests><objects>{objects}</objects><states>{states}</states></oval_definitions>".encode()


ROWS = [
    (1, "CVE-2021-10012", "crane", "less than", "0:2.0-3.azl3", "true"),
    (2, "CVE-2021-10012", "hoist", "less than or equal", "0:1.0-1.azl3", "false"),
    (3, "CVE-2021-10013", "crane", "less than", "0:1.0-1.cm2", "Not Applicable"),
]


def test_each_cve_of_a_release_has_its_packages():
    older, newer = records(azurelinux, document(*ROWS))
    assert (older.id, older.feed) == ("CVE-2021-10013", "azurelinux:2.0")
    (claim,) = older.affected
    assert (claim.release, claim.claim, claim.fix) == (
        "azurelinux:2.0",
        "not_affected",
        "not_affected",
    )
    assert (newer.id, newer.feed) == ("CVE-2021-10012", "azurelinux:3.0")
    assert (newer.published, newer.modified) == ("2024-04-01T00:00:00Z", "2024-04-02T00:00:00Z")
    assert [s.label for s in newer.severities] == ["high"]
    assert [(a.name, a.names, a.fix, ranges(a)) for a in newer.affected] == [
        ("crane", "source", "fixed", [(None, "0:2.0-3.azl3", None)]),
        ("hoist", "source", "none", [(None, None, "0:1.0-1.azl3")]),
    ]


@pytest.mark.parametrize(
    "row",
    [
        (1, "no CVE", "crane", "less than", "0:2.0-3.azl3", "true"),
        (1, "CVE-2021-10012", "crane", "equals", "0:2.0-3.azl3", "true"),
        (1, "CVE-2021-10012", "crane", "less than", "2.0-3.el9", "true"),
        (1, "CVE-2021-10012", "", "less than", "0:2.0-3.azl3", "true"),
    ],
)
def test_a_definition_that_cannot_be_used_is_a_problem(row):
    lost, found = records(azurelinux, document(row, (2, *ROWS[0][1:])))
    assert (lost.effect, lost.where) == ("record_lost", "x: d:1")
    assert found.id == "CVE-2021-10012"


@pytest.mark.parametrize("cut", [1, 400, -40])
def test_what_comes_before_damage_is_told_as_lost(cut):
    found = records(azurelinux, document(*ROWS)[:cut])
    assert isinstance(found[0], Problem)
    assert found[0].effect == "source_lost"


@pytest.mark.parametrize(
    "data",
    [
        b'<!DOCTYPE x [<!ENTITY a "b">]>' + document(*ROWS),
        HEAD.encode() + b"<a>" * 5000,
        HEAD.encode() + b"&amp;" * 10,
    ],
)
def test_hostile_documents_are_a_problem(data):
    (lost,) = records(azurelinux, data)
    assert (lost.source, lost.effect) == ("azurelinux", "source_lost")


def test_a_long_document_is_not_held(monkeypatch):
    monkeypatch.setattr(markup, "LONGEST", 500)
    (lost,) = records(azurelinux, document(*ROWS))
    assert "too long" in lost.what


def test_only_microsofts_documents_are_known():
    assert recognise("x.xml", document(*ROWS)) == "azurelinux"
    assert recognise("x.xml", document(*ROWS).replace(b"Azure Linux OVAL", b"Other OVAL")) is None
