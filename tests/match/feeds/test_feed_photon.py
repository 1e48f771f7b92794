"""Photon OS: the rows of a release."""

import json

import pytest
from feed_files import ranges, records

from match.feeds import photon, recognise
from sbom.model import Problem

NAME = "photon/cve_data_photon4.0.json"


def row(**more):
    return {"cve_id": "CVE-2021-10001", "pkg": "crane", "cve_score": 9.8, "aff_ver": "all versions before 1.2-3.ph4 are vulnerable", "res_ver": "1.2-3.ph4", **more}  # fmt: skip


def read(*rows, path=NAME):
    return records(photon, json.dumps(rows).encode(), path)


STATES = [
    ({"status": "Fixed"}, "affected", "fixed", [(None, "1.2-3.ph4", None)]),
    ({}, "affected", "fixed", [(None, "1.2-3.ph4", None)]),
    ({"status": "Not Affected", "res_ver": "NA", "aff_ver": "NA"}, "not_affected", "not_affected", []),
    ({"status": "Affected", "res_ver": "NA", "aff_ver": "NA"}, "affected", "none", [(None, None, None)]),
    ({"res_ver": "NA", "aff_ver": "all versions"}, "affected", "none", [(None, None, None)]),
    ({"res_ver": "NA", "aff_ver": "NA"}, "unknown", "under_investigation", []),
]  # fmt: skip


@pytest.mark.parametrize(("more", "claim", "fix", "spans"), STATES)
def test_each_state(more, claim, fix, spans):
    (one,) = read(row(**more))
    (about,) = one.affected
    assert (one.id, one.feed) == ("CVE-2021-10001", "photon:4.0")
    assert (about.name, about.names, about.release) == ("crane", "source", "photon:4.0")
    assert (about.claim, about.fix, ranges(about)) == (claim, fix, spans)


def test_a_cve_of_several_packages_is_one_record_with_its_score():
    (one,) = read(row(), row(pkg="hoist"), row())
    assert [a.name for a in one.affected] == ["crane", "hoist"]
    assert [s.score for s in one.severities] == [9.8]


@pytest.mark.parametrize(("path", "feed"), [(NAME, "photon:4.0"), ("x.json", "photon:4.0"), ("photon-5.json", "photon:5.0")])  # fmt: skip
def test_the_release_is_the_names_or_the_dist_tags(path, feed):
    (one,) = read(row(), path=path)
    assert one.feed == feed


def test_what_cannot_be_read_costs_itself_only():
    found = read(row(), row(cve_id="x"), row(pkg=" "), {"pkg": 1}, row(cve_id="BDSA-2025-0719"))
    assert [r.effect for r in found if isinstance(r, Problem)] == ["record_lost"] * 3
    assert [r.id for r in found if not isinstance(r, Problem)] == ["BDSA-2025-0719", "CVE-2021-10001"]  # fmt: skip


def test_a_file_of_no_release_is_told():
    (lost,) = read(row(res_ver="1.2", aff_ver="NA"), path="x.json")
    assert lost.effect == "source_lost"


@pytest.mark.parametrize("data", [b"{", b"\xff", b"[" * 9999])
def test_no_rows_at_all(data):
    (lost,) = records(photon, data, NAME)
    assert lost.effect == "source_lost"


def test_the_form_is_known():
    assert recognise("x.json", json.dumps([row()]).encode()) == "photon"
