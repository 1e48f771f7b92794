"""NVD's feeds in their format 1.1, which ended in 2023: scores of CVEs, kept in old mirrors.

Like those of the API they name products by CPE, which are counted and not matched. A record that
was rejected says so in its description alone.
"""

import re
from collections.abc import Iterator
from typing import IO

from msgspec import Raw, Struct
from msgspec.json import Decoder

from match.model import Advisory, AdvisoryId, Severity
from match.records.documents import UNREADABLE, cut, problem, whole
from match.records.ids import CVE
from match.records.times import utc
from sbom.model import Problem

FEED = "nvd11"
FORM = re.compile(rb'"CVE_Items"\s*:')
REJECTED = "** REJECT **"
SUMMARY_LETTERS = 300
DEPTH = 32
LONG_AGO = "1970-01-01T00:00:00Z"


class _Cvss(Struct, gc=False):
    version: str | None = None
    vectorString: str | None = None  # noqa: N815 (the format's word)
    baseScore: float | None = None  # noqa: N815


class _Metric(Struct, gc=False):
    cvssV3: _Cvss | None = None  # noqa: N815
    cvssV2: _Cvss | None = None  # noqa: N815


class _Impact(Struct, gc=False):
    baseMetricV3: _Metric | None = None  # noqa: N815
    baseMetricV2: _Metric | None = None  # noqa: N815


class _Text(Struct, gc=False):
    lang: str | None = None
    value: str | None = None


class _Description(Struct, gc=False):
    description_data: list[_Text] | None = None


class _Meta(Struct, gc=False):
    ID: str


class _Cve(Struct, gc=False):
    CVE_data_meta: _Meta
    description: _Description | None = None


class _Match(Struct, gc=False):
    vulnerable: bool | None = None


class _Node(Struct, gc=False):
    cpe_match: list[_Match] | None = None
    children: list[Raw] | None = None


class _Configurations(Struct, gc=False):
    nodes: list[_Node] | None = None


class _Item(Struct, gc=False):
    cve: _Cve
    impact: _Impact | None = None
    configurations: _Configurations | None = None
    publishedDate: str | None = None  # noqa: N815
    lastModifiedDate: str | None = None  # noqa: N815


class _Feed(Struct, gc=False):
    CVE_Items: Raw = Raw()


DECODE = Decoder(_Feed).decode
DECODE_ITEM = Decoder(_Item).decode
DECODE_NODE = Decoder(_Node).decode


def recognises(path: str, head: bytes) -> bool:
    """Whether a file is a feed of that format."""
    del path
    return FORM.search(head) is not None


def read(path: str, file: IO[bytes]) -> Iterator[Advisory | Problem]:
    """Yield one advisory per CVE: severities, dates and summary, and no package."""
    data = whole(file)
    if data is None:
        yield problem(FEED, path, "the file is too long", "source_lost")
        return
    try:
        items = DECODE(data).CVE_Items
    except UNREADABLE as error:
        yield problem(FEED, path, f"it is no NVD feed: {error}", "source_lost")
        return
    for place, raw in cut(FEED, path, items):
        if isinstance(raw, Problem):
            yield raw
            continue
        try:
            yield _advisory(DECODE_ITEM(raw))
        except UNREADABLE as error:
            yield problem(FEED, place, f"it is no CVE record: {error}", "record_lost")


def _advisory(item: _Item) -> Advisory:
    id_ = item.cve.CVE_data_meta.ID
    if not CVE.fullmatch(id_):
        raise ValueError(f"{id_[:40]!r} is no CVE")
    texts = (item.cve.description or _Description()).description_data or []
    summary = next((t.value for t in texts if t.lang == "en" and t.value), "") or ""
    modified = utc(item.lastModifiedDate) or ""
    return Advisory(
        id=AdvisoryId(id_),
        feed=FEED,
        severities=_severities(item.impact or _Impact()),
        summary=summary.partition("\n")[0][:SUMMARY_LETTERS],
        published=utc(item.publishedDate) or "",
        modified=modified,
        withdrawn=(modified or LONG_AGO) if summary.startswith(REJECTED) else "",
        url=f"https://nvd.nist.gov/vuln/detail/{id_}",
        unmatchable=_vulnerable((item.configurations or _Configurations()).nodes or []),
    )


def _vulnerable(nodes: list[_Node]) -> int:
    """Count the CPEs that are vulnerable, those of nodes within nodes too."""
    count, level = 0, nodes
    for _ in range(DEPTH):
        count += sum(bool(m.vulnerable) for n in level for m in n.cpe_match or ())
        level = [DECODE_NODE(raw) for n in level for raw in n.children or ()]
    return count


def _severities(impact: _Impact) -> tuple[Severity, ...]:
    stated = (
        ("3.1", (impact.baseMetricV3 or _Metric()).cvssV3),
        ("2.0", (impact.baseMetricV2 or _Metric()).cvssV2),
    )
    return tuple(
        Severity(source="nvd", score=c.baseScore, vector=c.vectorString, version=c.version or known)
        for known, c in stated
        if c is not None and c.baseScore is not None and 0 <= c.baseScore <= 10
    )
