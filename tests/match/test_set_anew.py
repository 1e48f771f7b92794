"""A set that is made anew in a store that is there, and a set that is read while others import."""

import json
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from feed_servers import osv_record
from histories import day, take
from house_records import drafted, kept
from small_sets import advisory, language, sbom_of

from match.house.book import open_book
from match.house.feed import lay_in, lay_in_again
from match.model import HOUSE_FEED
from match.resolve import resolve
from match.set.importer import import_path
from match.set.ledger import open_ledger
from match.set.opening import LAYOUT
from match.set.states import states
from match.set.store import open_set
from sbom.errors import InputError, StoreError
from sbom.store import keep_all, open_store

ROOT = Path(__file__).resolve().parents[2]
LIB = advisory("GHSA-a", language(), feed="one")


@pytest.fixture
def old(tmp_path):
    """A store with an SBOM, a house advisory, and a set that another version wrote."""
    path = str(tmp_path / "old.db")
    take(path, day(0), [LIB])
    take(path, day(1), [advisory("GHSA-b", language("other"), feed="one")])
    with open_book(path, write=True) as book:
        kept(book, drafted())
    lay_in(path)
    keep_all(path, [(sbom_of("pkg:pypi/lib@1.0"), b"{}")], day(1))
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE about_set SET value = '1' WHERE name = 'layout'")
        db.execute("CREATE VIEW told AS SELECT r.rid FROM record r")
        db.execute("ALTER TABLE record DROP COLUMN dated")
    return path


@pytest.fixture
def feeds(tmp_path):
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("PYSEC-2026-1.json", json.dumps(osv_record("PYSEC-2026-1")))
    return str(path)


def test_a_set_of_another_version_is_refused_with_the_remedy(old, feeds):
    for call in (lambda: states(old), lambda: import_path(feeds, old, learned=day(2))):
        with pytest.raises(StoreError, match=f"layout 1, not {LAYOUT}.*--replace"):
            call()


def test_it_is_made_anew_and_all_else_of_the_store_stays(old, feeds):
    import_path(feeds, old, learned=day(2), anew=True)
    lay_in_again(old)
    with open_set(old) as advisories:
        assert [feed.name for feed in advisories.state.feeds] == [HOUSE_FEED, "osv:PYSEC"]
    with open_store(old, write=False) as store:
        assert store.execute("SELECT count(*) FROM sbom").fetchone() == (1,)


def test_nothing_is_replaced_by_what_cannot_be_read(old, tmp_path):
    (tmp_path / "empty").mkdir()
    before = Path(old).read_bytes()
    with pytest.raises(InputError):
        import_path(str(tmp_path / "empty"), old, learned=day(2), anew=True)
    assert Path(old).read_bytes() == before


def test_an_answer_is_of_one_state_whoever_imports_meanwhile(tmp_path):
    """The importer is a process of its own; it waits until the answer is whole."""
    path = str(tmp_path / "set.db")
    take(path, day(0), [LIB])
    script = (
        "import sys; sys.path.insert(0, 'tests/match')\n"
        "from histories import day, take; from small_sets import advisory, language\n"
        "print('begun', flush=True)\n"
        "take(sys.argv[1], day(1), [advisory('GHSA-b', language(), feed='one')])\n"
    )
    sbom = sbom_of("pkg:pypi/lib@1.0")
    with open_set(path) as advisories:
        with advisories.steady():
            before = advisories.state
            importer = subprocess.Popen(
                [sys.executable, "-c", script, path], cwd=ROOT, stdout=subprocess.PIPE
            )
            assert importer.stdout.readline() == b"begun\n"
            with pytest.raises(subprocess.TimeoutExpired):
                importer.wait(1)
            found = resolve(sbom, advisories)
        assert importer.wait(30) == 0
        importer.stdout.close()
        assert found.state == before
        assert [each.vulnerability.id for each in found.findings] == ["GHSA-a"]
        now = resolve(sbom, advisories)
    assert now.state != before
    assert [each.vulnerability.id for each in now.findings] == ["GHSA-a", "GHSA-b"]


def test_a_ledger_that_replaces_begins_empty(tmp_path):
    path = str(tmp_path / "set.db")
    take(path, day(0), [LIB])
    with open_ledger(path, day(1), anew=True) as ledger:
        ledger.add(advisory("GHSA-c", language(), feed="two"), "two", "")
        ledger.finish()
    (state,) = states(path)
    assert state.learned == day(1)
