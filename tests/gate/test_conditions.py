"""The rules that look at more than the score, what softens them, and the laws of both."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from runs import component, exploited, finding, run

from gate.evaluate import evaluate
from gate.model import Judged, Status, View
from gate.policy.model import Policy, Rules
from gate.policy.reading import faults, read
from gate.policy.rules import UNKNOWNS
from gate.reports import FORMATS, render
from gate.rules.baseline import read as read_baseline
from match.model import Exploited, Likelihood, Severity
from sbom.documents.own_schema import schema_faults
from sbom.errors import InputError

NOW = "2024-01-20T00:00:00Z"
"""18 days after the findings of `runs` were published."""
IGNORING = tuple((name, "ignore") for name in UNKNOWNS)


def policy(**rules):
    return Policy(
        name="p", digest="d", stages=(("build", Rules(**({"unknowns": IGNORING} | rules))),)
    )


def decide(*findings, baseline=None, now=NOW, **rules):
    return evaluate(run(*findings), policy(**rules), "build", decided_at=now, baseline=baseline)


def one(found, **rules):
    verdict = decide(found, **rules)
    (decision,) = verdict.decisions
    assert (verdict.outcome == "deny") == (decision.answer == "deny")
    return decision


def rated(label, score=5.0, source="debian"):
    word = Severity(source=source, label=label)
    scored = Severity(source="nvd", score=score, version="3.1")
    found = finding(severity=scored, feed="debian")
    return replace(found, vulnerability=replace(found.vulnerability, severities=(scored, word)))


@pytest.mark.parametrize("answer", ["deny", "warn", "ignore"])
def test_what_is_known_to_be_exploited_has_an_answer_of_its_own(answer):
    decision = one(exploited(finding(score=1.0)), score=7.0, kev=answer)
    assert decision.answer == ("pass" if answer == "ignore" else answer)
    if answer != "ignore":
        assert decision.because == "known to be exploited since 2024-02-01"
        assert decision.rule == "kev"
    assert one(finding(score=1.0), score=7.0, kev=answer).answer == "pass"


@pytest.mark.parametrize(("limit", "answer"), [(0.42, "deny"), (0.43, "pass"), (0, "deny")])
def test_the_likelihood_is_inclusive(limit, answer):
    decision = one(exploited(finding(score=1.0)), epss=limit)
    assert decision.answer == answer
    assert one(finding(score=1.0), epss=0.0).answer == "pass"


@pytest.mark.parametrize(
    ("label", "limit", "answer"),
    [
        ("Important", "high", "deny"),
        ("moderate", "high", "pass"),
        ("moderate", "medium", "deny"),
        ("unimportant", "medium", "pass"),
        ("low", "low", "deny"),
        ("critical", "critical", "deny"),
        ("end-of-life", "medium", "deny"),
        ("end-of-life", "high", "pass"),
    ],
)
def test_the_word_of_who_speaks_for_the_package_decides_or_else_the_score(label, limit, answer):
    assert one(rated(label), severity=limit).answer == answer


def test_the_word_of_another_feed_is_not_the_distributions():
    assert one(rated("critical", 5.0, source="nvd"), severity="high").answer == "pass"


def test_a_word_that_stands_for_a_score_counts_as_the_word():
    word = Severity(source="debian (its word: high)", score=7.0, label="high")
    found = finding(severity=word, feed="debian")
    assert one(found, severity="high").because == "severity high (debian (its word: high)) >= high"
    assert one(found, severity="critical").answer == "pass"


def test_the_word_stands_against_a_higher_score_of_another():
    assert one(rated("unimportant", 9.8), severity="high").answer == "pass"


@pytest.mark.parametrize("answer", ["deny", "warn", "ignore"])
def test_what_has_no_fix_comes_to_less_where_the_policy_says_so(answer):
    unfixed = finding(fixed=(), fix="wont_fix")
    assert one(unfixed, score=7.0, unfixed=answer).answer == answer
    assert one(finding(), score=7.0, unfixed=answer).answer == "deny"
    # The milder of two never turns graver, and what is exploited or unknown is not softened.
    assert one(replace(unfixed, severity=None), unscored="warn", unfixed="deny").answer != "deny"
    assert one(exploited(unfixed), score=7.0, kev="deny", unfixed=answer).rule in {"kev", "score"}
    silent = replace(unfixed, unknowns=("vendor_silent",))
    asked = tuple((name, "deny") for name in UNKNOWNS)
    assert one(silent, score=7.0, unfixed=answer, unknowns=asked).answer == "deny"


@pytest.mark.parametrize(
    ("now", "left"),
    [
        ("2024-01-02", 14), ("2024-01-15", 1), ("2024-01-16", None), ("2030-01-01", None),
        ("2024-01-01", None), ("", None), ("soon", None),
    ],
)  # fmt: skip
def test_a_grace_period_ends_on_its_day(now, left):
    decision = one(finding(score=8.0), score=7.0, grace=(("high", 14),), now=now)
    assert decision.days_left == left
    assert decision.answer == ("warn" if left else "deny")
    if left:
        shown = f"in grace until 2024-01-16, {left} day{'s' if left > 1 else ''} left"
        assert decision.because.endswith(shown)
    elif now.startswith("20") and now > "2024-01-02":
        assert decision.because.endswith("its 14 days of grace ended on 2024-01-16")
    else:
        assert decision.because.endswith("no grace without a date")


def test_a_band_has_the_days_of_the_next_graver_one():
    grace = (("critical", 1), ("high", 20), ("low", 90))
    for score, left in ((9.8, None), (7.0, 2), (4.0, 2), (1.0, 72)):
        assert one(finding(score=score), score=0.0, grace=grace).days_left == left
    assert one(finding(score=4.0), score=0.0, grace=(("low", 90),)).answer == "deny"


def test_a_period_counts_from_when_it_was_first_heard_of_where_that_is_asked_or_all_there_is():
    found = finding(score=8.0)
    heard = replace(found.vulnerability, first_seen="2024-01-10T00:00:00Z")
    grace = (("high", 14),)
    assert one(replace(found, vulnerability=heard), score=7.0, grace=grace).days_left is None
    heard_of = replace(found, vulnerability=heard)
    assert one(heard_of, score=7.0, grace=grace, since="first_seen").days_left == 4
    # A date that lies ahead is no date: nobody gets a century of grace by a slip of the pen.
    ahead = replace(heard, published="2099-01-01T00:00:00Z")
    assert one(replace(found, vulnerability=ahead), score=7.0, grace=grace).days_left == 4
    nothing = replace(heard, published="", first_seen="")
    assert one(replace(found, vulnerability=nothing), score=7.0, grace=grace).answer == "deny"


def test_types_soften_what_their_packages_have():
    types = (("npm", "warn"), ("pypi", "ignore"))
    assert one(finding(), score=7.0, types=types).answer == "ignore"
    npm = component(purl="pkg:npm/left-pad@1")
    assert one(finding(of=npm), score=7.0, types=types).because.endswith("of type npm")
    assert one(finding(of=component(purl="pkg:gem/x@1")), score=7.0, types=types).answer == "deny"
    assert one(exploited(finding()), kev="deny", types=types).answer == "deny"


def test_the_gravest_of_several_reliefs_counts():
    unfixed = finding(score=8.0, fixed=(), fix="none")
    both = {"score": 7.0, "grace": (("high", 30),), "unfixed": "ignore"}
    assert one(unfixed, **both).answer == "warn"
    assert one(unfixed, **both, types=(("pypi", "deny"),)).answer == "warn"


def test_an_undecided_finding_is_not_rated():
    found = exploited(finding(outcome="undecided"))
    rules = {"score": 1.0, "severity": "low", "epss": 0.0, "kev": "deny"}
    assert one(found, **rules).answer == "ignore"


# The baseline


def baseline(*findings, form="run", **more):
    return read_baseline(render(form, run(*findings, **more)), "b.json")


@pytest.mark.parametrize("form", ["run", "json"])
def test_what_the_baseline_had_warns_and_what_is_new_denies(form):
    before = baseline(finding("CVE-2024-0001"), form=form)
    known = finding("CVE-2024-0001", of=component(version="4.0"))
    verdict = decide(known, finding("CVE-2024-0002"), score=7.0, baseline=before)
    assert [d.answer for d in verdict.decisions] == ["warn", "deny"]
    assert verdict.decisions[0].because.endswith("known to the baseline")
    assert verdict.baseline == before.digest
    assert decide(known, score=7.0, baseline=before).outcome == "pass"
    assert one(known, score=7.0, baseline=before.__class__("", frozenset())).answer == "deny"


@pytest.mark.parametrize("form", ["run", "json"])
def test_a_finding_is_known_by_any_id_and_in_no_other_package(form):
    before = baseline(finding("CVE-2024-0001"), form=form)
    found = finding("GHSA-cve-2024-0001")
    assert before.holds(found)
    assert not before.holds(finding("CVE-2024-0001", of=component("flask")))
    scoped = component(purl="pkg:npm/@a/b@1?x=1#y")
    assert baseline(finding(of=scoped), form=form).holds(
        finding(of=component(purl="pkg:npm/@a/b@2"))
    )
    bare = replace(component(purl=""), ref="r")
    assert baseline(finding(of=bare), form=form).holds(finding(of=bare))
    assert not baseline(finding(of=bare), form=form).holds(finding(of=replace(bare, ref="s")))


@pytest.mark.parametrize("form", ["run", "json"])
def test_what_was_cleared_in_the_baseline_was_never_accepted(form):
    judged = (Judged(finding=finding(), status=Status.NOT_AFFECTED),)
    assert not baseline(judged=judged, form=form).known


@pytest.mark.parametrize("answer", ["deny", "warn", "ignore"])
def test_a_policy_says_what_the_known_come_to(answer):
    before = baseline(finding())
    assert one(finding(), score=7.0, baseline=before).answer == "warn"
    rules = policy(score=7.0, baseline=answer)
    verdict = evaluate(run(finding()), rules, "build", baseline=before)
    assert verdict.decisions[0].answer == answer
    assert decide(exploited(finding()), kev="deny", baseline=before).outcome == "deny"


def test_unknowns_of_what_is_known_are_softened_too():
    silent = finding(unknowns=("vendor_silent",))
    asked = tuple((name, "deny") for name in UNKNOWNS)
    verdict = decide(silent, score=7.0, unknowns=asked, baseline=baseline(silent))
    assert verdict.outcome == "pass"
    assert {u.name: u.answer for u in verdict.unknowns} == {"vendor_silent": "warn"}


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"\xff", b'{"schema":"lading-findings/1"}', b"[" * 100_000]
)
def test_what_is_no_baseline_is_refused(data):
    with pytest.raises(InputError, match=r"b\.json: no "):
        read_baseline(data, "b.json")


# What reports show of it


@pytest.mark.parametrize("name", ["table", "html", "markdown"])
def test_reports_show_the_days_left(name):
    whole = run(finding(score=8.0), finding("CVE-2024-0002", 9.8))
    rules = policy(score=7.0, grace=(("high", 20), ("critical", 0)))
    whole = replace(whole, verdict=evaluate(whole, rules, "build", decided_at=NOW))
    text = render(name, whole, View(width=140)).decode()
    assert text.count("grace 2 days") == 1


@pytest.mark.parametrize("name", FORMATS)
def test_every_report_is_made_of_a_run_with_a_baseline(name):
    whole = run(finding())
    before = baseline(finding())
    whole = replace(whole, verdict=evaluate(whole, policy(score=7.0), "build", baseline=before))
    data = render(name, whole)
    assert data
    if name == "json":
        import msgspec

        document = msgspec.json.decode(data)
        assert document["verdict"]["baseline"] == before.digest
        document["verdict"]["policy"]["digest"] = before.digest
        assert not list(schema_faults(document, "findings.schema.json"))


# Laws

ANSWERS = st.sampled_from(["deny", "warn", "ignore"])
DAYS = st.lists(st.integers(0, 30), min_size=4, max_size=4).map(
    lambda days: tuple(
        sorted(zip(("critical", "high", "medium", "low"), sorted(days), strict=True))
    )
)
RULES = st.builds(
    policy,
    score=st.none() | st.sampled_from([0.0, 4.0, 7.0]),
    severity=st.sampled_from(["", "low", "high"]),
    epss=st.none() | st.sampled_from([0.0, 0.3, 0.9]),
    kev=ANSWERS,
    unscored=ANSWERS,
    unfixed=ANSWERS,
    grace=st.just(()) | DAYS,
    since=st.sampled_from(["published", "first_seen"]),
    types=st.sampled_from([(), (("pypi", "warn"),), (("pypi", "ignore"),)]),
    baseline=ANSWERS,
    unknowns=st.fixed_dictionaries(dict.fromkeys(UNKNOWNS, ANSWERS)).map(
        lambda answers: tuple(sorted(answers.items()))
    ),
)


@st.composite
def findings(draw):
    score = draw(st.none() | st.sampled_from([0.0, 3.0, 5.0, 8.0, 9.8]))
    fixed = draw(st.sampled_from([(), ("3.2.4",)]))
    of = component(draw(st.sampled_from(["django", "flask"])))
    found = finding(
        f"CVE-2024-{draw(st.integers(1, 3)):04}",
        score,
        of,
        fixed=fixed,
        fix="fixed" if fixed else "none",
        outcome=draw(st.sampled_from(["affected", "undecided"])),
        unknowns=draw(st.sampled_from([(), ("vendor_silent",)])),
    )
    known = draw(st.booleans())
    chance = draw(st.none() | st.sampled_from([0.1, 0.5]))
    vulnerability = replace(
        found.vulnerability,
        kev=Exploited(id="x", added="2024-01-05") if known else None,
        epss=None if chance is None else Likelihood(id="x", probability=chance, percentile=0.5),
        first_seen=draw(st.sampled_from(["", "2024-01-04T00:00:00Z"])),
    )
    return replace(found, vulnerability=vulnerability)


MANY = st.lists(findings(), max_size=4)


def outcome(found, rules, day=20, before=None):
    now = f"2024-01-{day:02}T00:00:00Z"
    return evaluate(run(*found), rules, "build", decided_at=now, baseline=before).outcome


@settings(max_examples=150, deadline=None)
@given(MANY, findings(), RULES, st.none() | MANY)
def test_a_further_finding_never_turns_deny_into_pass(found, further, rules, had):
    before = None if had is None else baseline(*had)
    pair = outcome(found, rules, before=before), outcome([*found, further], rules, before=before)
    assert pair != ("deny", "pass")


@settings(max_examples=150, deadline=None)
@given(MANY, RULES, st.integers(5, 25), st.integers(0, 6))
def test_a_later_day_never_turns_deny_into_pass(found, rules, day, more):
    assert (outcome(found, rules, day), outcome(found, rules, day + more)) != ("deny", "pass")


@settings(max_examples=150, deadline=None)
@given(findings(), RULES, st.sampled_from(["kev", "epss", "score", "fix"]))
def test_what_makes_a_finding_graver_never_turns_deny_into_pass(found, rules, how):
    vulnerability = found.vulnerability
    if how == "kev":
        vulnerability = replace(vulnerability, kev=Exploited(id="x", added="2024-01-05"))
    elif how == "epss":
        likely = Likelihood(id="x", probability=0.95, percentile=0.99)
        vulnerability = replace(vulnerability, epss=likely)
    graver = replace(found, vulnerability=vulnerability)
    if how == "fix":
        graver = replace(found, fixed=("3.2.4",), fix="fixed")
    elif how == "score" and found.severity:
        graver = replace(found, severity=replace(found.severity, score=9.9))
    assert (outcome([found], rules), outcome([graver], rules)) != ("deny", "pass")


@settings(max_examples=100, deadline=None)
@given(MANY, MANY, RULES)
def test_a_baseline_never_turns_pass_into_deny(found, had, rules):
    assert (outcome(found, rules), outcome(found, rules, before=baseline(*had))) != (
        "pass",
        "deny",
    )


# The policy file


WHOLE = b"""\
stages:
  build:
    score: 7
    severity: high
    epss: 0.25
    kev: deny
    unfixed: warn
    grace: {critical: 0, high: 14, since: first_seen}
    types: {npm: warn, deb: ignore}
    baseline: ignore
"""


def test_every_condition_is_read():
    ((_, rules),) = read(WHOLE, "p").stages
    assert (rules.score, rules.severity, rules.epss, rules.kev) == (7.0, "high", 0.25, "deny")
    assert (rules.unfixed, rules.baseline, rules.since) == ("warn", "ignore", "first_seen")
    assert rules.grace == (("critical", 0), ("high", 14))
    assert rules.types == (("deb", "ignore"), ("npm", "warn"))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("epss: 2", "line 4: stages.build.epss is a probability from 0 to 1"),
        ("kev: yes", "line 4: stages.build.kev is one of deny, warn, ignore"),
        ("severity: grave", "line 4: stages.build.severity is one of low, medium, high, critical"),
        ("grace: 7", "line 4: stages.build.grace is a mapping"),
        ("grace: {since: published}", "line 4: stages.build.grace is a mapping"),
        ("grace: {hihg: 7, low: 8}", "line 4: stages.build.grace.hihg is not known"),
        ("grace: {high: -1}", "line 4: stages.build.grace.high is a number of days"),
        ("grace: {high: null}", "line 4: stages.build.grace.high is a number of days"),
        ("grace: {critical: 9, high: 7}", "line 4: stages.build.grace.critical is longer than"),
        ("grace: {high: 7, since: fixed}", "line 4: stages.build.grace.since is one of"),
        ("types: npm", "line 4: stages.build.types is a mapping"),
        ("types: {NPM: warn}", "line 4: stages.build.types.NPM is no purl type"),
        ("types: {npm: pass}", "line 4: stages.build.types.npm is one of"),
        ("baseline: 7", "line 4: stages.build.baseline is one of"),
    ],
)
def test_a_faulty_condition_is_refused_with_its_line(text, what):
    data = f"stages:\n  build:\n    score: 7\n    {text}\n".encode()
    found = faults(data)
    assert any(f"{f.place}: {f.what}".startswith(what) for f in found), found


@pytest.mark.parametrize("text", ["kev: deny", "epss: 0.5", "severity: high"])
def test_each_condition_that_denies_is_teeth_enough(text):
    base = "stages:\n  build:\n    unscored: warn\n    "
    assert faults((base + "kernel: true\n").encode())
    assert not faults((base + text + "\n").encode())
