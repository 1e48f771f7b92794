"""CycloneDX 1.6 VDR (vulnerability disclosure report): an entry for each finding, with its VEX.

Only components with findings are listed; the SBOM itself is `lading sbom generate`. The verdict and
what is unknown are properties of the document (`lading:…`).
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from gate.model import Decision, Judged, Run, Status, View
from gate.score import band
from gate.statements.cyclonedx_document import JUSTIFICATIONS, STATES
from gate.summary import decided, open_questions, remedy, summarise
from match.model import Finding, Severity
from sbom.documents.decoding import named_by_content
from sbom.model import Component
from sbom.text import plain

ENCODER = msgspec.json.Encoder(order="sorted")
SERIALS = bytes.fromhex("d14c43a2bd2f5a1d8a7d2b7a6f0e9c55")
"""The namespace of the serial numbers of these reports; it must never change."""
METHODS = {"2.0": "CVSSv2", "3.0": "CVSSv3", "3.1": "CVSSv31", "4.0": "CVSSv4"}
IMAGE = "image"


def render(run: Run, view: View) -> bytes:  # noqa: ARG001
    """Return the document; its serial number is a UUIDv5 of everything else in it."""
    findings = decided(run)
    refs = _refs(findings)
    body = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": _metadata(run),
        "components": [
            _component(component, ref) for component, ref in sorted(refs.values(), key=_by_ref)
        ],
        "vulnerabilities": [
            _vulnerability(number, judged, decision, refs[_key(judged)][1])
            for number, (judged, decision) in enumerate(findings)
        ],
    }
    body["serialNumber"] = f"urn:uuid:{named_by_content(SERIALS, ENCODER.encode(body))}"
    return msgspec.json.format(ENCODER.encode(body), indent=1) + b"\n"


def _metadata(run: Run) -> dict[str, Any]:
    from importlib.metadata import version

    subject = run.sbom.subject
    component: dict[str, Any] = {
        "type": "container",
        "bom-ref": IMAGE,
        "name": plain(subject.name) or "image",
    }
    if subject.image_id:
        component["version"] = plain(subject.image_id)
    metadata: dict[str, Any] = {
        "component": component,
        "tools": {
            "components": [{"type": "application", "name": "lading", "version": version("lading")}]
        },
        "properties": [_property(name, value) for name, value in _facts(run)],
    }
    from gate.instants import utc

    moment = utc(run.verdict.decided_at) if run.verdict else utc(run.state.as_of)
    return metadata | ({"timestamp": moment} if moment else {})


def _facts(run: Run) -> Iterator[tuple[str, str]]:
    """Yield what the document says of the run as a whole."""
    yield "headline", summarise(run).headline
    yield "sbom", run.sbom_digest
    yield "advisories", run.state.digest
    if run.verdict:
        yield "outcome", run.verdict.outcome
        yield "stage", run.verdict.stage
        yield "policy", run.verdict.policy
        for reason in run.verdict.reasons:
            yield "reason", reason
    for name, _, what, _ in open_questions(run):
        yield f"unknown:{name}", what
    for problem in run.problems:
        yield "problem", f"{problem.where}: {problem.what}"


def _property(name: str, value: str) -> dict[str, str]:
    return {"name": f"lading:{name}", "value": plain(value)}


def _key(judged: Judged) -> str:
    component = judged.finding.component
    return f"{component.purl}\0{component.ref}\0{component.name}\0{component.version}"


def _refs(findings: list[tuple[Judged, Decision | None]]) -> dict[str, tuple[Component, str]]:
    """Give every component with findings a reference of its own, its purl where it has one."""
    refs: dict[str, tuple[Component, str]] = {}
    taken = {IMAGE}
    for judged, _ in findings:
        key, component = _key(judged), judged.finding.component
        if key in refs:
            continue
        stem = ref = plain(component.purl or component.ref or component.name) or "component"
        number = 1
        while ref in taken:
            number += 1
            ref = f"{stem}#{number}"
        taken.add(ref)
        refs[key] = component, ref
    return refs


def _by_ref(pair: tuple[Component, str]) -> str:
    return pair[1]


def _component(component: Component, ref: str) -> dict[str, Any]:
    item: dict[str, Any] = {
        "type": "library",
        "bom-ref": ref,
        "name": plain(component.name) or "unnamed",
        "version": plain(component.version),
    }
    return item | ({"purl": plain(component.purl)} if component.purl else {})


def _vulnerability(
    number: int, judged: Judged, decision: Decision | None, ref: str
) -> dict[str, Any]:
    finding = judged.finding
    vulnerability = finding.vulnerability
    undecided = finding.outcome == "undecided"
    status = "unaffected" if judged.status in {Status.NOT_AFFECTED, Status.FIXED} else "affected"
    affected = {
        "version": plain(finding.component.version)[:1024],
        "status": "unknown" if undecided and status == "affected" else status,
    }
    entry: dict[str, Any] = {
        "bom-ref": f"finding-{number + 1}",
        "id": plain(vulnerability.id),
        "source": {"name": plain(finding.feed)},
        "references": [
            {"id": plain(id_), "source": {"name": plain(id_.partition("-")[0])}}
            for id_ in vulnerability.aliases
        ],
        "ratings": list(_ratings(finding)),
        "description": plain(vulnerability.summary or vulnerability.id),
        "recommendation": plain(remedy(finding)),
        "affects": [{"ref": ref, "versions": [affected] if finding.component.version else []}],
        "properties": [_property(name, value) for name, value in _reasons(judged, decision)],
    }
    from gate.instants import utc

    published = utc(vulnerability.published)
    if published:
        entry["published"] = published
    return entry | ({"analysis": _analysis(judged)} if judged.status else {})


def _ratings(finding: Finding) -> Iterator[dict[str, Any]]:
    """Yield the rating that is shown, and then the others (rule 8)."""
    shown = finding.severity or finding.vulnerability.severity
    ratings = [shown, *finding.vulnerability.severities] if shown else []
    for each in dict.fromkeys(ratings or finding.vulnerability.severities):
        yield _rating(each)


def _rating(severity: Severity) -> dict[str, Any]:
    word = severity.label.lower()
    known = {"critical", "high", "medium", "low", "info", "none"}
    rating: dict[str, Any] = {
        "source": {"name": plain(severity.source)},
        "method": METHODS.get(severity.version, "other"),
        "severity": word if word in known else "unknown",
    }
    if severity.score is not None:
        rating |= {"score": severity.score, "severity": band(severity.score)}
    return rating | ({"vector": plain(severity.vector)} if severity.vector else {})


def _analysis(judged: Judged) -> dict[str, Any]:
    assert judged.status is not None  # noqa: S101 (the caller asked)
    analysis = {
        "state": STATES[judged.status],
        "detail": plain(f"{judged.because} ({judged.statement})"),
    }
    reason = JUSTIFICATIONS.get(judged.justification or "")
    return analysis | ({"justification": reason} if reason else {})


def _reasons(judged: Judged, decision: Decision | None) -> Iterator[tuple[str, str]]:
    finding = judged.finding
    vulnerability = finding.vulnerability
    yield "because", finding.because
    yield "advisory", finding.advisory
    yield "outcome", finding.outcome
    yield "fix", finding.fix
    if judged.justification:
        yield "justification", judged.justification
    if vulnerability.kev:
        yield "known_exploited", vulnerability.kev.added
    if vulnerability.epss:
        yield "epss", f"{vulnerability.epss.probability:.5f}"
    if decision:
        yield "answer", decision.answer
        yield "rule", decision.rule
