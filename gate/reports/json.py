"""The JSON of `match` and `scan`: `lading-findings/1`, keys sorted, the same bytes for a run.

What several findings share (a component's evidence, a vulnerability's severities) is encoded once.
"""

from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from gate.model import Judged, Run, Verdict, View
from match.model import Dismissal, Severity, Vulnerability
from sbom.model import Component

SCHEMA = "lading-findings/1"
ENCODER = msgspec.json.Encoder(order="sorted")
PLAIN = msgspec.json.Encoder()
"""For what is in order by itself: rows, whose fields are declared in the order of their keys."""
NULL = Raw(b"null")


class Row(Struct, frozen=True, gc=False):
    """A finding as it is written; its fields stand in the order of the keys."""

    advisory: str
    aliases: Raw
    because: str
    epss: Raw
    evidence: Raw
    feed: str
    first_seen: str | None
    fix: str
    fixed: tuple[str, ...]
    id: str
    justification: str | None
    kev: Raw
    layer: str | None
    outcome: str
    published: str | None
    purl: str
    ref: str | UnsetType
    related: tuple[str, ...]
    severities: Raw
    severity: Raw
    silent_days: int | None
    statement: str | None
    status: str | None
    unknowns: tuple[str, ...]


def render(run: Run, view: View) -> bytes:
    """Return the document, with dismissals where `view.everything`, and a final newline."""
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "subject": _subject(run),
        "advisories": _advisories(run),
        "findings": Raw(PLAIN.encode(findings(run.judged))),
        "problems": run.problems,
        "coverage": _coverage(run),
    }
    if run.applications:
        document["vex"] = [_struct(each) for each in run.applications]
    if run.verdict:
        document["verdict"] = verdict(run.verdict)
    if view.everything:
        document["dismissals"] = [_dismissal(each) for each in run.dismissals]
    return ENCODER.encode(document) + b"\n"


def findings(judged: tuple[Judged, ...]) -> list[Row]:
    """Return the rows, ordered by score (none last), id and purl."""
    components: dict[int, tuple[Raw, str | None]] = {}
    vulnerabilities: dict[int, tuple[Raw, Raw, Raw, Raw]] = {}
    ratings: dict[int, Raw] = {}
    rows = []
    for each in sorted(judged, key=order):
        finding = each.finding
        component, vulnerability = finding.component, finding.vulnerability
        place = components.get(id(component))
        if place is None:
            place = components[id(component)] = _place(component)
        known = vulnerabilities.get(id(vulnerability))
        if known is None:
            known = vulnerabilities[id(vulnerability)] = _known(vulnerability)
        severity = finding.severity or vulnerability.severity
        rating = ratings.get(id(severity))
        if rating is None:
            rating = ratings[id(severity)] = _severity(severity)
        rows.append(
            Row(
                finding.advisory,
                known[0],
                finding.because,
                known[1],
                place[0],
                finding.feed,
                vulnerability.first_seen or None,
                finding.fix,
                finding.fixed,
                vulnerability.id,
                each.justification,
                known[2],
                place[1],
                finding.outcome,
                vulnerability.published or None,
                component.purl,
                UNSET if component.purl else component.ref,
                finding.related or vulnerability.related,
                known[3],
                rating,
                finding.silent_days,
                each.statement,
                each.status,
                finding.unknowns,
            )
        )
    return rows


def order(judged: Judged) -> tuple[float, str, str]:
    """Return what findings are sorted by: the highest score first, then id, then purl."""
    finding = judged.finding
    severity = finding.severity or finding.vulnerability.severity
    score = -1.0 if severity is None or severity.score is None else severity.score
    return -score, finding.vulnerability.id, finding.component.purl


def verdict(given: Verdict) -> dict[str, Any]:
    """Return the verdict with its policy in one place and counts by name."""
    return {
        "outcome": given.outcome,
        "stage": given.stage,
        "policy": {"name": given.policy, "digest": given.policy_digest},
        "decided_at": given.decided_at or None,
        "reasons": given.reasons,
        "decisions": given.decisions,
        "unknowns": given.unknowns,
        "left_out": dict(given.left_out),
    }


def _subject(run: Run) -> dict[str, Any]:
    subject, distro = run.sbom.subject, run.sbom.distro
    return {
        "name": subject.name,
        "image_id": subject.image_id,
        "manifest": subject.manifest,
        "index": subject.index,
        "platform": subject.platform or None,
        "created": subject.created or None,
        "distro": f"{distro.id}:{distro.version}" if distro else None,
        "sbom": run.sbom_digest or None,
    }


def _advisories(run: Run) -> dict[str, Any]:
    return {
        "digest": run.state.digest,
        "as_of": run.state.as_of or None,
        "feeds": {
            feed.name: {
                "records": feed.records,
                "as_of": feed.as_of or None,
                "learned": feed.learned or None,
            }
            for feed in run.state.feeds
        },
    }


def _coverage(run: Run) -> dict[str, Any]:
    return _struct(run.coverage) | {"without_feed": dict(run.coverage.without_feed)}


def _place(component: Component) -> tuple[Raw, str | None]:
    """Return the evidence, encoded, and the layer of the first place."""
    evidence = component.evidence
    rows = [{"path": e.path, "layer": e.layer, "reader": e.reader} for e in evidence]
    layer = next((str(e.layer) for e in evidence if e.layer), None)
    return Raw(ENCODER.encode(rows)), layer


def _known(vulnerability: Vulnerability) -> tuple[Raw, Raw, Raw, Raw]:
    """Return aliases, EPSS, KEV and severities, encoded."""
    kev, epss = vulnerability.kev, vulnerability.epss
    severities = [_rating(each) for each in vulnerability.severities]
    return (
        Raw(ENCODER.encode(vulnerability.aliases)),
        NULL
        if epss is None
        else Raw(
            ENCODER.encode(
                {
                    "probability": epss.probability,
                    "percentile": epss.percentile,
                    "date": epss.date or None,
                }
            )
        ),
        NULL
        if kev is None
        else Raw(
            ENCODER.encode(
                {"added": kev.added, "due": kev.due or None, "ransomware": kev.ransomware}
            )
        ),
        Raw(ENCODER.encode(severities)),
    )


def _severity(severity: Severity | None) -> Raw:
    return NULL if severity is None else Raw(ENCODER.encode(_rating(severity)))


def _rating(severity: Severity) -> dict[str, Any]:
    return {
        "score": severity.score,
        "vector": severity.vector,
        "version": severity.version or None,
        "source": severity.source,
        "label": severity.label or None,
    }


def _dismissal(dismissal: Dismissal) -> dict[str, Any]:
    return {
        "purl": dismissal.component.purl,
        "id": dismissal.vulnerability,
        "advisory": dismissal.advisory,
        "feed": dismissal.feed,
        "reason": dismissal.reason,
        "because": dismissal.because,
    }


def _struct(value: Struct) -> dict[str, Any]:
    return msgspec.structs.asdict(value)
