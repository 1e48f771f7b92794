"""The `vex` commands as people use them: files in, files out, exit codes, and a real terminal."""

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

ROOT = Path(__file__).resolve().parent.parent.parent
ADVISORIES = str(ROOT / "examples" / "advisories")
NOW = ("--now", "2024-03-01T00:00:00Z")
STATED = ("--author", "Acme", *NOW)
ABSENT = ("--status", "not_affected", "--justification", "component_not_present")
DJANGO = "pkg:pypi/django@3.2"
SHOP = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-b58921a69b79",
    "metadata": {
        "component": {
            "type": "container",
            "bom-ref": "shop",
            "name": "shop",
            "purl": "pkg:oci/shop@sha256%3A5b1f",
        }
    },
    "components": [
        {
            "type": "library",
            "bom-ref": "django",
            "name": "django",
            "version": "3.2",
            "purl": DJANGO,
        }
    ],
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LADING_AUTHOR", raising=False)
    (tmp_path / "shop.cdx.json").write_text(json.dumps(SHOP))
    return tmp_path


def run(capfd, *words):
    code = main(["vex", *words])
    out, err = capfd.readouterr()
    return code, out, err


def test_create_writes_a_valid_document_of_each_format(here, capfd):
    code, out, err = run(
        capfd, "create", "CVE-2022-28346", "--product", DJANGO, *ABSENT, *STATED,
        "--namespace", "https://acme.example.test",
        "-o", "openvex=a.json", "-o", "csaf=b.json", "-o", "cyclonedx=c.json",
    )  # fmt: skip
    assert (code, out, err) == (0, "", "")
    for name in ("a.json", "b.json", "c.json"):
        assert main(["validate", name, "--kind", "vex"]) == 0
    document = json.loads((here / "a.json").read_text())
    assert document["statements"][0]["timestamp"] == "2024-03-01T00:00:00Z"
    assert document["author"] == "Acme"


def test_create_from_a_finding_names_component_and_vulnerability(here, capfd):
    code, out, _ = run(capfd, "create", "--finding", DJANGO, "CVE-2022-28346", *ABSENT, *STATED)
    (statement,) = json.loads(out)["statements"]
    assert code == 0
    assert statement["products"][0]["@id"] == DJANGO
    assert statement["vulnerability"] == {"name": "CVE-2022-28346"}


def test_create_from_an_sbom_names_its_product_its_findings_and_all_ids(here, capfd):
    code, out, _ = run(
        capfd, "create", "--sbom", "shop.cdx.json", "--id", "CVE-2022-28346",
        "--advisories", ADVISORIES, *ABSENT, *STATED,
    )  # fmt: skip
    assert code == 0
    (statement,) = json.loads(out)["statements"]
    (product,) = statement["products"]
    assert product["@id"] == "pkg:oci/shop@sha256%3A5b1f"
    assert [each["@id"] for each in product["subcomponents"]] == [DJANGO]
    assert "PYSEC-2022-190" in statement["vulnerability"]["aliases"]
    (here / "made.json").write_text(out)
    # What was made of a finding decides that finding.
    code, out, _ = run(
        capfd, "why", "shop.cdx.json", "--vex", "made.json", "--advisories", ADVISORIES,
        "-o", "json",
    )  # fmt: skip
    (account,) = json.loads(out)["statements"]
    assert (code, account["miss"]) == (0, "")
    assert account["applied"] == [["CVE-2022-28346", DJANGO]]


@pytest.mark.parametrize("finding", ["CVE-2022-28346", f"CVE-2022-28346@{DJANGO}"])
def test_create_from_a_stored_run_needs_no_advisories(here, capfd, finding):
    stored = ("-o", "run=shop.run.json")
    assert main(["match", "shop.cdx.json", "--advisories", ADVISORIES, *stored]) == 0
    capfd.readouterr()
    words = ("--run", "shop.run.json", "--finding", finding, *ABSENT, *STATED)
    code, out, _ = run(capfd, "create", *words)
    assert code == 0
    (statement,) = json.loads(out)["statements"]
    (product,) = statement["products"]
    assert product["@id"] == "pkg:oci/shop@sha256%3A5b1f"
    assert [each["@id"] for each in product["subcomponents"]] == [DJANGO]
    assert "PYSEC-2022-190" in statement["vulnerability"]["aliases"]
    code, _, err = run(capfd, "create", "CVE-1", *words)
    assert (code, "two vulnerabilities" in err) == (2, True)
    code, _, err = run(capfd, "create", "--sbom", "shop.cdx.json", *words)
    assert (code, "--sbom and --run" in err) == (2, True)


def test_a_statement_with_a_last_day_ends(here, capfd):
    words = ("CVE-2022-28346", "--product", DJANGO, *ABSENT, *STATED, "--until")
    code, out, _ = run(capfd, "create", *words, "2024-06-30")
    assert code == 0
    (here / "made.json").write_text(out)
    why = ("why", "shop.cdx.json", "--vex", "made.json", "--advisories", ADVISORIES, "--now")
    _, out, _ = run(capfd, *why, "2024-06-30T12:00:00Z")
    assert "until 2024-06-30" in out
    _, out, _ = run(capfd, *why, "2024-07-01T00:00:00Z")
    assert "decides nothing (expired): it was valid until 2024-06-30" in out
    code, _, err = run(capfd, "create", *words, "next week")
    assert (code, "no day" in err) == (2, True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "the vulnerability is missing"),
        (("CVE-1",), "the product is missing"),
        (("CVE-1", "--product", DJANGO), "the status is missing"),
        (("CVE-1", "--product", DJANGO, *ABSENT), "--author"),
        (("CVE-1", "--product", DJANGO, "--status", "affected", *STATED), "--action"),
        (
            ("CVE-1", "--product", DJANGO, "--status", "not_affected", *STATED),
            "--justification",
        ),
        (("CVE-1", "--product", "pkg:npm/", *ABSENT, *STATED), "pkg:TYPE/NAME"),
        (("CVE-1", "--product", DJANGO, *ABSENT, *STATED, "-o", "csaf"), "--namespace"),
        (
            ("--sbom", "shop.cdx.json", "--id", "CVE-1", "--advisories", ADVISORIES,
             *ABSENT, *STATED),
            "no finding",
        ),
    ],
)  # fmt: skip
def test_create_tells_what_is_missing_or_contradicts(here, capfd, words, told, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    code, out, err = run(capfd, "create", *words)
    assert (code, out) == (2, "")
    assert told in err
    assert err.count("\n") == 1


def test_create_is_the_same_bytes_each_time(here, capfd):
    words = ("create", "CVE-2022-28346", "--product", DJANGO, *ABSENT, *STATED)
    assert run(capfd, *words) == run(capfd, *words)


def test_create_asks_on_a_terminal_only_what_is_missing(here):
    master, slave = pty.openpty()
    program = subprocess.Popen(
        [sys.executable, "-m", "lading", "vex", "create", "CVE-2022-28346", *STATED],
        stdin=slave,
        stderr=slave,
        stdout=subprocess.PIPE,
        cwd=here,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    os.close(slave)
    os.write(master, f"{DJANGO}\n\nnever\n1\n3\n".encode())
    out, _ = program.communicate(timeout=60)
    shown = os.read(master, 65536).decode()
    os.close(master)
    assert program.returncode == 0
    (statement,) = json.loads(out)["statements"]
    assert statement["products"][0]["@id"] == DJANGO
    assert statement["status"] == "not_affected"
    assert statement["justification"] == "vulnerable_code_not_in_execute_path"
    assert "Author" not in shown
    assert "never is none of them" in shown


def test_add_makes_the_next_version_and_keeps_what_was_there(here, capfd):
    run(
        capfd,
        "create",
        "CVE-2022-28346",
        "--product",
        DJANGO,
        *ABSENT,
        *STATED,
        "-o",
        "openvex=a.json",
    )
    before = json.loads((here / "a.json").read_text())
    before["statements"][0]["x-ours"] = "kept"
    del before["statements"][0]["timestamp"]
    (here / "a.json").write_text(json.dumps(before))
    code, out, err = run(
        capfd, "add", "a.json", "CVE-2024-0002", "--product", DJANGO, "--status", "fixed",
        "--now", "2024-04-01T00:00:00Z",
    )  # fmt: skip
    assert (code, out, err) == (0, "", "")
    after = json.loads((here / "a.json").read_text())
    assert after["statements"][0] == before["statements"][0]
    assert after["statements"][1]["timestamp"] == "2024-04-01T00:00:00Z"
    assert (after["version"], after["last_updated"]) == (2, "2024-04-01T00:00:00Z")
    assert (after["@id"], after["timestamp"]) == (before["@id"], before["timestamp"])
    assert main(["vex", "lint", "a.json"]) == 0


def test_add_names_another_author_and_refuses_other_formats(here, capfd):
    words = ("create", "CVE-2022-28346", "--product", DJANGO, *ABSENT, *STATED)
    run(capfd, *words, "-o", "openvex=a.json", "-o", "cyclonedx=c.json")
    fixed = ("CVE-2024-0002", "--product", DJANGO, "--status", "fixed", "--author", "Bo", *NOW)
    assert run(capfd, "add", "a.json", *fixed)[0] == 0
    document = json.loads((here / "a.json").read_text())
    assert document["author"] == "Acme"
    assert document["statements"][1]["status_notes"] == "Stated by Bo."
    code, _, err = run(capfd, "add", "c.json", *fixed)
    assert code == 2
    assert "convert" in err


def test_lint_exits_1_for_what_is_wrong_and_with_strict_for_what_is_doubtful(here, capfd):
    words = ("create", "--product", DJANGO, *ABSENT, *STATED)
    run(capfd, *words, "CVE-2022-28346", "-o", "openvex=good.json")
    run(capfd, *words, "ACME-1", "-o", "openvex=doubtful.json")
    run(
        capfd,
        "create",
        "CVE-2022-28346",
        "--product",
        "pkg:pypi/django",
        *ABSENT,
        *STATED,
        "-o",
        "openvex=wrong.json",
    )
    assert run(capfd, "lint", "good.json")[:2] == (0, "good.json: nothing to remark\n")
    assert run(capfd, "lint", "doubtful.json")[0] == 0
    assert run(capfd, "lint", "doubtful.json", "--strict")[0] == 1
    code, out, _ = run(capfd, "lint", "good.json", "wrong.json")
    assert code == 1
    assert "wrong.json: wrong: statements[0]: pkg:pypi/django has no version" in out
    (here / "none.json").write_text("{}")
    assert run(capfd, "lint", "none.json")[0] == 2


def test_why_tells_the_nearest_miss_of_each_statement(here, capfd):
    made = {
        "product": ("--product", "pkg:pypi/flask@3.2"),
        "version": ("--product", "pkg:pypi/django@3.1"),
        "qualifier": ("--product", f"{DJANGO}?file_name=x.whl"),
        "subcomponent": (
            "--product",
            "pkg:oci/shop@sha256%3A5b1f",
            "--subcomponent",
            "pkg:npm/x@1",
        ),
        "": ("--product", DJANGO),
    }
    for name, product in made.items():
        words = (
            "create",
            "CVE-2022-28346",
            *product,
            *ABSENT,
            *STATED,
            "-o",
            f"openvex={name}.json",
        )
        assert run(capfd, *words)[0] == 0
    run(
        capfd,
        "create",
        "CVE-1999-0001",
        "--product",
        DJANGO,
        *ABSENT,
        *STATED,
        "-o",
        "openvex=vulnerability.json",
    )
    run(
        capfd, "create", "CVE-2022-28346", "--product", DJANGO, *ABSENT, "--author", "Acme",
        "--now", "2024-01-01T00:00:00Z", "-o", "openvex=superseded.json",
    )  # fmt: skip
    for name in ("", "superseded", "vulnerability", *made):
        vex = ("--vex", f"{name}.json", *(("--vex", ".json") if name == "superseded" else ()))
        code, out, _ = run(
            capfd, "why", "shop.cdx.json", *vex, "--advisories", ADVISORIES, "-o", "json"
        )
        assert code == 0
        assert not list(schema_faults(json.loads(out), "accounts.schema.json"))
        assert json.loads(out)["statements"][0]["miss"] == name
    code, out, _ = run(
        capfd, "why", "shop.cdx.json", "--vex", ".json", "--vex", "version.json",
        "--advisories", ADVISORIES,
    )  # fmt: skip
    assert out.startswith("1 of 2 statements decide a finding.\n")
    assert f"decides CVE-2022-28346 in {DJANGO}" in out
    assert "decides nothing (version): 3.1 is not 3.2" in out


def test_merge_is_the_same_bytes_in_any_order_and_has_everything(here, capfd):
    for number, author in ((1, "Acme"), (2, "Bo"), (3, "Acme")):
        run(
            capfd, "create", f"CVE-2024-000{number}", "--product", DJANGO, *ABSENT,
            "--author", author, *NOW, "-o", f"openvex={number}.json",
            "-o", f"cyclonedx={number}.cdx.json",
        )  # fmt: skip
    one = run(capfd, "merge", "1.json", "2.json", "3.cdx.json", "2.cdx.json", *NOW)
    other = run(capfd, "merge", "3.cdx.json", "2.cdx.json", "2.json", "1.json", *NOW)
    assert one == other
    code, out, err = one
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert document["author"] == "Acme; Bo"
    names = [each["vulnerability"]["name"] for each in document["statements"]]
    assert sorted(names) == ["CVE-2024-0001", "CVE-2024-0002", "CVE-2024-0003"]


def test_convert_there_and_back_keeps_the_statements(here, capfd):
    run(
        capfd,
        "create",
        "CVE-2022-28346",
        "--product",
        DJANGO,
        *ABSENT,
        *STATED,
        "-o",
        "openvex=a.json",
    )
    namespace = ("--namespace", "https://acme.example.test", *NOW)
    assert run(capfd, "convert", "a.json", "-o", "csaf=b.json", *namespace)[0] == 0
    assert run(capfd, "convert", "b.json", "-o", "cyclonedx=c.json", *namespace)[0] == 0
    assert run(capfd, "convert", "c.json", "-o", "openvex=d.json", *namespace)[0] == 0
    first, last = (json.loads((here / name).read_text()) for name in ("a.json", "d.json"))
    assert last["statements"] == first["statements"]
    assert last["author"] == first["author"]


def test_convert_tells_what_the_format_cannot_say_and_exits_1(here, capfd):
    for status, time in (("under_investigation", "2024-01-01"), ("fixed", "2024-02-01")):
        run(
            capfd, "create", "CVE-2022-28346", "--product", DJANGO, "--status", status,
            "--author", "Acme", "--now", time, "-o", f"openvex={status}.json",
        )  # fmt: skip
    run(capfd, "merge", "under_investigation.json", "fixed.json", *NOW, "-o", "openvex=both.json")
    code, _, err = run(
        capfd, "convert", "both.json", "-o", "csaf=out.json", "--namespace", "https://a.test", *NOW
    )
    assert code == 1
    assert "cannot say this of pkg:pypi/django@3.2" in err
    status = json.loads((here / "out.json").read_text())["vulnerabilities"][0]["product_status"]
    assert list(status) == ["fixed"]


def test_validate_recognises_cyclonedx_vex(here, capfd):
    run(
        capfd,
        "create",
        "CVE-2022-28346",
        "--product",
        DJANGO,
        *ABSENT,
        *STATED,
        "-o",
        "cyclonedx=c.json",
    )
    assert main(["validate", "c.json"]) == 0
    assert main(["validate", "shop.cdx.json"]) == 0
    out, _ = capfd.readouterr()
    assert out == "c.json: valid (vex)\nshop.cdx.json: valid (sbom)\n"
