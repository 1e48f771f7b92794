"""What cannot be read of a newer file ends nothing: the version before stays, and that is told."""

import json
import zipfile

import pytest
from test_ledger import DAY1, DAY2, findings, loose, osv, rows, snapshot

from match.set.importer import Brought, import_files, import_path
from match.set.store import open_set

DAY3, DAY4 = "2026-01-03T00:00:00Z", "2026-01-04T00:00:00Z"
BOTH = {"PYSEC-1", "PYSEC-2"}
STAYS = "stays in force"


@pytest.fixture
def db(tmp_path):
    return str(tmp_path / "store.db")


def packed(folder, **members):
    """A zip of members as they are given, under their names."""
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.json", data if isinstance(data, str) else json.dumps(data))
    return str(folder)


def ids(db, purl="pkg:pypi/lib@1.0"):
    return {id_ for _, id_, _ in findings(db, purl)}


def staying(db):
    """What the reports say stays, by where."""
    with open_set(db) as advisories:
        return [each for each in advisories.problems() if STAYS in each.what]


def test_a_record_that_cannot_be_read_keeps_its_earlier_version_until_it_can(tmp_path, db):
    folder = tmp_path / "PyPI"
    import_path(snapshot(folder, osv("PYSEC-1"), osv("PYSEC-2")), db, learned=DAY1)
    for learned in (DAY2, DAY3):  # However often the file is read.
        broken = packed(
            folder, **{"PYSEC-1": '{"id": "PYSEC-1", "affected', "PYSEC-2": osv("PYSEC-2")}
        )
        report = import_path(broken, db, learned=learned)
        assert report.feeds[-1].gone == 0
        assert ids(db) == BOTH
        (told,) = staying(db)
        assert told.where.endswith("PyPI/all.zip: PYSEC-1")
        assert (told.source, told.effect) == ("osv:PYSEC", "record_lost")
    import_path(snapshot(folder, osv("PYSEC-1", "0.5"), osv("PYSEC-2")), db, learned=DAY4)
    assert ids(db) == {"PYSEC-2"}
    assert ids(db, "pkg:pypi/lib@0.4") == BOTH
    assert staying(db) == []


def test_a_removal_beside_an_unreadable_record_counts_and_ends_it_once_it_is_gone_too(tmp_path, db):
    folder = tmp_path / "PyPI"
    all_three = [osv("PYSEC-1"), osv("PYSEC-2"), osv("PYSEC-3")]
    import_path(snapshot(folder, *all_three), db, learned=DAY1)
    broken = packed(folder, **{"PYSEC-1": "{", "PYSEC-3": osv("PYSEC-3")})
    import_path(broken, db, learned=DAY2)
    assert ids(db) == {"PYSEC-1", "PYSEC-3"}
    import_path(snapshot(folder, osv("PYSEC-3")), db, learned=DAY3)
    assert ids(db) == {"PYSEC-3"}
    assert staying(db) == []


def test_an_unreadable_record_that_never_was_there_holds_no_removal_up(tmp_path, db):
    folder = tmp_path / "PyPI"
    import_path(snapshot(folder, osv("PYSEC-1"), osv("PYSEC-2")), db, learned=DAY1)
    import_path(packed(folder, **{"PYSEC-9": "{", "PYSEC-2": osv("PYSEC-2")}), db, learned=DAY2)
    assert ids(db) == {"PYSEC-2"}
    assert staying(db) == []


def test_where_nobody_knows_which_record_it_is_all_that_are_missing_stay(tmp_path, db):
    folder = tmp_path / "PyPI"
    import_path(snapshot(folder, osv("PYSEC-1"), osv("PYSEC-2")), db, learned=DAY1)
    import_path(packed(folder, **{"backup": "{", "PYSEC-2": osv("PYSEC-2")}), db, learned=DAY2)
    assert ids(db) == BOTH
    assert [each.where.rpartition(" ")[2] for each in staying(db)] == ["PYSEC-1"]


def test_entries_of_a_list_that_cannot_be_read_keep_what_is_missing(tmp_path, db):
    def catalog(*entries):
        data = {"catalogVersion": "1", "vulnerabilities": list(entries)}
        (tmp_path / "kev.json").write_text(json.dumps(data))
        return str(tmp_path / "kev.json")

    one, two = ({"cveID": f"CVE-2026-{n}", "dateAdded": "2026-01-01"} for n in (1001, 1002))
    current = "SELECT id FROM record WHERE until IS NULL ORDER BY id"
    import_path(catalog(one, two), db, learned=DAY1)
    import_path(catalog(one, {"cveID": 1002}), db, learned=DAY2)
    assert rows(db, current) == [("CVE-2026-1001",), ("CVE-2026-1002",)]
    assert len(staying(db)) == 1
    import_path(catalog(one, {"cveID": "CVE-2026-1003", "dateAdded": "soon"}), db, learned=DAY2)
    assert [each.where.rpartition(" ")[2] for each in staying(db)] == ["CVE-2026-1002"]
    import_files([Brought(catalog({"cveID": 1}, {"cveID": 2}))], db, learned=DAY2)
    assert len(rows(db, current)) == len(staying(db)) == 2
    import_path(catalog(one), db, learned=DAY3)
    assert rows(db, current) == [("CVE-2026-1001",)]


def two_packages(second):
    record = osv("PYSEC-1")
    spread = {"type": "ECOSYSTEM", "events": second}
    package = {"ecosystem": "PyPI", "name": "other"}
    return record | {"affected": [*record["affected"], {"package": package, "ranges": [spread]}]}


@pytest.mark.parametrize("make", [snapshot, loose])
def test_an_entry_that_cannot_be_read_keeps_the_version_that_has_it(tmp_path, db, make):
    good, bad = [{"introduced": "0"}, {"fixed": "2.0"}], [{"fixed": "2.0"}]
    folder = tmp_path / "PyPI"
    other = "pkg:pypi/other@1.0"
    import_path(make(folder, two_packages(good)), db, learned=DAY1)
    for learned in (DAY2, DAY3):
        import_path(make(folder, two_packages(bad)), db, learned=learned)
        assert ids(db, other) == {"PYSEC-1"}
        assert len(staying(db)) == 1
    # The publisher takes the package out, and says nothing that cannot be read.
    import_path(make(folder, osv("PYSEC-1")), db, learned=DAY4)
    assert ids(db, other) == set()
    assert ids(db) == {"PYSEC-1"}
    assert staying(db) == []


def test_a_range_that_cannot_be_read_keeps_the_version_that_has_it(tmp_path, db):
    def ranged(second):
        record = osv("PYSEC-1", "1.0")
        more = {"type": "ECOSYSTEM", "events": second}
        record["affected"][0]["ranges"].append(more)
        return snapshot(tmp_path / "PyPI", record)

    import_path(ranged([{"introduced": "2.0"}, {"fixed": "3.0"}]), db, learned=DAY1)
    import_path(ranged([{"fixed": "3.0"}]), db, learned=DAY2)
    assert ids(db, "pkg:pypi/lib@2.5") == {"PYSEC-1"}
    assert len(staying(db)) == 1
    import_path(ranged([{"introduced": "2.6"}, {"fixed": "3.0"}]), db, learned=DAY3)
    assert ids(db, "pkg:pypi/lib@2.5") == set()


def secdb(tmp_path, *packages):
    """A security database of (package, fixes) of Alpine 3.20."""
    listed = [{"pkg": {"name": name, "secfixes": fixes}} for name, fixes in packages]
    data = {"distroversion": "v3.20", "reponame": "main", "packages": listed}
    data |= {"urlprefix": "https://mirror.example/alpine", "apkurl": "{{urlprefix}}"}
    (tmp_path / "main.json").write_text(json.dumps(data))
    return str(tmp_path / "main.json")


APK = "pkg:apk/alpine/{}@1-r0?distro=alpine-3.20.1"


def test_an_entry_of_a_package_keeps_what_records_put_together_said_of_it(tmp_path, db):
    fixes = {"2-r0": ["CVE-2026-1001", "CVE-2026-1002"]}
    import_path(secdb(tmp_path, ("a", fixes), ("b", fixes)), db, learned=DAY1)
    import_path(secdb(tmp_path, ("a", fixes), ("b", "?")), db, learned=DAY2)
    assert ids(db, APK.format("b")) == {"CVE-2026-1001", "CVE-2026-1002"}
    import_path(secdb(tmp_path, ("a", fixes)), db, learned=DAY3)
    assert ids(db, APK.format("b")) == set()


def test_an_id_with_a_typo_keeps_what_stood_under_it(tmp_path, db):
    import_path(
        secdb(tmp_path, ("a", {"2-r0": ["CVE-2026-1001"], "1-r5": ["CVE-2026-1"]})),
        db,
        learned=DAY1,
    )
    import_path(
        secdb(tmp_path, ("a", {"2-r0": ["CVE 2026 1001"], "1-r5": ["CVE-2026-1"]})),
        db,
        learned=DAY2,
    )
    assert "CVE-2026-1001" in ids(db, APK.format("a"))
    assert len(staying(db)) == 1


def test_a_fault_that_costs_no_package_supersedes_as_ever(tmp_path, db):
    import_path(snapshot(tmp_path / "PyPI", osv("PYSEC-1")), db, learned=DAY1)
    odd = osv("PYSEC-1", "0.5", severity=[{"type": "CVSS_V3", "score": "high"}])
    import_path(snapshot(tmp_path / "PyPI", odd), db, learned=DAY2)
    assert ids(db) == set()
    assert staying(db) == []


def test_one_of_several_records_of_an_id_stays_where_it_cannot_be_read(tmp_path, db):
    one, two = osv("ALSA-1", name="one"), osv("ALSA-1", name="two")
    folder = tmp_path / "PyPI"
    import_path(packed(folder, **{"ALSA-1": one, "x/ALSA-1": two}), db, learned=DAY1)
    import_path(packed(folder, **{"ALSA-1": one, "x/ALSA-1": "{"}), db, learned=DAY2)
    assert ids(db, "pkg:pypi/one@1.0") == ids(db, "pkg:pypi/two@1.0") == {"ALSA-1"}


def test_what_changed_alone_ends_only_the_problems_that_are_about_it(tmp_path, db):
    folder = tmp_path / "PyPI"
    import_path(snapshot(folder, osv("PYSEC-1"), osv("PYSEC-2"), osv("PYSEC-3")), db, learned=DAY1)
    broken = packed(folder, **{"PYSEC-1": "{", "PYSEC-2": "{", "PYSEC-3": osv("PYSEC-3")})
    import_path(broken, db, learned=DAY2)
    assert len(staying(db)) == 2
    patch = tmp_path / "patch.json"
    patch.write_text(json.dumps([osv("PYSEC-1", "3.0")]))
    import_files([Brought(str(patch), "PyPI/all.zip", whole=False)], db, learned=DAY3)
    assert [each.where.rpartition(" ")[2] for each in staying(db)] == ["PYSEC-2"]
    with open_set(db) as advisories:
        assert not any("PYSEC-1" in each.where for each in advisories.problems())
    assert {fixed for _, id_, fixed in findings(db, "pkg:pypi/lib@1.0") if id_ == "PYSEC-1"} == {
        ("3.0",)
    }


def test_the_order_of_what_can_and_cannot_be_read_does_not_matter(tmp_path, db):
    folder = tmp_path / "PyPI"
    import_path(snapshot(folder, osv("PYSEC-1"), osv("PYSEC-2")), db, learned=DAY1)
    one = packed(folder, **{"PYSEC-2": osv("PYSEC-2"), "PYSEC-1": "{"})
    import_path(one, db, learned=DAY2)
    assert ids(db) == BOTH
