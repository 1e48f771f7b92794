from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from runs import finding, run

from gate.evaluate import evaluate
from gate.policy.document import STAGES, StageRules
from gate.policy.model import Rules
from gate.policy.reading import SHIPPED, faults, load, read, shipped, with_score
from gate.policy.rules import UNKNOWNS
from sbom.documents.own_schema import schema_faults
from sbom.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
GOOD = b"""\
$schema: policy.schema.json
name: ours
stages:
  build:
    score: 9
    cvss: 3.1
    unknowns:
      no_feed: ignore
  deploy:
    score: 7.5
    unscored: warn
    unknowns: warn
    stale_days: 3
    kernel: true
"""


def test_a_policy_is_made_complete():
    policy = read(GOOD, "ours.yaml")
    assert policy.name == "ours"
    assert [stage for stage, _ in policy.stages] == ["build", "deploy"]
    build, deploy = (rules for _, rules in policy.stages)
    assert (build.score, build.cvss, build.unscored) == (9.0, "3.1", "warn")
    assert dict(build.unknowns) == dict.fromkeys(UNKNOWNS, "warn") | {"no_feed": "ignore"}
    assert (deploy.unscored, deploy.stale_days, deploy.kernel) == ("warn", 3, True)
    assert set(dict(deploy.unknowns).values()) == {"warn"}


def test_what_is_not_said_is_denied_at_deploy_and_warned_of_before():
    stages = "stages: {build: {score: 7}, registry: {score: 7}, deploy: {score: 7}}"
    for stage, rules in read(stages.encode(), "x").stages:
        usual = "deny" if stage == "deploy" else "warn"
        assert rules == Rules(
            score=7.0, unscored=usual, unknowns=tuple((name, usual) for name in UNKNOWNS)
        )


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_shipped_is_valid_and_has_every_stage(name):
    policy = load(name)
    assert policy.name == name
    assert tuple(stage for stage, _ in policy.stages) == STAGES
    assert not list(schema_faults(yaml.safe_load(shipped(name)), "policy.schema.json"))


def test_the_default_denies_unknowns_at_deploy_only_and_strict_everywhere():
    default, strict = (dict(load(name).stages) for name in ("default", "strict"))
    for stage in STAGES:
        usual = "deny" if stage == "deploy" else "warn"
        assert {default[stage].unscored, *dict(default[stage].unknowns).values()} == {usual}
        assert {strict[stage].unscored, *dict(strict[stage].unknowns).values()} == {"deny"}


def test_fail_on_replaces_only_the_score_rule():
    policy = load("default")
    other = with_score(policy, 4.0)
    for (_, before), (_, after) in zip(policy.stages, other.stages, strict=True):
        assert after.score == 4.0
        assert (before.unscored, before.unknowns) == (after.unscored, after.unknowns)
    assert other.digest == policy.digest


BAD = {
    "": "line 1: the policy is empty",
    "# nothing\n": "line 1: the policy is empty",
    "{}": "line 1: a policy is a mapping",
    "just text": "line 1: a policy is a mapping",
    "name: x\n": "there is no `stages`",
    "name: [x]\nstages: {build: {score: 7}}": "name is a text",
    "stages:\n": "line 1: stages is a mapping with rules",
    "stages:\n  build:\n": "line 2: stages.build is a mapping with at least one rule",
    "stages:\n  biuld: {score: 7}\n": "line 2: stages.biuld is not known; one of build, registry,"
    " deploy; did you mean build?",
    "stages:\n  build:\n    scoer: 7\n": "line 3: stages.build.scoer is not known",
    "stages:\n  build:\n    score: high\n": "line 3: stages.build.score is a CVSS score",
    "stages:\n  build:\n    score: 11\n": "line 3: stages.build.score is a CVSS score",
    "stages:\n  build:\n    score: .nan\n": "line 3: stages.build.score is a CVSS score",
    "stages:\n  build:\n    score: true\n": "line 3: stages.build.score is a CVSS score",
    "stages:\n  build:\n    score: 7\n    cvss: 5\n": "line 4: stages.build.cvss is a CVSS version",
    "stages:\n  build:\n    score: 7\n    unscored: maybe\n": "line 4: stages.build.unscored is",
    "stages:\n  build:\n    score: 7\n    unknowns: maybe\n": "line 4: stages.build.unknowns is",
    "stages:\n  build:\n    score: 7\n    unknowns:\n      vendor_silnet: warn\n": "line 5:"
    " stages.build.unknowns.vendor_silnet is not known",
    "stages:\n  build:\n    score: 7\n    unknowns:\n      no_feed: yes\n": "line 5:"
    " stages.build.unknowns.no_feed is one of",
    "stages:\n  build:\n    score: 7\n    stale_days: -1\n": "line 4: stages.build.stale_days is",
    "stages:\n  build:\n    score: 7\n    kernel: maybe\n": "line 4: stages.build.kernel is true",
    "stages:\n  build:\n    score: 7\n    score: 8\n": "line 4: no YAML: score is given twice",
    "stages:\n  build:\n    unscored: warn\n": "line 2: stages.build can never deny",
    "stages: {build: *a}": "line 1: no YAML",
    "stages: &a {build: *a}": "line 1: no YAML",
    "a: [": "line 1: no YAML",
    "stages:\n  build:\n    score: !!int ''\n": "line 3: no YAML: '' is no int",
    "stages:\n  build:\n    kernel: !!bool maybe\n": "line 3: no YAML: 'maybe' is no bool",
    "stages:\n  build:\n    score: !!timestamp x\n": "line 3: no YAML: 'x' is no timestamp",
    "stages:\n  build:\n    score: 2026-13-01\n": "line 3: no YAML: '2026-13-01' is no timestamp",
    "\x00": "line 1: no YAML",
    "stages: {build: !!python/object/apply:os.system [ls]}": "stages.build is a mapping",
}


@pytest.mark.parametrize("text", BAD)
def test_a_faulty_policy_is_refused_with_its_line(text):
    with pytest.raises(InputError) as caught:
        read(text.encode(), "ours.yaml")
    message = str(caught.value)
    assert message.startswith("ours.yaml: line ")
    assert BAD[text] in message
    assert "\n" not in message
    assert faults(text.encode())


BOMB = b"".join(
    b"a%d: &a%d [%s]\n" % (n, n, b",".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 9)
)


@pytest.mark.parametrize(
    "data", [b"\xff", b"[" * 100_000, b"a: " + b"x" * 2_000_000, b"a0: &a0 x\n" + BOMB]
)
def test_a_hostile_file_is_refused(data):
    with pytest.raises(InputError):
        read(data, "x")


def test_a_policy_that_is_not_there_names_those_that_are(tmp_path):
    with pytest.raises(InputError, match="did you mean strict"):
        load("strcit")
    path = tmp_path / "ours.yaml"
    path.write_bytes(GOOD)
    assert load(str(path)) == read(GOOD, str(path))
    with pytest.raises(InputError):
        shipped("../default")


def test_a_stage_the_policy_says_nothing_of_is_refused():
    with pytest.raises(InputError, match="no rules for stage registry"):
        evaluate(run(finding()), read(GOOD, "x"), "registry")


VALUES = {
    "score": st.sampled_from([None, 0, 7, 10.0, 10.1, -1, "7", True]),
    "cvss": st.sampled_from(["3.1", 4, "4.0", 5, None]),
    "unscored": st.sampled_from(["deny", "warn", "ignore", "no", None]),
    "unknowns": st.sampled_from(["deny", "x", {}, {"no_feed": "deny"}, {"no_fed": "deny"}, None]),
    "stale_days": st.sampled_from([None, 0, 7, -1, "7", 1.5]),
    "kernel": st.sampled_from([True, False, "true", None]),
    "severity": st.sampled_from(["low", "critical", "grave", "", None]),
    "epss": st.sampled_from([None, 0, 0.5, 1, 1.1, "0.5"]),
    "kev": st.sampled_from(["deny", "ignore", "no", None]),
    "unfixed": st.sampled_from(["warn", True]),
    "grace": st.sampled_from(
        [{"high": 7}, {"high": 7, "since": "published"}, {"since": "published"}, {}, {"high": 1.5}]
        + [{"none": 7}, {"low": 7, "since": "x"}, None, 7]
    ),
    "types": st.sampled_from([{"npm": "warn"}, {"NPM": "warn"}, {"npm": "no"}, {}, None]),
    "baseline": st.sampled_from(["ignore", "x"]),
    "audit": st.sampled_from([True, False, "yes"]),
    "ssvc": st.sampled_from(
        ["act", "track*", "never", {"at": "act"}, {"mission": "low"}, {}, None]
    ),
    "layers": st.sampled_from([{"base": "warn"}, {"base": "no"}, {"bases": "warn"}, {}, "warn"]),
    "coverage": st.sampled_from([0, 0.5, 1, 1.5, "1", None]),
    "feeds": st.sampled_from([{"osv": 1}, {"osv": None}, {"osv": -1}, {"": 1}, {}, ["osv"]]),
    "licences": st.sampled_from([{"deny": ["GPL*"]}, {"deny": "GPL"}, {"deny": [""]}, {}, 7]),
    "sbom": st.sampled_from([{"purl": 1}, {"purl": 2}, {"signed": True}, {"signed": "x"}, {}]),
    "image": st.sampled_from(
        [{"root": "deny"}, {"root": True}, {"ports": []}, {"ports": [80, "53/udp"]}, {"ports": 80}]
        + [{"base_days": 3}, {"base_days": 1.5}, {"bases": ["a*"]}, {}, None]
    ),
    "conditions": st.sampled_from(
        [[], [{"name": "a", "when": "true"}], [{"name": "a b", "when": "true"}], [{"name": "a"}]]
        + [[{"name": "a", "when": ""}], [{"name": "a", "when": "true", "on": "x"}], {}, None]
    ),
    "scores": st.just(1),
}


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(STAGES)), st.fixed_dictionaries({}, optional=VALUES)))
def test_reading_and_the_schema_refuse_the_same(stages):
    document = {"stages": stages}
    ours = [f for f in faults(yaml.safe_dump(document).encode()) if "never deny" not in f.what]
    schema = list(schema_faults(document, "policy.schema.json"))
    assert bool(ours) == bool(schema), (ours, schema)


def test_the_documented_policy_is_valid_and_every_rule_is_documented():
    page = (ROOT / "docs" / "policy.md").read_text()
    example = page.partition("```yaml\n")[2].partition("```")[0]
    assert not faults(example.encode())
    for name in (*UNKNOWNS, *StageRules.__struct_fields__, *SHIPPED):
        assert f"| `{name}` |" in page, name
