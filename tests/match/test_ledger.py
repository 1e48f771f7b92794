"""The advisory set over time: imports, what they supersede, and what may not go wrong."""

import json
import os
import sqlite3
import threading
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from small_sets import advisory, language, sbom_of, set_of

from match.resolve import resolve
from match.set import opening
from match.set.importer import Brought, import_files, import_path, load
from match.set.keeping import decode
from match.set.ledger import open_ledger
from match.set.store import AdvisorySet, open_set
from sbom.errors import InputError, StoreError

DAY1, DAY2 = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"


def osv(id_, fixed="2.0", name="lib", **more):
    """A small OSV record."""
    spread = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}
    package = {"ecosystem": "PyPI", "name": name}
    base = {
        "id": id_,
        "modified": "2025-06-01T00:00:00Z",
        "affected": [{"package": package, "ranges": [spread]}],
    }
    return base | more


def snapshot(folder, *records, name="all.zip"):
    """A zip of records as OSV publishes them."""
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / name, "w") as archive:
        for record in records:
            archive.writestr(f"{record['id']}.json", json.dumps(record))
    return str(folder)


def loose(folder, *records):
    """A folder of one file a record."""
    folder.mkdir(parents=True, exist_ok=True)
    for record in records:
        (folder / f"{record['id']}.json").write_text(json.dumps(record))
    return str(folder)


def rows(path, statement):
    connection = sqlite3.connect(path)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


def findings(path, *purls):
    with open_set(path) as advisories:
        found = resolve(sbom_of(*purls), advisories).findings
    return {(f.component.purl, f.vulnerability.id, f.fixed) for f in found}


@pytest.fixture
def db(tmp_path):
    return str(tmp_path / "deep" / "store.db")


def test_importing_again_changes_nothing(tmp_path, db):
    path = snapshot(tmp_path / "PyPI", osv("PYSEC-1"), osv("PYSEC-2", aliases=["CVE-2024-1"]))
    first = import_path(path, db, learned=DAY1)
    before = rows(db, "SELECT * FROM record"), rows(db, "SELECT * FROM vulnerability")
    again = import_path(path, db, learned=DAY2)
    assert (first.feeds[0].records, first.feeds[0].added) == (2, 2)
    assert (again.feeds[0].records, again.feeds[0].added, again.feeds[0].changed) == (2, 0, 0)
    assert again.state.digest == first.state.digest
    assert (rows(db, "SELECT * FROM record"), rows(db, "SELECT * FROM vulnerability")) == before
    assert (again.state.feeds[0].learned, again.state.feeds[0].confirmed) == (DAY1, DAY2)


def test_the_order_of_imports_does_not_matter(tmp_path):
    one = snapshot(tmp_path / "a", osv("PYSEC-1", aliases=["CVE-2024-1"]))
    two = snapshot(tmp_path / "b", osv("GHSA-a", fixed="3.0", aliases=["CVE-2024-1"]))
    states, answers = set(), []
    for number, order in enumerate(([one, two], [two, one])):
        path = str(tmp_path / f"{number}.db")
        for each in order:
            state = import_path(each, path, learned=DAY1).state
        states.add((state.digest, state.as_of))
        with open_set(path) as advisories:
            answers.append(resolve(sbom_of("pkg:pypi/lib@1.0", "pkg:pypi/lib@2.5"), advisories))
    assert len(states) == 1
    assert answers[0] == answers[1]


def test_a_changed_record_supersedes_and_the_old_version_is_kept(tmp_path, db):
    import_path(snapshot(tmp_path / "a", osv("PYSEC-1")), db, learned=DAY1)
    report = import_path(snapshot(tmp_path / "a", osv("PYSEC-1", "1.5")), db, learned=DAY2)
    assert (report.feeds[0].changed, report.feeds[0].gone) == (1, 0)
    kept = rows(
        db,
        "SELECT r.learned, n.learned, d.doc FROM record r JOIN document d ON d.rid = r.rid"
        " LEFT JOIN state n ON n.number = r.until ORDER BY r.learned",
    )
    assert [(learned, until) for learned, until, _ in kept] == [(DAY1, DAY2), (DAY2, None)]
    ends = [decode(doc).affected[0].intervals[0].fixed for *_, doc in kept]
    assert ends == ["2.0", "1.5"]
    assert findings(db, "pkg:pypi/lib@1.0", "pkg:pypi/lib@1.7") == {
        ("pkg:pypi/lib@1.0", "PYSEC-1", ("1.5",))
    }


def test_what_a_newer_snapshot_no_longer_holds_is_gone(tmp_path, db):
    old = snapshot(tmp_path / "old" / "PyPI", osv("PYSEC-1"), osv("PYSEC-2"))
    new = snapshot(tmp_path / "new" / "PyPI", osv("PYSEC-2"))
    import_path(old, db, learned=DAY1)
    report = import_path(new, db, learned=DAY2)
    assert (report.feeds[0].gone, report.feeds[0].added) == (1, 0)
    assert {i for _, i, _ in findings(db, "pkg:pypi/lib@1.0")} == {"PYSEC-2"}
    ended = "SELECT n.learned FROM record r JOIN state n ON n.number = r.until WHERE id = 'PYSEC-1'"
    assert rows(db, ended) == [(DAY2,)]


def test_a_database_whose_last_record_left_the_file_is_gone_from_it(tmp_path, db):
    folder = tmp_path / "PyPI"
    import_path(snapshot(folder, osv("PYSEC-1"), osv("GHSA-a")), db, learned=DAY1)
    report = import_path(snapshot(folder, osv("PYSEC-1")), db, learned=DAY2)
    assert {feed.feed: feed.gone for feed in report.feeds} == {"osv:GHSA": 1, "osv:PYSEC": 0}
    assert {i for _, i, _ in findings(db, "pkg:pypi/lib@1.0")} == {"PYSEC-1"}


def test_a_file_that_holds_nothing_any_longer_takes_nothing_away_and_says_so(tmp_path, db):
    folder = tmp_path / "PyPI"
    index = osv("index/x")
    import_path(snapshot(folder, osv("PYSEC-1"), index), db, learned=DAY1)
    snapshot(folder, index)
    report = import_files([Brought(str(folder / "all.zip"))], db, learned=DAY2)
    assert sum(feed.gone for feed in report.feeds) == 0
    assert len(findings(db, "pkg:pypi/lib@1.0")) == 1
    with open_set(db) as advisories:
        (told,) = advisories.problems()
    assert "no record any longer" in told.what
    import_path(snapshot(folder, osv("PYSEC-1")), db, learned=DAY2)
    with open_set(db) as advisories:
        assert advisories.problems() == ()


@pytest.mark.parametrize("more", [{"id": "GHSA-\0a"}, {"aliases": ["CVE-2024-1\0"]}])
def test_an_id_with_a_zero_byte_is_a_problem_and_no_record(tmp_path, db, more):
    """SQLite's JSON functions end texts there: it would be new with each import."""
    odd = tmp_path / "x" / "odd.json"
    loose(tmp_path / "x", osv("PYSEC-1"))
    odd.write_text(json.dumps(osv("GHSA-a") | more))
    for learned in (DAY1, DAY2):
        import_path(str(tmp_path / "x"), db, learned=learned)
        assert rows(db, "SELECT id FROM record") == [("PYSEC-1",)]
        with open_set(db) as advisories:
            (told,) = advisories.problems()
        assert (told.where, told.effect) == (str(odd), "record_lost")


def test_other_files_and_loose_records_take_nothing_away(tmp_path, db):
    import_path(snapshot(tmp_path / "PyPI", osv("PYSEC-1")), db, learned=DAY1)
    import_path(snapshot(tmp_path / "Other", osv("PYSEC-2")), db, learned=DAY2)
    report = import_path(loose(tmp_path / "loose", osv("PYSEC-3")), db, learned=DAY2)
    assert sum(feed.gone for feed in report.feeds) == 0
    assert len(findings(db, "pkg:pypi/lib@1.0")) == 3


def test_a_damaged_snapshot_takes_nothing_away(tmp_path, db):
    path = snapshot(tmp_path / "PyPI", osv("PYSEC-1"), osv("PYSEC-2"))
    import_path(path, db, learned=DAY1)
    file = tmp_path / "PyPI" / "all.zip"
    file.write_bytes(file.read_bytes()[:-30])
    loose(tmp_path / "PyPI", osv("PYSEC-9"))
    report = import_path(path, db, learned=DAY2)
    assert report.problems
    assert {i for _, i, _ in findings(db, "pkg:pypi/lib@1.0")} == {"PYSEC-1", "PYSEC-2", "PYSEC-9"}


def test_two_records_of_one_id_in_one_import_are_both_current(tmp_path, db):
    path = tmp_path / "two"
    loose(path / "a", osv("ALSA-1", fixed="1.5", name="one"))
    loose(path / "b", osv("ALSA-1", fixed="1.5", name="two"))
    import_path(str(path), db, learned=DAY1)
    assert len(findings(db, "pkg:pypi/one@1.0", "pkg:pypi/two@1.0")) == 2


def test_a_withdrawn_record_is_gone_and_its_aliases_are_undone(tmp_path, db):
    alive = osv("GHSA-a", aliases=["CVE-2024-1"])
    import_path(loose(tmp_path / "x", alive), db, learned=DAY1)
    assert {i for _, i, _ in findings(db, "pkg:pypi/lib@1.0")} == {"CVE-2024-1"}
    gone = alive | {"withdrawn": "2026-01-01T12:00:00Z"}
    import_path(loose(tmp_path / "x", gone), db, learned=DAY2)
    assert findings(db, "pkg:pypi/lib@1.0") == set()
    with open_set(db) as advisories:
        (only,) = advisories.vulnerabilities(advisories.groups_of("GHSA-a")).values()
    assert (only.id, only.aliases) == ("GHSA-a", ())


def test_an_import_that_fails_leaves_the_store_as_it_was(tmp_path, db):
    import_path(snapshot(tmp_path / "a", osv("PYSEC-1")), db, learned=DAY1)
    before = Path(db).read_bytes()

    def interrupted():
        with open_ledger(db, DAY2) as ledger:
            ledger.add(advisory("GHSA-x", language()), "test", "")
            ledger.finish()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert Path(db).read_bytes() == before


def test_an_import_that_is_killed_leaves_the_store_as_it_was(tmp_path, db):
    import_path(snapshot(tmp_path / "a", osv("PYSEC-1")), db, learned=DAY1)
    child = os.fork()
    if not child:
        with open_ledger(db, DAY2) as ledger:
            ledger.connection.execute("PRAGMA cache_size=2")
            for number in range(3000):
                ledger.add(advisory(f"GHSA-{number}", language(f"n{number}")), "test", "")
            ledger.finish()
            os._exit(0)  # Before the commit, with pages written already.
    os.waitpid(child, 0)
    assert os.path.exists(f"{db}-journal")
    assert findings(db, "pkg:pypi/lib@1.0") == {("pkg:pypi/lib@1.0", "PYSEC-1", ("2.0",))}
    assert rows(db, "SELECT count(*) FROM record") == [(1,)]


def test_a_first_import_that_fails_takes_nothing_from_one_that_waits_for_it(db):
    def fail(waiting):
        with open_ledger(db, DAY1):
            waiting.start()
            time.sleep(0.3)
            raise KeyError(db)

    def fill():
        with open_ledger(db, DAY1) as ledger:
            ledger.add(advisory("GHSA-x", language()), "test", "")
            ledger.finish()

    waiting = threading.Thread(target=fill)
    with pytest.raises(KeyError):
        fail(waiting)
    waiting.join()
    assert rows(db, "SELECT id FROM record") == [("GHSA-x",)]


def test_an_import_that_cannot_have_a_new_store_leaves_it_to_the_one_that_has(db, monkeypatch):
    """Both found no store there; the second gives up while the first still writes."""
    monkeypatch.setattr(opening, "PATIENCE", 0.1)
    exists, asked = os.path.exists, []

    def not_at_first(path):
        asked.append(path)
        return len(asked) > 1 and exists(path)

    with open_ledger(db, DAY1) as ledger:
        with monkeypatch.context() as patch:
            patch.setattr(os.path, "exists", not_at_first)
            with pytest.raises(StoreError, match="another program"), open_ledger(db, DAY1):
                pass
        ledger.add(advisory("GHSA-x", language()), "test", "")
        ledger.finish()
    assert rows(db, "SELECT id FROM record") == [("GHSA-x",)]


def test_a_match_waits_for_an_import_that_outgrew_its_memory(tmp_path, db, monkeypatch):
    """Such an import writes pages before its end, and nobody can read until then."""
    import_path(snapshot(tmp_path / "a", osv("PYSEC-1")), db, learned=DAY1)
    found = []

    def read():
        try:
            found.append(findings(db, "pkg:pypi/lib@1.0"))
        except StoreError as error:
            found.append(error.message)

    for patience in (0.1, 60):
        monkeypatch.setattr(opening, "PATIENCE", patience)
        with open_ledger(db, DAY2) as ledger:
            ledger.connection.execute("PRAGMA cache_size=2")
            for number in range(3000):
                ledger.add(advisory(f"GHSA-{number}", language(f"n{number}")), "test", "")
            ledger.finish()
            reader = threading.Thread(target=read)
            reader.start()
            time.sleep(0.4)
        reader.join()
    assert found == [f"{db}: another program is at work in it", findings(db, "pkg:pypi/lib@1.0")]


def test_nothing_that_is_an_advisory_is_an_input_error_and_leaves_no_store(tmp_path, db):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "readme.txt").write_text("no advisory")
    with pytest.raises(InputError, match="no advisory in it"):
        import_path(str(tmp_path / "x"), db, learned=DAY1)
    assert not os.path.exists(db)
    with pytest.raises(InputError), load(str(tmp_path / "x")):
        pass
    with pytest.raises(InputError, match="no such file"), load(str(tmp_path / "nowhere")):
        pass


def test_what_no_feed_reads_is_named(tmp_path, db):
    path = loose(tmp_path / "x", osv("PYSEC-1"))
    (tmp_path / "x" / "readme.txt").write_text("no advisory")
    report = import_path(path, db, learned=DAY1)
    assert len(report.unknown) == 1
    assert "readme.txt" in report.unknown[0]
    with load(path) as advisories:
        (problem,) = advisories.problems()
    assert problem.where.endswith("readme.txt")


def test_problems_of_an_import_reach_every_match_until_the_file_is_right(tmp_path, db):
    bad = osv("PYSEC-1", modified="yesterday")
    import_path(loose(tmp_path / "x", bad), db, learned=DAY1)
    with open_set(db) as advisories:
        assert len(resolve(sbom_of(), advisories).problems) == 1
    import_path(loose(tmp_path / "x", osv("PYSEC-1")), db, learned=DAY2)
    with open_set(db) as advisories:
        assert resolve(sbom_of(), advisories).problems == ()


def test_a_fault_stays_a_problem_of_its_file_however_often_it_is_read(tmp_path, db):
    spread = {"type": "ECOSYSTEM", "events": [{"introduced": "3.0"}, {"last_affected": "2.0"}]}
    bad = osv("PYSEC-1")
    bad["affected"][0]["ranges"] = [spread]
    good = osv("PYSEC-2")
    path = loose(tmp_path / "x", bad, good)
    for learned in (DAY1, DAY2):
        import_path(path, db, learned=learned)
        (part,) = rows(db, "SELECT part FROM problem")
        assert part[0].endswith("PYSEC-1.json")
    import_path(loose(tmp_path / "x", osv("PYSEC-1")), db, learned=DAY2)
    assert rows(db, "SELECT * FROM problem") == []


def test_an_empty_or_inverted_range_is_a_problem(tmp_path):
    with load(loose(tmp_path / "x", osv("PYSEC-1", fixed="0"))) as advisories:
        assert [p.effect for p in advisories.problems()] == [
            "field_lost"
        ] or not advisories.problems()
    spread = {"type": "ECOSYSTEM", "events": [{"introduced": "3.0"}, {"last_affected": "2.0"}]}
    record = osv("PYSEC-2")
    record["affected"][0]["ranges"] = [spread]
    with load(loose(tmp_path / "y", record)) as advisories:
        (problem,) = advisories.problems()
    assert problem.effect == "field_lost"


def test_older_snapshots_are_refused_after_newer_ones(tmp_path, db):
    path = snapshot(tmp_path / "a", osv("PYSEC-1"))
    import_path(path, db, learned=DAY2)
    with pytest.raises(InputError, match="older snapshots first"):
        import_path(path, db, learned=DAY1)


def test_a_date_after_the_day_of_learning_does_not_date_the_set(tmp_path, db):
    path = loose(tmp_path / "x", osv("PYSEC-1", modified="2099-01-01T00:00:00Z"), osv("PYSEC-2"))
    assert import_path(path, db, learned=DAY1).state.as_of == "2025-06-01T00:00:00Z"


def test_a_store_that_cannot_be_used_says_what_to_do(tmp_path, db):
    with pytest.raises(StoreError, match="feeds import"), open_set(db):
        pass
    empty = tmp_path / "other.db"
    connection = sqlite3.connect(empty)
    connection.execute("CREATE TABLE sbom (x)")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="no advisories"), open_set(str(empty)):
        pass
    (tmp_path / "text.db").write_text("this is no database, and long enough to be seen as none")
    with pytest.raises(StoreError, match="not a database"), open_set(str(tmp_path / "text.db")):
        pass
    with pytest.raises(StoreError, match="not known"), open_set("mysql://x/y"):
        pass
    path = snapshot(tmp_path / "a", osv("PYSEC-1"))
    with pytest.raises(StoreError, match="names no file"):
        import_path(path, "sqlite:///", learned=DAY1)
    import_path(path, db, learned=DAY1)
    connection = sqlite3.connect(db)
    connection.execute("UPDATE about_set SET value = '0' WHERE name = 'layout'")
    connection.commit()
    connection.close()
    for attempt in (lambda: open_set(db).__enter__(), lambda: import_path(path, db, learned=DAY2)):
        with pytest.raises(StoreError, match="another version"):
            attempt()


def test_the_store_can_be_shared_with_other_tables(tmp_path, db):
    os.makedirs(os.path.dirname(db))
    connection = sqlite3.connect(db)
    connection.execute("CREATE TABLE sbom (x)")
    connection.commit()
    connection.close()
    import_path(snapshot(tmp_path / "a", osv("PYSEC-1")), db, learned=DAY1)
    assert rows(db, "SELECT count(*) FROM sbom") == [(0,)]


IDS = ["CVE-2024-1", "CVE-2024-2", "GHSA-a", "GHSA-b", "GO-1"]
RECORD = st.builds(
    lambda id_, aliases, names, withdrawn: advisory(
        id_,
        language(),
        feed="test",
        aliases=tuple(aliases) if not names else (),
        names=tuple(names),
        withdrawn=withdrawn,
    ),
    st.sampled_from(IDS),
    st.lists(st.sampled_from(IDS), max_size=2, unique=True),
    st.lists(st.sampled_from(IDS[:2]), max_size=2, unique=True),
    st.sampled_from(["", "", "", "2025-01-01T00:00:00Z"]),
)


def undated(vulnerability):
    """Without the date first seen: a set that has a past may know of an earlier one."""
    return replace(vulnerability, first_seen="")


def cards(advisories):
    everything = [row[0] for row in advisories._db.execute("SELECT gid FROM vulnerability")]
    known = advisories.vulnerabilities(everything)
    members = advisories._db.execute("SELECT id, gid, alias FROM member")
    return (
        sorted(map(undated, known.values()), key=lambda v: v.id),
        sorted((i, known[gid].id, alias) for i, gid, alias in members),
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(RECORD, max_size=4, unique_by=lambda r: r.id), min_size=1, max_size=3),
)
def test_regrouping_what_changed_equals_grouping_everything_anew(tmp_path_factory, imports):
    path = str(tmp_path_factory.mktemp("delta") / "store.db")
    current = {}
    for records in imports:
        current |= {record.id: record for record in records}
        with open_ledger(path, DAY1) as ledger:
            for record in records:
                ledger.add(record, "test", "")
            ledger.finish()
    with open_ledger(path, DAY1) as ledger:
        ledger.finish()
        step_by_step = AdvisorySet(ledger.connection)
        with open_ledger("", DAY1) as fresh:
            for record in current.values():
                fresh.add(record, "test", "")
            fresh.finish()
            at_once = AdvisorySet(fresh.connection)
            assert cards(step_by_step) == cards(at_once)
            assert step_by_step.state.digest == at_once.state.digest
            sbom = sbom_of("pkg:pypi/lib@1.0")
            one, two = (resolve(sbom, each, everything=True) for each in (step_by_step, at_once))
            assert one.dismissals == two.dismissals
            found, again = (
                [replace(f, vulnerability=undated(f.vulnerability)) for f in each.findings]
                for each in (one, two)
            )
            assert found == again


def test_a_vulnerability_known_by_name_alone_is_dated_by_the_advisory_that_names_it():
    record = replace(
        advisory("DSA-1", language(), names=("CVE-2024-1",)), published="2024-05-05T00:00:00Z"
    )
    with set_of(record, learned=DAY1) as advisories:
        (finding,) = resolve(sbom_of("pkg:pypi/lib@1.0"), advisories).findings
    assert finding.vulnerability.id == "CVE-2024-1"
    assert finding.vulnerability.published == "2024-05-05T00:00:00Z"
    assert finding.vulnerability.first_seen == DAY1
