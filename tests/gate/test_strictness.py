"""What a policy says more loosely than one that it extends is told, with its line."""

import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import fields, replace

from gate.policy.effective import notes, sections
from gate.policy.model import Condition, Configuration, Licences, Quality, Rules
from gate.policy.reading import load
from gate.policy.strictness import asked, looser
from sbom.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
LADING = Path(sys.executable).with_name("lading")


def written(folder, team, org):
    (folder / "org.yaml").write_text(f"name: org\n{org}\n")
    path = folder / "team.yaml"
    path.write_text(f"name: team\nextends: org.yaml\n{team}\n")
    return path


def told(folder, team, org):
    path = written(folder, team, org)
    return [(each.place, each.what) for each in looser(path.read_bytes(), str(path))]


@pytest.mark.parametrize(
    ("team", "org", "key"),
    [
        ("score: 9", "score: 7", "score is 9"),
        ("score: null, kev: deny", "score: 7", "score is none"),
        ("score: 4", "score: 7", ""),
        ("score: 7, severity: high", "score: 7, severity: medium", "severity is high"),
        ("score: 7, severity: high", "score: 7", ""),
        ("score: 7, epss: 0.5", "score: 7, epss: 0.1", "epss is 0.5"),
        ("score: 7, kev: warn", "score: 7, kev: deny", "kev is warn"),
        ("score: 7, ssvc: act", "score: 7, ssvc: attend", "ssvc is act"),
        ("score: 7, unscored: ignore", "score: 7, unscored: warn", "unscored is ignore"),
        ("score: 7, unknowns: ignore", "score: 7", "unknowns is ignore"),
        ("score: 7, unknowns: {no_purl: ignore}", "score: 7", "unknowns.no_purl is ignore"),
        ("score: 7, unfixed: warn", "score: 7", "unfixed is warn"),
        ("score: 7", "score: 7, unfixed: warn", ""),
        (
            "score: 7, grace: {high: 9}",
            "score: 7, grace: {high: 3}",
            "grace.high is 9 days since publication",
        ),
        ("score: 7, grace: {high: 3}", "score: 7, grace: {high: 9}", ""),
        ("score: 7, types: {npm: warn}", "score: 7", "types.npm is warn"),
        ("score: 7, layers: {base: warn}", "score: 7", "layers.base is warn"),
        ("score: 7, coverage: 0.5", "score: 7, coverage: 0.9", "coverage is 0.5"),
        ("score: 7, stale_days: 9", "score: 7, stale_days: 2", "stale_days is 9 days"),
        ("score: 7, feeds: {kev: null}", "score: 7, feeds: {kev: 2}", "feeds.kev is any age"),
        ("score: 7, feeds: {kev: null}", "score: 7", ""),
        ("score: 7, kernel: false", "score: 7, kernel: true", "kernel is false"),
        ("score: 7, sbom: {purl: 0.5}", "score: 7, sbom: {purl: 1}", "sbom.purl is 0.5"),
        ("score: 7, image: {root: warn}", "score: 7, image: {root: deny}", "image.root is warn"),
        ("score: 7, licences: {deny: [a]}", "score: 7, licences: {deny: [b]}", ""),
    ],
)
def test_a_looser_rule_is_told_and_a_stricter_one_is_not(tmp_path, team, org, key):
    found = told(tmp_path, f"stages:\n  build: {{{team}}}", f"stages: {{build: {{{org}}}}}")
    assert len(found) == bool(key), found
    if key:
        assert found[0][0] == "line 4"
        assert found[0][1].startswith(f"stages.build.{key}, looser than in org (")


def test_the_line_is_the_rule_s_own_also_in_a_scope(tmp_path):
    team = """\
stages: {build: {score: 7}}
scopes:
- teams: [lab]
  stages:
    build:
      unknowns: warn
      score: 9
"""
    found = told(tmp_path, team, "stages: {build: {score: 7}}")
    assert [place for place, _ in found] == ["line 9"]
    assert found[0][1].startswith("scopes[0].stages.build.score is 9")


def test_stages_that_share_their_rules_share_the_note(tmp_path):
    team = "stages:\n  build: &a\n    score: 9\n  registry: *a\n  deploy: *a"
    org = "stages: {build: {score: 7}, registry: {score: 7}, deploy: {score: 4}}"
    assert [what.partition(" is")[0] for _, what in told(tmp_path, team, org)] == [
        "stages.build.score",
        "stages.deploy.score",
    ]


def test_a_stage_that_an_extended_policy_lacks_is_told(tmp_path):
    ((place, what),) = told(
        tmp_path,
        "stages:\n  build: {score: 7}\n  deploy: {score: 7}",
        "stages: {build: {score: 7}}",
    )
    assert place == "line 5"
    assert what == "stages.deploy: org has no rules for it, and is asked too"


def test_what_is_extended_has_to_be_there(tmp_path):
    path = written(tmp_path, "stages: {build: {score: 7}}", "stages: {}")
    with pytest.raises(InputError, match=r"org\.yaml: line 2"):
        looser(path.read_bytes(), str(path))


OTHERWISE = {
    "score": 7.0,
    "cvss": "4.0",
    "severity_sources": ("nvd",),
    "unscored": "warn",
    "unknowns": (("no_purl", "warn"),),
    "stale_days": 7,
    "kernel": True,
    "optional": True,
    "kev": "deny",
    "epss": 0.5,
    "severity": "high",
    "unfixed": "warn",
    "grace": (("high", 7),),
    "types": (("npm", "warn"),),
    "baseline": "deny",
    "ssvc": "act",
    "layers": (("base", "warn"),),
    "coverage": 0.9,
    "feeds": (("kev", None),),
    "licences": Licences(deny=("x",)),
    "sbom": Quality(signed=True),
    "image": Configuration(ports=()),
    "conditions": (Condition(name="c", on="image", when="true", answer="deny"),),
}
WITH = {"since": {"grace": (("high", 7),)}, "mission": {"ssvc": "act"}}
"""Rules that say something only beside another."""


@pytest.mark.parametrize("name", [field.name for field in fields(Rules)])
def test_no_rule_is_left_out(name):
    around = replace(Rules(), **WITH.get(name, {}))
    value = {"since": "fix", "mission": "low"}.get(name) or OTHERWISE[name]
    assert list(asked(around)) != list(asked(replace(around, **{name: value})))


def test_the_strictest_of_each_rule_is_shown_beside_what_each_policy_says(tmp_path):
    team = "stages: {build: {score: 9, grace: {high: 3}, licences: {deny: [A]}}}"
    policy = load(str(written(tmp_path, team, "stages: {build: {score: 7, kev: deny}}")))
    build, terms = sections(policy)
    assert build.columns == ("team", "org", "strictest")
    rows = {name: cells for name, *cells in build.rows}
    assert rows["score"] == ["9", "7", "7"]
    assert rows["kev"] == ["ignore", "deny", "deny"]
    assert rows["grace.high"] == ["3 days since publication", "-", "none"]
    assert rows["licences.deny"] == ["A", "-", "A"]
    assert rows["unknowns"] == ["warn", "warn", "warn"]
    assert terms.columns == ("team", "org")
    assert list(notes(policy)) == ["every policy judges by itself, and the gravest answer counts"]


def test_the_commands_tell_it(tmp_path):
    path = written(tmp_path, "stages: {build: {score: 9}}", "stages: {build: {score: 7}}")
    note = f"note: {path}: line 3: stages.build.score is 9, looser than in org (7)"
    for words in (("validate", path), ("policy", "show", path)):
        done = subprocess.run([LADING, *words], capture_output=True, text=True, check=True)
        assert done.stderr.startswith(note)
        assert done.stderr.count("\n") == 1
    assert "strictest" in done.stdout
    (tmp_path / "org.yaml").unlink()
    done = subprocess.run([LADING, "validate", path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "org.yaml: no such policy" in done.stderr
