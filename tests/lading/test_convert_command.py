"""`sbom convert` and `validate` at the terminal: files, notes, exit codes."""

import json

import pytest

from lading.main import main

SBOM = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "version": 1,
    "components": [
        {
            "type": "library",
            "name": "a",
            "version": "1",
            "purl": "pkg:npm/a@1",
            "evidence": {"occurrences": [{"location": "app/a"}]},
        }
    ],
}


@pytest.fixture
def document(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(SBOM))
    return path


def test_several_formats_at_once_each_valid(document, tmp_path, capsys):
    wanted = ["cyclonedx-xml@1.5", "spdx-tv", "spdx3-json", "spdx-json", "cyclonedx-json@1.7"]
    outputs = [part for name in wanted for part in ("-o", f"{name}={tmp_path / name}")]
    assert main(["sbom", "convert", str(document), *outputs]) == 0
    assert capsys.readouterr().err == ""
    for name in wanted:
        assert main(["validate", str(tmp_path / name)]) == 0
        assert "valid (sbom)" in capsys.readouterr().out


def test_what_an_older_version_cannot_say_is_told_in_one_line(document, tmp_path, capsys):
    target = tmp_path / "old.json"
    assert main(["sbom", "convert", str(document), "-o", f"cyclonedx-json@1.4={target}"]) == 0
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "no evidence.occurrences (1 components)" in told
    assert b"app/a" in target.read_bytes()


def test_an_unknown_version_is_refused_with_those_there_are(document, capsys):
    assert main(["sbom", "convert", str(document), "-o", "cyclonedx-xml@1.3"]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "cyclonedx-xml@1.4" in told


def test_an_attestation_of_something_else_is_refused_in_one_line(tmp_path, capsys):
    path = tmp_path / "a.json"
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"digest": {"sha256": "0"}}],
    }
    path.write_text(json.dumps(statement | {"predicateType": "x", "predicate": {}}))
    assert main(["sbom", "convert", str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
