"""Ubuntu's VEX data: documents of CVEs and of notices, and the archive of them."""

import json
import lzma

import pytest
from feed_files import ranges, records, tarball

from match.feeds import read, recognise, ubuntu, walk
from match.model import Advisory
from sbom.model import Problem

CONTEXT = "https://openvex.dev/ns/v0.2.0"
PLACE = "https://github.com/canonical/ubuntu-security-notices/blob/main/vex/cve/2021/CVE-2021-10001"


def statement(status, *products, name="CVE-2021-10001", **more):
    return {
        "vulnerability": {"name": name, "description": "A  hole", "aliases": ["https://x.example"]},
        "timestamp": "2021-04-05 21:55:00 UTC",
        "products": [{"@id": product} for product in products],
        "status": status,
        **more,
    }


def document(*statements, wrapped=False):
    head = {"@context": CONTEXT, "@id": PLACE, "author": "Canonical Ltd.", "timestamp": "2025-07-01T05:27:12", "version": 3}  # fmt: skip
    body = {"statements": list(statements)}
    return json.dumps({"metadata": head, **body} if wrapped else {**head, **body}).encode()


CRANE = "pkg:deb/ubuntu/crane@1:2.0-1ubuntu0.1?arch=source&distro=jammy"
STATES = [
    ("fixed", CRANE, {}, "affected", "fixed", [(None, "1:2.0-1ubuntu0.1", None)]),
    ("fixed", CRANE.replace("@1:2.0-1ubuntu0.1", ""), {}, "unknown", "under_investigation", []),
    ("not_affected", CRANE, {}, "not_affected", "not_affected", [("1:2.0-1ubuntu0.1", None, None)]),
    ("not_affected", CRANE.replace("@1:2.0-1ubuntu0.1", ""), {}, "not_affected", "not_affected", []),
    ("affected", CRANE, {}, "affected", "none", [(None, None, None)]),
    ("affected", CRANE, {"status_notes": "The fix was deferred."}, "affected", "deferred", [(None, None, None)]),
    ("affected", CRANE, {"action_statement": "This will not be fixed."}, "affected", "wont_fix", [(None, None, None)]),
    ("under_investigation", CRANE, {}, "unknown", "under_investigation", []),
]  # fmt: skip


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize(("status", "product", "notes", "claim", "fix", "spans"), STATES)
def test_each_status(status, product, notes, claim, fix, spans, wrapped):
    (one,) = records(ubuntu, document(statement(status, product, **notes), wrapped=wrapped))
    (about,) = one.affected
    assert (one.id, one.feed, one.summary) == ("CVE-2021-10001", "ubuntu:vex", "A hole")
    assert (one.published, one.modified) == ("2021-04-05T21:55:00Z", "2025-07-01T05:27:12Z")
    assert (about.name, about.names, about.release) == ("crane", "source", "ubuntu:22.04")
    assert (about.claim, about.fix, ranges(about)) == (claim, fix, spans)


@pytest.mark.parametrize(
    ("query", "release", "product"),
    [
        ("arch=source&distro=trusty", "ubuntu:14.04", ""),
        ("arch=src?distro=ubuntu/trusty", "ubuntu:14.04", ""),
        ("arch=source&distro=esm-infra/xenial", "ubuntu:16.04", "pro"),
        ("arch=source&distro=esm-infra%2Fxenial", "ubuntu:16.04", "pro"),
        ("arch=source&distro=trusty/esm", "ubuntu:14.04", "pro"),
        ("arch=source&distro=fips-updates/jammy", "ubuntu:22.04", "pro:fips-updates"),
        ("arch=source&distro=bluefield/jammy", "ubuntu:22.04", "bluefield"),
    ],
)
def test_the_channel_and_the_release(query, release, product):
    (one,) = records(ubuntu, document(statement("fixed", f"pkg:deb/ubuntu/crane@1%3A2?{query}")))
    (about,) = one.affected
    assert (about.release, about.product) == (release, product)
    assert ranges(about) == [(None, "1:2", None)]


def test_binaries_are_told_by_their_source_and_alone_they_are_counted():
    binary = "pkg:deb/ubuntu/libcrane1@2?arch=amd64&distro=jammy"
    (one,) = records(ubuntu, document(statement("fixed", CRANE, binary)))
    assert [a.name for a in one.affected] == ["crane"]
    assert one.unmatchable == 0
    (one,) = records(ubuntu, document(statement("fixed", binary)))
    assert (one.affected, one.unmatchable) == ((), 1)


def test_a_notice_names_several_cves():
    notice = statement("fixed", CRANE, name="USN-2205-1")
    notice["vulnerability"]["aliases"] = ["CVE-2021-10002", "CVE-2021-10001"]
    (one,) = records(ubuntu, document(notice))
    assert (one.id, one.aliases) == ("USN-2205-1", ())
    assert one.names == ("CVE-2021-10001", "CVE-2021-10002")
    assert one.url == "https://ubuntu.com/security/notices/USN-2205-1"


def test_what_is_wrong_is_told():
    (time,) = [
        r
        for r in records(
            ubuntu, document(statement("fixed", CRANE)).replace(b"2025-07", b"2025-99")
        )
        if isinstance(r, Problem)
    ]
    assert "no time" in time.what
    (status, one) = records(ubuntu, document(statement("odd", CRANE)))
    assert "no status" in status.what
    assert one.affected == ()
    (name,) = records(ubuntu, document(statement("fixed", CRANE, name="X-1")))
    assert name.effect == "record_lost"


@pytest.mark.parametrize("data", [b"", b"{}", b'{"statements":[1]}', b"\xff", b"[" * 9999])
def test_no_document_at_all(data):
    (lost,) = records(ubuntu, data)
    assert lost.effect == "record_lost"


def test_only_ubuntus_documents_are_known():
    assert recognise("x.json", document()) == "ubuntu"
    other = document().replace(b"canonical/ubuntu-security-notices", b"dock/vex")
    assert recognise("x.json", other) is None


def test_the_archive_packed_with_xz_is_read_and_damage_is_told(tmp_path):
    files = {
        f"vex/cve/2021/CVE-2021-{n}.json": document(statement("fixed", CRANE, name=f"CVE-2021-{n}"))
        for n in range(10001, 10301)
    }
    data = lzma.compress(tarball(files | {"vex/README.md": b"x"}))
    (tmp_path / "a.tar.xz").write_bytes(data)
    (tmp_path / "b.tar.xz").write_bytes(data[: len(data) // 2])
    (tmp_path / "c.tar.xz").write_bytes(data[:-40] + b"damaged!" + data[-32:])
    whole, cut, damaged = walk(str(tmp_path))
    assert (whole.feed, cut.feed) == ("ubuntu", "ubuntu")
    found = list(read(whole))
    assert len(found) == 300
    assert all(isinstance(r, Advisory) for r in found)
    assert isinstance(list(read(cut))[-1], Problem)
    assert damaged.feed == "" or isinstance(list(read(damaged))[-1], Problem)
