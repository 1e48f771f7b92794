"""How rows go into the set: all of them, whatever their number, and in batches of any size."""

import json
import sqlite3
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from match.set import ledger
from match.set.filling import VALUES, fill
from match.set.importer import import_path
from sbom.errors import StoreError

DAY = "2026-01-01T00:00:00Z"


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 12), st.integers(0, 2 * VALUES))
def test_every_row_goes_in_once_and_in_order(columns, rows):
    db = sqlite3.connect(":memory:")
    db.execute(f"CREATE TABLE t ({', '.join(f'c{n}' for n in range(columns))})")
    values = list(range(columns * rows))
    fill(db, "INSERT INTO t", columns, values)
    found = db.execute("SELECT * FROM t ORDER BY rowid").fetchall()
    assert [value for row in found for value in row] == values
    db.close()


def zipped(path, count):
    """A zip of so many records, each about a package of its own and one that all are about."""
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(count):
            spread = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": f"{number}"}]}
            affected = [
                {"package": {"ecosystem": "PyPI", "name": name}, "ranges": [spread]}
                for name in (f"own-{number}", "shared")
            ]
            record = {"id": f"PYSEC-2026-{number}", "modified": DAY, "affected": affected}
            archive.writestr(f"{record['id']}.json", json.dumps(record))
    return str(path)


def tables(path):
    """Every row of a store."""
    db = sqlite3.connect(path)
    names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {name: sorted(map(repr, db.execute(f"SELECT * FROM {name}"))) for name in names}  # noqa: S608
    db.close()
    return found


def test_the_set_is_the_same_in_batches_of_any_size(tmp_path, monkeypatch):
    feed = zipped(tmp_path / "all.zip", 60)
    import_path(feed, str(tmp_path / "whole.db"), learned=DAY)
    whole = tables(tmp_path / "whole.db")
    assert len(whole["affected"]) == 120
    assert len(whole["package"]) == 61
    monkeypatch.setattr(ledger, "BATCH", 7)
    monkeypatch.setattr(ledger, "PACKAGES_KEPT", 5)
    import_path(feed, str(tmp_path / "batches.db"), learned=DAY)
    assert tables(tmp_path / "batches.db") == whole


def test_a_write_that_fails_is_one_error_and_nothing_is_written(tmp_path, monkeypatch):
    feed = zipped(tmp_path / "all.zip", 20)
    monkeypatch.setattr(ledger, "BATCH", 7)
    monkeypatch.setitem(ledger.INTO, "claim", ("INSERT INTO no_such_table", 4))
    with pytest.raises(StoreError, match="no_such_table"):
        import_path(feed, str(tmp_path / "new.db"), learned=DAY)
    assert not (tmp_path / "new.db").exists()


def test_a_record_read_again_tells_again_what_is_wrong_with_it(tmp_path):
    spread = {"type": "SEMVER", "events": [{"introduced": "2.0.0"}, {"fixed": "2.0.0"}]}
    block = {"package": {"ecosystem": "npm", "name": "odd"}, "ranges": [spread]}
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for id_ in ("GHSA-a: b", "GHSA-c"):
            record = {"id": id_, "modified": DAY, "affected": [block]}
            archive.writestr(f"{id_}.json", json.dumps(record))
    url = str(tmp_path / "set.db")
    first = import_path(str(path), url, learned=DAY)
    before = tables(url)["problem"]
    assert len(before) == 2
    again = import_path(str(path), url, learned="2026-01-02T00:00:00Z")
    assert tables(url)["problem"] == before
    assert [f.problems for f in again.feeds] == [f.problems for f in first.feeds] == [2]
