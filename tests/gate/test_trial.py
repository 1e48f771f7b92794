"""A policy tried on stored runs: what would be decided differently."""

import pytest
from msgspec import json
from msgspec.structs import replace
from runs import component, finding, run

from gate.evaluate import evaluate
from gate.policy.reading import load
from gate.reports import render
from gate.rules.baseline import read as read_baseline
from gate.trial import attempt, collect, render_json, render_text, would_deny
from sbom.documents.own_schema import schema_faults


def judged(*findings, policy="default", stage="build", **more):
    whole = run(*findings, **more)
    verdict = evaluate(whole, load(policy), stage, decided_at="2024-05-03T00:00:00Z")
    return replace(whole, verdict=verdict)


def trial(whole, policy, **more):
    return attempt(whole, load(policy), file="a.run", **more)


def test_the_same_policy_changes_nothing():
    whole = judged(finding(), finding("CVE-2024-0002", None), stage="deploy")
    tried = trial(whole, "default")
    assert (tried.before, tried.after, tried.differences) == ("deny", "deny", ())
    assert tried.stage == "deploy"


def test_a_stricter_policy_names_what_it_would_deny():
    whole = judged(finding(score=5.0), finding("CVE-2024-0002", 1.0))
    tried = trial(whole, "strict")
    (one,) = (d for d in tried.differences if d.id)
    assert (one.id, one.before, one.after) == ("CVE-2024-0001", "pass", "deny")
    assert (tried.before, tried.after) == ("pass", "deny")
    document = collect(load("strict"), (tried,))
    assert would_deny(document)
    text = render_text(document)
    assert "a.run: pass -> deny at build (registry.example/app:1)" in text
    assert "pass -> deny: CVE-2024-0001 in pkg:pypi/django@3.2: CVSS 3.1 5.0 (nvd) >= 4.0" in text
    assert text.endswith("policy strict: 1 of 1 verdict would change\n")


def test_a_milder_policy_denies_nothing_new():
    tried = trial(judged(finding()), "audit-only")
    assert (tried.before, tried.after) == ("deny", "pass")
    assert not would_deny(collect(load("audit-only"), (tried,)))


def test_another_stage_time_or_baseline_may_be_stated():
    whole = judged(finding(score=None), policy="audit-only")
    assert trial(whole, "default", stage="deploy").after == "deny"
    stale = trial(judged(finding(score=1.0)), "strict", now="2030-01-01T00:00:00Z")
    assert any("feeds older than 7 days" in d.because for d in stale.differences)
    before = read_baseline(render("run", run(finding())), "b.run")
    assert trial(judged(finding()), "default", baseline=before).after == "pass"


def test_a_run_without_a_verdict_was_decided_by_none():
    tried = trial(run(finding()), "default")
    assert (tried.before, tried.after, tried.stage) == ("none", "deny", "build")
    assert tried.differences[0].before == "none"
    assert not would_deny(collect(load("default"), (tried,)))


@pytest.mark.parametrize("make", [lambda: run(finding()), lambda: judged(finding(score=5.0))])
def test_the_document_is_valid_by_its_schema(make):
    document = collect(load("strict"), (trial(make(), "strict"),))
    assert not list(schema_faults(json.decode(render_json(document)), "trial.schema.json"))


def test_long_lists_are_cut_and_counted():
    many = [finding(f"CVE-2024-{n:04}", 5.0, component(f"p{n}")) for n in range(30)]
    text = render_text(collect(load("strict"), (trial(judged(*many), "strict"),)))
    assert text.count("CVE-2024-") == 10
    assert "  and 20 more" in text or "  and 21 more" in text
