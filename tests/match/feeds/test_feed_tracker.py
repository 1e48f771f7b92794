"""Debian's security tracker: every state a release can have, and ids that will be others."""

import json

import pytest
from feed_files import ranges, records

from match.feeds import recognise, tracker
from sbom.model import Problem


def document(**releases):
    return {"crane": {"CVE-2021-10001": {"description": "A  hole", "releases": releases}}}


def read(data):
    return records(tracker, json.dumps(data).encode())


STATES = [
    ({"status": "resolved", "fixed_version": "1.2-3"}, "affected", "fixed", [(None, "1.2-3", None)]),
    ({"status": "resolved", "fixed_version": "0"}, "not_affected", "not_affected", []),
    ({"status": "resolved"}, "unknown", "under_investigation", []),
    ({"status": "open"}, "affected", "none", [(None, None, None)]),
    ({"status": "open", "nodsa": "Minor issue", "nodsa_reason": ""}, "affected", "none", [(None, None, None)]),
    ({"status": "open", "nodsa": "x", "nodsa_reason": "ignored"}, "affected", "wont_fix", [(None, None, None)]),
    ({"status": "open", "nodsa": "x", "nodsa_reason": "postponed"}, "affected", "deferred", [(None, None, None)]),
    ({"status": "open", "urgency": "end-of-life"}, "affected", "wont_fix", [(None, None, None)]),
    ({"status": "undetermined"}, "unknown", "under_investigation", []),
]  # fmt: skip


@pytest.mark.parametrize(("said", "claim", "fix", "spans"), STATES)
def test_each_state_of_a_release(said, claim, fix, spans):
    (one,) = read(document(bookworm=said))
    (about,) = one.affected
    assert (one.id, one.feed, one.summary) == ("CVE-2021-10001", "debian:tracker", "A hole")
    assert (about.name, about.names, about.release) == ("crane", "source", "debian:12")
    assert (about.claim, about.fix, ranges(about)) == (claim, fix, spans)


def test_the_urgency_is_the_trackers_word_unless_it_says_nothing():
    said = {"status": "resolved", "fixed_version": "1"}
    releases = {
        "bookworm": said | {"urgency": "unimportant"},
        "trixie": said | {"urgency": "high**"},
        "sid": said | {"urgency": "not yet assigned"},
    }
    (one,) = read(document(**releases))
    assert [a.severity for a in one.affected] == ["unimportant", "high", ""]
    assert [a.release for a in one.affected] == ["debian:12", "debian:13", "debian:sid"]


def test_a_cve_of_several_packages_is_one_record():
    said = {"releases": {"sid": {"status": "open"}}}
    (one,) = read({"crane": {"CVE-2021-10001": said}, "hoist": {"CVE-2021-10001": said}})
    assert [a.name for a in one.affected] == ["crane", "hoist"]


def test_a_temporary_id_is_a_record_of_its_own():
    (one,) = read({"crane": {"TEMP-0841257-0B1CA5": {"releases": {"sid": {"status": "open"}}}}})
    assert (one.id, one.aliases, one.names) == ("TEMP-0841257-0B1CA5", (), ())


def test_what_cannot_be_read_costs_itself_only():
    data = document(bookworm={"status": "open"}, atlantis={"status": "open"}, sid={"status": "odd"})
    data["crane"]["x"] = {}
    data["crane"]["CVE-2021-10002"] = {"releases": []}
    data["hoist"] = []
    found = read(data)
    lost = [r for r in found if isinstance(r, Problem)]
    assert len(lost) == 5
    assert {p.source for p in lost} == {"debian:tracker"}
    assert [len(r.affected) for r in found if not isinstance(r, Problem)] == [1]


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"\xff\xfe", b'{"a":' * 5000])
def test_no_tracker_at_all(data):
    (lost,) = records(tracker, data)
    assert lost.effect in {"source_lost", "record_lost"}


def test_the_form_is_known():
    data = json.dumps(document(bookworm={"status": "open"})).encode()
    assert recognise("json", data) == "tracker"
