"""Tests of times in 2.1: how they are written, and what cannot be later than the document."""

import re
from collections.abc import Iterator
from typing import Any

from gate.csaf_rules.tree import vulnerabilities
from gate.instants import sort_key, utc
from sbom.model import Fault

Node = dict[str, Any]
FORM = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9](\.[0-9]+)?"
    r"(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)
"""RFC 3339 with upper-case letters, a zone, and no leap second (section "Date and Time")."""
RELEASED = frozenset({"final", "interim"})
LISTS = ("first_known_exploitation_dates", "flags", "involvements", "remediations", "threats")
EXPLOITED = "first_known_exploitation_dates"
Stated = Iterator[tuple[str, str]]


def odd_times(document: Node) -> Iterator[Fault]:
    """6.1.37: every time is written as the standard wants it, and is one."""
    for place, text in _times(document):
        if not FORM.fullmatch(text) or utc(text) is None:
            yield Fault(place=place, what=f"{text[:64]!r} is no time")


def disclosed_after(document: Node) -> Iterator[Fault]:
    """6.1.45: a released TLP:CLEAR document is no earlier than the disclosure."""
    if document["document"]["distribution"]["tlp"]["label"] == "CLEAR":
        stated = (
            (f"{place}.disclosure_date", each["disclosure_date"])
            for place, each in vulnerabilities(document)
            if "disclosure_date" in each
        )
        yield from _after(document, stated)


def decided_after(document: Node) -> Iterator[Fault]:
    """6.1.49: nor earlier than a decision by SSVC."""
    yield from _after(document, _measured(document, "ssvc_v2"))


def measured_after(document: Node) -> Iterator[Fault]:
    """6.1.51: nor earlier than a probability by EPSS."""
    yield from _after(document, _measured(document, "epss"))


def exploited_after(document: Node) -> Iterator[Fault]:
    """6.1.52: nor earlier than what it tells of exploitation."""
    stated = (
        (f"{place}.{field}", each[field])
        for place, each in _exploited(document)
        for field in ("date", "exploitation_date")
    )
    yield from _after(document, stated)


def told_before_it_was(document: Node) -> Iterator[Fault]:
    """6.1.53: what is known of an exploitation is no earlier than that."""
    for place, each in _exploited(document):
        if _key(each["exploitation_date"]) > _key(each["date"]):
            what = f"{each['exploitation_date']} is after {each['date']}"
            yield Fault(place=f"{place}.exploitation_date", what=what)


def _after(document: Node, stated: Stated) -> Iterator[Fault]:
    """Yield a fault for each time after the newest revision of a released document."""
    tracking = document["document"]["tracking"]
    if tracking["status"] not in RELEASED:
        return
    newest = max(_key(item["date"]) for item in tracking["revision_history"])
    for place, text in stated:
        if _key(text) > newest:
            yield Fault(place=place, what=f"{text} is after the newest revision")


def _measured(document: Node, name: str) -> Stated:
    for place, each in vulnerabilities(document):
        for number, metric in enumerate(each.get("metrics", ())):
            content = metric["content"].get(name, {})
            if "timestamp" in content:
                yield f"{place}.metrics[{number}].content.{name}.timestamp", content["timestamp"]


def _times(document: Node) -> Stated:
    tracking = document["document"]["tracking"]
    for field in ("current_release_date", "initial_release_date"):
        yield f"document.tracking.{field}", tracking[field]
    if "date" in tracking.get("generator", {}):
        yield "document.tracking.generator.date", tracking["generator"]["date"]
    for number, item in enumerate(tracking["revision_history"]):
        yield f"document.tracking.revision_history[{number}].date", item["date"]
    for place, each in vulnerabilities(document):
        yield from _of(each, place)
    for name in ("epss", "ssvc_v2"):
        yield from _measured(document, name)


def _of(vulnerability: Node, place: str) -> Stated:
    for field in ("disclosure_date", "discovery_date"):
        if field in vulnerability:
            yield f"{place}.{field}", vulnerability[field]
    for field in LISTS:
        for number, one in enumerate(vulnerability.get(field, ())):
            for key in ("date", "exploitation_date"):
                if key in one:
                    yield f"{place}.{field}[{number}].{key}", one[key]


def _exploited(document: Node) -> Iterator[tuple[str, Node]]:
    for place, each in vulnerabilities(document):
        for number, one in enumerate(each.get(EXPLOITED, ())):
            yield f"{place}.{EXPLOITED}[{number}]", one


def _key(text: str) -> str:
    return sort_key(utc(text) or "")
