"""What share of recent CVEs the set can match: in `feeds status`, and in every report."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

LADING = Path(sys.executable).with_name("lading")
SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
BOM = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "version": 1,
    "components": [
        {"type": "library", "name": "crane", "version": "1.0", "purl": "pkg:pypi/crane@1.0"},
        {"type": "library", "name": "hoist", "version": "1.0", "purl": "pkg:npm/hoist@1.0.0"},
    ],
}
LINE = "The advisory set can match 50% (1 of 2 CVEs) published since 2026-02-20"


def record(number, name):
    package = {"ecosystem": "PyPI", "name": name}
    span = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}
    affected = [{"package": package, "ranges": [span]}] if name else []
    day = "2026-05-21T00:00:00Z"
    return {"id": f"CVE-2026-000{number}", "modified": day, "published": day, "affected": affected}


@pytest.fixture
def world(tmp_path):
    (tmp_path / "in").mkdir()
    for number, name in ((1, "crane"), (2, "")):
        (tmp_path / f"in/{number}.json").write_text(json.dumps(record(number, name)))
    (tmp_path / "bom.json").write_text(json.dumps(BOM))
    return tmp_path


def run(world, *args):
    done = subprocess.run(
        [LADING, *args], cwd=world, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


@pytest.mark.parametrize("output", ["table", "markdown", "html"])
def test_every_report_says_it(world, output):
    said = run(world, "match", "bom.json", "--advisories", "in", "-o", output)
    assert LINE in " ".join(said.split())


def test_the_json_says_it_by_the_ecosystems_of_the_components(world):
    document = json.loads(run(world, "match", "bom.json", "--advisories", "in", "-o", "json"))
    schema = json.loads((SCHEMAS / "findings.schema.json").read_text())
    jsonschema.validate(document, schema)
    assert document["coverage"]["reach"] == {
        "areas": {"npm": 0, "pypi": 1},
        "cves": 2,
        "days": 90,
        "matchable": 1,
        "since": "2026-02-20",
    }


def test_the_status_says_it_by_feed_and_of_the_stored_sboms(world):
    run(world, "feeds", "import", "in", "--db", "db", "--learned", "2026-06-01")
    before = json.loads(run(world, "feeds", "status", "--db", "db", "-o", "json"))
    assert before["stock"] is None
    (world / "rootfs").mkdir()
    installed = world / "rootfs/usr/lib/python3/dist-packages/crane-1.0.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: crane\nVersion: 1.0\n")
    run(world, "scan", "dir:rootfs", "--db", "db")
    after = json.loads(run(world, "feeds", "status", "--db", "db", "-o", "json"))
    jsonschema.validate(after, json.loads((SCHEMAS / "feeds.schema.json").read_text()))
    assert after["reach"]["feeds"] == {"osv:CVE": 1}
    assert (after["stock"]["components"], after["stock"]["matchable"]) == (1, 1)
    assert after["stock"]["areas"] == {"pypi": 1}
    assert "50.0%" in run(world, "feeds", "status", "--db", "db")


def test_an_earlier_state_says_what_it_said_then(world):
    run(world, "feeds", "import", "in", "--db", "db", "--learned", "2026-06-01")
    now = run(world, "match", "bom.json", "--db", "db", "-o", "json")
    (world / "in/3.json").write_text(json.dumps(record(3, "hoist")))
    run(world, "feeds", "import", "in", "--db", "db", "--learned", "2026-06-02")
    then = run(world, "match", "bom.json", "--db", "db", "--as-of", "2026-06-01", "-o", "json")
    assert then == now
    assert run(world, "match", "bom.json", "--db", "db", "-o", "json") != now
