"""Verdicts are kept whole, found by image, stage and time, and read back byte for byte."""

import pytest
from msgspec.structs import replace
from test_attestation import decided

from gate.model import View
from gate.reports.run import render
from gate.verdicts import find, forget, get, keep, kept, outlived
from sbom.errors import InputError, StoreError


def test_what_is_kept_is_read_back_byte_for_byte(store):
    of = decided()
    digest = keep(store, of)
    assert keep(store, of) == digest
    assert get(store, digest) == render(of, View())
    assert get(store, digest.removeprefix("sha256:")[:8]) == render(of, View())
    (row,) = kept(store)
    assert (row.outcome, row.stage, row.findings, row.denied) == ("pass", "deploy", 1, 0)
    assert row.decided_at == of.verdict.decided_at


def test_they_are_found_by_image_stage_and_time(store):
    days = ("2026-11-01T00:00:00Z", "2026-11-02T12:00:00Z", "2026-11-03T00:00:00Z")
    for day in days:
        keep(store, decided(at=day))
    other = decided("deny", stage="build", at=days[1])
    subject = replace(other.sbom.subject, name="other", image_id=None)
    keep(store, replace(other, sbom=replace(other.sbom, subject=subject)))
    assert [each.decided_at for each in kept(store)] == sorted([*days, days[1]], reverse=True)
    assert len(kept(store, since="2026-11-02")) == 3
    assert len(kept(store, since="2026-11-02", until="2026-11-02")) == 2
    assert len(kept(store, image="registry.example/app:1")) == 3
    assert len(kept(store, image="aaaaaaaa")) == 3
    assert len(kept(store, image="sha256:" + "c" * 64)) == 4
    assert [each.name for each in kept(store, stage="build")] == ["other"]


def test_what_is_not_there_is_told(store):
    assert kept(store) == ()
    with pytest.raises((InputError, StoreError), match=r"no such verdict|no store"):
        get(store, "a" * 64)
    digest = keep(store, decided())
    with pytest.raises(InputError, match="no such verdict"):
        get(store, "0" * 64)
    with pytest.raises(InputError, match="too short"):
        get(store, digest[:9])
    with pytest.raises(InputError, match="nothing was decided"):
        keep(store, replace(decided(), verdict=None))


def test_forgotten_verdicts_are_gone_whole(store):
    first, second = keep(store, decided()), keep(store, decided("deny"))
    forget(store, [first])
    assert [each.digest for each in kept(store)] == [second]
    with pytest.raises(InputError):
        get(store, first)


def test_a_name_that_no_database_takes_is_kept_all_the_same(store):
    of = decided()
    named = replace(of.sbom.subject, name="a\0b")
    digest = keep(store, replace(of, sbom=replace(of.sbom, subject=named)))
    assert [(each.digest, each.name) for each in kept(store)] == [(digest, "a\ufffdb")]


def test_a_rule_keeps_the_newest_of_each_image_and_stage(store):
    days = ("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z", "2026-11-03T00:00:00Z")
    for day in days:
        keep(store, decided(at=day))
        keep(store, decided("deny", stage="build", at=day))
    there = kept(store)

    def going(**rule):
        return sorted((each.stage, each.decided_at[8:10]) for each in outlived(there, **rule))

    assert going(keep_last=2) == [("build", "01"), ("deploy", "01")]
    assert going(before="2026-11-03") == [
        (stage, day) for stage in ("build", "deploy") for day in ("01", "02")
    ]
    assert going(before="2026-11-03", keep_last=2) == [("build", "01"), ("deploy", "01")]
    assert find(there, there[0].digest[:20]) == there[0]
    with pytest.raises(InputError, match="several verdicts"):
        find([there[0], there[0]], there[0].digest)
    with pytest.raises(InputError, match="no such verdict"):
        find([], there[0].digest)
