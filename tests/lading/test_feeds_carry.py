"""`feeds export` and `feeds import` of its files, as a user meets them: one line where it is wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/sbom"))
from registries import KINDS, run_kind  # noqa: E402

RECORD = {
    "id": "GHSA-aaaa-bbbb-cccc",
    "modified": "2026-01-01T00:00:00Z",
    "aliases": ["CVE-2026-0001"],
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "lib"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}],
        }
    ],
}
SBOM = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "components": [
        {"type": "library", "name": "lib", "version": "1.0", "purl": "pkg:pypi/lib@1.0"}
    ],
}


@pytest.fixture
def run(tmp_path):
    """The program as another process, with a cache of its own."""
    (tmp_path / "feeds").mkdir()
    (tmp_path / "feeds/a.json").write_text(json.dumps(RECORD))
    (tmp_path / "app.cdx.json").write_text(json.dumps(SBOM))

    def call(*words, code=0, cache="cache"):
        given = {"LADING_CACHE": str(tmp_path / cache), "XDG_DATA_HOME": str(tmp_path / "data")}
        known = {k: v for k, v in os.environ.items() if not k.startswith("LADING_")}
        command = [sys.executable, "-m", "lading", *words]
        environment = known | given | {"PYTHONPATH": str(ROOT), "LADING_KEY_PASSWORD": "x"}
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout if not code else done.stderr

    return call


def imported(run, db="here.db", day="2026-10-01"):
    return run("feeds", "import", "feeds", "--learned", day, "--db", db)


def test_a_set_crosses_an_air_gap_signed(run, tmp_path):
    imported(run)
    run("key", "create", "k")
    key = next(name for name in os.listdir(tmp_path) if name.endswith(".pub"))
    private = next(n for n in os.listdir(tmp_path) if n.startswith("k.") and n != key)
    told = run("feeds", "export", "x.set", "--sign", private, "--db", "here.db")
    assert "its whole history" in told
    told = run("feeds", "import", "x.set", "--key", key, "--db", "there.db")
    assert "1 new state of 1" in told
    assert f"signed by {key}" in told
    assert "not verified" in run("feeds", "import", "x.set", "--db", "third.db")
    first = run("match", "app.cdx.json", "-o", "json", "--db", "here.db")
    assert run("match", "app.cdx.json", "-o", "json", "--db", "there.db") == first
    assert "GHSA-aaaa-bbbb-cccc" in first or "CVE-2026-0001" in first


def test_what_is_wrong_is_one_line_and_nothing_is_written(run, tmp_path):
    imported(run)
    run("key", "create", "k")
    key = next(name for name in os.listdir(tmp_path) if name.endswith(".pub"))
    run("feeds", "export", "x.set", "--db", "here.db")
    wrong = [
        ("feeds", "import", "x.set", "--key", key, "--db", "no.db"),
        ("feeds", "import", "x.set", "--learned", "2026-01-01", "--db", "no.db"),
        ("feeds", "import", "feeds", "--key", key, "--db", "no.db"),
        ("feeds", "export", "y.set", "--since", "2020-01-01", "--db", "here.db"),
        ("feeds", "export", "y.set", "--db", "no.db"),
        ("feeds", "export", "nowhere/y.set", "--db", "here.db"),
        ("feeds", "import", "oci://127.0.0.1:1/x:1", "--db", "no.db"),
    ]
    for words in wrong:
        assert run(*words, code=2).count("\n") == 1
    assert not (tmp_path / "no.db").exists()
    assert not (tmp_path / "y.set").exists()


def test_a_delta_names_the_state_it_needs(run):
    imported(run)
    state = json.loads(run("feeds", "log", "-o", "json", "--db", "here.db"))["states"][0]
    imported(run, day="2026-10-02")
    run("feeds", "export", "d.set", "--since", "2026-10-01", "--db", "here.db")
    told = run("feeds", "import", "d.set", "--db", "no.db", code=2)
    assert state["digest"][:19] in told


@pytest.mark.parametrize("kind", KINDS)
def test_a_set_goes_by_a_registry(run, tmp_path, kind):
    imported(run)
    (tmp_path / "registry").mkdir()
    with run_kind(kind, tmp_path / "registry") as address:
        name = f"{address}/sets/advisories:latest"
        told = run("feeds", "export", "x.set", "--push", name, "--insecure", "--db", "here.db")
        assert f"pushed to {name} (sha256:" in told
        again = run("feeds", "export", "x.set", "--push", name, "--insecure", "--db", "here.db")
        assert again == told
        for place, db in ((f"oci://{name}", "b.db"), (name, "c.db")):
            told = run("feeds", "import", place, "--insecure", "--db", db)
            assert "1 new state of 1" in told
    first = run("feeds", "status", "-o", "json", "--db", "here.db")
    assert run("feeds", "status", "-o", "json", "--db", "b.db") == first


def test_a_large_file_goes_up_in_chunks(tmp_path):
    from sbom.registry import artefacts
    from sbom.web.access import Access

    (tmp_path / "registry").mkdir()
    data = bytes(range(256)) * 5000
    (tmp_path / "file").write_bytes(data)
    with pytest.MonkeyPatch.context() as patch, run_kind("crane", tmp_path / "registry") as at:
        patch.setattr(artefacts, "CHUNK", 300_000)
        access = Access(insecure=True)
        name = f"{at}/big/file:1"
        pushed = artefacts.push_file(str(tmp_path / "file"), name, "a/b", {}, access)
        assert artefacts.pull_file(name, "a/b", str(tmp_path / "back"), access) == pushed
    assert (tmp_path / "back").read_bytes() == data


def test_a_store_on_postgresql_serves_every_machine_the_same(run, postgres):
    imported(run)
    imported(run, db=postgres)
    for words in (
        ("match", "app.cdx.json", "-o", "json"),
        ("explain", "app.cdx.json", "CVE-2026-0001"),
        ("feeds", "log", "-o", "json"),
        ("match", "app.cdx.json", "-o", "json", "--as-of", "2026-10-01"),
    ):
        first = run(*words, "--db", "here.db")
        assert run(*words, "--db", postgres, cache="another") == first
    told = run("doctor", "--now", "2026-10-02", "--db", postgres)
    assert "advisory set on this machine: " in told
    assert "another" not in told
    assert "secret" not in told
