"""The set of a store on PostgreSQL: every machine answers as a file would, and no import is lost."""

import os
import subprocess
import sys
import threading
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest
from histories import answers, day, take
from msgspec import json
from msgspec.structs import replace
from small_sets import advisory, language, ranges
from test_carry import LIB, OTHER, there

from match.carry.exporting import export
from match.carry.importing import receive
from match.carry.server import copy_of, inspect
from match.house.dates import cases
from match.model import HOUSE_FEED
from match.set.ledger import open_ledger
from match.set.log import log
from match.set.states import states
from match.set.store import open_set
from sbom.errors import StoreError

ROOT = Path(__file__).resolve().parents[2]
CHANGED = replace(LIB, affected=(language(intervals=ranges((None, "3.0"))),))
IMPORTS = ([LIB], [CHANGED, OTHER], [OTHER])


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Be another machine: each has a cache of its own."""

    def be(name):
        monkeypatch.setenv("LADING_CACHE", str(tmp_path / name))

    be("a")
    return be


def fill(url, imports=IMPORTS):
    for number, records in enumerate(imports):
        take(url, day(number), records, whole=True, problems=["bad"] * (number % 2))


def test_another_machine_answers_as_a_file_does(postgres, machine, tmp_path):
    file = str(tmp_path / "file.db")
    fill(file)
    fill(postgres)
    wanted = there(file)
    assert there(postgres) == wanted
    machine("b")
    assert not inspect(postgres).there
    assert there(postgres) == wanted
    assert inspect(postgres).current
    assert list(cases(postgres)) == list(cases(file))
    assert log(postgres) == log(file)
    assert Path(copy_of(postgres)).parent.stat().st_mode & 0o077 == 0


def test_machines_import_in_turn_and_none_loses_what_another_brought(postgres, machine, tmp_path):
    file = str(tmp_path / "file.db")
    for number, records in enumerate(IMPORTS):
        machine("ab"[number % 2])
        take(postgres, day(number), records, whole=True)
        take(file, day(number), records, whole=True)
        assert there(postgres) == there(file)
    machine("c")
    assert there(postgres) == there(file)


def test_importers_at_the_same_time_wait_for_each_other(postgres, tmp_path):
    """Processes of several machines, all at once; every record is there afterwards."""
    script = (
        "import sys; from match.set.ledger import open_ledger; from match.model import Advisory\n"
        "url, number = sys.argv[1:]\n"
        "with open_ledger(url, '2026-01-01T00:00:00Z') as ledger:\n"
        "    ledger.add(Advisory(id=f'GHSA-{number}', feed=f'f{number}'), f'f{number}', '')\n"
        "    ledger.finish()\n"
    )
    running = []
    for number in range(6):
        cache = {"LADING_CACHE": str(tmp_path / f"cache{number % 3}")}
        command = [sys.executable, "-c", script, postgres, str(number)]
        running.append(subprocess.Popen(command, env=os.environ | cache, cwd=ROOT))
    assert [process.wait(60) for process in running] == [0] * 6
    with open_set(postgres) as advisories:
        assert [feed.name for feed in advisories.state.feeds] == [f"f{n}" for n in range(6)]
    assert len(states(postgres)) == 6


def test_an_import_that_fails_leaves_neither_side_changed(postgres, machine):
    fill(postgres)
    before = there(postgres)

    def killed():
        with open_ledger(postgres, day(5)) as ledger:
            ledger.add(advisory("GHSA-z", language("far"), feed="one"), "one", "")
            raise KeyError(ledger.finish())

    with pytest.raises(KeyError):
        killed()
    assert there(postgres) == before
    machine("b")
    assert there(postgres) == before


def test_a_copy_that_missed_its_commit_or_is_damaged_is_brought_up_again(postgres, machine):
    fill(postgres, IMPORTS[:1])
    copy = Path(copy_of(postgres))
    old = copy.read_bytes()
    fill(postgres, IMPORTS[:2])
    wanted = there(postgres)
    copy.write_bytes(old)
    assert there(postgres) == wanted
    copy.unlink()
    assert there(postgres) == wanted


def test_what_another_version_wrote_is_refused_in_one_line(postgres, machine):
    fill(postgres, IMPORTS[:1])
    with psycopg.connect(postgres) as connection:
        told = bytes(connection.execute("SELECT manifest FROM advisory_delta").fetchone()[0])
        manifest = json.decode(told) | {"layout": "2"}
        del manifest["counts"]
        told = json.encode(manifest)
        change = "UPDATE advisory_delta SET manifest = %s, digest = %s"
        connection.execute(change, (told, sha256(told).hexdigest()))
    machine("b")
    with pytest.raises(StoreError, match="another version \\(layout 2, not") as error:
        there(postgres)
    assert "--replace" in error.value.hint
    with open_ledger(postgres, day(7), anew=True) as ledger:
        ledger.add(OTHER, "two", "")
        ledger.finish()
    machine("c")
    assert [state.learned for state in states(postgres)] == [day(7)]


def test_nothing_new_sends_nothing(postgres, machine):
    fill(postgres)
    with psycopg.connect(postgres) as connection:
        count = "SELECT count(*) FROM advisory_delta"
        assert connection.execute(count).fetchone()[0] == 3
        with open_ledger(postgres, day(2)) as ledger:
            ledger.add(OTHER, "two", "snapshot")
            ledger.finish()
        assert connection.execute(count).fetchone()[0] == 3
        with open_ledger(postgres, day(2)) as ledger:
            ledger.add(OTHER, "two", "renamed")
            ledger.finish()
        assert connection.execute(count).fetchone()[0] == 4
    machine("b")
    with open_ledger(postgres, day(5)) as ledger:
        ledger.add(advisory("GHSA-c", feed="two"), "two", "renamed")
        ledger.whole("two", "renamed")
        assert [report.gone for report in ledger.finish()] == [1]


def test_a_store_without_advisories_says_so_without_its_password(postgres, machine):
    with (
        pytest.raises(StoreError, match="no advisories in this store") as error,
        open_set(postgres),
    ):
        pass
    assert "secret" not in str(error.value)


def test_what_the_server_has_is_compared_with_its_digest(postgres, machine):
    fill(postgres)
    with psycopg.connect(postgres) as connection:
        connection.execute("UPDATE advisory_delta_part SET body = body || 'x' WHERE number = 2")
    machine("b")
    with pytest.raises(StoreError, match="longer than it says"), open_set(postgres):
        pass
    assert not Path(copy_of(postgres)).exists()


def test_a_set_is_carried_to_a_server_and_from_it(postgres, machine, tmp_path):
    file = str(tmp_path / "file.db")
    path, again = str(tmp_path / "x.set"), str(tmp_path / "y.set")
    fill(file)
    export(file, path)
    take(postgres, day(0), [OTHER])
    assert receive(path, postgres, anew=True).states == 3
    machine("b")
    assert there(postgres) == there(file)
    export(postgres, again)
    assert Path(again).read_bytes() == Path(path).read_bytes()


def test_readers_are_served_while_another_machine_imports(postgres, machine, tmp_path):
    fill(postgres)
    wanted = there(postgres)
    inside, done = threading.Event(), threading.Event()

    def import_slowly():
        os.environ["LADING_CACHE"] = str(tmp_path / "slow")
        with open_ledger(postgres, day(6)) as ledger:
            inside.set()
            done.wait(30)
            ledger.add(advisory("GHSA-late", language("far"), feed="one"), "one", "")
            ledger.finish()

    thread = threading.Thread(target=import_slowly)
    thread.start()
    assert inside.wait(30)
    machine("a")
    with open_set(postgres) as advisories:
        assert answers(advisories) == wanted[2]
    done.set()
    thread.join(60)
    with open_set(postgres) as advisories:
        assert advisories.groups_of("GHSA-late")


def test_the_houses_own_advisories_reach_every_machine(postgres, machine):
    """Drafts too: the server is the house's own. They need no import of anything else."""
    from house_records import drafted, kept

    from match.house.book import open_book
    from match.house.feed import lay_in

    with open_book(postgres, write=True) as book:
        kept(book, drafted())
    lay_in(postgres)
    machine("b")
    with open_set(postgres) as advisories:
        assert [feed.name for feed in advisories.state.feeds] == [HOUSE_FEED]
    fill(postgres)
    with open_set(postgres) as advisories:
        assert [feed.name for feed in advisories.state.feeds] == [HOUSE_FEED, "one", "two"]


def test_an_update_is_told_of_a_server_that_is_not_there_before_it_fetches(postgres, tmp_path):
    from match.fetch.update import update

    assert update([], postgres, cache=str(tmp_path), learned=day(0)) == ()
    with pytest.raises(StoreError, match=r"connection .*failed"):
        update([], "postgresql://127.0.0.1:1/x", cache=str(tmp_path), learned=day(0))
