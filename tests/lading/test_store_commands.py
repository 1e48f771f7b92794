"""The store as users meet it: list, forget, doctor, and images that are known already."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

ROOT = Path(__file__).resolve().parents[2]
LADING = Path(sys.executable).with_name("lading")
ADVISORIES = ("--advisories", str(ROOT / "examples/advisories"))


def lading(*words, code=0, **env):
    done = subprocess.run(
        [LADING, *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **env},
    )
    assert done.returncode == code, done.stderr
    if code == 2:
        assert done.stderr.count("\n") == 1
        return done.stderr
    assert done.stderr == ""
    return done.stdout


def document(kind, text):
    found = json.loads(text)
    schema = json.loads((ROOT / f"schemas/{kind}.schema.json").read_text())
    jsonschema.validate(found, schema, format_checker=jsonschema.FormatChecker())
    return found


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored") / "image"
    subprocess.run([sys.executable, ROOT / "examples/make_image.py", folder], check=True)
    return folder


@pytest.fixture
def kept(image, store):
    """A store with the example image in it, of three days."""
    for day in (1, 2, 3):
        name = image.with_name(f"day{day}")
        if not name.exists():
            name.symlink_to(image)
        now = f"2026-11-0{day}T00:00:00Z"
        lading("scan", f"oci:{name}", *ADVISORIES, "--db", store, "--now", now)
    return store


def test_what_is_kept_is_listed_shown_and_forgotten(kept):
    said = lading("doctor", "--db", kept, code=1)
    assert f"{'PostgreSQL' if '://' in kept else 'SQLite'}, layout " in said
    assert "SBOMs kept: 3, of " in said
    assert "layer results kept: " in said
    assert "secret" not in said

    listed = document("sboms", lading("sbom", "list", "--db", kept, "-o", "json"))["sboms"]
    assert [each["kept_at"][:10] for each in listed] == ["2026-11-03", "2026-11-02", "2026-11-01"]
    table = lading("sbom", "list", "--db", kept, "--name", "day2*")
    assert "in all: 1" in table
    assert listed[1]["digest"][:19] in table
    assert "in all: 3" in lading("sbom", "list", "--db", kept, "--holds", "lodash")
    assert "in all: 0" in lading("sbom", "list", "--db", kept, "--holds", "left-pad")
    digest = listed[0]["digest"]
    assert "lodash" in lading("sbom", "show", digest, "--db", kept)

    trial = ("sbom", "forget", "--older-than", "36h", "--now", "2026-11-03", "--db", kept)
    would = document("forgotten", lading(*trial, "--dry-run", "-o", "json"))
    assert (len(would["sboms"]), would["components"], would["dry_run"]) == (1, 0, True)
    assert "would forget: 1 SBOMs" in lading(*trial, "--dry-run")
    assert "in all: 3" in lading("sbom", "list", "--db", kept)
    assert "forgotten: 1 SBOMs" in lading(*trial)
    told = document("forgotten", lading("sbom", "forget", digest[:20], "--db", kept, "-o", "json"))
    assert [each["digest"] for each in told["sboms"]] == [digest]
    last = lading("sbom", "forget", listed[1]["digest"], "--db", kept)
    assert "forgotten: 1 SBOMs, 0 components" not in last
    assert "no such SBOM" in lading("sbom", "show", digest, "--db", kept, code=2)


def test_output_is_the_same_with_and_without_what_is_known(image, store):
    for words in (("sbom", "generate"), ("match", *ADVISORIES)):
        fresh = lading(*words, f"oci:{image}", "--no-cache", "--db", store)
        for _ in range(2):
            assert lading(*words, f"oci:{image}", "--db", store) == fresh


def test_no_cache_neither_reads_nor_keeps(image, tmp_path):
    store = tmp_path / "none.db"
    lading("sbom", "generate", f"oci:{image}", "--no-cache", "--db", store)
    assert not store.exists()
    lading("sbom", "generate", f"oci:{image}", LADING_DB=str(store))
    assert store.exists()


def test_a_store_out_of_order_does_not_keep_an_image_from_being_read(image, tmp_path):
    store = tmp_path / "broken.db"
    store.write_text("this is no database, however long it is made to be" * 20)
    done = subprocess.run(
        [LADING, "sbom", "generate", f"oci:{image}", "--db", store],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == lading("sbom", "generate", f"oci:{image}", "--no-cache")
    assert done.stderr.startswith("lading: what was read is not kept: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "nothing says what to forget"),
        (("--name", "*"), "nothing says what to forget"),
        (("--older-than", "90"), "no age"),
        (("--older-than", "-1d"), "no age"),
        (("--older-than", "999999w"), "too long ago"),
        (("abcdef", "--keep-last", "1"), "digests and a rule"),
        (("abc",), "too short"),
        (("abcdef",), "no such SBOM"),
        (("--keep-last", "-1"), "keep-last"),
    ],
)
def test_what_cannot_be_forgotten_is_one_line(tmp_path, words, why):
    store = tmp_path / "lading.db"
    lading("sbom", "generate", f"dir:{tmp_path}", "--db", store, code=0)
    from sbom.database import open_database

    with open_database(str(store), write=True):
        pass
    assert why in lading("sbom", "forget", *words, "--db", store, code=2)


def test_forget_makes_no_store(tmp_path):
    store = tmp_path / "lading.db"
    assert "no store" in lading("sbom", "forget", "--keep-last", "1", "--db", store, code=2)
    assert "in all: 0" in lading("sbom", "list", "--db", store)
    assert not store.exists()


def test_a_time_that_is_none_is_said_with_its_option():
    assert "--since soon" in lading("sbom", "list", "--since", "soon", code=2)
