"""Exceptions and scopes at the command line, run as users run them."""

from hashlib import sha256
from pathlib import Path

import jsonschema_rs
import msgspec
import pytest
from test_gate_commands import ADVISORIES, ROOT, lading, sbom  # noqa: F401 (a fixture)

from gate.exceptions.files import read
from gate.policy.reading import load

ADD = (
    "--owner",
    "shop",
    "--reason",
    "not reachable",
    "--until",
    "2024-03-31",
    "--now",
    "2024-02-01",
)


@pytest.fixture
def run_file(sbom, tmp_path):  # noqa: F811
    path = tmp_path / "run.json"
    lading("gate", sbom, *ADVISORIES, "-o", f"run={path}", code=1)
    return path


def ids_that_deny(path):
    verdict = msgspec.json.decode(Path(path).read_bytes())["run"]["verdict"]
    return sorted({d["id"] for d in verdict["decisions"] if d["answer"] == "deny"})


def test_exceptions_are_added_listed_linted_and_let_the_gate_pass(sbom, tmp_path, run_file):  # noqa: F811
    file = tmp_path / "ex.yaml"
    for id_ in ids_that_deny(run_file):
        words = ("--vulnerability", id_, "--ends-when", "fix-published", "--run", run_file)
        assert lading("exception", "add", file, *words, *ADD) == f"{file}: added\n"
    text = file.read_text()
    file.write_text(text.replace("exceptions:", "# Ours.\nexceptions:", 1))
    lading("exception", "add", file, "--vulnerability", "CVE-1999-1", *ADD)
    assert "# Ours." in file.read_text()
    assert all(each.at.fix for each in read(file.read_bytes(), "f")[:-1])
    shown = lading("gate", sbom, *ADVISORIES, "--exceptions", file)
    assert " PASS " in shown
    assert "Exceptions" in shown
    assert "(59 days left)" in lading("exception", "list", file, "--now", "2024-02-01")
    assert "give it `package` or `image`" in lading(
        "exception", "lint", file, "--now", "2024-02-01", code=1
    )
    assert "it ended on 2024-03-31" in lading("exception", "lint", file, code=1)
    assert lading("validate", file) == f"{file}: valid (exceptions)\n"
    trial = lading("policy", "test", "default", run_file, "--exceptions", file)
    assert "deny -> pass" in trial
    fixed = lading("fix", sbom, *ADVISORIES, "--exceptions", file)
    assert "passes as it is" in fixed
    after = lading(
        "gate", sbom, *ADVISORIES[:2], "--now", "2024-04-01", "--exceptions", file, code=1
    )
    assert "expired" in after


def test_the_list_is_a_document_by_its_schema(tmp_path):
    file = tmp_path / "ex.yaml"
    lading("exception", "add", file, "--vulnerability", "CVE-1999-1", *ADD)
    lading("exception", "add", file, "--vulnerability", "CVE-1999-2", *ADD[:4], *ADD[6:])
    told = lading("exception", "list", file, "-o", "json", "--now", "2024-04-01")
    document = msgspec.json.decode(told)
    schema = ROOT / "schemas/exception-list.schema.json"
    jsonschema_rs.validate(msgspec.json.decode(schema.read_bytes()), document)
    assert [(each["holds"], each["stands"]) for each in document["exceptions"]] == [
        (False, "it ended on 2024-03-31"),
        (True, "without an end"),
    ]
    assert document["day"] == "2024-04-01"
    assert document["files"] == [[str(file), f"sha256:{sha256(file.read_bytes()).hexdigest()}"]]
    shown = lading("exception", "list", file, "--now", "2024-04-01")
    assert shown.endswith("in all: 2, holding: 1\n")


def test_what_is_wrong_is_one_line(sbom, tmp_path, run_file):  # noqa: F811
    file = tmp_path / "ex.yaml"
    words = ("--vulnerability", "CVE-1999-1", *ADD)
    assert "needs --owner" in lading("exception", "add", file, *words[:2], code=2)
    assert "no such finding" in lading("exception", "add", file, *words, "--run", run_file, code=2)
    assert not file.exists()
    assert "until is a day" in lading("exception", "add", file, *words, "--until", "soon", code=2)
    lading("exception", "add", file, *words)
    assert "is the id of another" in lading("exception", "add", file, *words, code=2)
    for option in (("--exceptions", tmp_path / "none"), ("--scope", "team")):
        error = lading("gate", sbom, *ADVISORIES, *option, code=2)
        assert error.count("\n") == 1


def test_an_ignore_file_is_taken_over_and_what_cannot_be_is_named(tmp_path):
    ignored = tmp_path / ".trivyignore"
    ignored.write_text("CVE-2024-0001 exp:2026-12-31\nAVD-DS-0002\n")
    out = tmp_path / "ex.yaml"
    words = ("--tool", "trivy", "--owner", "shop", "--now", "2026-11-23")
    lading("exception", "import", ignored, *words, "--output", out)
    (exception,) = read(out.read_bytes(), "ex.yaml")
    assert (exception.owner, exception.until) == ("shop", "2026-12-30")
    assert lading("exception", "import", ignored, *words) == out.read_text()


def test_the_examples_are_valid_and_judge_together(sbom, tmp_path):  # noqa: F811
    policy = ROOT / "examples/team-policy.yaml"
    assert [each.name for each in load(str(policy)).extends] == ["shop"]
    for name in ("policy", "team-policy", "exceptions"):
        assert "valid" in lading("validate", ROOT / f"examples/{name}.yaml")
    out = tmp_path / "run.json"
    lading("gate", sbom, *ADVISORIES, "--policy", policy, "-o", f"run={out}", code=1)
    verdict = msgspec.json.decode(out.read_bytes())["run"]["verdict"]
    assert [use["id"] for use in verdict["exceptions"]] == ["SHOP-7"]
    assert any("(policy payments)" in reason for reason in verdict["reasons"])
    lab = lading("gate", sbom, *ADVISORIES, "--policy", policy, "--scope", "team=lab", code=1)
    assert "(policy payments)" not in lab
