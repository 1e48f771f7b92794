"""The pipeline snippets: well-formed, and every command in them is one that the program takes."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from gate.reports import FORMATS
from lading.commands import find, load
from lading.output import wanted
from lading.quick import parse

CI = Path(__file__).resolve().parent.parent / "examples" / "ci"
SNIPPETS = sorted(path for path in CI.iterdir() if path.name != "README.md")
YAML = [path for path in SNIPPETS if path.suffix == ".yaml"]


def texts(value):
    """Every text of a parsed YAML document."""
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value:
        if not isinstance(value, str):
            yield from texts(inner) if isinstance(inner, str | dict | list) else ()


def lines(path):
    whole = path.read_text()
    if path in YAML:
        whole = "\n".join(texts(yaml.safe_load(whole)))
    return re.findall(r"^(?:RUN )?\s*lading (.+)$", whole, re.MULTILINE)


@pytest.mark.parametrize("path", YAML, ids=lambda p: p.name)
def test_a_snippet_is_yaml_of_its_platform(path):
    document = yaml.safe_load(path.read_text())
    keys = {
        "github-actions.yaml": {"name", True, "permissions", "jobs"},
        "gitlab-ci.yaml": {"stages", "lading"},
        "tekton-task.yaml": {"apiVersion", "kind", "metadata", "spec"},
        "pre-commit-config.yaml": {"repos"},
    }
    assert set(document) == keys[path.name]


@pytest.mark.parametrize("path", SNIPPETS, ids=lambda p: p.name)
def test_every_command_is_well_formed(path):
    found = lines(path)
    assert found
    # No line is missed by the way it is written.
    written = [
        line for line in path.read_text().splitlines() if not line.lstrip().startswith(("#", "//"))
    ]
    assert len(found) == len(re.findall(r"\blading (?!image)[a-z]+ [^:]", "\n".join(written)))
    for line in found:
        words = shlex.split(line)
        command = find(words)
        assert command, line
        options = parse(command[1], load(command[0]))
        assert options is not None, line
        if command[0] == "scan":
            assert options.policy
            wanted(options.output, tuple(FORMATS))


def test_what_a_platform_reads_is_what_was_written():
    gitlab = yaml.safe_load((CI / "gitlab-ci.yaml").read_text())["lading"]
    scan = next(line for line in gitlab["script"] if line.startswith("lading scan"))
    for file in gitlab["artifacts"]["reports"].values():
        assert f"={file}" in scan
    steps = yaml.safe_load((CI / "github-actions.yaml").read_text())["jobs"]["lading"]["steps"]
    decide = next(step["run"] for step in steps if step.get("name") == "Decide")
    uploaded = [step["with"] for step in steps if "upload" in step.get("uses", "")]
    for file in (uploaded[0]["sarif_file"], uploaded[1]["path"], "lading.md"):
        assert f"={file}" in decide
    jenkins = (CI / "Jenkinsfile").read_text()
    for file in ("lading.xml", "lading.html", "lading.run"):
        assert f"={file}" in jenkins
        assert jenkins.count(file) == 2


def test_the_page_names_every_snippet_and_no_other():
    page = (CI / "README.md").read_text()
    assert set(re.findall(r"\]\(([\w.-]+)\)", page)) == {path.name for path in SNIPPETS}
