"""CSV (RFC 4180) in UTF-8: a row for each finding, unknown, reason and problem; `kind` says which.

Spreadsheets take a cell that begins with `=`, `+`, `-` or `@` for a formula: such a cell gets an
apostrophe in front, which they show as text. Rows of one kind have their cells in the same columns.
"""

from collections.abc import Iterator

from gate.model import Decision, Judged, Run, View
from gate.score import band, severity_of
from gate.summary import (
    decided,
    exception_notes,
    layer_number,
    of_image,
    open_questions,
    score,
    summarise,
)
from match.model import Finding
from sbom.text import plain

COLUMNS = (
    "kind",
    "id",
    "answer",
    "score",
    "severity",
    "package",
    "installed",
    "fixed",
    "fix",
    "purl",
    "layer",
    "path",
    "known_exploited",
    "epss",
    "published",
    "outcome",
    "status",
    "justification",
    "statement",
    "rule",
    "because",
    "aliases",
    "vector",
    "source",
    "count",
)
"""In this order for good: new ones are added at the end."""
FORMULA = ("=", "+", "-", "@")


def render(run: Run, view: View) -> bytes:
    """Return the table with its header; dismissals are in it where `view.everything`."""
    rows = [dict(zip(COLUMNS, COLUMNS, strict=True)), *_rows(run, view)]
    return "".join(_line(row) for row in rows).encode()


def _rows(run: Run, view: View) -> Iterator[dict[str, str]]:
    if run.verdict:
        yield {
            "kind": "verdict",
            "id": run.verdict.stage,
            "answer": run.verdict.outcome,
            "rule": run.verdict.policy,
            "because": summarise(run).headline,
        }
        for reason in run.verdict.reasons:
            yield {"kind": "reason", "answer": "deny", "because": reason}
    for judged, decision in decided(run):
        yield _finding(run, judged, decision)
    for each in of_image(run):
        yield {
            "kind": "image",
            "purl": each.purl,
            "answer": each.answer,
            "rule": each.rule,
            "because": each.because,
        }
    for word, what in exception_notes(run):
        yield {"kind": "exception", "id": word, "because": what}
    for name, count, what, answer in open_questions(run):
        yield {
            "kind": "unknown",
            "id": name,
            "answer": answer,
            "because": what,
            "count": str(count),
        }
    for problem in run.problems:
        yield {
            "kind": "problem",
            "id": problem.effect,
            "path": problem.where,
            "because": problem.what,
            "source": problem.source,
        }
    for dismissal in run.dismissals if view.everything else ():
        yield {
            "kind": "dismissal",
            "id": dismissal.vulnerability,
            "package": dismissal.component.name,
            "installed": dismissal.component.version,
            "purl": dismissal.component.purl,
            "rule": dismissal.reason,
            "because": dismissal.because,
            "source": dismissal.feed,
        }


def _finding(run: Run, judged: Judged, decision: Decision | None) -> dict[str, str]:
    finding = judged.finding
    value, rating = score(finding), severity_of(finding)
    return {
        "kind": "finding",
        "id": finding.vulnerability.id,
        "score": "" if value is None else f"{value:.1f}",
        "severity": band(value),
        "fixed": " ".join(finding.fixed),
        "fix": finding.fix,
        "layer": str(layer_number(run, finding) or ""),
        "outcome": finding.outcome,
        "status": judged.status or "",
        "justification": judged.justification or "",
        "statement": judged.statement or "",
        "answer": decision.answer if decision else "",
        "rule": decision.rule if decision else "",
        "because": decision.because if decision else finding.because,
        "vector": (rating.vector or "") if rating else "",
        "source": rating.source if rating else "",
    } | _facts(finding)


def _facts(finding: Finding) -> dict[str, str]:
    component, vulnerability = finding.component, finding.vulnerability
    return {
        "package": component.name,
        "installed": component.version,
        "purl": component.purl,
        "path": component.evidence[0].path if component.evidence else "",
        "known_exploited": vulnerability.kev.added if vulnerability.kev else "",
        "epss": f"{vulnerability.epss.probability:.5f}" if vulnerability.epss else "",
        "published": vulnerability.published[:10],
        "aliases": " ".join(vulnerability.aliases),
    }


def _line(row: dict[str, str]) -> str:
    return ",".join(cell(row.get(column, "")) for column in COLUMNS) + "\r\n"


def cell(text: str) -> str:
    """Return a text as one cell; quotes are doubled (RFC 4180, section 2.7)."""
    text = plain(text)
    if text.startswith(FORMULA):
        text = f"'{text}"
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in '",') else text
