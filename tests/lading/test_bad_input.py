"""Bad input: one line on standard error, exit 2, no traceback, nothing half-written."""

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from lading.main import main

LADING = Path(sys.executable).with_name("lading")


def lading(*arguments, cwd=None, env=None):
    return subprocess.run(
        [LADING, *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=120,
        check=False,
        env={**os.environ, **(env or {})},
    )


def no_answer(done):
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("lading: ")
    assert done.stdout == ""
    return done.stderr


def tar_of(path, members):
    with tarfile.open(path, "w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


@pytest.fixture
def advisories(tmp_path):
    folder = tmp_path / "advisories"
    folder.mkdir()
    record = {
        "id": "TEST-1",
        "modified": "2024-01-01T00:00:00Z",
        "affected": [
            {
                "package": {"ecosystem": "npm", "name": "left"},
                "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}],
            }
        ],
    }
    (folder / "one.json").write_text(json.dumps(record))
    return folder


@pytest.fixture
def sbom(tmp_path):
    path = tmp_path / "bom.json"
    component = {"type": "library", "name": "left", "version": "1.0", "purl": "pkg:npm/left@1.0"}
    path.write_text(
        json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [component]})
    )
    return path


SUBJECTS = {
    "empty file": lambda p: p.write_bytes(b""),
    "garbage": lambda p: p.write_bytes(bytes(range(256)) * 64),
    "text": lambda p: p.write_text("hello, this is no SBOM\n"),
    "cut JSON": lambda p: p.write_text('{"bomFormat": "CycloneDX", "components": ['),
    "JSON of another kind": lambda p: p.write_text('{"hello": 1}'),
    "JSON number": lambda p: p.write_text("17"),
    "deep JSON": lambda p: p.write_text("[" * 100_000),
    "not XML": lambda p: p.write_text("<bom xmlns='http://cyclonedx.org/schema/bom/1.4'"),
    "XML bomb": lambda p: p.write_text(
        '<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
        '<bom xmlns="http://cyclonedx.org/schema/bom/1.4">&b;</bom>'
    ),
    "empty tar": lambda p: p.write_bytes(bytes(10240)),
    "cut gzip": lambda p: p.write_bytes(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x01\x02"),
    "tar of something": lambda p: tar_of(p, {"hello.txt": b"hello"}),
    "archive without its config": lambda p: tar_of(
        p, {"manifest.json": b'[{"Config":"gone.json","RepoTags":["a:b"],"Layers":[]}]'}
    ),
    "archive with a broken manifest": lambda p: tar_of(p, {"manifest.json": b"[{"}),
}


@pytest.mark.parametrize("command", [["match"], ["sbom", "show"]])
@pytest.mark.parametrize("kind", SUBJECTS)
def test_an_unreadable_subject(tmp_path, advisories, kind, command):
    path = tmp_path / "subject"
    SUBJECTS[kind](path)
    more = ["--advisories", advisories] if command == ["match"] else []
    line = no_answer(lading(*command, path, *more, "-o", f"json={tmp_path / 'out.json'}"))
    assert "subject" in line
    assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize(
    "reference",
    ["nowhere.json", "oci:nowhere", "oci-archive:nowhere.tar", "docker-archive:nowhere.tar"]
    + ["dir:nowhere", "sha256:0123456789abcdef", "registry.example/app:1.2", "oci:."],
)
def test_a_subject_that_is_not_there(tmp_path, advisories, reference):
    no_answer(lading("match", reference, "--advisories", advisories, "--db", "x.db", cwd=tmp_path))


def test_advisories_that_are_not_there(tmp_path, sbom):
    no_answer(lading("match", sbom, "--advisories", tmp_path / "nowhere"))
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "no advisory" in no_answer(lading("match", sbom, "--advisories", empty))


def test_a_store_that_is_not_there_names_the_remedy(tmp_path, sbom):
    line = no_answer(lading("match", sbom, "--db", tmp_path / "none.db"))
    assert "lading feeds import" in line
    assert not (tmp_path / "none.db").exists()


def test_a_store_that_is_no_database(tmp_path, sbom):
    (tmp_path / "bad.db").write_text("this is no database, and long enough to be looked at" * 99)
    no_answer(lading("match", sbom, "--db", tmp_path / "bad.db"))


def test_wrong_records_are_problems_and_the_rest_goes_on(tmp_path, advisories, sbom):
    (advisories / "cut.json").write_text('{"id": "TEST-2", "affected": [')
    (advisories / "wrong.json").write_text('{"id": "TEST-3", "affected": 17}')
    done = lading("match", sbom, "--advisories", advisories, "-o", "json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert [finding["id"] for finding in document["findings"]] == ["TEST-1"]
    places = " ".join(problem["where"] for problem in document["problems"])
    assert "cut.json" in places
    assert "wrong.json" in places


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "17", "name: x", "name: x\nstages: {}\n", "name: x\nstages: {nowhere: {}}\n"]
    + ["name: x\nstages: {build: {score: eleven}}\n", "&a [*a]", "!!python/object:os.system x"],
)
def test_a_policy_that_cannot_be_used_never_passes(tmp_path, advisories, sbom, text):
    (tmp_path / "policy.yaml").write_text(text)
    line = no_answer(
        lading("match", sbom, "--advisories", advisories, "--policy", tmp_path / "policy.yaml")
    )
    assert "policy.yaml" in line


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"@context": "https://openvex.dev/ns/v0.2.0"}'])
def test_a_vex_document_that_cannot_be_read(tmp_path, advisories, sbom, text):
    (tmp_path / "vex.json").write_text(text)
    done = lading("match", sbom, "--advisories", advisories, "--vex", tmp_path / "vex.json")
    assert "vex.json" in no_answer(done)


@pytest.mark.parametrize(
    "arguments",
    [["nothing"], ["match"], ["match", "a", "b"], ["match", "a", "--fail-on", "x"]]
    + [["match", "a", "--fail-on", "11"], ["match", "a", "--stage", "moon"], ["sbom", "nothing"]]
    + [["match", "a", "--nope"], ["match", "a", "-o", "nope"], ["scan", "a", "--limit", "nope=1"]]
    + [["match", "a", "-o", "json", "-o", "table"], ["validate", "a", "--kind", "nope"]]
    + [["feeds", "import", "nowhere"], ["policy", "show", "nope"], ["match", "a", "-o", "json="]],
)
def test_wrong_usage(tmp_path, arguments):
    no_answer(lading(*arguments, cwd=tmp_path, env={"LADING_DB": str(tmp_path / "x.db")}))


def test_an_output_that_cannot_be_written(tmp_path, advisories, sbom):
    target = tmp_path / "no" / "such" / "folder.json"
    no_answer(lading("match", sbom, "--advisories", advisories, "-o", f"json={target}"))


def test_a_hostile_name_cannot_speak_to_the_terminal(tmp_path, advisories):
    line = no_answer(lading("match", "no\x1b[31m\nsuch", "--advisories", advisories))
    assert "\x1b" not in line


@pytest.mark.parametrize("words", [(), ("sbom",), ("advisory",)])
def test_a_call_without_a_command_shows_what_there_is(words, capsys):
    assert main(list(words)) == 0
    told = capsys.readouterr()
    assert told.out.count("\n") > 10
    assert told.err == ""


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("match", "x", "--fail-on", "high"), "7.0 is high, 9.0 critical (see `lading match"),
        (("match",), "Missing argument 'SUBJECT': An SBOM file (-: standard input), an image,"),
        (("explan", "x"), "Did you mean 'explain'?"),
        (("import", "x"), "Did you mean `lading feeds import` or `lading exception import`?"),
        (("feeds", "imprt", "x"), "Did you mean 'import'?"),
    ],
)
def test_wrong_usage_says_what_would_be_right(words, told):
    done = lading(*words)
    assert (done.returncode, done.stderr.count("\n"), done.stdout) == (2, 1, "")
    assert told in done.stderr
