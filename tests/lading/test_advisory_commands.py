"""The `advisory` commands as a security team uses them: from finding to CVE, and on a terminal."""

import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from lading.main import main
from sbom.documents.own_schema import schema_faults

ROOT = Path(__file__).resolve().parents[2]
VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
FIX = "https://example.com/lib/commit/2c09e68ec911919360d5f8502cefc312f9e03c5d"
STATED = (
    "--package", "pkg:pypi/lib", "--range", "<2.0", "--summary", "It breaks out",
    "--details", "A crafted name.", "--severity", VECTOR, "--fix", FIX,
)  # fmt: skip
SBOM = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "components": [
        {"type": "library", "name": "lib", "version": "1.0", "purl": "pkg:pypi/lib@1.0"}
    ],
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LADING_DB", str(tmp_path / "store.db"))
    monkeypatch.setenv("LADING_AUTHOR", "Jo")
    monkeypatch.delenv("LADING_ADVISORY_PREFIX", raising=False)
    (tmp_path / "s.json").write_text(json.dumps(SBOM))
    return tmp_path


def run(capfd, *words, now=""):
    stated = ("--now", f"2026-{now}T00:00:00Z") if now else ()
    code = main(["advisory", *words, *stated])
    out, err = capfd.readouterr()
    return code, out, err


def findings(capfd, *words):
    assert main(["match", "s.json", "-o", "json", *words]) == 0
    document = json.loads(capfd.readouterr().out)
    return {f["id"]: f for f in document["findings"]}


def document(capfd, schema, *words):
    _, out, _ = run(capfd, *words, "-o", "json")
    found = json.loads(out)
    assert list(schema_faults(found, f"{schema}.schema.json")) == []
    return found


def test_everything_that_is_missing_is_told_at_once(here, capfd):
    code, _, err = run(capfd, "new", "--package", "pkg:pypi/lib", "--range", "<2", now="11-01")
    assert (code, err.count("\n")) == (2, 1)
    remedies = err.partition("(--")[2]
    for what in ("summary", "severity"):
        assert f"; {what}: " in err
        assert f"--{what} " in remedies
    assert err.startswith("lading: references: no evidence")


def test_from_the_finding_to_the_cve(here, capfd):
    assert run(capfd, "new", *STATED, "--embargo", "2026-12-01", now="11-01")[:2] == (
        0,
        "LDG-2026-0001\n",
    )
    assert set(findings(capfd)) == {"LDG-2026-0001"}
    code, _, err = run(capfd, "publish", "LDG-2026-0001", "--out", "pub", "--yes", now="11-02")
    assert (code, os.path.exists("pub")) == (2, False)
    assert "under embargo until 2026-12-01" in err
    assert (
        run(capfd, "publish", "LDG-2026-0001", "--out", "pub", "--site", "--yes", now="12-01")[0]
        == 0
    )
    assert main(["validate", "pub/LDG-2026-0001.json", "--kind", "osv"]) == 0
    capfd.readouterr()
    code, out, err = run(capfd, "link-cve", "LDG-2026-0001", "CVE-2026-1111", now="12-05")
    assert (code, out) == (0, "LDG-2026-0001: linked, also CVE-2026-1111\n")
    assert "not public yet" in err
    ((id_, finding),) = findings(capfd).items()
    assert (id_, finding["aliases"]) == ("CVE-2026-1111", ["LDG-2026-0001"])
    assert finding["first_seen"] == "2026-11-01T00:00:00Z"
    assert run(capfd, "publish", "LDG-2026-0001", "--out", "pub", "--yes", now="12-06")[0] == 0
    assert "CVE-2026-1111" in (here / "pub/LDG-2026-0001/index.html").read_text()
    assert document(capfd, "lead-time", "lead-time")["ids"][0]["date"] == "2026-11-01T00:00:00Z"


def test_a_statement_on_the_house_id_holds_under_the_cve(here, capfd):
    run(capfd, "new", *STATED, now="11-01")
    vex = ("vex", "create", "LDG-2026-0001", "--product", "pkg:pypi/lib@1.0", "--status", "not_affected",
           "--justification", "component_not_present", "-o", "openvex=v.json")  # fmt: skip
    assert main(list(vex)) == 0
    assert findings(capfd, "--vex", "v.json")["LDG-2026-0001"]["status"] == "not_affected"
    run(capfd, "link-cve", "LDG-2026-0001", "CVE-2026-1111", now="11-05")
    assert findings(capfd, "--vex", "v.json")["CVE-2026-1111"]["status"] == "not_affected"


def test_ids_are_reserved_and_written_later(here, capfd):
    assert run(capfd, "reserve", "--count", "2", "--prefix", "acme", now="11-01")[1] == (
        "LDG-ACME-2026-0001\nLDG-ACME-2026-0002\n"
    )
    assert (
        run(capfd, "new", "--id", "ldg-acme-2026-0002", *STATED, now="11-02")[1]
        == "LDG-ACME-2026-0002\n"
    )
    code, _, err = run(capfd, "new", "--id", "LDG-ACME-2026-0002", *STATED, now="11-03")
    assert (code, "revise" in err) == (2, True)
    rows = document(capfd, "advisories", "list")["advisories"]
    assert [(r["id"], r["state"], r["first_seen"][5:10]) for r in rows] == [
        ("LDG-ACME-2026-0001", "reserved", "11-01"),
        ("LDG-ACME-2026-0002", "reserved", "11-01"),
    ]
    shown = document(capfd, "advisory", "show", "LDG-ACME-2026-0002")
    assert [step["action"] for step in shown["history"]] == ["reserve", "draft"]


def test_the_prefix_of_the_environment_counts(here, capfd, monkeypatch):
    monkeypatch.setenv("LADING_ADVISORY_PREFIX", "LDG-ACME")
    assert run(capfd, "reserve", now="11-01")[1] == "LDG-ACME-2026-0001\n"
    monkeypatch.setenv("LADING_ADVISORY_PREFIX", "no way")
    assert run(capfd, "reserve")[0] == 2


@pytest.mark.parametrize(
    ("left_out", "told"),
    [
        ("--package", "--package PURL"),
        ("--range", "--package PURL and --range RANGE"),
        ("--summary", "--summary TEXT"),
        ("--severity", "--severity VECTOR"),
        ("--fix", "--fix URL, or --report URL"),
    ],
)
def test_new_refuses_what_lacks_its_evidence_and_gives_no_id_out(here, capfd, left_out, told):
    words = list(STATED)
    place = words.index(left_out)
    del words[place : place + 2]
    code, out, err = run(capfd, "new", *words, now="11-01")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert told in err
    assert run(capfd, "reserve", now="11-02")[1] == "LDG-2026-0001\n"


def test_a_script_without_an_author_is_told(here, capfd, monkeypatch):
    monkeypatch.delenv("LADING_AUTHOR")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    code, _, err = run(capfd, "new", *STATED)
    assert (code, "LADING_AUTHOR" in err) == (2, True)


def test_publishing_is_a_decision_and_publishing_again_changes_no_byte(here, capfd):
    run(capfd, "new", *STATED, now="11-01")
    run(capfd, "new", *STATED, "--summary", "A secret", now="11-01")
    code, _, err = run(capfd, "publish", "--out", "pub", now="11-02")
    assert (code, "nothing is public yet" in err) == (2, True)
    code, _, err = run(capfd, "publish", "LDG-2026-0001", "--out", "pub", now="11-02")
    assert (code, "--yes" in err) == (2, True)
    assert not os.path.exists("pub")
    assert (
        run(capfd, "publish", "LDG-2026-0001", "--out", "pub", "--site", "--yes", now="11-02")[0]
        == 0
    )

    def folder():
        return {str(p): p.read_bytes() for p in sorted((here / "pub").rglob("*")) if p.is_file()}

    before = folder()
    assert not any(b"secret" in data for data in before.values())
    for words in ((), ("LDG-2026-0001", "--yes"), ("--yes",)):
        assert run(capfd, "publish", *words, "--out", "pub", now="11-20")[0] == 0
        assert folder() == before
    run(capfd, "withdraw", "LDG-2026-0001", "--why", "works as meant", now="11-21")
    assert folder() == before
    code, _, err = run(capfd, "publish", "--out", "pub", now="11-22")
    assert (folder(), "has changes that are not public" in err) == (before, True)
    run(capfd, "publish", "LDG-2026-0001", "--out", "pub", "--yes", now="11-22")
    assert set(folder()) == set(before)
    assert b"works as meant" in (here / "pub/LDG-2026-0001.json").read_bytes()


def test_what_is_split_joined_disputed_and_withdrawn_stays_readable(here, capfd):
    run(capfd, "new", *STATED, now="11-01")
    run(capfd, "new", *STATED, now="11-01")
    assert run(capfd, "join", "LDG-2026-0001", "ldg-2026-0002", now="11-02")[0] == 0
    assert len(findings(capfd)) == 1
    assert (
        run(capfd, "unlink", "LDG-2026-0001", "LDG-2026-0002", "--why", "no", now="11-03")[0] == 0
    )
    code, out, _ = run(
        capfd, "split", "LDG-2026-0002", "--cve", "CVE-2026-1111", "--why", "two", now="11-04"
    )
    assert out.splitlines()[1:] == [
        "LDG-2026-0003: linked, also CVE-2026-1111",
        "LDG-2026-0004: reserved",
    ]
    assert run(capfd, "revise", "LDG-2026-0004", "--range", "<0.5", now="11-05")[0] == 0
    assert (
        run(capfd, "dispute", "LDG-2026-0003", "--by", "them", "--why", "no bug", now="11-05")[0]
        == 0
    )
    assert run(capfd, "withdraw", "LDG-2026-0001", "--why", "a duplicate", now="11-06")[0] == 0
    assert run(capfd, "link-cve", "LDG-2026-0004", "CVE-2026-2222", now="11-07")[0] == 0
    code, _, err = run(capfd, "join", "LDG-2026-0003", "LDG-2026-0004", now="11-08")
    assert (code, "two vulnerabilities" in err) == (2, True)
    states = {r["id"]: r["state"] for r in document(capfd, "advisories", "list")["advisories"]}
    assert list(states.values()) == ["withdrawn", "split", "disputed", "linked"]
    for id_, word in (
        ("LDG-2026-0001", "a duplicate"),
        ("LDG-2026-0002", "LDG-2026-0003, LDG-2026-0004"),
    ):
        assert word in run(capfd, "show", id_)[1]
    assert json.loads(run(capfd, "show", "LDG-2026-0003", "-o", "osv")[1])["related"] == [
        "LDG-2026-0002"
    ]
    assert main(["explain", "s.json", "LDG-2026-0001"]) == 0
    assert "withdrawn on 2026-11-06" in capfd.readouterr().out
    assert run(capfd, "list", "--state", "split")[1].count("LDG-") == 1


def test_lint_tells_of_the_store_and_of_foreign_folders(here, capfd):
    run(capfd, "reserve", now="11-01")
    run(capfd, "new", *STATED, "--embargo", "2026-11-05", now="11-01")
    assert run(capfd, "lint", now="11-02")[0] == 0
    code, out, _ = run(capfd, "lint", "--strict", now="11-06")
    assert (code, "its embargo ended on 2026-11-05" in out) == (1, True)
    (here / "osv").mkdir()
    (here / "osv" / "bad.json").write_text('{"id": "X-1", "modified": "2026-01-01T00:00:00Z"}')
    remarks = document(capfd, "remarks", "lint", "osv")["remarks"]
    assert (remarks[0]["level"], remarks[0]["place"]) == ("wrong", "affected")
    assert run(capfd, "lint", "osv")[0] == 1
    (here / "empty").mkdir()
    for bad in ("nowhere", "empty", "LDG-2026-0099"):
        code, out, err = run(capfd, "lint", bad)
        assert (code, out, err.count("\n")) == (2, "", 1)


def test_what_it_may_be_and_where_it_is_are_notes(here, capfd):
    record = json.dumps(
        {
            "id": "PYSEC-2026-1",
            "modified": "2026-10-01T00:00:00Z",
            "aliases": ["CVE-2026-1111"],
            "affected": [{
                "package": {"ecosystem": "PyPI", "name": "lib"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}],
            }],
            "references": [{"type": "FIX", "url": FIX}],
        }
    )  # fmt: skip
    (here / "feed").mkdir()
    (here / "feed" / "PYSEC-2026-1.json").write_text(record)
    assert main(["feeds", "import", "feed", "--learned", "2026-10-02"]) == 0
    capfd.readouterr()
    _, _, err = run(capfd, "new", *STATED, "--feeds", "feed", now="11-01")
    assert "note: may be CVE-2026-1111: lib was fixed in 2.0 there as well" in err
    assert "note: may be PYSEC-2026-1: it names the fix commit 2c09e68ec911" in err
    seen = document(capfd, "candidates", "suggest", "LDG-2026-0001")["candidates"]
    assert [(c["id"], c["strong"]) for c in seen] == [("CVE-2026-1111", True)]


def test_where_it_is_stored_is_a_note(here, capfd):
    from sbom.formats import read
    from sbom.store import keep

    for version in ("1.0", "3.0"):
        text = (here / "s.json").read_text().replace("1.0", version)
        keep(
            os.environ["LADING_DB"],
            read(text.encode(), "s.json"),
            text.encode(),
            "2026-10-01T00:00:00Z",
        )
    _, _, err = run(capfd, "new", *STATED, now="11-01")
    assert "1 of 2 stored SBOMs are affected, 1 more have its packages" in err
    _, _, err = run(capfd, "new", *STATED, "--package", "PyPI/libb", now="11-01")
    assert "1 of 2" in err
    _, _, err = run(capfd, "revise", "LDG-2026-0002", "--package", "PyPI/libb", now="11-02")
    assert "none of 2 stored SBOMs has its packages" in err


def test_the_house_is_no_feed_that_grows_old(here, capfd):
    (here / "feed").mkdir()
    other = {"id": "PYSEC-2026-1", "modified": "2026-10-01T00:00:00Z", "affected": []}
    (here / "feed" / "PYSEC-2026-1.json").write_text(json.dumps(other))
    assert main(["feeds", "import", "feed", "--learned", "2026-10-02"]) == 0
    run(capfd, "new", *STATED, now="11-01")
    (here / "old.yaml").write_text("name: old\nstages: {build: {stale_days: 1, unknowns: deny}}\n")
    main(["gate", "s.json", "--policy", "old.yaml", "--now", "2027-06-01"])
    out, err = capfd.readouterr()
    assert "feeds older than 1 day: osv:PYSEC" in out, err
    assert "house (" not in out


@pytest.mark.parametrize(
    "words",
    [
        ("show", "LDG-2026-0009"), ("show", "CVE-2026-1111"), ("withdraw", "LDG-2026-0001"),
        ("link-cve", "LDG-2026-0001", "1111"), ("dispute", "LDG-2026-0001"),
        ("revise", "LDG-2026-0001", "--range", "2"), ("new", "--record", "nothing.json"),
        ("new", *STATED, "--embargo", "soon"), ("publish", "LDG-2026-0001", "--out", "s.json", "--yes"),
        ("publish", "LDG-2026-0009", "--out", "pub", "--yes"), ("split", "LDG-2026-0001"),
        ("list", "-o", "yaml"), ("list", "--state", "lost"), ("reserve", "--count", "0"),
        ("lead-time", "--now", "x"), ("unlink", "LDG-2026-0001", "CVE-2026-1"),
        ("suggest", "LDG-2026-0009"), ("new", *STATED, "--now", "1999-99-99"),
        ("join", "LDG-2026-0001", "LDG-2026-0001"), ("publish", "LDG-2026-0001"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_and_leaves_everything_as_it_was(here, capfd, words):
    run(capfd, "new", *STATED, now="11-01")
    before = (here / "store.db").read_bytes()
    code, out, err = run(capfd, *words)
    assert (code, out) == (2, "")
    assert err.startswith("lading: ")
    assert err.count("\n") == 1
    assert (here / "store.db").read_bytes() == before


def test_a_server_keeps_the_book_and_no_password_is_told(here, capfd, monkeypatch, postgres):
    monkeypatch.setenv("LADING_DB", postgres)
    code, out, err = run(capfd, "new", *STATED, now="11-01")
    assert (code, out) == (0, "LDG-2026-0001\n")
    assert run(capfd, "link-cve", "LDG-2026-0001", "CVE-2026-1111", now="11-02")[0] == 0
    assert run(capfd, "publish", "LDG-2026-0001", "--out", "pub", "--yes", now="11-03")[0] == 0
    assert document(capfd, "advisories", "list")["advisories"][0]["state"] == "linked"
    code, out, more = run(capfd, "lead-time")
    assert code == 0
    assert "LDG-2026-0001" in out
    assert "secret" not in err + more


def test_without_a_store_every_reading_command_says_so(here, capfd):
    for words in (
        ("list",),
        ("show", "LDG-2026-0001"),
        ("lint",),
        ("lead-time",),
        ("suggest", "LDG-2026-0001"),
        ("publish", "--out", "pub"),
    ):
        code, _, err = run(capfd, *words)
        assert (code, err.count("\n")) == (2, 1)
    assert not (here / "store.db").exists()


def on_a_terminal(here, answers, *words):
    master, slave = pty.openpty()
    program = subprocess.Popen(
        [sys.executable, "-m", "lading", "advisory", *words],
        stdin=slave, stderr=slave, stdout=subprocess.PIPE, cwd=here,
        env={k: v for k, v in os.environ.items() if k != "LADING_AUTHOR"} | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    os.close(slave)
    os.write(master, "".join(f"{answer}\n" for answer in answers).encode())
    out, _ = program.communicate(timeout=60)
    shown = os.read(master, 65536).decode()
    os.close(master)
    return program.returncode, out.decode(), shown


def test_new_asks_on_a_terminal_for_what_is_missing(here, capfd):
    answers = [
        "PyPI/lib",
        "<2.0",
        "It breaks out",
        "",
        "",
        "1",
        "1",
        "1",
        "1",
        "1",
        "1",
        "high",
        "1",
        "",
        FIX,
        "Jo",
    ]
    code, out, shown = on_a_terminal(here, answers, "new", "--now", "2026-11-01")
    assert (code, out) == (0, "LDG-2026-0001\n"), shown
    record = json.loads(run(capfd, "show", "LDG-2026-0001", "-o", "osv")[1])
    assert record["severity"][0]["score"] == VECTOR
    assert record["references"] == [{"type": "REPORT", "url": FIX}]
    assert "details: it is empty" in shown


def test_publish_asks_on_a_terminal_for_each_and_no_is_no(here, capfd):
    run(capfd, "new", *STATED, now="11-01")
    run(capfd, "new", *STATED, "--summary", "Another", now="11-01")
    words = ("publish", "--out", "pub", "--author", "Jo", "--now", "2026-11-02")
    code, out, shown = on_a_terminal(here, ["no", "yes"], *words)
    assert (code, out) == (0, "LDG-2026-0002: published\n"), shown
    assert "Publish LDG-2026-0001 (It breaks out)?" in shown
    assert sorted(p.name for p in (here / "pub").glob("LDG*")) == ["LDG-2026-0002.json"]
