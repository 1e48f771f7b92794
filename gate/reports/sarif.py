"""SARIF 2.1.0 (OASIS): one rule for each vulnerability, one result for each finding.

Findings that a VEX statement clears are results with a suppression (section 3.35), so that nothing
is missing; what could not be read is a tool notification (section 3.58). Each result tells the rule
of the policy that decided.
"""

from hashlib import sha256
from typing import Any
from urllib.parse import quote

import msgspec

from gate.evaluate import CLEARED
from gate.model import Decision, Judged, Run, View
from gate.score import severity_of
from gate.summary import (
    configuration,
    decided,
    exception_notes,
    leniency,
    of_image,
    open_questions,
    score,
    signs,
)
from match.model import Finding
from sbom.model import Digest, Problem

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
ENCODER = msgspec.json.Encoder(order="sorted")
ERROR, WARNING = 7.0, 4.0
"""Scores from which a result is an error, and a warning."""
RESULTS = 25_000
"""GitHub's code scanning refuses a run with more."""
NOWHERE = "image"
"""Stands for the path of a component that no evidence places."""


def render(run: Run, view: View) -> bytes:  # noqa: ARG001
    """Return the log with one run."""
    every = decided(run)
    judged = every[:RESULTS]
    rules: dict[str, dict[str, Any]] = {}
    for each, _ in judged:
        rules.setdefault(each.finding.vulnerability.id, _rule(each.finding))
    numbers = {name: number for number, name in enumerate(rules)}
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver(list(rules.values()))},
                "automationDetails": {"id": f"lading/{run.sbom.subject.name or 'image'}/"},
                "invocations": [_invocation(run, len(every) - len(judged))],
                "originalUriBaseIds": {
                    "ROOT": {"description": {"text": "The root file system of the image"}}
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(run, *pair, numbers) for pair in judged],
                "properties": _properties(run),
            }
        ],
    }
    return msgspec.json.format(ENCODER.encode(log), indent=1) + b"\n"


def _driver(rules: list[dict[str, Any]]) -> dict[str, Any]:
    from importlib.metadata import version

    return {
        "name": "Lading",
        "semanticVersion": version("lading"),
        "informationUri": "urn:lading",
        "rules": rules,
    }


def _rule(finding: Finding) -> dict[str, Any]:
    """Return the vulnerability as a reporting descriptor (section 3.49)."""
    vulnerability = finding.vulnerability
    value = score(finding)
    summary = vulnerability.summary or f"{vulnerability.id} in {finding.component.name}"
    tags = ["security", "vulnerability", *(["known-exploited"] if vulnerability.kev else [])]
    properties: dict[str, Any] = {"tags": tags, "aliases": vulnerability.aliases}
    if value is not None:
        properties["security-severity"] = f"{value:.1f}"
    return {
        "id": vulnerability.id,
        "name": vulnerability.id,
        "shortDescription": {"text": _plain(f"{vulnerability.id}: {summary}")[:1024]},
        "fullDescription": {"text": _plain(summary)[:1024]},
        "help": {"text": _plain("; ".join([vulnerability.id, *vulnerability.aliases]))},
        "defaultConfiguration": {"level": _level(value)},
        "properties": properties,
    }


def _result(
    run: Run, judged: Judged, decision: Decision | None, numbers: dict[str, int]
) -> dict[str, Any]:
    finding = judged.finding
    component, vulnerability = finding.component, finding.vulnerability
    fix = f"; fixed in {', '.join(finding.fixed)}" if finding.fixed else "; no fix is known"
    text = f"{component.name} {component.version} has {vulnerability.id}{fix}. {finding.because}"
    named = f"{vulnerability.id}\0{component.purl or component.ref}"
    properties: dict[str, Any] = {
        "purl": component.purl,
        "outcome": finding.outcome,
        "advisory": {"id": finding.advisory, "feed": finding.feed},
        "fixed": finding.fixed,
        "notes": [*leniency(decision), *signs(finding)],
        "severity": _severity(finding),
    }
    if decision:
        properties["policy"] = {
            "answer": decision.answer,
            "rule": decision.rule,
            "because": decision.because,
        }
    result: dict[str, Any] = {
        "ruleId": vulnerability.id,
        "ruleIndex": numbers[vulnerability.id],
        "level": _level(score(finding)),
        "message": {"text": _plain(text)},
        "locations": _locations(run, finding),
        "partialFingerprints": {"lading/v1": sha256(named.encode()).hexdigest()},
        "properties": properties,
    }
    if judged.status in CLEARED:
        result["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted",
                "justification": _plain(f"{judged.because} ({judged.statement})"),
            }
        ]
    elif decision and decision.rule == "exception":
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": _plain(decision.because)}
        ]
    return result


def _locations(run: Run, finding: Finding) -> list[dict[str, Any]]:
    """Return where the component is: the path that proves it, the layer, the package."""
    layers = {layer.diff_id: (n, layer.step) for n, layer in enumerate(run.sbom.layers, 1)}
    component = finding.component
    package = {
        "name": component.name,
        "fullyQualifiedName": component.purl or component.name,
        "kind": "package",
    }
    locations = []
    for evidence in component.evidence[:10]:
        number, step = layers.get(evidence.layer or Digest(""), (0, 0))
        layer = evidence.layer and {
            "name": f"layer {number}{f', step {step}' if step else ''}",
            "fullyQualifiedName": evidence.layer,
            "kind": "layer",
        }
        locations.append(
            {
                "physicalLocation": _physical(evidence.path or NOWHERE),
                "logicalLocations": [package, layer] if layer else [package],
            }
        )
    return locations or [
        {"physicalLocation": _physical(NOWHERE), "logicalLocations": [package]},
    ]


def _physical(path: str) -> dict[str, Any]:
    uri = quote(path.encode("utf-8", "surrogateescape").lstrip(b"/"))
    return {
        "artifactLocation": {"uri": uri, "uriBaseId": "ROOT"},
        "region": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1},
    }


def _invocation(run: Run, left: int) -> dict[str, Any]:
    notifications = [_notification(each) for each in run.problems]
    if left:
        text = f"{left:,} more findings, of lower scores, are in the other reports of this run"
        notifications.append({"level": "warning", "message": {"text": text}})
    invocation: dict[str, Any] = {
        "executionSuccessful": True,
        "toolExecutionNotifications": notifications,
    }
    if run.verdict:
        denied = run.verdict.outcome == "deny"
        invocation["exitCode"] = int(denied)
        invocation["exitCodeDescription"] = run.verdict.outcome
    return invocation


def _notification(problem: Problem) -> dict[str, Any]:
    text = _plain(f"{problem.where}: {problem.what}")
    return {
        "level": "warning",
        "message": {"text": text},
        "descriptor": {"id": f"{problem.source}/{problem.effect}"},
    }


def _properties(run: Run) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "advisories": {"digest": run.state.digest, "as_of": run.state.as_of},
        "sbom": run.sbom_digest,
        "image": run.sbom.subject.image_id or run.sbom.subject.name,
        "configuration": dict(configuration(run)),
        "unknowns": [
            {"name": name, "count": count, "what": what, "answer": answer}
            for name, count, what, answer in open_questions(run)
        ],
    }
    if run.verdict:
        properties["verdict"] = {
            "outcome": run.verdict.outcome,
            "stage": run.verdict.stage,
            "policy": run.verdict.policy,
            "reasons": run.verdict.reasons,
            "image": [
                {"rule": each.rule, "answer": each.answer, "because": each.because}
                for each in of_image(run)
            ],
            "exceptions": [f"{word}: {what}" for word, what in exception_notes(run)],
        }
    return properties


def _severity(finding: Finding) -> dict[str, Any] | None:
    severity = severity_of(finding)
    if severity is None:
        return None
    return {
        "score": severity.score,
        "word": severity.label or None,
        "vector": severity.vector,
        "source": severity.source,
    }


def _level(value: float | None) -> str:
    if value is None:
        return "warning"
    return "error" if value >= ERROR else "warning" if value >= WARNING else "note"


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)
