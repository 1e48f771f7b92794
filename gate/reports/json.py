"""The JSON of `match` and `scan`: `lading-findings/1`, keys sorted, the same bytes for a run."""

from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from gate.model import Judged, Run, Verdict, View
from match.model import Dismissal, Severity, Vulnerability
from sbom.model import Component

SCHEMA = "lading-findings/1"
ENCODER = msgspec.json.Encoder(order="sorted")
PLAIN = msgspec.json.Encoder()
"""For what is in order by itself: records whose fields are declared in the order of their keys."""


class Rating(Struct, frozen=True, gc=False):
    """A severity as it is written."""

    label: str | None
    score: float | None
    source: str
    vector: str | None
    version: str | None


class Seen(Struct, frozen=True, gc=False):
    """An evidence as it is written."""

    layer: str | None
    path: str
    reader: str


Place = tuple[tuple[Seen, ...], str | None]
"""A component's evidence, and the layer of the first place."""


class Kev(Struct, frozen=True, gc=False):
    """The known exploitation of a vulnerability as it is written."""

    added: str
    due: str | None
    ransomware: bool


class Epss(Struct, frozen=True, gc=False):
    """The likelihood of exploitation as it is written."""

    date: str | None
    percentile: float
    probability: float


class Row(Struct, frozen=True, gc=False):
    """A finding as it is written."""

    advisory: str
    aliases: tuple[str, ...]
    because: str
    by: str | UnsetType
    disputed: bool | UnsetType
    epss: Epss | None
    evidence: tuple[Seen, ...]
    feed: str
    first_seen: str | None
    fix: str
    fixed: tuple[str, ...]
    id: str
    justification: str | None
    kev: Kev | None
    layer: str | None
    outcome: str
    published: str | None
    purl: str
    ref: str | UnsetType
    rejected: str | UnsetType
    related: tuple[str, ...]
    severities: tuple[Rating, ...]
    severity: Rating | None
    silent_days: int | None
    ssvc: str | UnsetType
    statement: str | None
    status: str | None
    unknowns: tuple[str, ...]


def render(run: Run, view: View) -> bytes:
    """Return the document, with dismissals where `view.everything`, and a final newline."""
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "subject": subject(run),
        "advisories": advisories(run),
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
    places: dict[int, Place] = {}
    ratings: dict[int, Rating] = {}
    rows = []
    for each in sorted(judged, key=order):
        component = each.finding.component
        place = places.get(id(component))
        if place is None:
            place = places[id(component)] = _place(component)
        rows.append(_row(each, place, ratings))
    return rows


def _row(judged: Judged, place: Place, ratings: dict[int, Rating]) -> Row:
    finding = judged.finding
    component, vulnerability = finding.component, finding.vulnerability
    severity = finding.severity or vulnerability.severity
    return Row(
        finding.advisory,
        vulnerability.aliases,
        finding.because,
        UNSET if finding.by == "package" else finding.by,
        vulnerability.disputed or UNSET,
        _epss(vulnerability) if vulnerability.epss else None,
        place[0],
        finding.feed,
        vulnerability.first_seen or None,
        finding.fix,
        finding.fixed,
        vulnerability.id,
        judged.justification,
        _kev(vulnerability) if vulnerability.kev else None,
        place[1],
        finding.outcome,
        vulnerability.published or None,
        component.purl,
        UNSET if component.purl else component.ref,
        vulnerability.rejected or UNSET,
        finding.related or vulnerability.related,
        tuple([_rating(each, ratings) for each in vulnerability.severities]),
        _rating(severity, ratings) if severity else None,
        finding.silent_days,
        vulnerability.ssvc or UNSET,
        judged.statement,
        judged.status,
        finding.unknowns,
    )


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
        "baseline": given.baseline or None,
        "reasons": given.reasons,
        "decisions": given.decisions,
        "unknowns": given.unknowns,
        "left_out": dict(given.left_out),
        "exceptions": given.exceptions,
    }


def subject(run: Run) -> dict[str, Any]:
    """Return what was judged, by every name it has."""
    of, distro = run.sbom.subject, run.sbom.distro
    return {
        "name": of.name,
        "image_id": of.image_id,
        "manifest": of.manifest,
        "index": of.index,
        "platform": of.platform or None,
        "created": of.created or None,
        "distro": f"{distro.id}:{distro.version}" if distro else None,
        "sbom": run.sbom_digest or None,
        "sbom_source": run.sbom_source or None,
    }


def advisories(run: Run) -> dict[str, Any]:
    """Return the state of the advisory set that was used."""
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
    reach = run.coverage.reach
    lately = None
    if reach:
        lately = {
            "days": reach.days,
            "since": reach.since,
            "cves": reach.cves,
            "matchable": reach.matchable,
            "areas": dict(reach.areas),
        }
    return _struct(run.coverage) | {
        "without_feed": dict(run.coverage.without_feed),
        "reach": lately,
    }


def _place(component: Component) -> Place:
    """Return where the component was seen, and the layer of the first place."""
    seen = [Seen(e.layer, e.path, e.reader) for e in component.evidence]
    return tuple(seen), next((each.layer for each in seen if each.layer), None)


def _rating(severity: Severity, ratings: dict[int, Rating]) -> Rating:
    """Return the rating, made once for each severity."""
    rating = ratings.get(id(severity))
    if rating is None:
        rating = ratings[id(severity)] = Rating(
            severity.label or None,
            severity.score,
            severity.source,
            severity.vector,
            severity.version or None,
        )
    return rating


def _kev(vulnerability: Vulnerability) -> Kev | None:
    kev = vulnerability.kev
    return Kev(kev.added, kev.due or None, kev.ransomware) if kev else None


def _epss(vulnerability: Vulnerability) -> Epss | None:
    epss = vulnerability.epss
    return Epss(epss.date or None, epss.percentile, epss.probability) if epss else None


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
