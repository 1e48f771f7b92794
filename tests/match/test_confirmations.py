"""A publisher that says that nothing changed makes its feed younger, and changes nothing else."""

from pathlib import Path

import pytest
from feed_servers import kev, osv_record, put, put_osv, serving
from histories import day, take
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from small_sets import advisory, language, sbom_of
from test_fetch_update import KEV, World
from test_ledger import rows

from match.carry.exporting import export
from match.carry.importing import receive
from match.carry.server import copy_of
from match.changes.difference import differ
from match.model import Likelihood
from match.resolve import resolve
from match.set import dating
from match.set.importer import confirm_files, import_path
from match.set.log import log
from match.set.past import open_past
from match.set.states import states
from match.set.store import open_set
from sbom.errors import InputError

SNAPSHOT = ("snapshot",)


@pytest.fixture
def db(tmp_path):
    return str(tmp_path / "store.db")


@pytest.fixture
def world(tmp_path):
    root = tmp_path / "root"
    put(root, KEV, kev("CVE-2026-0001", "CVE-2026-0002"))
    put_osv(root, [osv_record("PYSEC-2026-1", name="lib")])
    put_osv(root, [osv_record("GHSA-2026-1")], "npm")
    with serving(root) as server:
        yield World(server, tmp_path)


def feeds(advisories):
    return {feed.name: (feed.learned, feed.confirmed) for feed in advisories.state.feeds}


def now(db):
    with open_set(db) as advisories:
        return feeds(advisories)


def at(db, when):
    with open_past(db, when) as advisories:
        return feeds(advisories)


def hour(number):
    return f"2026-11-23T{number:02}:00:00Z"


def test_an_answer_that_nothing_changed_confirms_and_learns_nothing(world):
    world.update("kev", "osv")
    digest, records = world.digest(), rows(world.db, "SELECT count(*), max(since) FROM record")
    first = now(world.db)
    assert set(first.values()) == {(hour(1), hour(1))}
    world.update("kev", "osv")
    assert now(world.db) == {name: (hour(1), hour(2)) for name in first}
    assert world.digest() == digest
    assert rows(world.db, "SELECT count(*), max(since) FROM record") == records


def test_all_that_one_update_confirms_is_one_state(world):
    world.update("kev", "osv")
    before = len(states(world.db))
    world.update("kev", "osv")
    assert len(states(world.db)) == before + 1
    last = log(world.db).states[-1]
    assert (last.begun, last.ended, last.confirmed) == (0, 0, len(now(world.db)))


def test_who_does_not_answer_confirms_nothing(world):
    world.update("kev", "osv")
    world.server.always[KEV] = lambda handler: handler.answer(500, b"")
    world.update("kev", "osv")
    assert now(world.db)["kev"] == (hour(1), hour(1))
    assert now(world.db)["osv:PYSEC"] == (hour(1), hour(2))


def test_a_feed_is_as_old_as_the_part_of_it_that_was_confirmed_longest_ago(world):
    both = [osv_record("GHSA-2026-2", name="lib"), osv_record("PYSEC-2026-1", name="lib")]
    put_osv(world.root, both)
    world.update("osv", areas=("PyPI", "npm"))
    world.update("osv", areas=("PyPI",))
    assert now(world.db)["osv:PYSEC"] == (hour(1), hour(2))
    assert now(world.db)["osv:GHSA"] == (hour(1), hour(1))
    world.update("osv", areas=("npm",))
    assert now(world.db)["osv:GHSA"] == (hour(1), hour(2))
    world.update("osv", areas=("PyPI", "npm"))
    assert now(world.db)["osv:GHSA"] == (hour(1), hour(4))
    assert rows(world.db, "SELECT DISTINCT ahead FROM feed") == [("{}",)]


def test_confirming_digests_no_record(db, monkeypatch):
    take(db, day(0), [advisory("GHSA-a", language(), feed="one")], whole=True)
    monkeypatch.setattr(dating, "digest_of_feed", None)
    monkeypatch.setattr(dating, "about_set", None)
    confirm_files(SNAPSHOT, db, learned=day(1))
    assert now(db) == {"one": (day(0), day(1))}


def test_a_feed_of_likelihoods_is_confirmed_as_any_other(db):
    score = Likelihood(id="CVE-2026-1", probability=0.1, percentile=0.2, date="2026-01-01")
    take(db, day(0), [score], whole=True)
    confirm_files(SNAPSHOT, db, learned=day(1))
    (dates,) = now(db).values()
    assert dates == (day(0), day(1))


def test_what_is_known_already_makes_no_state(db):
    take(db, day(1), [advisory("GHSA-a", language(), feed="one")], whole=True)
    for when, parts in (
        (day(1), SNAPSHOT),
        (day(0), SNAPSHOT),
        (day(2), ("another",)),
        (day(2), ()),
    ):
        confirm_files(parts, db, learned=when)
    assert len(states(db)) == 1


def test_a_state_of_then_has_the_confirmation_of_then(db):
    take(db, day(0), [advisory("GHSA-a", language(), feed="one")], whole=True)
    confirm_files(SNAPSHOT, db, learned=day(1))
    confirm_files(SNAPSHOT, db, learned=day(3))
    for when, confirmed in ((day(0), 0), (day(1), 1), (day(2), 1), (day(3), 3)):
        assert at(db, when) == {"one": (day(0), day(confirmed))}
    first, *_, last = states(db)
    assert first.digest == last.digest
    # A digest names the first state that had it, whoever is asked later.
    assert at(db, last.digest[:19]) == {"one": (day(0), day(0))}


def test_the_same_digest_gives_the_same_findings_whoever_confirmed_since(db):
    def found():
        with open_set(db) as advisories:
            resolution = resolve(sbom_of("pkg:pypi/lib@1.0"), advisories, everything=True)
        return resolution.state.digest, replace(resolution, state=None)

    take(db, day(0), [advisory("GHSA-a", language(), feed="one")], whole=True)
    before = found()
    confirm_files(SNAPSHOT, db, learned=day(1))
    assert found() == before


def test_what_the_last_import_changed_is_told_whoever_confirmed_since(db):
    one, two = (advisory(f"GHSA-{n}", language(), feed="one") for n in "ab")
    take(db, day(0), [one], whole=True)
    take(db, day(1), [one, two], whole=True)
    wanted = differ(db).feeds
    assert [feed.added for feed in wanted] == [1]
    confirm_files(SNAPSHOT, db, learned=day(2))
    assert differ(db).feeds == wanted


def test_what_is_learned_and_taken_away_dates_the_learning(db):
    one, two = (advisory(f"GHSA-{n}", language(), feed="one") for n in "ab")
    take(db, day(0), [one, two], whole=True)
    take(db, day(1), [one], whole=True)
    assert now(db) == {"one": (day(1), day(1))}
    take(db, day(2), [one], whole=True)
    assert now(db) == {"one": (day(1), day(2))}


def test_a_damaged_file_confirms_nothing(tmp_path, db):
    from test_ledger import DAY1, DAY2, osv, snapshot

    path = snapshot(tmp_path / "PyPI", osv("PYSEC-1"))
    import_path(path, db, learned=DAY1)
    file = tmp_path / "PyPI" / "all.zip"
    file.write_bytes(file.read_bytes()[:-30])
    (tmp_path / "PyPI" / "b.json").write_text((tmp_path / "PyPI").name)
    with pytest.raises(InputError):
        import_path(path, db, learned=DAY2)
    assert now(db) == {"osv:PYSEC": (DAY1, DAY1)}


def test_what_is_older_than_a_confirmation_is_refused(db):
    take(db, day(0), [advisory("GHSA-a", language(), feed="one")], whole=True)
    confirm_files(SNAPSHOT, db, learned=day(2))
    with pytest.raises(InputError, match="import older snapshots first"):
        take(db, day(1), [advisory("GHSA-b", language(), feed="one")], whole=True)


def test_a_confirmation_crosses_an_air_gap_whole_and_as_a_delta(db, tmp_path):
    other, file = str(tmp_path / "other.db"), str(tmp_path / "x.set")
    take(db, day(0), [advisory("GHSA-a", language(), feed="one")], whole=True)
    export(db, file)
    receive(file, other)
    confirm_files(SNAPSHOT, db, learned=day(1))
    done = export(db, file, since=day(0)).manifest
    assert (done.counts.records, done.feeds[0].confirmed) == (0, day(1))
    assert receive(file, other).states == 1
    assert now(other) == now(db) == {"one": (day(0), day(1))}
    assert at(other, day(0)) == at(db, day(0))
    assert receive(file, other).states == 0
    again = str(tmp_path / "y.set")
    export(db, file)
    export(other, again)
    assert Path(file).read_bytes() == Path(again).read_bytes()


def test_laying_a_confirmation_in_digests_no_record(db, tmp_path, monkeypatch):
    other, file = str(tmp_path / "other.db"), str(tmp_path / "x.set")
    take(db, day(0), [advisory("GHSA-a", language(), feed="one")], whole=True)
    export(db, file)
    receive(file, other)
    confirm_files(SNAPSHOT, db, learned=day(1))
    export(db, file, since=day(0))
    monkeypatch.setattr("match.carry.laying.digest_of_feed", None)
    monkeypatch.setattr("match.carry.laying.about_set", None)
    receive(file, other)
    assert now(other) == now(db)


def test_stores_that_were_confirmed_otherwise_have_another_history(db, tmp_path):
    other, file = str(tmp_path / "other.db"), str(tmp_path / "x.set")
    for path in (db, other):
        take(path, day(0), [advisory("GHSA-a", language(), feed="one")], whole=True)
    confirm_files(SNAPSHOT, db, learned=day(1))
    confirm_files(SNAPSHOT, other, learned=day(2))
    export(db, file)
    with pytest.raises(InputError, match="learned other"):
        receive(file, other)


def test_a_copy_of_a_server_has_what_was_confirmed(postgres, tmp_path, monkeypatch):
    monkeypatch.setenv("LADING_CACHE", str(tmp_path / "a"))
    take(postgres, day(0), [advisory("GHSA-a", language(), feed="one")], whole=True)
    monkeypatch.setenv("LADING_CACHE", str(tmp_path / "b"))
    assert now(postgres) == {"one": (day(0), day(0))}
    confirm_files(SNAPSHOT, postgres, learned=day(1))
    monkeypatch.setenv("LADING_CACHE", str(tmp_path / "a"))
    assert now(postgres) == {"one": (day(0), day(1))}
    assert rows(copy_of(postgres), "SELECT count(*) FROM state") == [(2,)]


PARTS = ("x.zip", "y.zip", "")
STEPS = st.lists(
    st.sets(st.sampled_from(PARTS[:2]), min_size=1),
    max_size=6,
)


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_a_feed_is_confirmed_when_the_least_of_its_parts_was(tmp_path_factory, steps):
    from match.set.ledger import open_ledger

    path = str(tmp_path_factory.mktemp("parts") / "store.db")
    with open_ledger(path, day(0)) as ledger:
        for part in PARTS[:2]:
            ledger.add(advisory(f"GHSA-{part[0]}", language(), feed="one"), "one", part)
            ledger.confirm("one", part)
        ledger.finish()
    last = dict.fromkeys(PARTS[:2], day(0))
    for number, parts in enumerate(steps, 1):
        confirm_files(parts, path, learned=day(number))
        last |= dict.fromkeys(parts, day(number))
        assert now(path)["one"] == (day(0), min(last.values()))
