"""The CVE list over real HTTP: a release's archive, then what its log says has changed."""

import hashlib
import io
import json
import zipfile

import pytest
from feed_servers import put, serving
from fetch_worlds import World

from match.fetch.needs import USUAL, needs_for, orders_of
from match.set.store import open_set
from sbom.errors import InputError

LATER = "2026-11-24T00:00:00Z"


@pytest.fixture
def world(tmp_path):
    (tmp_path / "root").mkdir()
    with serving(tmp_path / "root") as server:
        yield World(server, tmp_path)


def record(number, day="2026-11-20", fixed="1.1"):
    id_ = f"CVE-2026-{number}"
    affected = {
        "packageURL": "pkg:pypi/thing",
        "versions": [
            {"version": "0", "status": "affected", "lessThan": fixed, "versionType": "python"}
        ],
    }
    return {
        "dataType": "CVE_RECORD", "dataVersion": "5.2",
        "cveMetadata": {"cveId": id_, "state": "PUBLISHED", "dateUpdated": f"{day}T10:00:00.000Z"},
        "containers": {"cna": {"affected": [affected], "descriptions": [{"lang": "en", "value": "d"}]}},
    }  # fmt: skip


def place(one):
    _, year, number = one["cveMetadata"]["cveId"].split("-")
    return f"cves/{year}/{number[:-3]}xxx/CVE-{year}-{number}.json"


def packed(members, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def encrypted(archive):
    """Mark the members of an archive as encrypted."""
    data = bytearray(archive)
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + flags] |= 1
    return bytes(data)


def put_release(world, records, day="2026-11-21", digest=None, nested=True):
    """Publish a release with an archive of all records, as they are packed there: twice."""
    members = {"cves/": b"", "cves/deltaLog.json": b"[]"}
    members |= {place(one): json.dumps(one, indent=4).encode() for one in records}
    inner = packed(members)
    data = packed({"cves.zip": inner}) if nested else inner
    name = f"{day}_all_CVEs_at_midnight.zip.zip"
    put(world.root, f"assets/{name}", data)
    told = digest or f"sha256:{hashlib.sha256(data).hexdigest()}"
    url = f"{world.server.url}/assets"
    releases = [
        {"tag_name": "cve_at_end_of_day", "assets": [
            {"name": "x_delta_CVEs_at_end_of_day.zip", "browser_download_url": f"{url}/delta.zip", "digest": None}]},
        {"tag_name": "cve_0000Z", "assets": [
            {"name": name, "browser_download_url": f"{url}/{name}", "digest": told}]},
    ]  # fmt: skip
    put(world.root, "releases.json", releases)


def put_log(world, *steps, begins="2026-10-25"):
    """Publish the log: (day, new, updated) of each step, and the records themselves."""
    log = [
        {
            "fetchTime": f"{begins}T00:05:00.000Z",
            "numberOfChanges": 0,
            "new": [],
            "updated": [],
            "error": [],
        }
    ]
    for day, *lists in steps:
        for one in (one for found in lists for one in found):
            put(world.root, place(one), one)
        new, updated = (
            [
                {
                    "cveId": one["cveMetadata"]["cveId"],
                    "dateUpdated": one["cveMetadata"]["dateUpdated"],
                }
                for one in found
            ]
            for found in lists
        )
        step = {"fetchTime": f"{day}T12:00:00.000Z", "new": new, "updated": updated, "error": []}
        log.insert(0, step)
    put(world.root, "cves/deltaLog.json", log)


def cvelist(world):
    return world.publisher(
        "cvelist", items=(("releases.json", f"{world.server.url}/releases.json"),)
    )


def fetched(world):
    return sorted(path for path, _ in world.server.asked("CVE-2026"))


def test_the_archive_comes_first_and_then_what_changed(world):
    put_release(world, [record(n) for n in (1001, 1002, 12345)])
    put_log(
        world, ("2026-11-20", [record(1001)], []), ("2026-11-21", [record(2001, "2026-11-21")], [])
    )
    outcome = world.update(cvelist(world))
    assert (outcome.status, outcome.faults) == ("updated", ())
    # What the archive has as new as the log says is not fetched; what came since midnight is.
    assert fetched(world) == ["cves/2026/2xxx/CVE-2026-2001.json"]
    assert world.ids() == [f"CVE-2026-{n}" for n in (1001, 1002, 12345, 2001)]
    assert world.update(cvelist(world), LATER).status == "unchanged"
    assert world.server.asked() == [("cves/deltaLog.json", 304)]
    put_log(
        world,
        ("2026-11-21", [record(2001, "2026-11-21")], []),
        ("2026-11-23", [record(3001, "2026-11-23")], [record(1002, "2026-11-23", "2.0")]),
    )
    outcome = world.update(cvelist(world), LATER)
    assert fetched(world) == [place(record(1002)), place(record(3001))]
    assert not world.server.asked("assets")
    # The store gets what changed alone.
    assert [(f.records, f.added, f.changed, f.gone) for f in outcome.feeds] == [(2, 1, 1, 0)]
    # The archive on the shelf is all of the list: a mirror for others.
    other = {"db": world.db + "2", "cache": world.cache + "2", "mirror": world.cache + "/feeds"}
    assert world.update(cvelist(world), LATER, **other).status == "updated"
    assert world.digest(world.db + "2") == world.digest()
    assert world.update(cvelist(world), LATER, **other).status == "unchanged"


def test_the_records_of_the_archive_are_matched(world):
    put_release(world, [record(1001)], nested=False)
    put_log(world)
    world.update(cvelist(world))
    with open_set(world.db) as advisories:
        (feed,) = advisories.state.feeds
    assert (feed.name, feed.records) == ("cve", 1)


def test_a_log_that_does_not_reach_back_costs_a_newer_archive(world):
    put_release(world, [record(1001)])
    put_log(world)
    world.update(cvelist(world))
    put_release(world, [record(1001), record(1002)], day="2027-02-01")
    put_log(world, begins="2027-01-10")
    assert world.update(cvelist(world), "2027-02-02T00:00:00Z").status == "updated"
    assert [path for path, _ in world.server.asked("assets")] == [
        "assets/2027-02-01_all_CVEs_at_midnight.zip.zip"
    ]
    assert len(world.ids()) == 2
    # No newer archive either: what is between is missing, and that is told each time.
    put_log(world, begins="2027-06-01")
    for _ in range(2):
        outcome = world.update(cvelist(world), "2027-06-20T00:00:00Z")
        assert outcome.status == "incomplete"
        assert "begins after its newest archive" in outcome.faults[0]
        assert not world.server.asked("assets")


def test_many_changes_come_with_a_newer_archive(world, monkeypatch):
    put_release(world, [record(1001)])
    put_log(world)
    world.update(cvelist(world))
    monkeypatch.setattr("match.fetch.plans.cvelist.MOST_CHANGED", 2)
    new = [record(n, "2026-11-22") for n in (2001, 2002, 2003)]
    put_log(world, ("2026-11-22", new, []))
    outcome = world.update(cvelist(world), LATER)
    assert "3 records changed since its newest archive" in outcome.notes[0]
    assert (outcome.status, fetched(world)) == ("unchanged", [])
    put_release(world, [record(1001), *new], day="2026-11-23")
    outcome = world.update(cvelist(world), LATER)
    assert (outcome.status, outcome.notes, len(world.ids())) == ("updated", (), 4)


def test_what_was_followed_already_costs_no_newer_archive(world, monkeypatch):
    monkeypatch.setattr("match.fetch.plans.cvelist.MOST_CHANGED", 2)
    put_release(world, [record(n) for n in (1001, 1002, 1003, 1004)])
    old = ("2026-10-30", [record(n) for n in (1001, 1002, 1003, 1004)], [])
    put_log(world, old)
    world.update(cvelist(world))
    put_log(world, old, ("2026-11-22", [record(2001, "2026-11-22")], []))
    assert world.update(cvelist(world), LATER).status == "updated"
    assert not world.server.asked("releases")
    assert len(world.ids()) == 5


def test_a_time_to_come_in_the_log_hides_nothing(world):
    put_release(world, [record(1001)])
    put_log(world, ("2099-01-01", [], []))
    world.update(cvelist(world))
    put_log(world, ("2099-01-01", [], []), ("2026-11-23", [record(2001, "2026-11-23")], []))
    assert world.update(cvelist(world), LATER).status == "updated"
    assert len(world.ids()) == 2


def test_after_a_mirror_the_list_itself_is_asked_from_the_beginning(world, tmp_path):
    put_release(world, [record(1001), record(1002)])
    put_log(world, ("2026-11-22", [record(2001, "2026-11-22")], []))
    world.update(cvelist(world))
    put(
        tmp_path / "mirror",
        "cvelist/cves.zip",
        packed({place(record(1001)): json.dumps(record(1001))}),
    )
    assert world.update(cvelist(world), LATER, mirror=str(tmp_path / "mirror")).status == "updated"
    assert world.ids() == ["CVE-2026-1001"]
    assert world.update(cvelist(world), LATER).status == "updated"
    assert len(world.ids()) == 3


def test_a_record_that_is_older_than_the_log_says_is_asked_for_again(world):
    put_release(world, [record(1001), record(1002)])
    put_log(world)
    world.update(cvelist(world))
    changed = [record(1001, "2026-11-22", "3.0"), record(1002, "2026-11-22", "3.0")]
    put_log(world, ("2026-11-22", [], changed))
    for wrong in (record(1001), record(1002, "2026-11-22"), {"a": 1}, b"<html>", b"[" * 9999):
        put(world.root, place(record(1001)), wrong)
        outcome = world.update(cvelist(world), LATER)
        assert outcome.status == "incomplete"
        assert "CVE-2026-1001" in outcome.faults[0]
    put(world.root, place(record(1001)), changed[0])
    outcome = world.update(cvelist(world), LATER)
    assert (outcome.status, outcome.faults) == ("updated", ())
    # What had come already is not fetched once more.
    assert fetched(world) == [place(record(1001))]


@pytest.mark.parametrize(
    "wrong",
    [
        "digest",
        "cut",
        "html",
        "no records",
        "bzip2",
        "encrypted",
        "no release",
        "no list",
        "no log",
        "no day",
        "elsewhere",
    ],
)
def test_what_is_damaged_leaves_what_was_there(world, wrong):
    put_release(world, [record(1001)])
    put_log(world)
    world.update(cvelist(world))
    before = world.digest()
    put_log(world, begins="2027-01-10")
    put_release(
        world, [record(1002)], "2027-02-01", "sha256:" + "0" * 64 if wrong == "digest" else None
    )
    asset = world.root / "assets/2027-02-01_all_CVEs_at_midnight.zip.zip"
    data = {
        "cut": asset.read_bytes()[:-30], "html": b"<html>",
        "bzip2": packed({"cves.zip": packed({place(record(1)): b"{}"})}, zipfile.ZIP_BZIP2),
        "encrypted": encrypted(packed({"cves.zip": packed({place(record(1001)): b"{}"})})),
        "no records": packed({"cves.zip": packed({"cves/readme.txt": b"x"})}),
    }.get(wrong)  # fmt: skip
    if data is not None:
        put_release(world, [record(1002)], "2027-02-01", "md5:")
        asset.write_bytes(data)
    places = {
        "no release": "releases.json",
        "no list": "releases.json",
        "no log": "cves/deltaLog.json",
    }
    if wrong in places:
        put(world.root, places[wrong], b"[]" if wrong == "no release" else b'{"message": "limit"}')
    releases = (world.root / "releases.json").read_text()
    if wrong == "no day":
        put(world.root, "releases.json", releases.replace("2027-02-01_all", "2027-02-31_all"))
    if wrong == "elsewhere":
        put(world.root, "releases.json", releases.replace('url": "http://', 'url": "https://'))
    outcome = world.update(cvelist(world), LATER)
    assert (outcome.status in {"failed", "incomplete"}, len(outcome.faults)) == (True, 1)
    assert world.digest() == before


def test_an_archive_that_exhausts_is_refused(world, monkeypatch):
    put_release(world, [record(1001)])
    put_log(world)
    bomb = packed({"cves.zip": b"\0" * (3 << 20)})
    put(world.root, "assets/2026-11-21_all_CVEs_at_midnight.zip.zip", bomb)
    releases = json.loads((world.root / "releases.json").read_text())
    releases[1]["assets"][0]["digest"] = None
    put(world.root, "releases.json", releases)
    outcome = world.update(cvelist(world)._replace(most=1 << 20))
    assert outcome.status == "failed"
    assert "unpacks to more than 1 MiB" in outcome.faults[0]


def test_killed_between_archive_and_import_it_goes_on(world, monkeypatch):
    put_release(world, [record(1001)])
    put_log(world)

    def broken(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("match.fetch.update.import_files", broken)
        with pytest.raises(KeyboardInterrupt):
            world.update(cvelist(world))
    assert world.update(cvelist(world)).status == "updated"
    assert not world.server.asked("assets")
    assert world.ids() == ["CVE-2026-1001"]


def test_it_is_asked_when_it_is_named_alone():
    def chosen(*names):
        return {order.publisher.name for order in orders_of(needs_for(USUAL), names)}

    assert not {"cvelist", "vulnrichment"} & chosen()
    assert chosen("cvelist") == chosen("cve") == {"cvelist"}
    assert chosen("vulnrichment") == {"vulnrichment"}
    with pytest.raises(InputError, match="cvelist has the same records"):
        chosen("cvelist", "vulnrichment")
