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


class Known(Struct, frozen=True, gc=False):
    """What is written of a vulnerability, the same in each of its findings."""

    aliases: Raw
    epss: Epss | None
    first_seen: str | None
    kev: Kev | None
    published: str | None
    severities: Raw


class Row(Struct, frozen=True, gc=False):
    """A finding as it is written."""

    advisory: str
    aliases: Raw
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
    severities: Raw
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
        "problems": run.problems,
        "coverage": _coverage(run),
    }
    if run.applications:
        document["vex"] = [_struct(each) for each in run.applications]
    if run.verdict:
        document["verdict"] = verdict(run.verdict)
    if view.everything:
        document["dismissals"] = [_dismissal(each) for each in run.dismissals]
    document = {name: Raw(ENCODER.encode(part)) for name, part in document.items()}
    # The findings are nearly all of it and in order by themselves: sorting their keys one by one
    # would take twice as long, and encoding them apart another copy of some megabytes.
    document["findings"] = findings(run.judged)
    return PLAIN.encode_lines([dict(sorted(document.items()))])


def findings(judged: tuple[Judged, ...]) -> list[Row]:
    """Return the rows, ordered by score (none last), id and purl.

    Ten findings stand on two vulnerabilities and two components: what depends on one of them alone
    is made once. By `id`, as `judged` holds them all and hashing them would cost what this saves.
    """
    places: dict[int, Place] = {}
    known: dict[int, Known] = {}
    ratings: dict[int, Rating | None] = {id(None): None}
    rows = []
    for each in sorted(judged, key=order):
        finding = each.finding
        component, vulnerability = finding.component, finding.vulnerability
        severity = finding.severity or vulnerability.severity
        place = places.get(id(component))
        if place is None:
            place = places[id(component)] = _place(component)
        told = known.get(id(vulnerability))
        if told is None:
            told = known[id(vulnerability)] = _known(vulnerability)
        if id(severity) not in ratings:
            ratings[id(severity)] = _rating(severity) if severity else None
        rows.append(_row(each, place, told, ratings[id(severity)]))
    return rows


def _row(judged: Judged, place: Place, told: Known, rating: Rating | None) -> Row:
    finding = judged.finding
    component, vulnerability = finding.component, finding.vulnerability
    return Row(
        finding.advisory,
        told.aliases,
        finding.because,
        UNSET if finding.by == "package" else finding.by,
        vulnerability.disputed or UNSET,
        told.epss,
        place[0],
        finding.feed,
        told.first_seen,
        finding.fix,
        finding.fixed,
        vulnerability.id,
        judged.justification,
        told.kev,
        place[1],
        finding.outcome,
        told.published,
        component.purl,
        UNSET if component.purl else component.ref,
        vulnerability.rejected or UNSET,
        finding.related or vulnerability.related,
        told.severities,
        rating,
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
    """Return the state of the advisory set that was used.

    When publishers last confirmed it stands beside a verdict alone, which may ask for it: findings
    follow from the digest, and have the same bytes whoever was asked since (decision 0020).
    """
    return {
        "digest": run.state.digest,
        "as_of": run.state.as_of or None,
        "feeds": {
            feed.name: {
                "records": feed.records,
                "as_of": feed.as_of or None,
                "learned": feed.learned or None,
                **({"confirmed": feed.confirmed or None} if run.verdict else {}),
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
        "end_of_life": run.end_of_life or None,
        "reach": lately,
    }


def _place(component: Component) -> Place:
    """Return where the component was seen, and the layer of the first place."""
    seen = [Seen(e.layer, e.path, e.reader) for e in component.evidence]
    return tuple(seen), next((each.layer for each in seen if each.layer), None)


def _known(vulnerability: Vulnerability) -> Known:
    return Known(
        aliases=Raw(PLAIN.encode(vulnerability.aliases)),
        epss=_epss(vulnerability),
        first_seen=vulnerability.first_seen or None,
        kev=_kev(vulnerability),
        published=vulnerability.published or None,
        severities=Raw(PLAIN.encode([_rating(each) for each in vulnerability.severities])),
    )


def _rating(severity: Severity) -> Rating:
    return Rating(
        severity.label or None,
        severity.score,
        severity.source,
        severity.vector,
        severity.version or None,
    )


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
