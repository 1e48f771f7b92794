"""The advisory set over time as users meet it: log, diff, --as-of, --against."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

LADING = Path(sys.executable).with_name("lading")
SBOM = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "version": 1,
    "components": [
        {"type": "library", "name": "lib", "version": "4.0.4", "purl": "pkg:pypi/lib@4.0.4"}
    ],
}


def lading(*words, code=0):
    """Run a command; its output, or its one line of complaint."""
    done = subprocess.run(
        [LADING, *map(str, words)], capture_output=True, text=True, check=False, env=os.environ
    )
    assert done.returncode == code, done.stderr
    if code == 2:
        assert done.stderr.count("\n") == 1
        return done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A store of two states and an SBOM, with what matching said in each."""
    folder = tmp_path_factory.mktemp("states")
    (folder / "app.json").write_text(json.dumps(SBOM))
    feed = folder / "feed"
    feed.mkdir()
    for day, fixed in enumerate(("4.0.4", "4.0.5"), 1):
        spread = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}
        package = {"ecosystem": "PyPI", "name": "lib"}
        record = {
            "id": "PYSEC-2025-1",
            "modified": f"2025-01-0{day}T00:00:00Z",
            "affected": [{"package": package, "ranges": [spread]}],
        }
        (feed / "record.json").write_text(json.dumps(record))
        lading("feeds", "import", feed, "--db", folder / "db", "--learned", f"2026-01-0{day}")
        told = lading("match", folder / "app.json", "--db", folder / "db", "-o", "json")
        (folder / f"then{day}").write_text(told)
    return folder


def test_match_as_of_gives_the_bytes_of_then(place):
    asked = ("match", place / "app.json", "--db", place / "db", "-o", "json", "--as-of")
    states = json.loads(lading("feeds", "log", "--db", place / "db", "-o", "json"))["states"]
    for day, state in enumerate(states, 1):
        then = (place / f"then{day}").read_text()
        for name in (f"2026-01-0{day}", f"2026-01-0{day}T08:00:00Z", state["digest"]):
            assert lading(*asked, name) == then
        assert json.loads(then)["advisories"]["digest"] == state["digest"]
    assert (place / "then1").read_text() != (place / "then2").read_text()


def test_gate_and_explain_answer_as_of(place):
    words = (place / "app.json", "--db", place / "db", "--fail-on", "0")
    lading("gate", *words, "--as-of", "2026-01-01", "--now", "2026-02-01")
    asked = ("explain", place / "app.json", "PYSEC-2025-1", "--db", place / "db")
    assert "no finding: fixed" in lading(*asked, "--as-of", "2026-01-01")
    assert "is a finding" in lading(*asked)


def test_against_names_feed_record_and_field(place):
    asked = ("match", place / "app.json", "--db", place / "db", "--as-of", "2026-01-01")
    text = lading(*asked, "--against", "current")
    assert "new     PYSEC-2025-1  pkg:pypi/lib@4.0.4" in text
    assert "by PYSEC-2025-1 (osv:PYSEC): affected[0].fixed: 4.0.4 → 4.0.5" in text
    (only,) = json.loads(lading(*asked, "--against", "2026-01-02", "-o", "json"))["transitions"]
    assert (only["kind"], only["causes"][0]["path"]) == ("new", "affected[0].fixed")


def test_diff_and_log_list_what_changed(place):
    text = lading("feeds", "diff", "--db", place / "db")
    assert "affected[0].fixed: 4.0.4 → 4.0.5" in text
    (feed,) = json.loads(lading("feeds", "diff", "--db", place / "db", "-o", "json"))["feeds"]
    assert (feed["name"], feed["changed"]) == ("osv:PYSEC", 1)
    nothing = lading("feeds", "diff", "current", "current", "--db", place / "db")
    assert nothing.startswith("no record differs\nfrom ")
    assert len(lading("feeds", "log", "--db", place / "db").splitlines()) == 5


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--as-of", "2025-12-31"), "before the advisory set's first state"),
        (("--as-of", "soon"), "no date and no digest"),
        (("--as-of", "2026-01-01", "--advisories", "x"), "--advisories has no past"),
        (("--against", "2026-01-01"), "name the other one with --as-of"),
        (("--as-of", "2026-01-01", "--against", "current", "-o", "sarif"), "unknown format sarif"),
    ],
)
def test_what_names_no_state_is_one_clear_line(place, words, why):
    assert why in lading("match", place / "app.json", "--db", place / "db", *words, code=2)
