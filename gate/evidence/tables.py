"""The numbers and their records as CSV (RFC 4180), safe to open in a spreadsheet."""

from collections.abc import Sequence

from gate.evidence.document import Measures
from gate.evidence.model import Measured
from gate.reports.csv import cell

HEADS = (
    "framework", "section", "control", "sentence", "status", "counted", "of", "unit", "measure",
    "query", "as of", "gap", "records",
)  # fmt: skip


def measures(document: Measures) -> bytes:
    """Return one row for each sentence."""
    rows = []
    for standard in document.frameworks:
        for row in standard.controls:
            cells = [standard.name, row.section, row.id, row.text, row.status]
            if row.number:
                number = row.number
                cells += [str(number.counted), str(number.of), number.unit, number.measure]
                cells += [number.query, number.as_of, row.gap, number.records]
            else:
                cells += ["", "", "", "", "", document.as_of, row.gap, ""]
            rows.append(cells)
    return _written(HEADS, *rows)


def records(number: Measured) -> bytes:
    """Return one row for each thing that was looked at."""
    rows = [
        (
            each.name,
            "no" if each.lacks else "yes",
            each.lacks,
            each.digest,
            each.sbom,
            each.verdict,
        )
        for each in number.items
    ]
    heads = (number.unit, "counts", "lacks", "digest", "sbom", "verdict")
    return _written(heads, *rows)


def _written(*rows: Sequence[str]) -> bytes:
    return "".join(",".join(map(cell, row)) + "\r\n" for row in rows).encode(errors="replace")
