"""CISA's catalog of Known Exploited Vulnerabilities, as JSON or CSV."""

import csv
import re
from collections.abc import Iterator
from typing import IO

from msgspec import Raw, Struct
from msgspec.json import Decoder

from match.model import AdvisoryId, Exploited
from match.records.documents import UNREADABLE, cut, problem, whole
from match.records.ids import CVE
from sbom.model import Problem

DATE = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")
CSV_HEAD = b"cveID,"


class _Entry(Struct, gc=False):
    cveID: str  # noqa: N815 (the catalog's word)
    dateAdded: str | None = None  # noqa: N815
    dueDate: str | None = None  # noqa: N815
    knownRansomwareCampaignUse: str | None = None  # noqa: N815


class _Catalog(Struct, gc=False):
    vulnerabilities: Raw


DECODE = Decoder(_Catalog).decode
DECODE_ENTRY = Decoder(_Entry).decode


def recognises(path: str, head: bytes) -> bool:
    """Whether a file is the catalog: by its CSV heading, or its JSON fields."""
    del path
    start = head.removeprefix(b"\xef\xbb\xbf")
    return start.startswith(CSV_HEAD) or (b'"catalogVersion"' in head and b'"cveID"' in head)


def read(path: str, file: IO[bytes]) -> Iterator[Exploited | Problem]:
    """Yield one record per CVE of the catalog."""
    data = whole(file)
    if data is None:
        yield problem("kev", path, "the file is too long", "source_lost")
        return
    data = data.removeprefix(b"\xef\xbb\xbf")
    if data.startswith(CSV_HEAD):
        yield from _rows(path, data)
        return
    try:
        entries = DECODE(data).vulnerabilities
    except UNREADABLE as error:
        yield problem("kev", path, f"it is no catalog: {error}", "source_lost")
        return
    for place, raw in cut("kev", path, entries):
        if isinstance(raw, Problem):
            yield raw
            continue
        try:
            entry = DECODE_ENTRY(raw)
        except UNREADABLE as error:
            yield problem("kev", place, f"it is no entry: {error}", "record_lost")
            continue
        yield from _record(place, entry)


def _rows(path: str, data: bytes) -> Iterator[Exploited | Problem]:
    rows = csv.DictReader(data.decode("utf-8", "replace").splitlines())
    try:
        for number, row in enumerate(rows, start=2):
            entry = _Entry(
                cveID=row.get("cveID") or "",
                dateAdded=row.get("dateAdded"),
                dueDate=row.get("dueDate"),
                knownRansomwareCampaignUse=row.get("knownRansomwareCampaignUse"),
            )
            yield from _record(f"{path}: row {number}", entry)
    except csv.Error as error:
        yield problem("kev", path, f"the table cannot be read on: {error}", "source_lost")


def _record(place: str, entry: _Entry) -> Iterator[Exploited | Problem]:
    added, due = entry.dateAdded or "", entry.dueDate or ""
    if not CVE.fullmatch(entry.cveID) or not DATE.fullmatch(added):
        what = f"the entry has no CVE or no date: {entry.cveID[:40]!r}, {added[:40]!r}"
        yield problem("kev", place, what, "record_lost")
        return
    if due and not DATE.fullmatch(due):
        yield problem("kev", place, f"`dueDate` is no date: {due[:40]!r}", "field_lost")
        due = ""
    ransomware = (entry.knownRansomwareCampaignUse or "").lower() == "known"
    yield Exploited(id=AdvisoryId(entry.cveID), added=added, due=due, ransomware=ransomware)
