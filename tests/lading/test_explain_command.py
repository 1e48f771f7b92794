"""`lading explain` as it is called: text and JSON, with what settled a finding, in colour on a terminal."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from sbom.documents.own_schema import schema_faults

LADING = Path(sys.executable).with_name("lading")
PURL = "pkg:pypi/lib@1.0"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("explain")
    component = {"type": "library", "name": "lib", "version": "1.0", "purl": PURL, "bom-ref": "a"}
    sbom = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [component]}
    (place / "app.json").write_text(json.dumps(sbom))
    (place / "PYSEC-2025-1.json").write_text(
        json.dumps(
            {
                "id": "PYSEC-2025-1",
                "modified": "2026-01-01T00:00:00Z",
                "aliases": ["CVE-2025-1"],
                "affected": [
                    {
                        "package": {"ecosystem": "PyPI", "name": "lib"},
                        "ranges": [
                            {
                                "type": "ECOSYSTEM",
                                "events": [{"introduced": "0"}, {"fixed": "2.0"}],
                            }
                        ],
                    }
                ],
            }
        )
    )
    (place / "vex.json").write_text(
        json.dumps(
            {
                "@context": "https://openvex.dev/ns/v0.2.0",
                "@id": "https://example.test/vex",
                "author": "Acme",
                "timestamp": "2026-01-02T00:00:00Z",
                "version": 1,
                "statements": [
                    {
                        "vulnerability": {"name": "CVE-2025-1"},
                        "products": [{"@id": PURL}],
                        "status": "not_affected",
                        "justification": "component_not_present",
                    }
                ],
            }
        )
    )
    return place


def asked(place, *more):
    advisories = ("--advisories", place / "PYSEC-2025-1.json")
    return [LADING, "explain", place / "app.json", "cve-2025-1", *advisories, *more]


def explained(place, *more, code=0):
    done = subprocess.run(asked(place, *more), capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


def test_the_answer_stands_in_the_first_line(place):
    first, *rest = explained(place).splitlines()
    assert first == "CVE-2025-1 is a finding: it affects 1 component."
    assert any("before 2.0: inside, since 1.0 < 2.0" in line for line in rest)
    assert "\x1b" not in "".join(rest)


def test_vex_and_policy_that_settled_it_are_told(place):
    text = explained(
        place, "--vex", place / "vex.json", "--policy", "strict", "--now", "2026-02-01"
    )
    assert "VEX: Acme on 2026-01-02: not_affected, component_not_present" in text
    assert "policy: pass by rule vex.not_affected\n" in text
    assert "A VEX statement clears it" in text.splitlines()[1]


def test_the_json_is_valid_and_has_the_same(place):
    document = json.loads(explained(place, "--vex", place / "vex.json", "-o", "json"))
    assert not list(schema_faults(document, "explain.schema.json"))
    assert document["answer"] == "finding"
    assert document["settled"][0]["status"] == "not_affected"


def test_one_component_and_one_that_is_not_there(place):
    assert explained(place, "pkg:pypi/lib").startswith("CVE-2025-1 is a finding")
    assert "has no component pkg:pypi/other" in explained(place, "pkg:pypi/other")


def test_an_sbom_may_be_piped(place):
    whole = explained(place)
    words = ["explain", "-", "cve-2025-1", "--advisories", place / "PYSEC-2025-1.json"]
    with (place / "app.json").open() as sbom:
        done = subprocess.run(
            [LADING, *words], stdin=sbom, capture_output=True, text=True, check=True
        )
    assert done.stdout == whole
    done = subprocess.run([LADING, *words], input="", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "nothing came by standard input" in done.stderr


def test_no_id_is_no_question(place):
    done = subprocess.run(
        [LADING, "explain", place / "app.json", " "], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("lading: no id (name a vulnerability")


def test_bad_input_is_one_line(place):
    text = explained(place, "-o", "xml", code=2)
    assert text.count("\n") == 1
    assert "unknown format xml" in text


@pytest.mark.parametrize("plain", [False, True])
def test_colour_is_for_terminals_that_want_it(place, plain):
    ours, theirs = pty.openpty()
    env = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | (
        {"NO_COLOR": "1"} if plain else {}
    )
    with subprocess.Popen(asked(place), stdout=theirs, env=env) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:
                break
            if not piece:
                break
            shown += piece
        assert process.wait() == 0
    os.close(ours)
    assert (b"\x1b[1;31m" in shown) is not plain
