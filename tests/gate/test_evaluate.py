import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from runs import component, finding, problem, run

from gate.apply import apply
from gate.evaluate import evaluate
from gate.model import Judged, Product, Statement, Status
from gate.policy.document import STAGES
from gate.policy.model import Policy, Rules
from gate.policy.reading import load
from gate.policy.rules import UNKNOWNS
from match.model import Coverage, FeedState, SetState, Severity

NOW = "2026-11-22T00:00:00Z"
KERNEL = component(
    "linux-libc-dev", "6.1", purl="pkg:deb/debian/linux-libc-dev@6.1", source="linux"
)
LOCKED = component("left-pad", "1.0", scope="optional")


def decide(*findings, stage="build", policy="default", **more):
    return evaluate(run(*findings, **more), load(policy), stage, decided_at=NOW)


def answers(verdict):
    return {unknown.name: (unknown.count, unknown.answer) for unknown in verdict.unknowns}


@pytest.mark.parametrize(("score", "outcome"), [(6.9, "pass"), (7.0, "deny"), (9.8, "deny")])
def test_the_threshold_is_inclusive(score, outcome):
    verdict = decide(finding(score=score))
    assert verdict.outcome == outcome
    assert bool(verdict.reasons) == (outcome == "deny")
    assert f"{score:.1f}" in verdict.decisions[0].because


def test_the_reason_names_the_gravest_and_counts_the_rest():
    verdict = decide(finding(score=8.0), finding("CVE-2024-0002", 9.8), finding("CVE-2024-0003", 7))
    assert verdict.reasons == (
        "CVE-2024-0002 in django 3.2: CVSS 3.1 9.8 (nvd) >= 7.0, and 2 more findings",
    )


@pytest.mark.parametrize("stage", STAGES)
def test_what_is_unknown_is_denied_at_deploy_and_warned_of_before(stage):
    silent = finding("CVE-2024-0002", 1.0, unknowns=("vendor_silent",), silent_days=3)
    verdict = decide(
        finding(score=None),
        silent,
        finding("CVE-2024-0003", 9.8, outcome="undecided"),
        stage=stage,
        problems=[problem(), problem("field_lost")],
        coverage=Coverage(
            components=9, matchable=5, without_purl=1, without_feed=(("no feed for hex", 3),)
        ),
        end_of_life="2026-11-21",
    )
    usual = "deny" if stage == "deploy" else "warn"
    assert verdict.outcome == ("deny" if stage == "deploy" else "pass")
    found = answers(verdict)
    expected = {
        "end_of_life": 1,
        "no_feed": 3,
        "no_purl": 1,
        "undecided": 1,
        "unreadable": 1,
        "unscored": 1,
        "vendor_silent": 1,
    }
    stale = {} if stage == "build" else {"stale_feed": 1}
    assert found == {name: (count, usual) for name, count in (expected | stale).items()}
    assert decide(finding(score=None), stage=stage, policy="strict").outcome == "deny"


def test_an_empty_image_is_unknown_and_not_clean():
    verdict = decide(coverage=Coverage(components=0, matchable=0), stage="deploy")
    assert verdict.outcome == "deny"
    assert "empty" in answers(verdict)


@pytest.mark.parametrize(
    ("learned", "stale"), [("2026-11-15", False), ("2026-11-14", True), ("", True), ("soon", True)]
)
def test_a_feed_ages_from_when_it_was_learned(learned, stale):
    state = SetState(
        digest="d", as_of="", feeds=(FeedState(name="osv", records=1, learned=learned),)
    )
    verdict = decide(finding(score=1.0), stage="registry", state=state)
    assert ("stale_feed" in answers(verdict)) is stale


def test_a_feed_that_is_confirmed_is_as_young_as_that_whenever_it_last_changed():
    def unknown(confirmed):
        quiet = FeedState(name="kev", records=1, learned="2025-01-01", confirmed=confirmed)
        state = SetState(digest="d", as_of="", feeds=(quiet,))
        verdict = decide(finding(score=1.0), stage="registry", state=state)
        return [each.what for each in verdict.unknowns if each.name == "stale_feed"]

    assert unknown("2026-11-15T23:59:59Z") == []
    (told,) = unknown("2026-11-14T00:00:00Z")
    assert told == "feeds older than 7 days: kev (confirmed 8 days ago)"
    (told,) = unknown("")
    assert "kev (learned " in told


@pytest.mark.parametrize(
    ("of", "name", "rule"), [(KERNEL, "kernel", "kernel"), (LOCKED, "optional", "optional")]
)
def test_kernel_and_optional_are_counted_out_unless_the_policy_says_otherwise(of, name, rule):
    verdict = decide(finding(of=of))
    assert verdict.outcome == "pass"
    assert verdict.left_out == ((name, 1),)
    assert verdict.decisions[0].answer == "ignore"
    rules = Rules(score=7.0, **{rule: True})
    policy = Policy(name="x", digest="d", stages=(("build", rules),))
    assert evaluate(run(finding(of=of)), policy, "build").outcome == "deny"


@pytest.mark.parametrize("status", Status)
def test_not_affected_and_fixed_leave_the_gate_and_say_so(status):
    judged = Judged(finding=finding(), status=status, statement="doc#1", because="Acme: so")
    verdict = decide(judged=(judged,))
    cleared = status in {Status.NOT_AFFECTED, Status.FIXED}
    assert verdict.outcome == ("pass" if cleared else "deny")
    assert verdict.left_out == (((status.value, 1),) if cleared else ())
    if cleared:
        assert "doc#1" in verdict.decisions[0].because


def test_a_policy_may_score_by_an_older_version():
    new = Severity(source="cna", score=9.0, version="4.0")
    old = Severity(source="nvd", score=5.0, version="3.1")
    found = finding(severity=new)
    found = replace(found, vulnerability=replace(found.vulnerability, severities=(new, old)))
    for cvss, outcome in (
        ("", "deny"),
        ("4.0", "deny"),
        ("3", "pass"),
        ("3.1", "pass"),
        ("2", "deny"),
    ):
        policy = Policy(name="x", digest="", stages=(("build", Rules(score=7.0, cvss=cvss)),))
        assert evaluate(run(found), policy, "build").outcome == outcome, cvss


def test_every_finding_has_a_decision_in_order():
    found = [finding(f"CVE-2024-{n:04}", n / 2) for n in range(20)]
    verdict = decide(*found)
    assert [d.id for d in verdict.decisions[:20]] == [f.vulnerability.id for f in found]
    assert all(d.because for d in verdict.decisions)


ANSWERS = st.sampled_from(["deny", "warn", "ignore"])
RULES = st.builds(
    Rules,
    score=st.none() | st.sampled_from([0.0, 4.0, 7.0, 10.0]),
    cvss=st.sampled_from(["", "3", "4.0"]),
    unscored=ANSWERS,
    unknowns=st.fixed_dictionaries(dict.fromkeys(UNKNOWNS, ANSWERS)).map(
        lambda answers: tuple(sorted(answers.items()))
    ),
    stale_days=st.none() | st.integers(0, 400),
    kernel=st.booleans(),
    optional=st.booleans(),
)
POLICIES = st.tuples(st.sampled_from(STAGES), RULES).map(
    lambda pair: (pair[0], Policy(name="p", digest="d", stages=(pair,)))
)
FINDINGS = st.builds(
    lambda n, score, of, outcome, unknowns: finding(
        f"CVE-2024-{n:04}", score, of, outcome=outcome, unknowns=unknowns
    ),
    st.integers(1, 4),
    st.none() | st.sampled_from([0.0, 3.9, 7.0, 9.8]),
    st.sampled_from([component(), component("flask"), KERNEL, LOCKED]),
    st.sampled_from(["affected", "undecided"]),
    st.sampled_from([(), ("vendor_silent",)]),
)


@settings(max_examples=120, deadline=None)
@given(st.lists(FINDINGS, max_size=5), FINDINGS, POLICIES, st.randoms(use_true_random=False))
def test_a_further_finding_never_turns_deny_into_pass_and_order_never_matters(
    findings, further, staged, chance
):
    stage, policy = staged
    before = evaluate(run(*findings), policy, stage, decided_at=NOW)
    more = [*findings, further]
    chance.shuffle(more)
    after = evaluate(run(*more), policy, stage, decided_at=NOW)
    assert before.outcome == "pass" or after.outcome == "deny"
    again = evaluate(run(*sorted(more, key=repr)), policy, stage, decided_at=NOW)
    assert (again.outcome, again.unknowns, again.left_out) == (
        after.outcome,
        after.unknowns,
        after.left_out,
    )
    assert again.reasons == after.reasons


def stated(status, day, purl, id_):
    return Statement(
        document=f"{status}{day}{purl}",
        author="a",
        vulnerabilities=(id_,),
        products=(Product(id=purl, purls=(purl,)),),
        status=status,
        timestamp=f"2024-01-0{day}T00:00:00Z",
    )


STATEMENTS = st.builds(
    stated,
    st.sampled_from(Status),
    st.integers(1, 3),
    st.sampled_from(["pkg:pypi/django", "pkg:pypi/flask@3.2", "pkg:deb/debian/linux-libc-dev"]),
    st.sampled_from(["CVE-2024-0001", "CVE-2024-0002"]),
)


@settings(max_examples=120, deadline=None)
@given(st.lists(FINDINGS, max_size=5), st.lists(STATEMENTS, max_size=4), STATEMENTS, POLICIES)
def test_a_further_not_affected_never_turns_pass_into_deny(findings, statements, further, staged):
    stage, policy = staged
    further = replace(further, status=Status.NOT_AFFECTED)
    outcomes = []
    for given_ in (statements, [*statements, further]):
        whole = run(*findings)
        judged, _ = apply(findings, given_, whole.sbom)
        judged_run = replace(whole, judged=judged)
        outcomes.append(evaluate(judged_run, policy, stage, decided_at=NOW).outcome)
    assert outcomes != ["pass", "deny"]
