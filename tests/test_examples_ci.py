"""The pipeline snippets: well-formed, and every command in them is one that the program takes."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
from importlib.util import find_spec
from pathlib import Path

import jsonschema
import pytest
import yaml

from gate.reports import FORMATS
from lading.commands import command_of, load
from lading.output import wanted
from lading.quick import parse

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
CI = EXAMPLES / "ci"
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
        command = command_of(words)
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


@pytest.mark.parametrize(
    ("path", "schema"),
    [("github-actions.yaml", "github-workflows"), ("gitlab-ci.yaml", "gitlab-ci")],
)
def test_a_snippet_is_valid_by_the_schema_of_its_platform(path, schema):
    # Only its data is wanted; to import the package would need another version of click.
    (carrier,) = find_spec("check_jsonschema").submodule_search_locations
    rules = json.loads((Path(carrier) / f"builtin_schemas/vendor/{schema}.json").read_text())
    document = yaml.safe_load((CI / path).read_text())
    if True in document:  # YAML 1.1 reads the key `on` so.
        document["on"] = document.pop(True)
    validator = jsonschema.validators.validator_for(rules)(rules)
    assert not [error.message for error in validator.iter_errors(document)]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project as the snippets expect it: the image as an archive, the policy, the advisories."""
    place = tmp_path_factory.mktemp("project")
    layout = place / "layout"
    subprocess.run([sys.executable, EXAMPLES / "make_image.py", layout], check=True)
    _save(layout, place / "app.tar")
    shutil.copytree(EXAMPLES / "advisories", place / "feeds")
    shutil.copy(EXAMPLES / "policy.yaml", place)
    shutil.copy(EXAMPLES / "shop.openvex.json", place / "app.openvex.json")
    _unpack(layout, place / "image")
    return place


def _manifest(layout):
    def blob(digest):
        return "blobs/" + digest.replace(":", "/")

    (entry,) = json.loads((layout / "index.json").read_text())["manifests"]
    manifest = json.loads((layout / blob(entry["digest"])).read_text())
    return blob(manifest["config"]["digest"]), [blob(each["digest"]) for each in manifest["layers"]]


def _save(layout, path):
    """Write what `docker save` writes: the layout, and the manifest of older readers beside it."""
    config, layers = _manifest(layout)
    listed = [{"Config": config, "RepoTags": ["app:latest"], "Layers": layers}]
    (layout / "manifest.json").write_text(json.dumps(listed))
    with tarfile.open(path, "w") as archive:
        for each in sorted(layout.rglob("*")):
            archive.add(each, each.relative_to(layout), recursive=False)


def _unpack(layout, place):
    for layer in _manifest(layout)[1]:
        with tarfile.open(layout / layer) as archive:
            archive.extractall(place, filter="data")


def ran(script, place, **env):
    """Run a snippet's script as its platform does; what it installs is installed already."""
    script = re.sub(r"^(RUN )?\s*pip install .*$", ":", script, flags=re.MULTILINE)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "-c", script],
        cwd=place, capture_output=True, text=True, check=False,
        env=os.environ | {"PATH": path, "LADING_DB": str(place / "ci.db")} | env,
    )  # fmt: skip


def test_the_github_job_does_its_work(project):
    steps = yaml.safe_load((CI / "github-actions.yaml").read_text())["jobs"]["lading"]["steps"]
    scripts = {step["name"]: step["run"] for step in steps if "name" in step and "run" in step}
    assert ran(scripts["Bring the advisory set"], project).returncode == 0
    done = ran(scripts["Decide"], project)
    assert done.returncode == 1, done.stderr
    assert "DENY" in done.stdout
    assert json.loads((project / "lading.sarif").read_text())["runs"][0]["results"]
    summary = project / "summary.md"
    shown = scripts["Show the findings in the job's summary"]
    assert ran(shown, project, GITHUB_STEP_SUMMARY=str(summary)).returncode == 0
    assert summary.read_text().startswith("### ❌ Denied at build")


def test_the_gitlab_job_does_its_work(project):
    job = yaml.safe_load((CI / "gitlab-ci.yaml").read_text())["lading"]
    done = ran("set -e\n" + "\n".join(job["script"]), project)
    assert done.returncode == 1, done.stderr
    for file in (*job["artifacts"]["paths"], *job["artifacts"]["reports"].values()):
        assert (project / file).stat().st_size


def test_the_jenkins_stages_do_their_work(project):
    stages = re.findall(r"sh '''\n(.*?)'''", (CI / "Jenkinsfile").read_text(), re.DOTALL)
    codes = [ran("set -e\n" + stage, project).returncode for stage in stages]
    # The advisories are there, the image is denied, and what to upgrade is told.
    assert codes[:2] == [0, 1]
    told = ran(stages[2], project)
    assert "django" in told.stdout.lower()
    assert (project / "lading.html").stat().st_size


@pytest.mark.parametrize("score", [9.0, 10.0])
def test_the_tekton_task_does_its_work_and_says_the_outcome(project, score):
    spec = yaml.safe_load((CI / "tekton-task.yaml").read_text())["spec"]
    (step,) = spec["steps"]
    script = step["script"].replace("$(results.outcome.path)", str(project / "outcome"))
    rule = f"{{score: {score}, unscored: ignore, unknowns: ignore, kev: ignore}}"
    policy = project / "task-policy.yaml"
    policy.write_text(f"name: task\nstages:\n  deploy: {rule}\n")
    done = ran(script, project, ARCHIVE="app.tar", POLICY=policy.name)
    assert done.returncode == (1 if score == 9.0 else 0), done.stderr
    assert (project / "outcome").read_text() == ("deny" if score == 9.0 else "pass")


def test_the_hooks_accept_what_is_valid_and_stop_what_is_not(project, tmp_path):
    hooks = yaml.safe_load((CI / "pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    for hook in hooks:
        assert ran(hook["entry"], project).returncode == 0
        file = hook["entry"].split()[-1]
        assert re.search(hook["files"], file)
        (tmp_path / file).write_text("surprise: 1" if file.endswith("yaml") else "{}")
        assert ran(hook["entry"], tmp_path).returncode in {1, 2}


def test_the_build_stops_where_the_dockerfile_says(project):
    text = (CI / "Dockerfile").read_text()
    gate = text.partition("AS gate")[2].partition("\nFROM")[0]
    script = "\n".join(re.findall(r"^RUN (.*)$", gate, re.MULTILINE))
    script = script.replace("/gate/", f"{project}/").replace("dir:/image", f"dir:{project}/image")
    done = ran("set -e\n" + script, project)
    assert done.returncode == 1, done.stderr
    assert (project / "lading.run").stat().st_size
