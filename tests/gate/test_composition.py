"""Policies that extend others, scopes, and the one rule: the gravest answer counts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from runs import component, exploited, finding, run
from test_evaluate import FINDINGS, RULES

from gate.evaluate import evaluate
from gate.model import Judged, Status
from gate.policy.document import STAGES
from gate.policy.model import Policy, Rules, Scope
from gate.policy.reading import load, read, with_score
from lading.judging import read_scope
from sbom.errors import InputError

NOW = "2026-11-23T00:00:00Z"
ORG = """\
name: org
stages:
  build: {score: 9, kev: deny}
  registry: {score: 7}
  deploy: {score: 7, unknowns: deny}
"""


def written(folder, team, org=ORG):
    (folder / "org.yaml").write_text(org)
    path = folder / "team.yaml"
    path.write_text(f"name: team\nextends: org.yaml\n{team}")
    return load(str(path))


def test_a_team_can_tighten(tmp_path):
    policy = written(tmp_path, "stages: {build: {score: 4}}")
    verdict = evaluate(run(finding(score=5.0)), policy, "build", decided_at=NOW)
    assert verdict.outcome == "deny"
    assert verdict.reasons[0].endswith("CVSS 3.1 5.0 (nvd) >= 4.0 (policy team)")
    assert verdict.policy == "team"


def test_a_team_cannot_loosen(tmp_path):
    soft = "stages: {build: {score: null, audit: true, unscored: ignore, unknowns: ignore}}"
    policy = written(tmp_path, soft)
    verdict = evaluate(run(finding(score=9.1)), policy, "build", decided_at=NOW)
    assert verdict.outcome == "deny"
    assert "(policy org)" in verdict.reasons[0]
    assert evaluate(run(exploited(finding(score=1.0))), policy, "build").outcome == "deny"
    lenient = with_score(policy, 10.0)
    assert evaluate(run(finding(score=9.1)), lenient, "build").outcome == "deny"


def test_the_digest_covers_what_is_extended(tmp_path):
    before = written(tmp_path, "stages: {build: {score: 4}}")
    after = written(tmp_path, "stages: {build: {score: 4}}", ORG.replace("9", "8"))
    assert before.digest != after.digest


def test_a_stage_has_to_be_in_every_policy(tmp_path):
    policy = written(tmp_path, "stages: {build: {score: 4}}", "stages: {deploy: {score: 7}}")
    with pytest.raises(InputError, match="no rules for stage build"):
        evaluate(run(), policy, "build")


def test_a_shipped_policy_can_be_extended(tmp_path):
    path = tmp_path / "ours.yaml"
    path.write_text("extends: [strict]\nstages: {build: {score: 9}}")
    assert [each.name for each in load(str(path)).extends] == ["strict"]
    assert evaluate(run(finding(score=4.0)), load(str(path)), "build").outcome == "deny"


def test_a_ring_a_long_chain_and_a_missing_one_are_refused(tmp_path):
    for number in range(12):
        text = f"extends: {number + 1}.yaml\nstages: {{build: {{score: 7}}}}"
        (tmp_path / f"{number}.yaml").write_text(text)
    with pytest.raises(InputError, match="more than 8 policies"):
        load(str(tmp_path / "0.yaml"))
    (tmp_path / "3.yaml").write_text("extends: 1.yaml\nstages: {build: {score: 7}}")
    with pytest.raises(InputError, match=r"3\.yaml: line 1: 1\.yaml extends this policy in turn"):
        load(str(tmp_path / "0.yaml"))
    with pytest.raises(InputError, match="no such policy"):
        load(str(tmp_path / "11.yaml"))
    (tmp_path / "3.yaml").write_text("extends: 4.yaml\nstages: {}")
    with pytest.raises(InputError, match=r"3\.yaml: line 2"):
        load(str(tmp_path / "0.yaml"))


def test_only_labels_are_labels():
    text = """\
stages: {build: {score: 7}}
scopes:
- labels: {user: root}
  stages: {build: {audit: true, unscored: ignore, unknowns: ignore}}
- labels: {team: lab}
  stages: {build: {audit: true, unscored: ignore, unknowns: ignore}}
"""
    policy = read(text.encode(), "p.yaml")
    whole = run(finding(score=9.0))
    whole = replace(
        whole, sbom=replace(whole.sbom, facts=(("user", "root"),)), scope=(("team", "lab"),)
    )
    assert evaluate(whole, policy, "build", decided_at=NOW).outcome == "deny"


SCOPED = """\
stages: {build: {score: 7}}
scopes:
- name: sandbox
  teams: [lab, play-*]
  stages: {build: {audit: true, unscored: ignore, unknowns: ignore}}
- name: shop
  images: ['registry.example/shop*']
  namespaces: [prod]
  stages: {build: {score: 4}}
- labels: {tier: gold, org.opencontainers.image.vendor: '*'}
  stages: {build: {score: 1}}
"""


@pytest.mark.parametrize(
    ("scope", "name", "denied"),
    [
        ((), "registry.example/app:1", 7.0),
        (("team=lab",), "registry.example/app:1", None),
        (("team=play-1",), "x", None),
        (("namespace=prod",), "registry.example/shop:1", 4.0),
        (("namespace=test",), "registry.example/shop:1", 7.0),
        (("team=lab", "namespace=prod"), "registry.example/shop:1", 4.0),
        (("label.tier=gold", "label.org.opencontainers.image.vendor=us"), "x", 1.0),
        (("label.tier=gold",), "x", 1.0),
        (("label.tier=tin",), "x", 7.0),
    ],
)
def test_a_scope_stands_instead_and_of_several_the_gravest_counts(scope, name, denied):
    policy = read(SCOPED.encode(), "p.yaml")
    for score in (1.0, 4.0, 7.0):
        whole = replace(run(finding(score=score)), scope=read_scope(scope))
        subject = replace(whole.sbom.subject, name=name)
        whole = replace(whole, sbom=replace(whole.sbom, subject=subject))
        verdict = evaluate(whole, policy, "build", decided_at=NOW)
        assert verdict.outcome == ("deny" if denied is not None and score >= denied else "pass")


def test_labels_are_facts_of_the_image_too():
    policy = read(SCOPED.encode(), "p.yaml")
    whole = run(finding(score=1.0))
    facts = (("label-org.opencontainers.image.vendor", "us"), ("label-tier", "gold"))
    whole = replace(whole, sbom=replace(whole.sbom, facts=facts))
    assert evaluate(whole, policy, "build").outcome == "deny"


@pytest.mark.parametrize("text", ["team", "team=", "=x", "label.=x", "colour=red"])
def test_a_scope_of_another_form_is_refused(text):
    with pytest.raises(InputError, match="not NAME=VALUE"):
        read_scope((text,))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("scopes: [{stages: {build: {score: 4}}}]", r"scopes\[0\] selects every image"),
        ("scopes: [{teams: [a], stages: {biuld: {score: 4}}}]", "did you mean build"),
        ("scopes: [{teams: [a], stages: {build: {score: 40}}}]", "a CVSS score"),
        ("scopes: [{teams: [a]}]", r"there is no `scopes\[0\].stages`"),
        ("scopes: {teams: [a]}", "scopes is a list of scopes"),
        ("scopes: [{teams: a, stages: {build: {score: 4}}}]", "teams is a list"),
    ],
)
def test_a_faulty_scope_is_refused(text, what):
    with pytest.raises(InputError, match=what):
        read(f"stages: {{build: {{score: 7}}}}\n{text}".encode(), "p.yaml")


# Laws

STAGED = st.sampled_from(STAGES)
KEV = st.sampled_from(["deny", "warn", "ignore"])
LENIENT = st.builds(
    lambda rules, unfixed, kev, layers: replace(rules, unfixed=unfixed, kev=kev, layers=layers),
    RULES,
    KEV,
    KEV,
    st.sampled_from([(), (("base", "ignore"),), (("own", "ignore"),)]),
)


def policy_of(stage, rules, name="p", extends=(), scopes=()):
    return Policy(name=name, digest=name, stages=((stage, rules),), extends=extends, scopes=scopes)


@settings(max_examples=150, deadline=None)
@given(st.lists(FINDINGS, max_size=4), LENIENT, LENIENT, LENIENT, STAGED, st.booleans())
def test_composition_never_passes_what_the_organisation_denies(
    findings, org, team, scoped, stage, has_scope
):
    whole = run(*findings)
    scopes = (Scope(stages=((stage, scoped),), images=("*",)),) if has_scope else ()
    above = policy_of(stage, org, "org")
    below = policy_of(stage, team, "team", (above,), scopes)
    alone = evaluate(whole, above, stage, decided_at=NOW)
    both = evaluate(whole, below, stage, decided_at=NOW)
    assert alone.outcome == "pass" or both.outcome == "deny"
    for before, after in zip(alone.decisions, both.decisions[: len(findings)], strict=False):
        assert before.answer != "deny" or after.answer == "deny"


@settings(max_examples=100, deadline=None)
@given(st.lists(FINDINGS, max_size=4), LENIENT, LENIENT, LENIENT, STAGED)
def test_the_order_of_policies_never_matters(findings, first, second, third, stage):
    whole = run(*findings)
    names = dict(zip("abc", (first, second, third), strict=True))
    verdicts = []
    for order in ("abc", "cba", "bca"):
        extends = tuple(policy_of(stage, names[each], each) for each in order)
        policy = policy_of(stage, Rules(unknowns=()), "t", extends)
        verdicts.append(evaluate(whole, policy, stage, decided_at=NOW))
    assert len({each.outcome for each in verdicts}) == 1
    assert len({each.unknowns for each in verdicts}) == 1
    answers = {tuple(d.answer for d in each.decisions) for each in verdicts}
    assert len(answers) == 1


@settings(max_examples=80, deadline=None)
@given(st.lists(FINDINGS, min_size=1, max_size=4), LENIENT, LENIENT, STAGED, st.data())
def test_a_further_not_affected_never_turns_pass_into_deny_with_several_policies(
    findings, org, team, stage, data
):
    policy = policy_of(stage, team, "team", (policy_of(stage, org, "org"),))
    whole = run(*findings)
    cleared = data.draw(st.integers(0, len(findings) - 1))
    judged = tuple(
        Judged(finding=each.finding, status=Status.NOT_AFFECTED if n == cleared else None)
        for n, each in enumerate(whole.judged)
    )
    before = evaluate(whole, policy, stage, decided_at=NOW)
    after = evaluate(replace(whole, judged=judged), policy, stage, decided_at=NOW)
    assert before.outcome == "deny" or after.outcome == "pass"


def test_one_policy_alone_is_not_named_in_its_reasons():
    verdict = evaluate(run(finding(of=component())), load("default"), "build", decided_at=NOW)
    assert "(policy" not in verdict.reasons[0]
