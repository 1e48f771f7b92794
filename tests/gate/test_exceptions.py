"""Exceptions of the house: which finding, until when, after which events, on whose terms."""

from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from runs import component, exploited, finding, run

from gate.evaluate import evaluate
from gate.exceptions.document import ExceptionsDocument
from gate.exceptions.files import faults, load_all, read
from gate.model import Judged, Status, View
from gate.policy.document import PolicyDocument
from gate.policy.model import Acceptance, HouseException
from gate.policy.reading import load
from gate.policy.reading import read as read_policy
from gate.reports import FORMATS, render
from gate.reports.run import read as read_run
from gate.shapes import schema
from match.model import Likelihood
from sbom.documents.own_schema import schema_faults
from sbom.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
NOW = "2026-11-23T12:00:00Z"
POLICY = load("default")


def accepted(**more):
    values = {
        "id": "EX-1",
        "where": "ex.yaml: exceptions[0]",
        "vulnerabilities": ("CVE-2024-0001",),
        "owner": "shop",
        "reason": "not reachable",
        "until": "2026-12-31",
    }
    return HouseException(**(values | more))


def decide(found, *exceptions, policy=POLICY, now=NOW, facts=(), stage="build"):
    whole = run(*(found if isinstance(found, list) else [found]))
    whole = replace(whole, sbom=replace(whole.sbom, facts=facts))
    return evaluate(whole, policy, stage, decided_at=now, exceptions=exceptions)


def test_an_exception_softens_what_it_speaks_of_and_says_who_accepted_it():
    verdict = decide(finding(), accepted(approver="sec", ticket="SEC-7"))
    (decision, *_) = verdict.decisions
    assert (verdict.outcome, decision.answer, decision.rule) == ("pass", "ignore", "exception")
    assert decision.days_left == 38
    assert decision.because.endswith(
        "exception EX-1: accepted by shop, approved by sec (SEC-7) until 2026-12-31: not reachable"
    )
    (use,) = verdict.exceptions
    assert (use.state, use.findings) == ("used", (("CVE-2024-0001", "pkg:pypi/django@3.2"),))
    assert not use.expiring
    assert decide(finding(), accepted(answer="warn")).decisions[0].answer == "warn"


def test_it_softens_what_is_exploited_too_unless_that_ends_it():
    strict = read_policy(b"stages: {build: {score: 7, kev: deny}}", "p.yaml")
    assert decide(exploited(finding()), accepted(), policy=strict).outcome == "pass"
    ends = accepted(events=("kev_listed",))
    assert decide(exploited(finding()), ends, policy=strict).outcome == "deny"
    known = accepted(events=("kev_listed",), at=Acceptance(kev=True))
    assert decide(exploited(finding()), known, policy=strict).outcome == "pass"


SCOPED = component(purl="pkg:npm/%40a/b@3.2?x=1", name="b")


@pytest.mark.parametrize(
    ("changes", "of", "fits"),
    [
        ({"vulnerabilities": ("GHSA-cve-2024-0001",)}, None, True),
        ({"vulnerabilities": ("CVE-2024-0002",)}, None, False),
        ({"packages": ("pkg:pypi/django",)}, None, True),
        ({"packages": ("pkg:pypi/django@3.2",)}, None, True),
        ({"packages": ("pkg:pypi/django@3.3",)}, None, False),
        ({"packages": ("pkg:npm/django",)}, None, False),
        ({"packages": ("djan*",)}, None, True),
        ({"packages": ("flask", "django")}, None, True),
        ({"packages": ("pkg:npm/@a/b@3.2",)}, SCOPED, True),
        ({"packages": ("pkg:npm/%40a/b",)}, SCOPED, True),
        ({"packages": ("pkg:npm/b",)}, SCOPED, False),
        ({"versions": ("3.*",)}, None, True),
        ({"versions": ("4.*",)}, None, False),
        ({"types": ("pypi",)}, None, True),
        ({"types": ("npm",)}, None, False),
        ({"paths": ("usr/lib/*",)}, None, True),
        ({"paths": ("opt/*",)}, None, False),
        ({"images": ("registry.example/*",)}, None, True),
        ({"images": ("other/*",)}, None, False),
    ],
)
def test_it_holds_for_what_it_names_and_nothing_else(changes, of, fits):
    found = finding(of=of) if of else finding()
    assert decide(found, accepted(**changes)).outcome == ("pass" if fits else "deny")


@pytest.mark.parametrize(
    ("now", "state", "left", "expiring"),
    [
        ("2026-12-31T23:59:59Z", "used", 0, True),
        ("2027-01-01T00:00:00Z", "expired", None, False),
        ("2026-12-17T00:00:00Z", "used", 14, True),
        ("2026-12-16T00:00:00Z", "used", 15, False),
        ("2025-01-01T00:00:00Z", "expired", 729, False),
        ("", "expired", None, False),
    ],
)
def test_it_holds_until_its_last_day_and_says_when_that_is_near(now, state, left, expiring):
    verdict = decide(finding(), accepted(accepted="2026-01-01"), now=now)
    (use,) = verdict.exceptions
    assert (use.state, use.days_left, use.expiring) == (state, left, expiring)
    assert verdict.outcome == ("pass" if state == "used" else "deny")
    assert use.findings


BASE = "sha256:" + "d" * 64


@pytest.mark.parametrize(
    ("events", "at", "found", "ended"),
    [
        (("fix_published",), {}, finding(), "a fix was published: 3.2.4"),
        (("fix_published",), {"fix": True}, finding(), ""),
        (("fix_published",), {}, finding(fixed=(), fix="none"), ""),
        (("severity_raised",), {"score": 9.8}, finding(), ""),
        (("severity_raised",), {"score": 9.7}, finding(), "its score was 9.7 and is 9.8"),
        (("severity_raised",), {}, finding(), "its score was unknown and is 9.8"),
        (("base_rebuilt",), {"base": BASE}, finding(), ""),
        (("base_rebuilt",), {"base": "sha256:" + "e" * 64}, finding(), "the base was rebuilt"),
    ],
)
def test_events_end_it_and_it_says_which(events, at, found, ended):
    exception = accepted(until="", events=events, at=Acceptance(**at))
    verdict = decide(found, exception, facts=(("base-digest", BASE),))
    (use,) = verdict.exceptions
    assert use.state == ("expired" if ended else "used")
    assert not ended or use.because == ended
    assert verdict.outcome == ("deny" if ended else "pass")


def test_what_cannot_be_told_ends_it():
    exception = accepted(events=("base_rebuilt",), at=Acceptance(base=BASE))
    (use,) = decide(finding(), exception).exceptions
    assert (use.state, use.because) == (
        "expired",
        "it cannot be told whether the base was rebuilt",
    )


@pytest.mark.parametrize(("limit", "outcome"), [(0.41, "deny"), (0.42, "pass")])
def test_a_likelihood_over_its_limit_ends_it(limit, outcome):
    found = finding()
    likely = Likelihood(id=found.vulnerability.id, probability=0.42, percentile=0.9)
    found = replace(found, vulnerability=replace(found.vulnerability, epss=likely))
    assert decide(found, accepted(epss_over=limit)).outcome == outcome


TERMS = """\
stages: {build: {score: 7}}
exceptions: {require: [owner, approver, ticket, reason, end], separate_approver: true, max_days: 90}
"""


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        ({}, ""),
        ({"approver": ""}, "the policy asks for its approver"),
        ({"ticket": ""}, "the policy asks for its ticket"),
        ({"until": ""}, "the policy asks for an end"),
        ({"approver": "shop"}, "the policy asks for an approver who is not its owner"),
        ({"accepted": "2026-10-01"}, "it holds for 91 days, the policy allows 90"),
        ({"accepted": ""}, "the policy asks for `accepted` and `until`, 90 days apart at most"),
    ],
)
def test_a_policy_asks_what_it_wants_of_exceptions(changes, because):
    policy = read_policy(TERMS.encode(), "p.yaml")
    values = {"approver": "sec", "ticket": "T", "accepted": "2026-10-02"} | changes
    (use,) = (verdict := decide(finding(), accepted(**values), policy=policy)).exceptions
    assert (use.state, use.because) == ("refused", because) if because else use.state == "used"
    assert verdict.outcome == ("deny" if because else "pass")


def test_the_terms_of_the_organisation_hold_for_a_team(tmp_path):
    (tmp_path / "org.yaml").write_text(TERMS)
    team = tmp_path / "team.yaml"
    team.write_text("extends: org.yaml\nstages: {build: {score: 7}}\nexceptions: {require: []}")
    policy = load(str(team))
    assert decide(finding(), accepted(), policy=policy).outcome == "deny"
    more = accepted(approver="sec", ticket="T", accepted="2026-10-02")
    assert decide(finding(), more, policy=policy).outcome == "pass"


def test_without_an_end_the_default_refuses_it():
    (use,) = decide(finding(), accepted(until="")).exceptions
    assert (use.state, use.because) == ("refused", "the policy asks for an end")


def test_what_is_not_used_is_named_too():
    unused = accepted(vulnerabilities=("CVE-1999-0001",))
    elsewhere = accepted(id="EX-2", images=("other",))
    states = [e.state for e in decide(finding(), elsewhere, unused).exceptions]
    assert states == ["unused", "elsewhere"]


# The file

GOOD = """\
$schema: exceptions.schema.json
exceptions:
  - id: EX-1
    vulnerability: [CVE-2024-0001, GHSA-x]
    package: pkg:pypi/django
    image: registry.example/*
    owner: shop
    approver: sec
    ticket: SEC-7
    reason: not reachable
    accepted: 2026-11-01
    until: 2026-12-31
    ends_when: {fix_published: true, kev_listed: true, epss_over: 0.3, severity_raised: true}
    at_acceptance: {score: 7.5}
  - {vulnerability: CVE-2024-0002, owner: shop, reason: soon, answer: warn}
"""


def test_a_file_is_read_whole():
    first, second = read(GOOD.encode(), "ex.yaml")
    assert first == HouseException(
        id="EX-1",
        where="ex.yaml: exceptions[0]",
        vulnerabilities=("CVE-2024-0001", "GHSA-x"),
        owner="shop",
        approver="sec",
        ticket="SEC-7",
        reason="not reachable",
        packages=("pkg:pypi/django",),
        images=("registry.example/*",),
        accepted="2026-11-01",
        until="2026-12-31",
        events=("fix_published", "kev_listed", "severity_raised"),
        epss_over=0.3,
        at=Acceptance(score=7.5),
    )
    assert (second.id, second.answer) == ("CVE-2024-0002", "warn")
    document = msgspec.json.decode(msgspec.json.encode(yaml.safe_load(GOOD)))
    assert not list(schema_faults(document, "exceptions.schema.json"))


ENTRY = "vulnerability: CVE-1, owner: o, reason: r"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "line 1: the file of exceptions is empty"),
        ("exceptions: 7", "line 1: exceptions is a list"),
        ("exceptions: [{owner: o, reason: r}]", "there is no `exceptions[0].vulnerability`"),
        ("exceptions: [{vulnerability: CVE-1, owner: o}]", "there is no `exceptions[0].reason`"),
        (f"exceptions: [{{{ENTRY}, untill: 2026-01-01}}]", "did you mean until?"),
        (f"exceptions: [{{{ENTRY}, until: 2026-02-30}}]", "no YAML"),
        (f"exceptions: [{{{ENTRY}, until: '2026-02-30'}}]", "until is a day like"),
        (f"exceptions: [{{{ENTRY}, until: soon}}]", "until is a day like"),
        (f"exceptions: [{{{ENTRY}, answer: deny}}]", "answer is one of"),
        (f"exceptions: [{{{ENTRY}, accepted: 2026-02-02, until: 2026-02-01}}]", "before"),
        (f"exceptions: [{{{ENTRY}, ends_when: {{severity_raised: true}}}}]", "at_acceptance.score"),
        (f"exceptions: [{{{ENTRY}, ends_when: {{base_rebuilt: true}}}}]", "at_acceptance.base"),
        (f"exceptions: [{{{ENTRY}, ends_when: {{}}}}]", "ends_when is a mapping"),
        (f"exceptions: [{{{ENTRY}}}, {{{ENTRY}}}]", "CVE-1 is the id of another one"),
        ("exceptions: [{vulnerability: [], owner: o, reason: r}]", "names none"),
    ],
)
def test_a_faulty_file_is_refused_with_its_line(text, what):
    with pytest.raises(InputError) as caught:
        read(text.encode(), "ex.yaml")
    assert what in str(caught.value)
    assert str(caught.value).startswith("ex.yaml: line ")
    assert faults(text.encode())


def test_an_id_may_be_given_once_over_all_files(tmp_path):
    paths = [str(tmp_path / name) for name in ("a.yaml", "b.yaml")]
    for path in paths:
        Path(path).write_text(GOOD)
    with pytest.raises(InputError, match="is also the id of"):
        load_all(paths)
    held = load_all([paths[0], paths[0]])
    assert len(held.exceptions) == 2
    assert held.files == ((paths[0], f"sha256:{sha256(GOOD.encode()).hexdigest()}"),)
    with pytest.raises(InputError, match="no such file"):
        load_all([str(tmp_path / "none.yaml")])


@pytest.mark.parametrize(
    ("name", "kind", "title"),
    [
        ("policy", PolicyDocument, "A Lading policy"),
        ("exceptions", ExceptionsDocument, "Exceptions of the house"),
    ],
)
def test_the_schema_is_the_one_of_the_structs(name, kind, title):
    import json

    published = json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text())
    assert published == json.loads(json.dumps(schema(kind, name, title)))


# Reports


@pytest.mark.parametrize("name", FORMATS)
def test_every_report_tells_of_exceptions_and_is_made_again_from_the_run(name):
    whole = run(finding(), finding("CVE-2024-0002", 9.1))
    soon = accepted(until="2026-11-28")
    gone = accepted(id="EX-2", vulnerabilities=("CVE-2024-0002",), until="2026-11-22")
    verdict = evaluate(whole, POLICY, "build", decided_at=NOW, exceptions=(soon, gone))
    whole = replace(whole, verdict=verdict)
    shown = render(name, whole, View(width=160)).decode()
    assert render(name, read_run(render("run", whole), "r"), View(width=160)).decode() == shown
    told = {"table", "html", "markdown", "csv", "json", "run", "sarif"}
    if name in told:
        assert "EX-1" in shown
        assert "EX-2" in shown
        assert "it ended on 2026-11-22" in shown
    if name == "table":
        assert "Exceptions  1 expired, 1 used" in shown
        assert "EX-1 (owner shop) ends on 2026-11-28, in 5 days" in shown
        assert "accepted 5 days more" in shown
    if name == "sarif":
        (log,) = msgspec.json.decode(shown)["runs"]
        suppressed = [r["ruleId"] for r in log["results"] if "suppressions" in r]
        assert suppressed == ["CVE-2024-0001"]
    if name == "json":
        document = msgspec.json.decode(shown)
        assert [e["state"] for e in document["verdict"]["exceptions"]] == ["used", "expired"]


# Laws

EXCEPTIONS = st.builds(
    accepted,
    vulnerabilities=st.sampled_from([("CVE-2024-0001",), ("CVE-2024-0002", "GHSA-y")]),
    packages=st.sampled_from([(), ("django",), ("pkg:pypi/flask",)]),
    until=st.sampled_from(["2026-11-22", "2026-11-23", "2027-01-01"]),
    events=st.sampled_from([(), ("fix_published",), ("kev_listed",)]),
    answer=st.sampled_from(["warn", "ignore"]),
)
FOUND = st.builds(
    lambda n, score, name: finding(f"CVE-2024-{n:04}", score, component(name)),
    st.integers(1, 3),
    st.sampled_from([None, 5.0, 9.8]),
    st.sampled_from(["django", "flask"]),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(FOUND, max_size=4), FOUND, st.lists(EXCEPTIONS, max_size=3), st.randoms())
def test_a_further_finding_never_turns_deny_into_pass_and_order_never_matters(
    findings, further, exceptions, chance
):
    named = [replace(each, id=f"EX-{n}") for n, each in enumerate(exceptions)]
    before = decide(findings, *named)
    more = [*findings, further]
    after = decide(more, *named)
    assert before.outcome == "pass" or after.outcome == "deny"
    shuffled = list(named)
    chance.shuffle(shuffled)
    assert decide(more, *shuffled) == after


@settings(max_examples=100, deadline=None)
@given(st.lists(FOUND, min_size=1, max_size=4), st.lists(EXCEPTIONS, max_size=3), st.data())
def test_a_further_not_affected_never_turns_pass_into_deny(findings, exceptions, data):
    named = tuple(replace(each, id=f"EX-{n}") for n, each in enumerate(exceptions))
    cleared = data.draw(st.integers(0, len(findings) - 1))
    whole = run(*findings)
    judged = tuple(
        Judged(finding=each.finding, status=Status.NOT_AFFECTED if n == cleared else None)
        for n, each in enumerate(whole.judged)
    )
    before = evaluate(whole, POLICY, "deploy", decided_at=NOW, exceptions=named)
    after = evaluate(
        replace(whole, judged=judged), POLICY, "deploy", decided_at=NOW, exceptions=named
    )
    assert before.outcome == "deny" or after.outcome == "pass"


@settings(max_examples=100, deadline=None)
@given(st.lists(FOUND, max_size=4), st.lists(EXCEPTIONS, max_size=3))
def test_a_day_more_never_turns_deny_into_pass(findings, exceptions):
    named = tuple(replace(each, id=f"EX-{n}") for n, each in enumerate(exceptions))
    outcomes = [
        decide(findings, *named, now=f"2026-11-{day}T00:00:00Z").outcome for day in (21, 22, 23, 24)
    ]
    assert outcomes == sorted(outcomes, key=lambda each: each == "deny")
