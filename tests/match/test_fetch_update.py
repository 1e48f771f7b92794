"""Whole updates over real HTTP: only what changed, and nobody's failure is another's."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from feed_servers import kev, osv_record, put, put_osv, serving

from match.fetch.client import Temper
from match.fetch.freshness import publishers
from match.fetch.needs import needs_for, needs_of, orders_of
from match.fetch.shelf import known, locked
from match.fetch.update import Ways, update
from match.set.importer import import_path
from match.set.store import open_set
from sbom.errors import InputError
from sbom.model import Component

ROOT = Path(__file__).resolve().parents[2]
KEV = "kev/sites/default/files/feeds/known_exploited_vulnerabilities.json"
ALL = [osv_record(f"PYSEC-2026-{n}") for n in range(1, 30)]


class World:
    """A mirror on the loopback, a cache and a store; each update is an hour after the last."""

    def __init__(self, server, tmp_path):
        self.server, self.root = server, server.root
        self.db, self.cache = str(tmp_path / "db"), str(tmp_path / "cache")
        self.hour = 0

    def update(self, *names, areas=("PyPI",), db=None, mirror=None, day=23, cache=None):
        self.hour += 1
        self.server.log.clear()
        outcomes = update(
            orders_of(needs_for(areas), names),
            db or self.db,
            cache or self.cache,
            learned=f"2026-11-{day}T{self.hour:02}:00:00Z",
            ways=Ways(
                mirror=self.server.url if mirror is None else mirror,
                temper=Temper(idle=1, sleep=lambda _: None),
            ),
        )
        return {one.name: one for one in outcomes}

    def records(self, db=None):
        with open_set(db or self.db) as advisories:
            return {feed.name: feed.records for feed in advisories.state.feeds}

    def digest(self, db=None):
        with open_set(db or self.db) as advisories:
            return advisories.state.digest


@pytest.fixture
def world(tmp_path):
    root = tmp_path / "root"
    put(root, KEV, kev("CVE-2026-0001", "CVE-2026-0002"))
    put_osv(root, ALL)
    with serving(root) as server:
        yield World(server, tmp_path)


def total(outcome, count):
    return sum(getattr(feed, count) for feed in outcome.feeds)


def test_the_first_update_brings_all_and_the_second_costs_conditional_requests_only(world):
    first = world.update("kev", "osv")
    assert {name: one.status for name, one in first.items()} == {"kev": "updated", "osv": "updated"}
    assert world.records() == {"kev": 2, "osv:PYSEC": 29}
    digest = world.digest()
    second = world.update("kev", "osv")
    assert {one.status for one in second.values()} == {"unchanged"}
    assert sorted(world.server.asked()) == [(KEV, 304), ("osv/PyPI/modified_id.csv", 304)]
    assert world.digest() == digest


def test_what_a_set_had_before_it_was_replaced_is_brought_again(world, tmp_path):
    """The publishers say that nothing changed; the set does not have what they say so of."""
    world.update("kev", "osv")
    wanted = world.digest()
    put_osv(tmp_path / "other", [osv_record("PYSEC-2020-1", name="old")])
    other = str(tmp_path / "other/osv/PyPI/all.zip")
    import_path(other, world.db, learned="2026-11-23T01:30:00Z", anew=True)
    assert world.records() == {"osv:PYSEC": 1}
    second = world.update("kev", "osv")
    assert {(one.status, *one.faults) for one in second.values()} == {("updated",)}
    assert (world.records(), world.digest()) == ({"kev": 2, "osv:PYSEC": 29}, wanted)
    assert {one.status for one in world.update("kev", "osv").values()} == {"unchanged"}


def test_only_changed_records_are_fetched_and_imported(world):
    world.update("osv")
    changed = osv_record("PYSEC-2026-7", "2026-05-05T00:00:00Z", fixed="9")
    new = osv_record("PYSEC-2026-77")
    put_osv(world.root, [*(r for r in ALL if r["id"] != "PYSEC-2026-7"), changed, new])
    outcome = world.update("osv")["osv"]
    assert (total(outcome, "records"), total(outcome, "added"), total(outcome, "changed")) == (
        2,
        1,
        1,
    )
    assert sorted(path for path, _ in world.server.asked()) == [
        "osv/PyPI/PYSEC-2026-7.json",
        "osv/PyPI/PYSEC-2026-77.json",
        "osv/PyPI/modified_id.csv",
    ]
    # The delta comes to the same set as all of it at once.
    world.update("osv", db=world.db + "2", cache=world.cache + "2")
    assert world.digest() == world.digest(world.db + "2")
    # And the archive on the shelf is whole: it alone gives the same set.
    world.update("osv", db=world.db + "3", cache=world.cache + "3", mirror=f"{world.cache}/feeds")
    assert world.digest() == world.digest(world.db + "3")
    assert world.update("osv")["osv"].status == "unchanged"


def test_a_record_that_the_list_no_longer_has_is_gone(world):
    world.update("osv")
    put_osv(world.root, ALL[1:])
    outcome = world.update("osv")["osv"]
    assert total(outcome, "gone") == 1
    assert world.records() == {"osv:PYSEC": 28}
    assert world.server.asked("all.zip") == []


def test_a_withdrawn_record_is_kept_as_withdrawn(world):
    world.update("osv")
    withdrawn = ALL[0] | {"modified": "2026-06-01T00:00:00Z", "withdrawn": "2026-06-01T00:00:00Z"}
    put_osv(world.root, [withdrawn, *ALL[1:]])
    assert total(world.update("osv")["osv"], "changed") == 1
    assert world.records() == {"osv:PYSEC": 29}


@pytest.mark.parametrize("wrong", ["missing", "older", "nonsense"])
def test_where_single_records_are_not_to_be_had_the_whole_archive_is(world, wrong):
    world.update("osv")
    changed = osv_record("PYSEC-2026-7", "2026-05-05T00:00:00Z", fixed="9")
    put_osv(world.root, [*(r for r in ALL if r["id"] != "PYSEC-2026-7"), changed])
    record = world.root / "osv/PyPI/PYSEC-2026-7.json"
    if wrong == "missing":
        record.unlink()
    else:
        put(world.root, "osv/PyPI/PYSEC-2026-7.json", "<html>" if wrong == "nonsense" else ALL[6])
    outcome = world.update("osv")["osv"]
    assert (outcome.status, total(outcome, "changed")) == ("updated", 1)
    assert ("osv/PyPI/all.zip", 200) in world.server.asked()


def test_many_changed_records_come_as_an_archive(world, monkeypatch):
    monkeypatch.setattr("match.fetch.plans.osv.MOST_CHANGED", 3)
    world.update("osv")
    put_osv(world.root, [osv_record(r["id"], "2026-05-05T00:00:00Z") for r in ALL])
    world.update("osv")
    assert sorted(world.server.asked()) == [
        ("osv/PyPI/all.zip", 200),
        ("osv/PyPI/modified_id.csv", 200),
    ]


def test_one_failure_leaves_the_others_and_the_old_data_and_is_shown(world):
    world.update("kev", "osv")
    before = world.records()
    put_osv(world.root, ALL[:20])
    world.server.always[KEV] = lambda handler: handler.answer(500, b"")
    outcomes = world.update("kev", "osv")
    assert outcomes["osv"].status == "updated"
    assert outcomes["kev"].status == "failed"
    assert "500" in outcomes["kev"].faults[0]
    assert outcomes["kev"].since == "2026-11-23T01:00:00Z"
    assert world.records() == before | {"osv:PYSEC": 20}
    shown = {one.name: one for one in publishers(world.cache, "2026-11-23T03:00:00Z")}
    assert (shown["kev"].status, shown["osv"].status) == ("failed", "fresh")
    assert shown["kev"].succeeded == "2026-11-23T01:00:00Z"
    assert "500" in shown["kev"].failure
    later = {one.name: one.status for one in publishers(world.cache, "2026-12-23T00:00:00Z")}
    assert later == {"kev": "stale", "osv": "stale"}
    world.server.always.clear()
    assert world.update("kev")["kev"].status == "unchanged"
    assert not known(world.cache)["kev"].failure


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>log in</html>",
        b"[]",
        b'{"a": 1}',
        json.dumps(osv_record("PYSEC-2026-1")).encode(),
    ],
)
def test_what_has_another_form_leaves_the_old_file(world, body):
    world.update("kev")
    put(world.root, KEV, body)
    outcome = world.update("kev")["kev"]
    assert outcome.status == "failed"
    assert "not in the form of kev" in outcome.faults[0]
    assert world.records() == {"kev": 2}
    assert json.loads((Path(world.cache) / "feeds" / KEV).read_bytes())["count"] == 2


def test_a_cut_archive_leaves_the_old_one(world):
    world.update("osv")
    whole = (world.root / "osv/PyPI/all.zip").read_bytes()
    put(world.root, "osv/PyPI/all.zip", whole[:-200])
    put(world.root, "osv/PyPI/modified_id.csv", "2026-09-09T00:00:00Z,PYSEC-2026-500\n")
    outcome = world.update("osv")["osv"]
    assert outcome.status == "incomplete"
    assert "damaged" in outcome.faults[0]
    assert world.records() == {"osv:PYSEC": 29}


def test_one_missing_ecosystem_leaves_the_others(world):
    outcome = world.update("osv", areas=("PyPI", "Hex"))["osv"]
    assert outcome.status == "incomplete"
    assert world.records() == {"osv:PYSEC": 29}


def test_another_store_gets_all_from_the_cache(world):
    world.update("kev", "osv")
    outcomes = world.update("kev", "osv", db=world.db + "2")
    assert {status for _, status in world.server.asked()} == {304}
    assert {one.status for one in outcomes.values()} == {"updated"}
    assert world.digest() == world.digest(world.db + "2")
    os.unlink(world.db)
    world.update("kev", "osv")
    assert world.records() == {"kev": 2, "osv:PYSEC": 29}


def test_an_import_that_was_stopped_is_made_up_for(world, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("match.fetch.update.import_files", stop)
        with pytest.raises(KeyboardInterrupt):
            world.update("kev")
    assert world.update("kev")["kev"].status == "updated"
    assert world.records() == {"kev": 2}


def test_a_mirror_may_be_a_directory_or_the_cache_of_another(world):
    world.update("kev", "osv")
    copied = world.cache + "2"
    outcomes = world.update(
        "kev", "osv", mirror=f"{world.cache}/feeds", cache=copied, db=world.db + "2"
    )
    assert {one.status for one in outcomes.values()} == {"updated"}
    assert world.server.log == []
    assert world.digest() == world.digest(world.db + "2")
    again = world.update(
        "kev", "osv", mirror=f"{world.cache}/feeds", cache=copied, db=world.db + "2"
    )
    assert {one.status for one in again.values()} == {"unchanged"}


def test_a_second_update_at_the_same_time_is_told_so(world):
    with locked(world.cache), pytest.raises(InputError, match="another update"):
        world.update("kev")
    assert world.update("kev")["kev"].status == "updated"


def test_killed_in_the_middle_it_goes_on(world):
    """SIGKILL while the archive comes; the next update asks for the rest of it only."""
    big = [osv_record(f"PYSEC-2026-{n}", name=os.urandom(2000).hex()) for n in range(400)]
    put_osv(world.root, big, single=False)
    archive = "osv/PyPI/all.zip"
    length = (world.root / archive).stat().st_size
    held = world.root / archive

    def hang(handler):
        from hashlib import sha256

        data = held.read_bytes()
        handler.server.log.append((archive, dict(handler.headers), 200))
        handler.send_response(200)
        handler.send_header("ETag", f'"{sha256(data).hexdigest()[:16]}"')
        handler.send_header("Content-Length", str(length))
        handler.end_headers()
        handler.wfile.write(data[: length // 2])
        handler.wfile.flush()
        handler.close_connection = True
        time.sleep(1.5)

    world.server.wrongs[archive] = [hang]
    code = (
        "from match.fetch.update import *; from match.fetch.needs import *;"
        f"update(orders_of(needs_for(['PyPI']), ['osv']), {world.db!r}, {world.cache!r},"
        f" learned='2026-11-23T00:00:00Z', ways=Ways(mirror={world.server.url!r}))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    part = Path(world.cache) / "parts" / archive
    for _ in range(1000):
        if part.exists() and part.stat().st_size >= length // 4:
            break
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not Path(world.db).exists()
    assert world.update("osv")["osv"].status == "updated"
    assert world.records() == {"osv:PYSEC": 400}
    (ranged,) = [sent for path, sent, status in world.server.log if status == 206]
    assert int(ranged["Range"][6:-1]) >= length // 4
    assert not part.exists()


def test_older_learned_times_are_told_and_change_nothing(world):
    world.update("kev")
    put(world.root, KEV, kev("CVE-2026-0009"))
    outcome = world.update("kev", day=22)["kev"]
    assert outcome.status == "failed"
    assert "learned" in outcome.faults[0]
    assert world.records() == {"kev": 2}


def test_what_the_stored_sboms_need_is_chosen():
    needs = needs_of(
        [
            Component(
                purl="pkg:deb/debian/libc6@2.36-9?distro=debian-12", name="libc6", version="1"
            ),
            Component(
                purl="pkg:apk/alpine/musl@1.2?distro=alpine-3.20.1", name="musl", version="1"
            ),
            Component(purl="pkg:rpm/centos/bash@5?distro=centos-8", name="bash", version="5"),
            Component(purl="pkg:pypi/jinja2@3", name="jinja2", version="3"),
            Component(purl="nonsense", name="x", version="1"),
        ]
    )
    assert {"Debian", "Alpine:v3.20", "PyPI", "Red Hat"} <= needs.areas
    chosen = {order.publisher.name: order.areas for order in orders_of(needs)}
    assert {"kev", "epss", "nvd", "osv", "debian", "alpine", "redhat"} <= chosen.keys()
    assert not {"wolfi", "suse", "rubysec", "vulnrichment"} & chosen.keys()


@pytest.mark.parametrize(
    ("distro", "areas"),
    [
        ("almalinux-9", {"AlmaLinux"}),
        ("ol-9", {"Oracle Linux"}),
        ("wolfi", {"Wolfi"}),
        ("ubuntu-22.04", {"Ubuntu"}),
    ],
)
def test_another_distribution_is_asked_only_where_its_own_publishes_nothing(distro, areas):
    kind = {"wolfi": "apk", "ubuntu-22.04": "deb"}.get(distro, "rpm")
    namespace = {"ol-9": "oracle"}.get(distro, distro.partition("-")[0])
    found = needs_of(
        [Component(purl=f"pkg:{kind}/{namespace}/a@1?distro={distro}", name="a", version="1")]
    )
    assert found.areas == areas
    osv = next(order for order in orders_of(found) if order.publisher.name == "osv")
    assert "Oracle Linux" not in osv.areas


def test_names_are_publishers_or_feeds():
    needs = needs_for(["PyPI"])
    assert [order.publisher.name for order in orders_of(needs, ["secdb"])] == [
        "alpine",
        "wolfi",
        "chainguard",
    ]
    with pytest.raises(InputError, match="no such publisher"):
        orders_of(needs, ["nope"])
    with pytest.raises(InputError, match="OSV has none"):
        needs_for(["Fortran"])


@pytest.mark.shared
def test_the_shared_feeds_are_fetched_as_they_are(shared, tmp_path):
    names = ("kev", "osv", "debian", "wolfi", "rubysec")
    areas = ("PyPI", "crates.io", "Packagist")
    with serving(shared / "feeds") as server:
        world = World(server, tmp_path)
        outcomes = world.update(*names, areas=areas)
        assert {one.status for one in outcomes.values()} == {"updated"}, outcomes
        assert sum(world.records().values()) > 15_000
        again = world.update(*names, areas=areas)
        assert {one.status for one in again.values()} == {"unchanged"}
        assert {status for _, status in server.asked()} == {304}
