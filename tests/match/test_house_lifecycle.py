"""What may become of an advisory, and what may not."""

import json

import pytest
from house_records import at, drafted, published, said
from msgspec.structs import replace

from match.house import lifecycle as life
from match.house.document import record, render
from match.house.entry import Entry, cve_of, state_of
from match.house.lint import lint
from sbom.errors import InputError


def test_the_states_are_those_of_the_rules():
    reserved = life.reserve("LDG-2026-0001", at("11-01"))
    draft = life.draft(reserved, said(), "", at("11-02"))
    public = life.publish(draft, at("11-03"))
    linked = life.link_cve(public, "cve-2026-1111", at("11-04"))
    disputed = life.dispute(
        linked, "the maintainers", "https://example.com/1", at("11-05", "works as meant")
    )
    settled = life.settle(disputed, at("11-06"))
    withdrawn = life.withdraw(settled, at("11-07", "a duplicate"))
    steps = [reserved, draft, public, linked, disputed, settled, withdrawn]
    assert [state_of(e) for e in steps] == [
        "reserved", "reserved", "published", "linked", "disputed", "linked", "withdrawn",
    ]  # fmt: skip
    assert [e.version for e in steps] == list(range(1, 8))
    assert disputed.disputed == "the maintainers: works as meant (https://example.com/1)"
    assert {e.reserved for e in steps} == {"2026-11-01T00:00:00Z"}


def test_every_state_of_a_record_is_valid_osv_and_says_its_state():
    public = published()
    linked = life.link_cve(public, "CVE-2026-1111", at("11-04"))
    withdrawn = life.withdraw(linked, at("11-07", "a duplicate"))
    whole, *parts = life.split(
        public, ("LDG-2026-0002", "LDG-2026-0003"), ("CVE-2026-2222",), at("11-08")
    )
    for entry in (drafted(), public, linked, withdrawn, whole, *parts):
        assert [r for r in lint(render(entry).encode(), "x") if r.level == "wrong"] == []
        assert record(entry)["database_specific"]["state"] == state_of(entry)
        assert record(entry)["modified"] == entry.at


def test_a_cve_joins_as_alias_and_the_first_date_stays():
    linked = life.link_cve(published(day="01-05"), "CVE-2026-1111", at("11-04"))
    made = record(linked)
    assert made["aliases"] == ["CVE-2026-1111"]
    assert made["id"] == "LDG-2026-0001"
    assert made["published"] == made["database_specific"]["first_seen"] == "2026-01-05T00:00:00Z"
    assert life.link_cve(linked, "CVE-2026-1111", at("11-05")) == linked
    with pytest.raises(InputError, match="is linked to CVE-2026-1111 already") as error:
        life.link_cve(linked, "CVE-2026-2222", at("11-05"))
    assert "split" in error.value.hint


def test_a_wrong_alias_is_taken_back():
    linked = life.link_cve(drafted(), "CVE-2026-1111", at("11-04"))
    freed = life.unlink(linked, "cve-2026-1111", at("11-05"))
    assert (cve_of(freed), state_of(freed)) == ("", "reserved")
    assert life.link_cve(freed, "CVE-2026-2222", at("11-06")).aliases == ("CVE-2026-2222",)
    with pytest.raises(InputError, match="no alias"):
        life.unlink(freed, "CVE-2026-1111", at("11-06"))


def test_what_was_withdrawn_or_split_changes_no_more():
    withdrawn = life.withdraw(drafted(), at("11-02"))
    whole, *_ = life.split(drafted(), ("LDG-2026-0002", "LDG-2026-0003"), (), at("11-02"))
    for entry in (withdrawn, whole):
        for step in (
            lambda e: life.draft(e, said(), "", at("11-03")),
            lambda e: life.link_cve(e, "CVE-2026-1111", at("11-03")),
            lambda e: life.join(e, "GHSA-aaaa-bbbb-cccc", at("11-03")),
            lambda e: life.dispute(e, "them", "", at("11-03")),
            lambda e: life.split(e, ("LDG-2026-0008", "LDG-2026-0009"), (), at("11-03")),
        ):
            with pytest.raises(InputError):
                step(entry)
    assert life.withdraw(withdrawn, at("11-09")) == withdrawn
    assert state_of(life.withdraw(whole, at("11-09"))) == "withdrawn"


def test_a_split_points_to_its_parts_and_they_state_what_it_did():
    whole, one, two = life.split(
        drafted(embargo="2027-01-01"),
        ("LDG-2026-0002", "LDG-2026-0003"),
        ("CVE-2026-1111",),
        at("11-02"),
    )
    assert record(whole)["upstream"] == ["LDG-2026-0002", "LDG-2026-0003"]
    assert "affected" not in record(whole)
    assert record(one)["affected"] == record(two)["affected"] == record(drafted())["affected"]
    assert (cve_of(one), cve_of(two)) == ("CVE-2026-1111", "")
    assert one.embargo == two.embargo == "2027-01-01"
    assert (one.version, one.split_of) == (1, "LDG-2026-0001")
    for ids, cves in (
        (("LDG-2026-0002",), ()),
        (("LDG-2026-0002", "LDG-2026-0003"), ("CVE-2026-1111",) * 2),
        (("LDG-2026-0002", "LDG-2026-0003"), ("CVE-2026-1111", "CVE-2026-1112", "CVE-2026-1113")),
    ):
        with pytest.raises(InputError):
            life.split(drafted(), ids, cves, at("11-02"))


def test_nothing_is_published_under_embargo_or_without_a_word():
    with pytest.raises(InputError, match="says nothing yet"):
        life.publish(life.reserve("LDG-2026-0001", at("11-01")), at("11-02"))
    secret = drafted(embargo="2026-12-01")
    with pytest.raises(InputError, match="under embargo until 2026-12-01"):
        life.publish(secret, at("11-30"))
    assert life.publish(secret, at("12-01")).public


def test_publishing_what_has_not_changed_changes_nothing():
    public = published()
    assert life.publish(public, at("11-09")) == public
    changed = life.link_cve(public, "CVE-2026-1111", at("11-10"))
    assert changed.public == public.public
    assert life.changed(changed)
    again = life.publish(changed, at("11-11"))
    assert json.loads(again.public)["aliases"] == ["CVE-2026-1111"]
    assert again.published == public.published


def test_private_ids_and_names_do_not_leave_with_a_public_record():
    entry = life.join(drafted(), "LDG-2026-0009", at("11-02", "the same, says Ann"))
    private = {"LDG-2026-0009", "LDG-2026-0007"}
    hidden = life.publish(replace(entry, split_of="LDG-2026-0007"), at("11-03"), private)
    for secret in ("LDG-2026-0009", "LDG-2026-0007", "Ann", "Jo"):
        assert secret not in hidden.public
    assert not life.changed(hidden)
    shown = life.publish(hidden, at("11-04"))
    assert json.loads(shown.public)["aliases"] == ["LDG-2026-0009"]
    assert json.loads(shown.public)["related"] == ["LDG-2026-0007"]
    whole, *_ = life.split(drafted(), ("LDG-2026-0002", "LDG-2026-0003"), (), at("11-02"))
    with pytest.raises(InputError, match="LDG-2026-0003, which is not public"):
        life.publish(whole, at("11-03"), {"LDG-2026-0003"})


def test_a_change_has_an_author_a_reason_and_a_later_time():
    entry = drafted(day="11-05")
    with pytest.raises(InputError, match="the author is missing"):
        life.link_cve(entry, "CVE-2026-1111", at("11-06", who=" "))
    for step in (
        lambda c: life.withdraw(entry, c),
        lambda c: life.dispute(entry, "them", "", c),
        lambda c: life.split(entry, ("LDG-2026-0002", "LDG-2026-0003"), (), c),
        lambda c: life.unlink(
            life.link_cve(entry, "CVE-2026-1111", at("11-06")), "CVE-2026-1111", c
        ),
        lambda c: life.settle(life.dispute(entry, "them", "", at("11-06")), c),
    ):
        with pytest.raises(InputError, match="the reason is missing"):
            step(at("11-06", why=" "))
    with pytest.raises(InputError, match="was changed on 2026-11-05"):
        life.withdraw(entry, at("11-04"))
    with pytest.raises(InputError, match="who disputes it"):
        life.dispute(entry, " ", "", at("11-06"))
    with pytest.raises(InputError, match="not disputed"):
        life.settle(entry, at("11-06"))


@pytest.mark.parametrize("other", ["", "LDG-2026-0001", "cve", "GHSA-<b>", "x y", "CVE-1-1"])
def test_what_is_no_other_id_is_not_joined(other):
    if other == "CVE-1-1":
        assert life.join(drafted(), other, at("11-02")).aliases == ("CVE-1-1",)
        return
    with pytest.raises(InputError):
        life.join(drafted(), other, at("11-02"))


def test_an_entry_is_a_value():
    assert Entry.__struct_config__.frozen
    before = drafted()
    life.withdraw(before, at("11-09"))
    assert before == drafted()
