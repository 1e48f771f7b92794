"""What a stage asks of the image as a whole, and conditions of a policy's own."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from runs import APP, BASE, component, finding, run

from gate.evaluate import evaluate
from gate.policy.model import Condition, Licences
from gate.policy.reading import faults, read
from gate.requirements.licences import allowed
from gate.rules.expressions import VARIABLES, fault_of
from match.model import Coverage, FeedState, Likelihood, SetState
from sbom.model import Sbom

NOW = "2026-11-23T00:00:00Z"
FACTS = (
    ("base-created", "2026-11-01T00:00:00Z"),
    ("base-digest", "sha256:" + "d" * 64),
    ("base-layers", "1"),
    ("base-name", "registry.example/base/debian:12"),
    ("config", "read"),
    ("created", "2026-11-20T00:00:00Z"),
    ("exposed-port", "8080/tcp"),
    ("healthcheck", "curl localhost"),
    ("runs-as-root", "no"),
    ("ssh", "none"),
    ("user", "1000"),
)


def rules(text, stage="build", **more):
    return read(
        f"stages: {{{stage}: {{audit: true, unknowns: ignore, {text}}}}}".encode(), "p", **more
    )


def decide(text, *findings, facts=FACTS, of=None, **more):
    whole = of or run(*findings, **more)
    whole = replace(whole, sbom=replace(whole.sbom, facts=facts))
    return evaluate(whole, rules(text), "build", decided_at=NOW)


def with_facts(**changes):
    kept = [pair for pair in FACTS if pair[0] not in changes]
    return tuple(sorted([*kept, *((k, v) for k, v in changes.items() if v is not None)]))


@pytest.mark.parametrize(
    ("text", "facts", "rule"),
    [
        ("image: {root: deny}", {"runs-as-root": "yes", "user": "root"}, "image.root"),
        ("image: {no_healthcheck: deny}", {"healthcheck": "none"}, "image.no_healthcheck"),
        ("image: {no_healthcheck: deny}", {"healthcheck": "disabled"}, "image.no_healthcheck"),
        ("image: {ssh: deny}", {"ssh": "program /usr/sbin/sshd"}, "image.ssh"),
        ("image: {secret_variable: deny}", {"secret-variable": "TOKEN"}, "image.secret_variable"),
        ("image: {ports: [8080]}", {"exposed-port": "22/tcp"}, "image.ports"),
        ("image: {ports: []}", {}, "image.ports"),
        ("image: {bases: ['registry.example/base/*']}", {"base-name": "other:1"}, "image.bases"),
        ("image: {base_days: 22}", {"base-created": "2026-10-31"}, "image.base_days"),
        ("image: {base_days: 22}", {"base-created": "long ago"}, "image.base_days"),
        ("image: {days: 3}", {"created": "2026-11-19"}, "image.days"),
    ],
)
def test_the_configuration_is_a_rule(text, facts, rule):
    verdict = decide(text, facts=with_facts(**facts))
    assert verdict.outcome == "deny"
    assert [d.rule for d in verdict.decisions if d.answer == "deny"] == [rule]
    assert verdict.reasons
    softer = text.replace("deny", "warn").replace("image: {", "image: {answer: warn, ")
    assert decide(softer, facts=with_facts(**facts)).outcome == "pass"
    if facts:
        assert decide(text).outcome == "pass"


def test_what_is_not_known_of_the_configuration_is_never_a_pass():
    text = "image: {root: deny, base_days: 9, secret_variable: deny}, unscored: deny"
    nothing = evaluate(
        run(), read(f"stages: {{deploy: {{{text}}}}}".encode(), "p"), "deploy", decided_at=NOW
    )
    (unknown,) = nothing.unknowns
    assert (unknown.name, unknown.answer, unknown.count) == ("no_facts", "deny", 3)
    assert unknown.what.endswith("base-created, config, runs-as-root")
    assert nothing.outcome == "deny"
    named = decide("image: {root: deny}", facts=with_facts(**{"runs-as-root": "unknown"}))
    assert [u.name for u in named.unknowns] == ["no_facts"]


@pytest.mark.parametrize(("share", "outcome"), [("0.5", "pass"), ("0.51", "deny"), ("0", "pass")])
def test_coverage_is_a_share_of_the_components(share, outcome):
    parts = Coverage(components=4, matchable=2)
    assert decide(f"coverage: {share}", coverage=parts).outcome == outcome
    empty = Coverage(components=0, matchable=0)
    assert decide("coverage: 0.01", coverage=empty).outcome == "deny"


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("{osv: 0}", "the feed osv is too old: learned 2 days ago, the policy allows 0"),
        ("{osv: 2}", ""),
        ("{osv: null}", ""),
        ("{kev: null}", "the advisory set has no feed kev"),
    ],
)
def test_feeds_have_to_be_there_and_fresh(text, because):
    state = SetState(
        digest="d", as_of="", feeds=(FeedState(name="osv", records=1, learned="2026-11-21"),)
    )
    verdict = decide(f"feeds: {text}", state=state)
    assert [d.because for d in verdict.decisions] == ([because] if because else [])
    assert verdict.outcome == ("deny" if because else "pass")


def test_the_quality_of_the_sbom_is_a_share_and_a_signature():
    half = (component(licenses=("MIT",)), component("flask", purl=""))
    assert decide("sbom: {licence: 0.5, purl: 0.5, version: 1}", components=half).outcome == "pass"
    assert decide("sbom: {licence: 0.51}", components=half).outcome == "deny"
    assert decide("sbom: {supplier: 0.1, answer: warn}", components=half).outcome == "pass"
    assert decide("sbom: {signed: true}").outcome == "deny"
    assert decide("sbom: {signed: true}", signed_by=("ci@example",)).outcome == "pass"
    assert decide("sbom: {signers: ['*@example']}", signed_by=("ci@example",)).outcome == "pass"
    assert decide("sbom: {signers: [a]}", signed_by=("ci@example",)).outcome == "deny"
    assert decide("sbom: {signers: [a]}").outcome == "deny"


@pytest.mark.parametrize(
    ("expression", "permitted"),
    [
        ("MIT", True),
        ("mit", True),
        ("GPL-3.0-only", False),
        ("MIT OR GPL-3.0-only", True),
        ("MIT AND GPL-3.0-only", False),
        ("GPL-3.0-only OR (MIT AND Apache-2.0)", True),
        ("MIT OR GPL-3.0-only AND Apache-2.0", True),
        ("(MIT OR GPL-3.0-only) AND GPL-3.0-only", False),
        ("GPL-3.0-only WITH Classpath-exception-2.0", False),
        ("MIT OR", True),
        ("(GPL-3.0-only", True),
        ("GPL-3.0-only " * 500, False),
        ("GNU General Public License", True),
    ],
)
def test_an_expression_is_read_as_spdx_does(expression, permitted):
    assert allowed(expression, Licences(deny=("GPL-3.0*",))) is permitted


def test_only_what_is_allowed_is_where_anything_is_named():
    asked = Licences(allow=("MIT", "Apache-*"))
    assert allowed("Apache-2.0 OR Proprietary", asked)
    assert not allowed("Proprietary", asked)
    assert not allowed("GNU General Public License", asked)


@pytest.mark.parametrize("text", ["(" * 400, "MIT OR " * 250 + "MIT", "(" * 60 + "MIT" + ")" * 60])
def test_what_is_longer_or_deeper_than_any_expression_is_not_allowed(text):
    assert not allowed(text, Licences(deny=("GPL-*",)))
    assert not allowed(text, Licences(allow=("*",)))


def test_licences_deny_by_component():
    parts = (component(licenses=("MIT",)), component("flask", licenses=("AGPL-3.0-only",)))
    verdict = decide("licences: {deny: ['AGPL-*']}", components=parts)
    (denied,) = verdict.decisions
    assert (denied.purl, denied.rule) == ("pkg:pypi/flask@3.2", "licences")
    both = decide(
        "licences: {deny: ['AGPL-*']}",
        components=(parts[1], component("x", licenses=("AGPL-3.0-only",))),
    )
    assert both.reasons == ("flask 3.2 is licensed AGPL-3.0-only, and 1 more component",)
    unknown = decide("licences: {deny: [x], unknown: deny}", components=(component(),))
    assert unknown.outcome == "deny"
    assert decide("licences: {deny: [x]}", components=(component(),)).outcome == "pass"


def test_findings_of_the_base_and_of_ones_own_layers_have_answers_of_their_own():
    own, base = finding(of=component(layer=APP)), finding(of=component("libc", layer=BASE))
    verdict = decide("score: 7, layers: {base: warn}", own, base)
    assert [d.answer for d in verdict.decisions] == ["deny", "warn"]
    assert verdict.decisions[1].rule == "layers"
    assert decide("score: 7, layers: {own: ignore}", own).outcome == "pass"
    # Nobody says which layers are the base's: nothing is softened.
    assert decide("score: 7, layers: {base: warn}", base, facts=()).outcome == "deny"


@pytest.mark.parametrize(
    ("stated", "text", "answer"),
    [
        ("act", "ssvc: attend", "deny"),
        ("Track*", "ssvc: 'track*'", "deny"),
        ("track", "ssvc: 'track*'", "pass"),
        ("active/yes/partial", "ssvc: act", "deny"),
        ("active/yes/partial", "ssvc: {at: act, mission: medium}", "pass"),
        ("poc/no/total", "ssvc: {at: 'track*', mission: medium}", "deny"),
        ("none/no/partial", "ssvc: track", "deny"),
        ("", "ssvc: track", "pass"),
        ("later", "ssvc: track", "pass"),
    ],
)
def test_an_ssvc_decision_denies(stated, text, answer):
    found = finding(score=1.0)
    found = replace(found, vulnerability=replace(found.vulnerability, ssvc=stated))
    assert decide(text, found).decisions[0].answer == answer


def test_grace_counts_from_the_fix_where_its_day_is_known():
    found = finding(score=8.0)
    text = "score: 7, grace: {high: 14, since: fix}"
    assert decide(text, found).outcome == "deny"
    later = replace(found, fix_published="2026-11-20T00:00:00Z")
    assert decide(text, later).decisions[0].days_left == 11
    assert decide(text, replace(later, fixed=(), fix="none")).outcome == "deny"


# Conditions in CEL


def own(when, **more):
    said = "".join(f", {key}: {value}" for key, value in more.items())
    return f'conditions: [{{name: own, when: "{when}"{said}}}]'


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ("finding.score >= 9.0", True),
        ("finding.score > 9.8", False),
        ("component.type == 'pypi' && component.name.startsWith('dj')", True),
        ("finding.fixed.exists(v, v.startsWith('3.2.'))", True),
        ("'GHSA-cve-2024-0001' in finding.aliases", True),
        ("finding.days > 365", True),
        ("component.layer == 2 && component.origin == 'own'", True),
        ("image.facts['user'][0] == '1000'", True),
        ("stage == 'build' && image.distro == 'debian:12'", True),
        ("now > timestamp('2026-01-01T00:00:00Z')", True),
        ("finding.epss > 0.1 || finding.kev", False),
    ],
)
def test_a_condition_asks_what_it_says(when, holds):
    verdict = decide(own(when), finding())
    assert verdict.outcome == ("deny" if holds else "pass")
    if holds:
        assert verdict.decisions[0].rule == "condition.own"
    at_most = decide("score: 7, " + own(when, at_most="warn"), finding())
    assert at_most.outcome == ("pass" if holds else "deny")


def test_a_condition_may_be_about_components_and_the_image():
    parts = (component(), component("left-pad", purl="pkg:npm/left-pad@3.2"))
    verdict = decide(own("component.type == 'npm'", on="component"), components=parts)
    assert [d.purl for d in verdict.decisions] == ["pkg:npm/left-pad@3.2"]
    # What is said of the image and its components is not said of each finding again.
    both = decide(own("component.name == 'django'", on="component"), finding())
    assert [d.rule for d in both.decisions] == ["score", "condition.own"]
    failing = decide(own("scope['team'] == 'x'", on="image"), finding())
    assert [d.answer for d in failing.decisions] == ["pass", "deny"]
    assert [(u.name, u.count) for u in failing.unknowns] == [("unevaluated", 1)]
    told = decide(own("image.layers > 1", on="image", because="too many layers"))
    assert told.reasons == ("too many layers",)


@pytest.mark.parametrize(
    "when",
    [
        "scope['team'] == 'x'",
        "1 / (finding.days - finding.days) > 0",
        "image.facts.all(a, image.facts.all(b, image.facts.all(c, image.facts.all(d, true))))",
    ],
)
def test_what_cannot_be_evaluated_fails_closed_and_is_an_unknown(when):
    many = tuple((f"label-{n}", "x") for n in range(40))
    verdict = decide(own(when), finding(), facts=many)
    assert verdict.outcome == "deny"
    assert [(u.name, u.answer) for u in verdict.unknowns] == [("unevaluated", "deny")]
    assert "could not be evaluated" in verdict.decisions[0].because
    assert decide("score: 7, " + own(when, at_most="warn"), finding(), facts=many).outcome == "deny"


@pytest.mark.parametrize(
    ("when", "what"),
    [
        ("finding.scor > 7.0", "column 8: undeclared reference to 'finding.scor'"),
        ("finding.score > 7", "a score is a fraction, write 7.0"),
        ("finding.score >", "Syntax error"),
        ("finding.score", "it is of type DOUBLE, a condition is true or false"),
        ("finding.id == 7", "no matching overload"),
        ("(" * 3000 + "true" + ")" * 3000, "longer than"),
        ("(" * 100 + "true" + ")" * 100, "recursion"),
        ("open('x')", "undeclared reference to 'open'"),
    ],
)
def test_a_wrong_expression_is_a_fault_of_the_policy(when, what):
    text = f'stages:\n  build:\n    conditions:\n    - name: own\n      when: "{when}"\n'
    (found,) = faults(text.encode())
    assert found.place == "line 5"
    assert what in found.what
    assert "\n" not in found.what


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{name: a, when: 'true'}, {name: a, when: 'true'}", "another condition a"),
        ("{name: a, when: 'true', answer: warn, at_most: warn}", "both"),
        ("{name: a, when: 'true', at_most: warn, on: image}", "for findings only"),
        ("{name: a, when: 'finding.kev', on: image}", "undeclared"),
        ("{name: a b, when: 'true'}", "a word"),
        ("{when: 'true'}", "there is no `stages.build.conditions[0].name`"),
    ],
)
def test_a_faulty_condition_is_refused(text, what):
    found = faults(f"stages: {{build: {{score: 7, conditions: [{text}]}}}}".encode())
    assert any(what in each.what for each in found), found


def test_every_variable_can_be_asked():
    kinds = {"STRING": "== 'x'", "DOUBLE": "> 1.0", "INT": "> 1", "BOOL": "== true"}
    for on, variables in VARIABLES.items():
        for name, kind in variables.items():
            when = f"{name} {kinds[kind]}" if kind in kinds else f"{name} == {name}"
            assert not fault_of(Condition(name="a", on=on, when=when, answer="deny")), name
            verdict = decide(own(when, on=on), finding())
            assert "unevaluated" not in {u.name for u in verdict.unknowns}, name


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_an_expression_or_a_fault(text):
    assert isinstance(fault_of(Condition(name="a", on="finding", when=text, answer="deny")), str)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([0.5, 6.9, 7.0, 9.8, None]), max_size=4),
    st.sampled_from([0.5, 7.0, 9.8, None]),
    st.sampled_from(["deny", "warn"]),
    st.sampled_from(["finding.score > 7.0", "finding.epss > 0.2", "component.name == 'x'"]),
)
def test_a_further_finding_never_turns_deny_into_pass_with_conditions_and_requirements(
    scores, further, answer, when
):
    text = f"score: 9, image: {{root: {answer}}}, " + own(when, answer=answer)
    found = [finding(f"CVE-2024-{n:04}", score) for n, score in enumerate(scores)]
    more = finding("CVE-2024-9999", further)
    likely = Likelihood(id=more.vulnerability.id, probability=0.5, percentile=0.9)
    more = replace(more, vulnerability=replace(more.vulnerability, epss=likely))
    before = decide(text, of=run(*found, components=(component(),)))
    after = decide(text, of=run(*found, more, components=(component(),)))
    assert before.outcome == "pass" or after.outcome == "deny"


def test_an_sbom_without_components_has_no_share_of_anything():
    whole = run()
    empty = replace(whole, sbom=Sbom(subject=whole.sbom.subject))
    assert decide("sbom: {purl: 0.1}", of=empty).outcome == "deny"


def test_the_record_that_names_the_fix_says_since_when(tmp_path):
    from match.resolve import resolve
    from match.set.importer import load

    record = {
        "id": "GHSA-aaaa-bbbb-cccc",
        "published": "2026-11-01T00:00:00Z",
        "modified": "2026-11-20T00:00:00Z",
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": "django"},
                "ranges": [
                    {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.2.4"}]}
                ],
            }
        ],
    }
    (tmp_path / "a.json").write_bytes(msgspec.json.encode(record))
    with load(str(tmp_path)) as advisories:
        (found,) = resolve(run(components=(component(),)).sbom, advisories).findings
    assert found.fix_published == "2026-11-01T00:00:00Z"
