"""Bytes that are known need not be read again: what an import comes to is the same as if they were."""

import io
import json
import shutil
import sqlite3
import tarfile
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_ledger import DAY1, DAY2, osv, rows

from match.set import recall
from match.set.importer import Brought, import_files, import_path
from sbom.errors import StoreError

DAY3 = "2026-01-03T00:00:00Z"
OWN = {"read_from"}
"""What an import remembers of bytes, and nothing is told from."""


def packed(path, members, level=6):
    """A zip of (name, text) members at `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, text in members:
            archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return path


def everything(db):
    """All rows of all tables, but for what is remembered of bytes."""
    connection = sqlite3.connect(db)
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    found = {
        name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr)  # noqa: S608
        for (name,) in tables
        if name not in OWN
    }
    connection.close()
    return found


def forget(db):
    """Make an import read all bytes again."""
    connection = sqlite3.connect(db)
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'read_from'").fetchone():
        connection.execute("DELETE FROM read_from")
        connection.commit()
    connection.close()


def read_in(db, path, monkeypatch, learned):
    """The ids that an import really reads, and its report."""
    seen = []
    real = recall.Recall.__call__

    def told(self, members):
        held = real(self, members)
        seen.extend(id_ for id_, raw in members if raw not in held)
        return held

    monkeypatch.setattr(recall.Recall, "__call__", told)
    report = import_path(str(path), db, learned=learned)
    monkeypatch.setattr(recall.Recall, "__call__", real)
    return sorted(seen), report


@pytest.fixture
def db(tmp_path):
    return str(tmp_path / "store.db")


STRANGE = {"id": "PYSEC-8", "affected": [{"package": {"ecosystem": "Nowhere", "name": "lib"}}]}
NO_START = osv("PYSEC-7") | {
    "affected": [
        {
            **osv("PYSEC-7")["affected"][0],
            "ranges": [{"type": "ECOSYSTEM", "events": [{"fixed": "1"}]}],
        }
    ]
}
EMPTY = osv("PYSEC-6", "1.0")
EMPTY["affected"][0]["ranges"][0]["events"] = [{"introduced": "1.0"}, {"fixed": "1.0"}]


def test_members_of_known_bytes_are_not_read_again(tmp_path, db, monkeypatch):
    first = [(f"PYSEC-{n}.json", json.dumps(osv(f"PYSEC-{n}"))) for n in range(1, 5)]
    path = packed(tmp_path / "PyPI" / "all.zip", first)
    assert len(read_in(db, path, monkeypatch, DAY1)[0]) == 4
    before = everything(db)
    seen, report = read_in(db, path, monkeypatch, DAY2)
    assert seen == []
    assert [(f.records, f.added, f.changed, f.gone) for f in report.feeds] == [(4, 0, 0, 0)]
    assert everything(db)["record"] == before["record"]
    changed = [("PYSEC-2.json", json.dumps(osv("PYSEC-2", "9"))), *first[2:]]
    seen, report = read_in(db, packed(path, changed), monkeypatch, DAY3)
    assert seen == ["PYSEC-2"]
    assert [(f.records, f.added, f.changed, f.gone) for f in report.feeds] == [(3, 0, 1, 1)]


def test_what_something_is_wrong_with_is_read_again_each_time(tmp_path, db, monkeypatch):
    wrong = {"PYSEC-8": STRANGE, "PYSEC-7": NO_START, "PYSEC-6": EMPTY}
    members = [(f"{id_}.json", json.dumps(text)) for id_, text in wrong.items()]
    fine = ("PYSEC-1.json", json.dumps(osv("PYSEC-1")))
    path = packed(tmp_path / "PyPI" / "all.zip", [*members, fine])
    import_path(str(path), db, learned=DAY1)
    told = rows(db, "SELECT feed, place, what FROM problem ORDER BY 1, 2, 3")
    assert len(told) == len(wrong)
    assert read_in(db, path, monkeypatch, DAY2)[0] == sorted(wrong)
    assert rows(db, "SELECT feed, place, what FROM problem ORDER BY 1, 2, 3") == told


def test_another_program_reads_everything_again(tmp_path, db, monkeypatch):
    path = packed(tmp_path / "PyPI" / "all.zip", [("PYSEC-1.json", json.dumps(osv("PYSEC-1")))])
    import_path(str(path), db, learned=DAY1)
    own = recall.this_reader()
    for reader in ("another", own):
        monkeypatch.setattr(recall, "this_reader", lambda reader=reader: reader)
        seen, _ = read_in(db, path, monkeypatch, DAY2)
        assert seen == ["PYSEC-1"]
        assert read_in(db, path, monkeypatch, DAY2)[0] == []
    monkeypatch.setattr(recall, "this_reader", lambda: "")
    for _ in range(2):  # Where the program cannot tell who it is, nothing is known.
        assert read_in(db, path, monkeypatch, DAY3)[0] == ["PYSEC-1"]


def test_a_program_is_known_by_every_file_it_has(tmp_path):
    shutil.copytree(recall.__file__.rpartition("set")[0], tmp_path / "match")
    roots = [str(tmp_path / "match")]
    known = {recall.reader_of("3.11", roots), recall.reader_of("3.12", roots)}
    assert known == {recall.reader_of("3.11", roots), recall.reader_of("3.12", roots)}
    for name in ("versions/semver.py", "records/osv.py", "set/new.py", "data.json"):
        with (tmp_path / "match" / name).open("a") as file:
            file.write("\n")
        digest = recall.reader_of("3.11", roots)
        assert digest not in known
        known.add(digest)
    assert recall.reader_of("3.11", [str(tmp_path / "nothing")]) == ""


def test_the_checksum_of_the_directory_is_part_of_what_is_known(tmp_path, db):
    members = [(f"PYSEC-{n}.json", json.dumps(osv(f"PYSEC-{n}"))) for n in (1, 2)]
    path = packed(tmp_path / "PyPI" / "all.zip", members)
    import_path(str(path), db, learned=DAY1)
    data = bytearray(path.read_bytes())
    data[data.rfind(b"PK\x01\x02") + 16] ^= 1  # Of the last entry: APPNOTE.TXT, 4.3.12.
    path.write_bytes(bytes(data))
    import_path(str(path), db, learned=DAY2)
    lost = "SELECT effect FROM problem WHERE place LIKE '%all.zip!PYSEC-2.json'"
    assert rows(db, lost) == [("record_lost",)]


IDS = [f"PYSEC-{n}" for n in range(1, 6)]
GOOD = st.builds(
    lambda id_, fixed, indent: (id_, json.dumps(osv(id_, fixed), indent=indent)),
    st.sampled_from(IDS),
    st.sampled_from(["1", "2"]),
    st.sampled_from([None, 1]),
)
BAD = st.sampled_from(
    [("PYSEC-1", "{"), ("PYSEC-2", '{"id": "PYSEC-2", "affected": [{'), ("PYSEC-9", "[]")]
    + [(r["id"], json.dumps(r)) for r in (STRANGE, NO_START, EMPTY)]
    + [("PYSEC-3", json.dumps(NO_START | {"id": "PYSEC-3"}))]
    + [("PYSEC-4", json.dumps(osv("PYSEC-3", "2")))]
)
NAMES = st.sampled_from(
    ["{}.json", "{}.json", "{}.json", "{}.json", "ID/{}.json", "index/{}.json", "{}.txt"]
)
MEMBERS = st.lists(
    st.builds(lambda found, name: (name.format(found[0]), found[1]), GOOD | GOOD | BAD, NAMES),
    max_size=6,
    unique_by=lambda member: member[0],
)
STEP = st.tuples(st.sampled_from(["one", "two"]), MEMBERS, st.booleans(), st.sampled_from([6, 9]))
"""Which file is replaced, by what; whether it is all of that file; how it is packed."""


@settings(max_examples=15, deadline=None)
@given(steps=st.lists(STEP, min_size=2, max_size=5), both=st.booleans())
def test_an_import_is_what_it_were_if_all_was_read_again(tmp_path_factory, steps, both):
    """A law: reports and every row of every table are the same (decision 23)."""
    home = tmp_path_factory.mktemp("law")
    recalling, reading = str(home / "recalling.db"), str(home / "reading.db")
    files = {}
    for number, (name, members, whole, level) in enumerate(steps):
        path = packed(home / str(number) / f"{name}.zip", members, level)
        files[name] = Brought(str(path), f"osv/{name}.zip", whole, confirms=whole)
        brought = [files[each] for each in sorted(files)] if both else [files[name]]
        learned = f"2026-01-0{number + 1}T00:00:00Z"
        forget(reading) if (home / "reading.db").exists() else None
        told = [import_files(brought, db, learned=learned) for db in (recalling, reading)]
        assert told[0] == told[1]
        assert everything(recalling) == everything(reading)
    shutil.rmtree(home)


def tarball(files):
    """A tar archive of names and bytes."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def cve(number, fixed="1.4", package="pkg:npm/crane"):
    """A small record of the CVE list."""
    version = {"version": "1.0", "status": "affected", "lessThan": fixed, "versionType": "semver"}
    return {
        "dataType": "CVE_RECORD",
        "cveMetadata": {"cveId": f"CVE-2024-{number}", "dateUpdated": "2024-02-01T00:00:00Z"},
        "containers": {"cna": {"affected": [{"packageURL": package, "versions": [version]}]}},
    }


TEXTS = st.builds(
    lambda fixed, indent: lambda number: json.dumps(cve(number, fixed), indent=indent),
    st.sampled_from(["1.4", "1.5", "1.0", "!"]),
    st.sampled_from([None, 1]),
) | st.sampled_from([lambda _: "{", lambda _: json.dumps(cve(1003)), lambda _: "{}"])
FILES = st.dictionaries(st.integers(1001, 1005), TEXTS, min_size=1, max_size=5)
CUT = st.sampled_from([0, 0, 0, 600, 8200])
"""Bytes missing at the end of an archive: of its padding, or of its files too."""


@settings(max_examples=15, deadline=None)
@given(steps=st.lists(st.tuples(FILES, CUT, st.booleans()), min_size=2, max_size=5))
def test_so_it_is_with_an_archive_of_single_files(tmp_path_factory, steps):
    """The same law for a repository in a tar archive, which may be cut short."""
    home = tmp_path_factory.mktemp("law")
    recalling, reading = str(home / "recalling.db"), str(home / "reading.db")
    for number, (files, cut, whole) in enumerate(steps):
        named = {f"cvelistV5-main/cves/CVE-2024-{n}.json": text(n) for n, text in files.items()}
        data = tarball({name: text.encode() for name, text in named.items()})
        path = home / str(number) / "cves.tar"
        path.parent.mkdir()
        path.write_bytes(data[: len(data) - cut])
        brought = [Brought(str(path), "cve/cves.tar", whole, confirms=whole)]
        if (home / "reading.db").exists():
            forget(reading)
        learned = f"2026-01-0{number + 1}T00:00:00Z"
        told = [import_files(brought, db, learned=learned) for db in (recalling, reading)]
        assert told[0] == told[1]
        assert everything(recalling) == everything(reading)
    shutil.rmtree(home)


def test_files_of_known_bytes_are_not_read_again(tmp_path, db, monkeypatch):
    path = tmp_path / "list" / "cves.tar.gz"
    path.parent.mkdir()
    names = {n: f"cvelistV5-main/cves/CVE-2024-{n}.json" for n in (1001, 1002, 1003)}
    path.write_bytes(tarball({names[n]: json.dumps(cve(n)).encode() for n in names}))
    import_path(str(path), db, learned=DAY1)
    seen, report = read_in(db, path, monkeypatch, DAY2)
    assert (seen, [(f.records, f.changed) for f in report.feeds]) == ([], [(3, 0)])
    texts = {n: json.dumps(cve(n, "1.9" if n == 1002 else "1.4")).encode() for n in (1001, 1002)}
    path.write_bytes(tarball({names[n]: text for n, text in texts.items()}))
    seen, report = read_in(db, path, monkeypatch, DAY3)
    assert seen == ["CVE-2024-1002"]
    assert [(f.records, f.changed, f.gone) for f in report.feeds] == [(2, 1, 1)]


def csaf(cve_id):
    """A small VEX document."""
    tracking = {"id": cve_id, "current_release_date": "2024-02-01T00:00:00Z"}
    document = {
        "category": "csaf_vex",
        "csaf_version": "2.0",
        "publisher": {"name": "Red Hat Product Security"},
        "tracking": tracking,
    }
    return {"document": document, "vulnerabilities": [{"cve": cve_id}]}


def vex(cve_id):
    """A small document of Ubuntu's."""
    product = {"@id": "pkg:deb/ubuntu/crane@1.0?arch=source&distro=jammy"}
    said = {"vulnerability": {"name": cve_id}, "products": [product], "status": "affected"}
    return {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": f"canonical/ubuntu-security-notices/vex/{cve_id}.json",
        "timestamp": "2024-02-01T00:00:00Z",
        "statements": [said],
    }


@pytest.mark.parametrize(("document", "spelled"), [(csaf, str.lower), (vex, str)])
def test_documents_are_known_by_the_id_their_names_state(
    tmp_path, db, monkeypatch, document, spelled
):
    ids = ["CVE-2024-1001", "CVE-2024-1002"]
    texts = {f"{spelled(id_)}.json": json.dumps(document(id_)).encode() for id_ in ids}
    path = tmp_path / "vendor" / "all.tar.gz"
    path.parent.mkdir()
    path.write_bytes(tarball(texts))
    _, report = read_in(db, path, monkeypatch, DAY1)
    assert [feed.added for feed in report.feeds] == [2]
    seen, report = read_in(db, path, monkeypatch, DAY2)
    assert (seen, [(f.records, f.added) for f in report.feeds]) == ([], [(2, 0)])


def test_the_first_import_asks_nothing_of_records_that_have_no_index_yet(tmp_path, monkeypatch):
    """Asked archive by archive, the growing table would be read whole each time."""
    for number in (1, 2):
        path = tmp_path / f"feed/E{number}/all.zip"
        packed(path, [(f"GHSA-{number}.json", json.dumps(osv(f"GHSA-{number}")))])
    monkeypatch.setattr(recall, "HELD", "SELECT no_such FROM nowhere")
    db = str(tmp_path / "db")
    report = import_path(str(tmp_path / "feed"), db, learned=DAY1)
    assert [feed.added for feed in report.feeds] == [2]
    with pytest.raises(StoreError, match="nowhere"):
        import_path(str(tmp_path / "feed"), db, learned=DAY2)
