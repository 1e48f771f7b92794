"""Both databases answer alike; their tables come up to date; faults are one line without secrets."""

import os
import sqlite3
import subprocess
import sys
import threading

import pytest

from sbom import database as module
from sbom.database import applied, exists, open_database, shown
from sbom.errors import StoreError


def refused(url, *, write=False) -> str:
    with pytest.raises(StoreError) as error, open_database(url, write=write):
        pass
    assert "\n" not in str(error.value)
    return str(error.value)


def test_what_is_written_is_there_and_what_raises_is_not(store):
    with open_database(store, write=True) as database:
        module._run(database, "CREATE TABLE thing (name TEXT PRIMARY KEY, data BLOB NOT NULL);\n")
        database.executemany("INSERT INTO thing VALUES (?, ?)", [("a%", b"\0\xff"), ("b", b"")])
    with pytest.raises(ZeroDivisionError), open_database(store, write=True) as database:
        assert database.execute("DELETE FROM thing").rowcount / 0
    with open_database(store, write=False) as database:
        rows = database.execute("SELECT name, data FROM thing WHERE name LIKE 'a%'").fetchall()
        assert rows == [("a%", b"\0\xff")]
        assert database.has_table("thing")
        assert not database.has_table("other")
        assert database.size() > 0


def test_lists_of_any_length_are_asked_part_by_part(store):
    with open_database(store, write=True) as database:
        database.execute("CREATE TABLE thing (number INTEGER PRIMARY KEY)")
        database.executemany("INSERT INTO thing VALUES (?)", [(n,) for n in range(0, 4000, 2)])
        asked = "SELECT number FROM thing WHERE number IN (?)"
        found = sorted(number for (number,) in database.rows_in(asked, range(3000)))
        assert found == list(range(0, 3000, 2))
        assert list(database.rows_in(asked, [])) == []


def test_text_sorts_by_its_bytes(store):
    words = ["Z", "a", "ä", "_", "B", "é"]
    with open_database(store, write=True) as database:
        # Columns of migrations are written in SQLite's words for both.
        module._run(database, "CREATE TABLE word (text TEXT PRIMARY KEY);\n")
        database.executemany("INSERT INTO word VALUES (?)", [(word,) for word in words])
        rows = database.execute("SELECT text FROM word ORDER BY text").fetchall()
    assert [text for (text,) in rows] == sorted(words, key=str.encode)


def test_a_reader_sees_one_state(store):
    with open_database(store, write=True) as database:
        database.execute("CREATE TABLE thing (number INTEGER PRIMARY KEY)")
        database.execute("INSERT INTO thing VALUES (1)")
    asked = "SELECT count(*) FROM thing"
    written = threading.Event()

    def write():
        with open_database(store, write=True) as database:
            database.execute("INSERT INTO thing VALUES (2)")
        written.set()

    with open_database(store, write=False) as reader:
        before = reader.execute(asked).fetchone()
        writer = threading.Thread(target=write)
        writer.start()
        written.wait(0.3)
        assert reader.execute(asked).fetchone() == before == (1,)
    writer.join()
    with open_database(store, write=False) as reader:
        assert reader.execute(asked).fetchone() == (2,)


def test_a_reader_cannot_write_to_a_server(postgres):
    with open_database(postgres, write=True):
        pass
    with pytest.raises(StoreError, match="read-only"), open_database(postgres, write=False) as db:
        db.execute("DELETE FROM sbom")


def test_two_processes_may_start_a_store_at_once(store):
    code = (
        "import sys; from sbom.database import open_database, applied\n"
        "with open_database(sys.argv[1], write=sys.argv[2] == 'w') as d: print(applied(d))"
    )
    if "://" not in store:
        with open(store, "wb"):
            pass
    started = [
        subprocess.Popen([sys.executable, "-c", code, store, how], stdout=subprocess.PIPE)
        for how in "wrwr"
    ]
    said = {process.communicate()[0] for process in started}
    assert all(process.returncode == 0 for process in started)
    assert len(said) == 1
    with open_database(store, write=False) as database:
        newest = applied(database)
        rows = database.execute("SELECT number, name FROM migration ORDER BY number").fetchall()
    assert said == {f"{newest}\n".encode()}
    assert rows == [tuple(each) for each in module._migrations()]


def test_migrations_are_numbered_without_gaps_or_doubles():
    numbers = [number for number, _ in module._migrations()]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("write", [False, True])
def test_a_store_of_a_newer_version_is_refused(store, write):
    with open_database(store, write=True) as database:
        database.execute("INSERT INTO migration VALUES (9999, 'later.sql')")
    said = refused(store, write=write)
    assert "newer version" in said
    assert "9999" in said


def test_a_migration_that_fails_leaves_nothing(store, monkeypatch):
    monkeypatch.setattr(module, "_migrations", lambda: ((1, "0001_sboms.sql"), (2, "broken")))
    real = module._run

    def broken(database, script):
        real(database, script)
        if "INSERT INTO last_number" in script:
            real(database, "INSERT INTO nowhere VALUES (1);\n")

    monkeypatch.setattr(module, "_run", broken)
    assert "nowhere" in refused(store, write=True)
    monkeypatch.undo()
    with open_database(store, write=True) as database:
        assert applied(database) == module._migrations()[-1][0]


def test_there_is_no_store_to_read(tmp_path):
    missing = str(tmp_path / "deep" / "lading.db")
    assert not exists(missing)
    assert "no store" in refused(missing)
    assert not os.path.exists(os.path.dirname(missing))
    with open_database("sqlite:///" + missing, write=True):
        pass
    assert exists(missing)


def test_what_is_no_store_is_said(tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text("no database, and long enough to be told from one" * 20)
    assert str(text) in refused(str(text))
    assert "mysql" in refused("mysql://user:hush@host/db")
    assert "hush" not in refused("mysql://user:hush@host/db")
    assert refused(str(tmp_path))


def test_a_locked_file_is_said_so(tmp_path):
    path = str(tmp_path / "lading.db")
    with open_database(path, write=True):
        pass
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with (
        pytest.raises(StoreError, match="another process"),
        open_database(path, write=True, patience=0),
    ):
        pass
    holder.close()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://app:hush@127.0.0.1:1/lading",
        "postgresql://app:hu/sh@127.0.0.1:1/lading",
        "postgresql://app:hu@sh@127.0.0.1:1/lading",
        "postgresql://app:hu?sh@127.0.0.1:1/lading",
        "postgresql://app:12/sh@127.0.0.1:1/lading",
        "postgresql://app:%zzhush@127.0.0.1:1/lading",
        "postgresql://127.0.0.1:1/lading?user=app&password=hu@sh",
        "postgres://app:hush@127.0.0.1:1/lading?connect_timeout=1&bogus=1",
    ],
)
def test_a_password_is_never_told(url):
    for write in (False, True):
        said = refused(url, write=write)
        assert "hu" not in said.replace("such", "")
        assert "sh" not in said.replace("special characters", "").replace("such", "")
    assert "hu" not in shown(url)


def test_a_wrong_password_is_one_line(postgres):
    said = refused(postgres.replace("secret", "hush"))
    assert "authentication failed" in said
    assert "hush" not in said


def test_without_the_driver_one_line_says_what_to_install():
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from sbom.database import open_database\n"
        "from sbom.errors import StoreError\n"
        "try:\n"
        "    with open_database('postgresql://a:hush@h/d', write=False): pass\n"
        "except StoreError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "lading[postgres]" in done.stdout
    assert "hush" not in done.stdout
