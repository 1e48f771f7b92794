"""The lead-time report as a table, as JSON (schemas/lead-time.schema.json) and as CSV."""

import csv
from io import StringIO

from msgspec import json, to_builtins

from match.house.lead import Figures, Lead, Told
from match.model import HOUSE_FEED
from sbom.text import plain

HEADS = ("source", "against", "n", "median", "p90", "first", "open", "disputed", "withdrawn")
ID_HEADS = ("id", "cve", "date", "by", "against", "date", "by", "days", "")
NOTES = (
    "days: above 0 where the source was first; open: the other has not spoken yet.",
    "A date is the earlier of when a record was published and when it was learned.",
)


def render(name: str, told: Told, *, every_id: bool) -> bytes:
    """Return the report in a format; the table shows ids of the house, or every one."""
    if name == "json":
        document = {"schema": "lading-lead-time/1", "sources": told.figures, "ids": told.leads}
        return json.format(json.encode(to_builtins(document), order="sorted"), indent=2) + b"\n"
    if name == "csv":
        return _csv(told)
    leads = [lead for lead in told.leads if every_id or lead.source == HOUSE_FEED]
    parts = [_columns([HEADS, *map(_figures, told.figures)])]
    if leads:
        parts.append(_columns([ID_HEADS, *map(_lead, leads)]))
    parts.append("".join(f"{note}\n" for note in NOTES))
    return "\n".join(parts).encode(errors="replace")


def _csv(told: Told) -> bytes:
    """Return one line for each id and other, with a head."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")  # RFC 4180
    writer.writerow(Lead.__struct_fields__)
    for lead in told.leads:
        values = (getattr(lead, field) for field in Lead.__struct_fields__)
        writer.writerow("" if value is None else value for value in values)
    return text.getvalue().encode(errors="replace")


def _figures(each: Figures) -> tuple[str, ...]:
    share = f"{each.first}/{each.n}" if each.n else ""
    return (
        each.source,
        each.against,
        str(each.n),
        _number(each.median),
        _number(each.p90),
        share,
        str(each.open),
        str(each.disputed),
        str(each.withdrawn),
    )


def _lead(lead: Lead) -> tuple[str, ...]:
    return (
        lead.id,
        lead.cve or "none yet",
        lead.date[:10],
        lead.basis,
        lead.against,
        lead.other[:10],
        lead.other_basis,
        _number(lead.days),
        lead.state,
    )


def _number(days: float | None) -> str:
    return "" if days is None else f"{days:.1f}"


def _columns(rows: list[tuple[str, ...]]) -> str:
    clean = [[plain(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*clean, strict=True)]
    return "".join(
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() + "\n"
        for row in clean
    )
