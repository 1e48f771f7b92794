"""The same as OSCAL 1.1.3: a catalog for each framework, a component definition, and results.

Ids are made of what they name (uuid5), so that the same facts give the same documents. A sentence
is `satisfied` only where it is met; the finer status is a property (`status`) of ours.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid5

from gate.evidence.document import Measures, Row, Standard
from gate.evidence.model import Facts

VERSION = "1.1.3"
SPACE = UUID("f4f1c9a5-3f0e-5d3a-9c43-6a5b5d1f2c77")
"""The name space of our ids; any fixed UUID will do."""
NS = "https://lading.invalid/oscal"
"""A name and no address: OSCAL wants a URL with a host, and nobody can ever own this one."""
PUBLISHED = "2026-11-23T00:00:00Z"
"""When the catalogs' texts were last changed."""
SATISFIED = {"met": ("satisfied", "pass"), "partly": ("not-satisfied", "other")}
MEASURED = ("met", "partly", "not met")

Json = dict[str, Any]


def documents(facts: Facts, numbers: Measures, version: str) -> dict[str, Json]:
    """Return the documents by file name."""
    found = {_catalog_file(each): _catalog(each) for each in numbers.frameworks}
    found["component-definition.json"] = _component_definition(numbers, version)
    found["assessment-results.json"] = _results(facts, numbers, version)
    return found


def _catalog(standard: Standard) -> Json:
    sections: dict[str, list[Row]] = {}
    for row in standard.controls:
        sections.setdefault(row.section, []).append(row)
    return {
        "catalog": {
            "uuid": _id("catalog", standard.name),
            "metadata": _metadata(standard.title, PUBLISHED, "1"),
            "groups": [
                {
                    "id": f"{standard.name}_section-{number}",
                    "title": section,
                    "controls": [_control(row) for row in rows],
                }
                for number, (section, rows) in enumerate(sections.items(), 1)
            ],
            "back-matter": {
                "resources": [
                    {
                        "uuid": _id("source", standard.name),
                        "title": standard.title,
                        "description": f"{standard.source}. The statements are a paraphrase.",
                    }
                ]
            },
        }
    }


def _control(row: Row) -> Json:
    return {
        "id": row.id,
        "title": row.title,
        "props": [{"name": "label", "value": row.section}],
        "parts": [{"id": f"{row.id}_smt", "name": "statement", "prose": row.text}],
    }


def _component_definition(numbers: Measures, version: str) -> Json:
    """Say what Lading measures of each framework; what it does not measure it does not claim."""
    implementations = []
    for standard in numbers.frameworks:
        measured = [row for row in standard.controls if row.number]
        implementations.append(
            {
                "uuid": _id("implementation", standard.name),
                "source": _catalog_file(standard),
                "description": f"What Lading measures of: {standard.title}.",
                "implemented-requirements": [
                    {
                        "uuid": _id("requirement", row.id),
                        "control-id": row.id,
                        "description": f"Lading counts: {row.number.query}.",
                    }
                    for row in measured
                    if row.number
                ],
            }
        )
    component = {
        "uuid": _id("component", "lading"),
        "type": "software",
        "title": "Lading",
        "description": "Bills of material of container images, held against the merged advisory"
        " set, and decided upon by policy.",
        "props": [{"name": "version", "value": version}],
        "control-implementations": implementations,
    }
    return {
        "component-definition": {
            "uuid": _id("component-definition", version),
            "metadata": _metadata("Lading", PUBLISHED, version),
            "components": [component],
        }
    }


def _results(facts: Facts, numbers: Measures, version: str) -> Json:
    asked = "; ".join((*facts.scope, f"{facts.start} to {facts.end}", *facts.inventories))
    plan = _id("plan", asked)
    return {
        "assessment-results": {
            "uuid": _id("results", asked, facts.as_of),
            "metadata": _metadata("Evidence of Lading", facts.as_of, version),
            "import-ap": {"href": f"#{plan}"},
            "results": [_result(each, facts, numbers) for each in numbers.frameworks],
            "back-matter": {
                "resources": [
                    {
                        "uuid": plan,
                        "title": "What was assessed",
                        "description": "Every sentence of the catalogs that records can speak of,"
                        f" counted as each observation says, over: {_line(asked)}.",
                    }
                ]
            },
        }
    }


def _result(standard: Standard, facts: Facts, numbers: Measures) -> Json:
    measured = [row for row in standard.controls if row.number and row.status in MEASURED]
    reviewed = [{"control-id": row.id} for row in measured]
    left_out = [{"control-id": r.id} for r in standard.controls if r not in measured]
    denominator = numbers.denominator
    selection: Json = {"include-controls": reviewed}
    if left_out:
        selection["exclude-controls"] = left_out
    return {
        "uuid": _id("result", standard.name, facts.start, facts.as_of),
        "title": standard.title,
        "description": f"{denominator.images} images, {len(denominator.never_scanned)} never"
        f" scanned; inventories: {_line(', '.join(denominator.inventories)) or 'none'}.",
        "start": facts.start,
        "end": facts.as_of,
        "reviewed-controls": {"control-selections": [selection]},
        "observations": list(_observations(measured, standard, facts)),
        "findings": [_finding(row, standard, facts) for row in measured],
    }


def _observations(rows: list[Row], standard: Standard, facts: Facts) -> Iterator[Json]:
    """Yield each number once, whatever sentences it speaks to."""
    for number in {row.number.measure: row.number for row in rows if row.number}.values():
        yield {
            "uuid": _id("observation", standard.name, number.measure, facts.as_of),
            "title": number.title,
            "description": f"{number.counted} of {number.of} ({number.unit}s): {number.query}.",
            "props": [
                _prop("counted", str(number.counted)),
                _prop("of", str(number.of)),
                _prop("unit", number.unit),
            ],
            "methods": ["TEST"],
            "relevant-evidence": [
                {"href": f"../{number.records}", "description": "Each of them, and what it lacks."}
            ],
            "collected": facts.as_of,
        }


def _finding(row: Row, standard: Standard, facts: Facts) -> Json:
    state, reason = SATISFIED.get(row.status, ("not-satisfied", "fail"))
    measure = row.number.measure if row.number else ""
    return {
        "uuid": _id("finding", row.id, facts.start, facts.as_of),
        "title": f"{row.section}: {row.title}",
        "description": row.text,
        "props": [_prop("status", row.status.replace(" ", "-"))],
        "target": {
            "type": "statement-id",
            "target-id": f"{row.id}_smt",
            "status": {"state": state, "reason": reason, "remarks": _line(row.gap) or "No gap."},
        },
        "related-observations": [
            {"observation-uuid": _id("observation", standard.name, measure, facts.as_of)}
        ],
    }


def _metadata(title: str, modified: str, version: str) -> Json:
    return {
        "title": title,
        "last-modified": modified,
        "version": version,
        "oscal-version": VERSION,
    }


def _prop(name: str, value: str) -> Json:
    return {"name": name, "ns": NS, "value": value}


def _catalog_file(standard: Standard) -> str:
    return f"catalog-{standard.name}.json"


def _line(text: str) -> str:
    """Return a text in one line, as OSCAL's strings are."""
    return " ".join(text.split())


def _id(*parts: str) -> str:
    return str(uuid5(SPACE, "\0".join(parts)))
