"""Lead time: how many days one source spoke of a vulnerability before another did.

A source's date is the earlier of when its record was published, as it states, and when Lading first
learned of it. Figures count what is linked to a CVE; what has none yet is `open`.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct

from match.house.dates import Case, Heard
from match.house.entry import Entry, cve_of
from match.model import HOUSE_FEED

CVE, ANALYSIS = "cve", "nvd-analysis"
PUBLISHERS = ("cve", "nvd", "nvd11", "osv:CVE")
"""The feeds that tell when a CVE was published, the CVE list first."""
DAY = 86_400

Basis = Literal["", "published", "learned", "analysed"]
UNHEARD: tuple[str, Basis] = ("", "")


class Lead(Struct, frozen=True, kw_only=True, gc=False):
    """One source's lead on one vulnerability before one other.

    id: the source's own id. cve: the vulnerability's, empty where there is none yet.
    against: `cve`, `nvd-analysis`, or another source. days: above 0 where `source` was first; None
        where the other has not spoken.
    state: of a house advisory, `disputed` or `withdrawn`; else empty.
    """

    source: str
    id: str
    cve: str
    date: str
    basis: Basis
    against: str
    other: str = ""
    other_basis: Basis = ""
    days: float | None = None
    state: Literal["", "disputed", "withdrawn"] = ""


class Figures(Struct, frozen=True, kw_only=True, gc=False):
    """The leads of one source before one other; median and p90 are days, None where n is 0.

    n: pairs of dates. first: how many of them `source` won. open: where the other has not spoken.
    disputed, withdrawn: ids among all of these; withdrawn ones are not in n.
    """

    source: str
    against: str
    n: int
    median: float | None
    p90: float | None
    first: int
    open: int
    disputed: int
    withdrawn: int


class Told(Struct, frozen=True, kw_only=True, gc=False):
    """Everything of a lead-time report."""

    figures: tuple[Figures, ...]
    leads: tuple[Lead, ...]


def lead_time(
    cases: Iterable[Case],
    entries: Iterable[Entry],
    sources: Sequence[str] = (),
    against: Sequence[str] = (CVE, ANALYSIS),
) -> Told:
    """Return the leads and their figures, in order of source, other and id.

    Args:
        cases: who spoke of what when.
        entries: the house advisories: which are disputed or withdrawn.
        sources: whose lead; all but the publishers of CVEs where empty.
        against: before whom: `cve`, `nvd-analysis`, sources, or `all` of them.
    """
    known = {entry.id: entry for entry in entries}
    found = {
        (lead.source, lead.against, lead.id, lead.cve): lead
        for case in cases
        for lead in _leads(case, known, sources, against)
    }
    leads = tuple(found[each] for each in sorted(found))
    groups: dict[tuple[str, str], list[Lead]] = {}
    for lead in leads:
        groups.setdefault((lead.source, lead.against), []).append(lead)
    return Told(
        figures=tuple(_figures(*pair, group) for pair, group in groups.items()), leads=leads
    )


def _leads(
    case: Case, known: dict[str, Entry], sources: Sequence[str], against: Sequence[str]
) -> Iterable[Lead]:
    others = _others(case)
    for heard in case.heard:
        wanted = heard.feed in sources if sources else heard.feed not in PUBLISHERS
        entry = known.get(heard.id) if heard.feed == HOUSE_FEED else None
        cve = case.id if case.id.startswith("CVE-") else cve_of(entry) if entry else ""
        date, basis = _first(heard, entry)
        if not wanted or not date or not (cve or heard.feed == HOUSE_FEED):
            continue
        for name in _wanted(against, others):
            if name == heard.feed:
                continue
            other, other_basis = others.get(name, UNHEARD)
            yield Lead(
                source=heard.feed,
                id=heard.id,
                cve=cve,
                date=date,
                basis=basis,
                against=name,
                other=other,
                other_basis=other_basis,
                days=_days(date, other) if other else None,
                state=_state(entry),
            )


def _others(case: Case) -> dict[str, tuple[str, Basis]]:
    """Return when each other spoke: sources, the CVE's publication, NVD's analysis."""
    found: dict[str, tuple[str, Basis]] = {}
    for heard in case.heard:
        first = _first(heard)
        if first[0] and first < found.get(heard.feed, ("~", "learned")):
            found[heard.feed] = first
    publisher = next((feed for feed in PUBLISHERS if feed in found), "")
    if publisher:
        found[CVE] = found[publisher]
    if case.analysed:
        found[ANALYSIS] = (case.analysed, "analysed")
    return found


def _wanted(against: Sequence[str], others: Iterable[str]) -> list[str]:
    if "all" not in against:
        return list(dict.fromkeys(against))
    return sorted({CVE, ANALYSIS, *others})


def _first(heard: Heard, entry: Entry | None = None) -> tuple[str, Basis]:
    """Return a source's date and which it is; a house advisory was learned when it was stated."""
    learned = entry.stated if entry and entry.stated else heard.learned
    if heard.published and (not learned or heard.published <= learned):
        return heard.published, "published"
    return learned, "learned"


def _state(entry: Entry | None) -> Literal["", "disputed", "withdrawn"]:
    if entry is None:
        return ""
    return "withdrawn" if entry.withdrawn else "disputed" if entry.disputed else ""


def _days(first: str, second: str) -> float:
    begin, end = (datetime.fromisoformat(text) for text in (first, second))
    return round((end - begin).total_seconds() / DAY, 1)


def _figures(source: str, against: str, leads: Sequence[Lead]) -> Figures:
    counted = [lead.days for lead in leads if lead.days is not None and lead.state != "withdrawn"]
    days = sorted(counted)
    return Figures(
        source=source,
        against=against,
        n=len(days),
        median=_median(days),
        p90=days[math.ceil(0.9 * len(days)) - 1] if days else None,
        first=sum(each > 0 for each in days),
        open=sum(lead.days is None and lead.state != "withdrawn" for lead in leads),
        disputed=sum(lead.state == "disputed" for lead in leads),
        withdrawn=sum(lead.state == "withdrawn" for lead in leads),
    )


def _median(days: Sequence[float]) -> float | None:
    """Return the middle, or the mean of the two in the middle."""
    if not days:
        return None
    middle = len(days) // 2
    return days[middle] if len(days) % 2 else round((days[middle - 1] + days[middle]) / 2, 1)
