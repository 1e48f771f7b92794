"""A base image in the store is known for what is built on it: policies may tell base from own."""

import json

import pytest
from attested import ADVISORY, NOW, lading
from make_image import OS_RELEASE, dumped, files_of, tar, write_layout

LAYERS = (
    tar(
        ("etc/os-release", OS_RELEASE),
        ("usr/lib/node_modules/left/package.json", dumped({"name": "left", "version": "1.0.0"})),
    ),
    tar(("app/package.json", dumped({"name": "right", "version": "1.0.0"}))),
)
SOFT_ON_THE_BASE = """name: ours
stages:
  build:
    score: 7.0
    layers: {base: warn}
    unknowns: warn
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LADING_DB", str(tmp_path / "store.db"))
    (tmp_path / "advisories").mkdir()
    (tmp_path / "advisories" / "a.json").write_text(json.dumps(ADVISORY))
    (tmp_path / "policy.yaml").write_text(SOFT_ON_THE_BASE)
    lading("feeds", "import", "advisories")
    write_layout(tmp_path / "base", files_of(LAYERS[:1]))
    write_layout(tmp_path / "app", files_of(LAYERS))
    return tmp_path


def gate(code):
    done = lading(
        "gate", "oci:app", "--policy", "policy.yaml", "--now", NOW, "-o", "json", code=code
    )
    (decision,) = [d for d in json.loads(done.stdout)["verdict"]["decisions"] if d["id"]]
    return decision["answer"]


def test_a_kept_base_softens_what_is_the_bases(here):
    assert gate(code=1) == "deny"
    lading("scan", "oci:base")
    assert gate(code=0) == "warn"


def test_a_named_base_does_so_without_being_kept(here):
    words = ("gate", "oci:app", "--policy", "policy.yaml", "--now", NOW)
    lading(*words, code=1)
    lading(*words, "--base", "oci:base", code=0)
    told = lading(*words, "--base", "oci:app", code=2).stderr.decode()
    assert "is not built on it" in told


def test_without_a_policy_the_store_is_not_asked(here):
    lading("scan", "oci:base")
    document = json.loads(lading("match", "oci:app", "-o", "json").stdout)
    assert "verdict" not in document
