"""One self-contained HTML page: no network, no font or script from elsewhere, readable without JS.

Everything that comes from an image or a feed is escaped by the template engine; and the page's own
policy (CSP) runs no script but the one whose digest it names, should an escape ever be missed.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from gate.model import Decision, Judged, Run, View
from gate.pages import asset, content_policy, template
from gate.score import band, severity_of
from gate.summary import (
    BANDS,
    Summary,
    command_of,
    configuration,
    decided,
    ecosystem,
    exception_notes,
    layer_number,
    leniency,
    of_image,
    open_questions,
    reach_line,
    ruling,
    score,
    signs,
    summarise,
    whereabouts,
)
from gate.upgrades import upgrades

STEPS = 12
EVIDENCE = 20
"""Places shown of one component; one that is in more is named by number."""


def render(run: Run, view: View) -> bytes:
    """Return the page in UTF-8; dismissals are on it where `view.everything`."""
    summary = summarise(run)
    decisions = {id(judged): decision for judged, decision in decided(run)}
    tell = whereabouts(run)
    style, script = _asset("report.css"), _asset("report.js")
    page: str = _template().render(
        run=run,
        summary=summary,
        style=style,
        script=script,
        csp=content_policy(style, script),
        facts=_facts(run),
        slices=_slices(summary),
        findings=[
            _finding(run, each, decisions[id(each)], tell(each.finding), out=out)
            for those, out in ((summary.counted, False), (summary.left_out, True))
            for each in those
        ],
        layers=_layers(run, summary),
        questions=open_questions(run),
        image=of_image(run),
        exceptions=exception_notes(run),
        steps=[each for each in upgrades(run) if each.version][:STEPS],
        dismissals=run.dismissals if view.everything else (),
        bands=BANDS,
    )
    return page.encode(errors="replace")


def _facts(run: Run) -> Iterator[tuple[str, str]]:
    """Yield (label, value) of the subject and of what it was held against."""
    subject, distro = run.sbom.subject, run.sbom.distro
    system = (distro.name or f"{distro.id} {distro.version}".strip()) if distro else ""
    facts = (
        ("Platform", subject.platform),
        ("System", system),
        ("Created", subject.created[:10]),
        ("Components", f"{run.coverage.components:,}"),
        ("Layers", f"{len(run.sbom.layers):,}" if run.sbom.layers else ""),
        *configuration(run),
        ("Advisories as of", run.state.as_of[:10]),
        ("Image", subject.image_id or ""),
        ("Manifest", subject.manifest or ""),
        ("SBOM", run.sbom_digest),
        ("Advisory set", run.state.digest),
        ("Reach", reach_line(run)),
    )
    return ((label, value) for label, value in facts if value)


def _slices(summary: Summary) -> list[dict[str, Any]]:
    """Return the arcs of the severity chart: a circle whose circumference is 100."""
    total = sum(count for _, count in summary.by_band)
    arcs = []
    start = 0.0
    for name, count in summary.by_band:
        share = 100 * count / total
        gap = 0.6 if len(summary.by_band) > 1 else 0.0
        arcs.append(
            {
                "band": name,
                "count": count,
                "dash": f"{(drawn := max(share - gap, 0.4)):.2f} {100 - drawn:.2f}",
                "offset": f"{25 - start:.2f}",
            }
        )
        start += share
    return arcs


def _finding(
    run: Run, judged: Judged, decision: Decision | None, where: str, *, out: bool
) -> dict[str, Any]:
    finding = judged.finding
    component, vulnerability = finding.component, finding.vulnerability
    severity = severity_of(finding)
    value = score(finding)
    evidence = component.evidence
    return {
        "id": vulnerability.id,
        "aliases": ", ".join(vulnerability.aliases),
        "band": band(value),
        "score": "" if value is None else f"{value:.1f}",
        "order": -1.0 if value is None else value,
        "summary": vulnerability.summary,
        "package": component.name,
        "installed": component.version,
        "ecosystem": ecosystem(finding),
        "purl": component.purl,
        "fixed": finding.fixed,
        "layer": layer_number(run, finding),
        "answer": decision.answer if decision else "",
        "ruling": ruling(decision),
        "where": where,
        "advisory": f"{finding.advisory} ({finding.feed})",
        "notes": [*leniency(decision), *signs(finding)],
        "because": finding.because,
        "vector": severity.vector if severity else None,
        "source": severity.source if severity else None,
        "word": severity.label if severity else "",
        "others": _others(judged),
        "published": vulnerability.published[:10],
        "paths": [each.path for each in evidence[:EVIDENCE]],
        "more_paths": max(len(evidence) - EVIDENCE, 0),
        "maker": component.maker or "",
        "status": judged.status,
        "vex": judged.because,
        "statement": judged.statement or "",
        "out": out,
    }


def _others(judged: Judged) -> list[str]:
    """Return the ratings that are not the one shown."""
    shown = severity_of(judged.finding)
    return [
        f"{each.source}: {f'CVSS {each.version} ' if each.version else ''}"
        f"{each.label if each.score is None else f'{each.score:.1f}'}"
        for each in judged.finding.vulnerability.severities
        if each != shown
    ]


def _layers(run: Run, summary: Summary) -> list[dict[str, Any]]:
    """Return each layer with how many components and findings it holds, drawn to one scale."""
    held: dict[int | None, int] = {}
    numbers = {layer.diff_id: number for number, layer in enumerate(run.sbom.layers, 1)}
    for component in run.sbom.components:
        first = next((numbers[e.layer] for e in component.evidence if e.layer in numbers), None)
        held[first] = held.get(first, 0) + 1
    found: dict[int | None, dict[str, int]] = {}
    for judged in summary.counted:
        here = found.setdefault(layer_number(run, judged.finding), {})
        name = band(score(judged.finding))
        here[name] = here.get(name, 0) + 1
    scale = max((sum(each.values()) for each in found.values()), default=0)
    return [
        {
            "number": number,
            "command": command_of(layer.created_by) or "no history",
            "digest": layer.diff_id,
            "components": held.get(number, 0),
            "findings": sum(found.get(number, {}).values()),
            "bars": list(_bars(found.get(number, {}), scale)),
        }
        for number, layer in enumerate(run.sbom.layers, 1)
    ]


def _bars(tally: dict[str, int], scale: int) -> Iterator[dict[str, Any]]:
    start = 0.0
    for name in BANDS:
        if name in tally:
            width = 100 * tally[name] / scale
            yield {"band": name, "x": f"{start:.2f}", "width": f"{width:.2f}", "count": tally[name]}
            start += width


@lru_cache(maxsize=1)
def _template() -> Any:
    return template("gate.reports", "report.html.jinja")


def _asset(name: str) -> str:
    return asset("gate.reports", name)
