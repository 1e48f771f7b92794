"""GitLab's container scanning report, schema 15.0.2: the findings that count.

Findings that a VEX statement clears, or whose class is out, are left out, for GitLab would open
them; messages of the scan say how many they are, what is unknown, and why it denies.
"""

from hashlib import sha256
from typing import Any

import msgspec

from gate.model import Decision, Judged, Run, View
from gate.score import band
from gate.summary import (
    decided,
    exception_notes,
    of_image,
    open_questions,
    remedy,
    ruling,
    score,
    summarise,
    whereabouts,
)
from sbom.text import plain, plural

VERSION = "15.0.2"
ENCODER = msgspec.json.Encoder(order="sorted")
SEVERITIES = {
    "critical": "Critical",
    "high": "High",
    "medium": "Medium",
    "low": "Low",
    "none": "Info",
    "unscored": "Unknown",
}
KINDS = {"CVE": "cve", "GHSA": "ghsa", "USN": "usn", "RHSA": "rhsa", "ELSA": "elsa"}
"""Identifier types GitLab knows; every other id is of the type `lading`."""
LONGEST_NAME, LONGEST_SOLUTION, LONGEST_TEXT = 255, 7_000, 100_000
IDENTIFIERS = 20
"""GitLab reads no more of one vulnerability."""
NO_TIME = "1970-01-01T00:00:00"


def render(run: Run, view: View) -> bytes:  # noqa: ARG001
    """Return the report; its times are the verdict's, else the advisory set's."""
    summary = summarise(run)
    decisions = {id(judged): decision for judged, decision in decided(run)}
    tell = whereabouts(run)
    report = {
        "version": VERSION,
        "scan": _scan(run),
        "vulnerabilities": [
            _vulnerability(run, each, decisions[id(each)], tell(each.finding))
            for each in summary.counted
        ],
        "remediations": [],
    }
    return msgspec.json.format(ENCODER.encode(report), indent=1) + b"\n"


def _scan(run: Run) -> dict[str, Any]:
    from importlib.metadata import version

    tool = {
        "id": "lading",
        "name": "Lading",
        "version": version("lading"),
        "vendor": {"name": "Lading"},
    }
    time = _time(run.verdict.decided_at if run.verdict else "") or _time(run.state.as_of) or NO_TIME
    return {
        "type": "container_scanning",
        "status": "success",
        "analyzer": tool,
        "scanner": tool,
        "start_time": time,
        "end_time": time,
        "messages": [{"level": level, "value": plain(value)} for level, value in _messages(run)],
    }


def _time(text: str) -> str:
    """Return `yyyy-mm-ddThh:mm:ss` in UTC, or nothing where `text` is no time."""
    from gate.instants import utc

    return (utc(text) or "")[:19]


def _messages(run: Run) -> list[tuple[str, str]]:
    summary = summarise(run)
    said = [("info", summary.headline)]
    if run.verdict:
        outcome = "denied" if run.verdict.outcome == "deny" else "passed"
        said.append(("info", f"{outcome} at {run.verdict.stage} by policy {run.verdict.policy}"))
        said += [("warn", reason) for reason in run.verdict.reasons]
    said += [("info", f"not counted: {plural(count, why)}") for why, count in summary.why_out]
    said += [("warn", f"{each.answer}: {each.because} ({each.rule})") for each in of_image(run)]
    said += [("warn", f"exception {word}: {what}") for word, what in exception_notes(run)]
    said += [("warn", what) for _, _, what, _ in open_questions(run)]
    said += [("warn", f"{each.where}: {each.what}") for each in run.problems]
    return said


def _vulnerability(
    run: Run, judged: Judged, decision: Decision | None, where: str
) -> dict[str, Any]:
    finding = judged.finding
    component, vulnerability = finding.component, finding.vulnerability
    distro = run.sbom.distro
    system = f"{distro.id}:{distro.version}" if distro and distro.version else ""
    summary = vulnerability.summary or vulnerability.id
    return {
        "id": _id(finding.vulnerability.id, component.purl or component.ref),
        "name": plain(f"{vulnerability.id}: {summary}")[:LONGEST_NAME],
        "description": plain(f"{summary} ({finding.because})")[:LONGEST_TEXT],
        "severity": SEVERITIES[band(score(finding))],
        "solution": plain(remedy(finding))[:LONGEST_SOLUTION],
        "identifiers": [
            _identifier(id_) for id_ in (vulnerability.id, *vulnerability.aliases)[:IDENTIFIERS]
        ],
        "location": {
            "dependency": {
                "package": {"name": plain(component.name)},
                "version": plain(component.version),
            },
            "operating_system": plain(system or (distro.id if distro else "")) or "unknown",
            "image": plain(run.sbom.subject.name) or "image",
        },
        "details": _details(judged, decision, where),
    }


def _details(judged: Judged, decision: Decision | None, where: str) -> dict[str, Any]:
    """Return what GitLab shows under a finding and has no field for."""
    finding = judged.finding
    vulnerability = finding.vulnerability
    shown = (
        ("policy", "Policy", ruling(decision)),
        ("purl", "Package URL", finding.component.purl),
        ("layer", "Layer", where),
        ("advisory", "Decided by", f"{finding.advisory} ({finding.feed})"),
        ("kev", "Known exploited since", vulnerability.kev.added if vulnerability.kev else ""),
        ("epss", "EPSS", f"{vulnerability.epss.probability:.5f}" if vulnerability.epss else ""),
    )
    return {
        key: {"type": "text", "name": name, "value": plain(value)}
        for key, name, value in shown
        if value
    }


def _identifier(id_: str) -> dict[str, str]:
    return {
        "type": KINDS.get(id_.partition("-")[0], "lading"),
        "name": plain(id_),
        "value": plain(id_),
    }


def _id(vulnerability: str, component: str) -> str:
    """Return a UUID (version 8 of RFC 9562: the content's own) that stays from run to run."""
    digits = sha256(f"{vulnerability}\0{component}".encode(errors="replace")).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-8{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"
