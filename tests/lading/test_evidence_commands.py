"""Evidence as its users meet it: export from stores empty and full, and verify years later."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

ROOT = Path(__file__).resolve().parents[2]
LADING = Path(sys.executable).with_name("lading")
NOW = ("--now", "2026-11-23T00:00:00Z")
PERIOD = ("--period", "2026-11")


def lading(*words, code=0, cwd=None):
    done = subprocess.run(
        [LADING, *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, "LADING_KEY_PASSWORD": ""},
    )
    assert done.returncode == code, (done.stdout, done.stderr)
    if code == 2:
        assert done.stderr.count("\n") == 1
        return done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    for name in ("house", "other"):
        lading("key", "create", folder / name)
    return folder


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """A store with two images, judged at every stage; the second one is another's."""
    folder = tmp_path_factory.mktemp("full")
    store = folder / "store.db"
    subprocess.run([sys.executable, ROOT / "examples/make_image.py", folder / "shop"], check=True)
    (folder / "base").mkdir()
    layers = ROOT / "tests/sbom"
    script = "import sys; from pathlib import Path; from make_image import *; "
    script += "write_layout(Path(sys.argv[1]), files_of([tar(('etc/os-release', b'ID=debian'))]))"
    subprocess.run(
        [sys.executable, "-c", script, folder / "base"],
        check=True,
        env={**os.environ, "PYTHONPATH": f"{layers}:{ROOT}"},
    )
    learned = ("--learned", "2026-11-08T00:00:00Z")
    lading("feeds", "import", ROOT / "examples/advisories", "--db", store, *learned)
    for name in ("shop", "base"):
        for number, stage in enumerate(("build", "registry", "deploy"), 10):
            words = ("scan", f"oci:{folder / name}", "--db", store, "--stage", stage)
            words += ("--policy", "audit-only" if name == "base" else "strict", "-o", "json")
            words += ("--now", f"2026-11-{number}T00:00:00Z")
            lading(*words, code=0 if name == "base" else 1)
    return store


def measures(folder):
    document = json.loads((folder / "measures.json").read_text())
    schema = json.loads((ROOT / "schemas/evidence-measures.schema.json").read_text())
    jsonschema.validate(document, schema)
    rows = {row["id"]: row for each in document["frameworks"] for row in each["controls"]}
    return document, rows


def test_of_an_empty_store_nothing_is_met(tmp_path):
    out = tmp_path / "bundle"
    told = lading("evidence", "export", "--out", out, *PERIOD, *NOW, "--db", tmp_path / "no.db")
    assert "0 images" in told
    assert "not signed" in told
    document, rows = measures(out)
    assert {row["status"] for row in rows.values()} == {"not met", "out of scope"}
    assert document["denominator"]["inventories"] == []
    assert not (tmp_path / "no.db").exists()
    assert "right" in lading("evidence", "verify", out, "--unsigned")


def test_a_store_is_exported_signed_and_verified(full, keys, tmp_path):
    inventory = tmp_path / "running.txt"
    inventory.write_text("docker.io/library/nginx:1.27\n")
    words = ("evidence", "export", *PERIOD, *NOW, "--db", full, "--sign", keys / "house.key")
    words += ("--inventory", inventory)
    told = lading(*words, "--out", tmp_path / "one")
    assert "3 images, 1 never scanned" in told
    _, rows = measures(tmp_path / "one")
    numbers = {id_: row["number"] for id_, row in rows.items() if row["number"]}
    assert [numbers["cra_annex-1-2.1a"][each] for each in ("counted", "of")] == [2, 3]
    assert [numbers["sp800-190_4.1.1-2"][each] for each in ("counted", "of")] == [0, 1]
    assert [numbers["ssdf_RV.1.1"][each] for each in ("counted", "of")] == [8, 23]
    assert rows["cra_annex-1-2.1a"]["status"] == "partly"
    assert rows["sp800-190_4.1.1-2"]["status"] == "not met"

    lading(*words, "--out", tmp_path / "two")
    same = subprocess.run(["diff", "-r", tmp_path / "one", tmp_path / "two"], check=False)
    assert same.returncode == 0

    verify = ("evidence", "verify", tmp_path / "one")
    assert "signed by house.pub" in lading(*verify, "--key", keys / "house.pub")
    assert "no trusted key" in lading(*verify, "--key", keys / "other.pub", code=1)
    trust = keys / "trust.yaml"
    trust.write_text("keys:\n- {name: auditor, key: house.pub, for: [evidence]}\n")
    found = json.loads(lading(*verify, "--key", trust, "-o", "json"))
    schema = json.loads((ROOT / "schemas/evidence-verification.schema.json").read_text())
    jsonschema.validate(found, schema)
    assert found["keys"] == ["auditor"]

    page = tmp_path / "one/report.html"
    page.write_bytes(page.read_bytes().replace(b"not met", b"all met", 1))
    (tmp_path / "one/records/judged.csv").unlink()
    (tmp_path / "one/more.txt").touch()
    os.symlink(page, tmp_path / "one/link")
    told = lading(*verify, "--key", keys / "house.pub", code=1)
    assert "wrong: 4 faults" in told
    assert "report.html: has other content" in told
    assert "records/judged.csv: is missing" in told
    assert "more.txt: is in no manifest" in told
    assert "link: is in no manifest" in told
    (tmp_path / "one/manifest.json").write_text("{")
    lading(*verify, "--key", keys / "house.pub", code=2)


def test_documents_scope_and_yardsticks(full, tmp_path):
    out = tmp_path / "bundle"
    words = ("evidence", "export", *NOW, "--period", "2026-11-01..2026-11-23", "--db", full)
    told = lading(
        *words, "--out", out, "--scope", "base*", "--documents", "--yardstick", "verdict_days=2",
        "-o", "json",
    )  # fmt: skip
    document, rows = measures(out)
    assert json.loads(told) == document
    assert document["denominator"]["images"] == 1
    assert document["yardstick"]["verdict_days"] == 2
    assert "older than 2 days" in rows["sp800-190_4.1.2-2"]["gap"]
    assert rows["cisa-2026_component-name"]["status"] != "met"
    assert len(list((out / "records/sboms").iterdir())) == 1
    assert len(list((out / "records/verdicts").iterdir())) == 3
    assert "right" in lading("evidence", "verify", out, "--unsigned")


def test_signed_verdicts_count_by_the_keys_that_are_trusted(full, keys, tmp_path):
    words = ("gate", f"oci:{full.parent / 'base'}", "--db", full, "--policy", "audit-only")
    words += ("--stage", "deploy", "--sign", keys / "house.key", "--now", "2026-11-14T00:00:00Z")
    (tmp_path / "signed").mkdir()
    lading(*words, "--attestation", tmp_path / "signed/base.json", "-o", "json")
    export = ("evidence", "export", *PERIOD, *NOW, "--db", full, "--attestation")
    for key, counted, problems in (("house", 1, 0), ("other", 0, 1)):
        out = tmp_path / key
        lading(*export, tmp_path / "signed", "--trust", keys / f"{key}.pub", "--out", out)
        document, rows = measures(out)
        assert rows["sp800-190_4.1.5-3"]["number"]["counted"] == counted
        assert [each["where"] for each in document["problems"]] == ["base.json"] * problems


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--period", "2026-13"), "no period"),
        (("--period", "2027"), "it has not begun"),
        ((*PERIOD, "--yardstick", "x=1"), "one of score"),
        ((*PERIOD, "--yardstick", "fix_days=soon"), "--yardstick"),
        ((*PERIOD, "--yardstick", "fix_days=-1"), "less than nothing"),
        ((*PERIOD, "--trust", "x.pub"), "go together"),
        ((*PERIOD, "--inventory", "no.json"), "cannot be read"),
        ((*PERIOD, "--registry", "not a name"), "no name of an image"),
        ((*PERIOD, "--sign", "no.key"), "no.key"),
        ((*PERIOD, "-o", "xml"), "unknown format"),
    ],
)
def test_bad_calls_are_one_line_and_write_nothing(words, told, tmp_path):
    out = tmp_path / "bundle"
    call = ("evidence", "export", "--out", out, *NOW, *words, "--db", tmp_path / "s.db")
    assert told in lading(*call, code=2, cwd=tmp_path)
    assert not list(tmp_path.iterdir())


def test_nothing_is_written_over_and_nothing_else_is_verified(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there/file").touch()
    export = ("evidence", "export", *PERIOD, *NOW, "--db", tmp_path / "s.db", "--out")
    assert "something is there" in lading(*export, tmp_path / "there", code=2)
    assert "something is there" in lading(*export, tmp_path / "there/file", code=2)
    assert "no manifest.json" in lading("evidence", "verify", tmp_path, "--unsigned", code=2)
    assert "no folder" in lading("evidence", "verify", tmp_path / "x", "--unsigned", code=2)
    assert "whose signature" in lading("evidence", "verify", tmp_path, code=2)
    (tmp_path / "empty").mkdir()
    lading(*export, tmp_path / "empty")
