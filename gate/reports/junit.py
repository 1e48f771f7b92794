"""JUnit XML, as Jenkins' schema (junit-10.xsd) has it: one test case for each finding and unknown.

Under a verdict a case fails where the policy denies it and is skipped where it only warns or where
the finding does not count; without one, every finding that counts fails, for green would be a lie.
"""

from collections.abc import Iterator
from html import escape

from gate.evaluate import CLEARED
from gate.model import Decision, Judged, Run, View
from gate.summary import decided, of_image, open_questions, remedy, summarise
from sbom.text import plain

SKIPPED = {"ignore", "warn"}


def render(run: Run, view: View) -> bytes:  # noqa: ARG001
    """Return the document with one suite."""
    cases = list(_cases(run))
    failures = sum("<failure" in case for case in cases)
    skipped = sum("<skipped" in case for case in cases)
    name = run.sbom.subject.name or "image"
    counts = f'tests="{len(cases)}" failures="{failures}" errors="0"'
    lost = "\n".join(f"{plain(each.where)}: {plain(each.what)}" for each in run.problems)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="lading" {counts} time="0">',
        f'<testsuite name="{_text(name)}" {counts} skipped="{skipped}" time="0"{_time(run)}>',
        f"<properties>\n{''.join(_properties(run))}</properties>",
        *cases,
        *([f"<system-err>{escape(lost)}</system-err>"] if lost else []),
        "</testsuite>",
        "</testsuites>\n",
    ]
    return "\n".join(lines).encode()


def _cases(run: Run) -> Iterator[str]:
    """Yield the cases; an image in which nothing was found has one that says how far that goes."""
    summary = summarise(run)
    counted = {id(each) for each in summary.counted}
    for judged, decision in decided(run):
        yield _finding(judged, decision, counts=id(judged) in counted)
    for each in of_image(run):
        yield _case(each.purl or "image", each.rule, each.answer, each.rule, each.because)
    for name, _, what, answer in open_questions(run):
        yield _case("unknown", name, answer or "warn", f"unknown.{name}", what)
    if not run.judged:
        yield _case("image", summary.headline, "pass", "", summary.headline)


def _finding(judged: Judged, decision: Decision | None, *, counts: bool) -> str:
    finding = judged.finding
    component, id_ = finding.component, finding.vulnerability.id
    name = f"{id_} in {component.name} {component.version}"
    detail = f"{finding.because}\n{remedy(finding)}"
    if decision:
        answer = decision.answer if counts else "ignore"
        return _case(component.purl, name, answer, decision.rule, decision.because, detail)
    if counts:
        return _case(component.purl, name, "deny", "finding", finding.because, detail)
    why = judged.because if judged.status in CLEARED else "its class does not count"
    return _case(component.purl, name, "ignore", "not counted", why, detail)


def _case(of: str, name: str, answer: str, rule: str, because: str, detail: str = "") -> str:
    opening = f'<testcase classname="{_text(of or "component")}" name="{_text(name)}" time="0"'
    if answer == "deny":
        failure = f'<failure message="{_text(because)}" type="{_text(rule)}">'
        inner = f"{failure}{'&#10;'.join(map(_text, detail.splitlines()))}</failure>"
    elif answer in SKIPPED:
        inner = f'<skipped message="{_text(f"{answer}: {because}")}"/>'
    else:
        inner = f"<system-out>{_text(because)}</system-out>"
    return f"{opening}>{inner}</testcase>"


def _properties(run: Run) -> Iterator[str]:
    facts = [
        ("headline", summarise(run).headline),
        ("image", run.sbom.subject.image_id or ""),
        ("sbom", run.sbom_digest),
        ("advisories", run.state.digest),
    ]
    if run.verdict:
        facts += [
            ("outcome", run.verdict.outcome),
            ("stage", run.verdict.stage),
            ("policy", run.verdict.policy),
            *(("reason", reason) for reason in run.verdict.reasons),
        ]
    for name, value in facts:
        if value:
            yield f'<property name="{name}" value="{_text(value)}"/>\n'


def _time(run: Run) -> str:
    """Return when it was decided; the schema wants no zone, so UTC is meant."""
    decided_at = run.verdict.decided_at if run.verdict else ""
    return f' timestamp="{_text(decided_at[:19])}"' if decided_at else ""


def _text(text: str) -> str:
    return escape(plain(text))
