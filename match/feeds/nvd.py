"""NVD, API 2.0: scores of CVEs, by NVD itself, the CNA and CISA, found by alias.

Pages `{"vulnerabilities": [{"cve": …}]}`, lists of the same records, or `{"cve_items": […]}`.
CPE ranges of products that packages are mapped to are claims, the last to be asked
(`match/cpe/`); the others are counted as not matchable: a CPE names a product, not a package.
"""

import re
from collections.abc import Iterator
from typing import IO

from msgspec import Raw, Struct
from msgspec.json import Decoder

from match.cpe.configurations import Configuration
from match.cpe.configurations import claims as configured
from match.model import Advisory, AdvisoryId, Severity
from match.records.documents import UNREADABLE, cut, problem, whole
from match.records.ids import CVE
from match.records.times import utc
from match.severity import score
from sbom.model import Problem

SUMMARY_LETTERS = 300
NVD = "nvd@nist.gov"
DISPUTED = "** DISPUTED **"
"""How NVD's summaries began before there were tags."""
CISA_ADP = "134c704f-9b21-4f2e-91b3-4a467353bcc0"
RECORD = re.compile(rb'"id"\s*:\s*"CVE-')


class _Vector(Struct, gc=False):
    version: str | None = None
    vectorString: str | None = None  # noqa: N815 (the API's word)
    baseScore: float | None = None  # noqa: N815


class _Metric(Struct, gc=False):
    source: str | None = None
    cvssData: _Vector | None = None  # noqa: N815


class _Metrics(Struct, gc=False):
    cvssMetricV40: list[_Metric] | None = None  # noqa: N815
    cvssMetricV31: list[_Metric] | None = None  # noqa: N815
    cvssMetricV30: list[_Metric] | None = None  # noqa: N815
    cvssMetricV2: list[_Metric] | None = None  # noqa: N815


class _Text(Struct, gc=False):
    lang: str | None = None
    value: str | None = None


class _Tag(Struct, gc=False):
    tags: list[str] | None = None


class _Cve(Struct, gc=False):
    id: str
    vulnStatus: str | None = None  # noqa: N815
    published: str | None = None
    lastModified: str | None = None  # noqa: N815
    descriptions: list[_Text] | None = None
    metrics: _Metrics | None = None
    configurations: list[Configuration] | None = None
    cveTags: list[_Tag] | None = None  # noqa: N815


class _Wrapped(Struct, gc=False):
    cve: Raw = Raw()


class _Page(Struct, gc=False):
    vulnerabilities: Raw = Raw()
    cve_items: Raw = Raw()


DECODE = Decoder(_Cve).decode
DECODE_PAGE = Decoder(_Page).decode
DECODE_WRAPPED = Decoder(_Wrapped).decode


def recognises(path: str, head: bytes) -> bool:
    """Whether a file has NVD's records: the API's format name, or CVEs with a source identifier."""
    del path
    api = re.search(rb'"format"\s*:\s*"NVD_CVE"', head) and b'"CVE_Items"' not in head
    return bool(api) or (b'"sourceIdentifier"' in head and RECORD.search(head) is not None)


def read(path: str, file: IO[bytes]) -> Iterator[Advisory | Problem]:
    """Yield one advisory per CVE: severities, dates, summary, and ranges of mapped products."""
    data = whole(file)
    if data is None:
        yield problem("nvd", path, "the file is too long", "source_lost")
        return
    records: bytes | Raw = data
    if data.lstrip()[:1] == b"{":
        try:
            page = DECODE_PAGE(data)
        except UNREADABLE as error:
            yield problem("nvd", path, f"it is no page of the API: {error}", "source_lost")
            return
        records = page.vulnerabilities if len(page.vulnerabilities) else page.cve_items
        records = records if len(records) else b"[%b]" % data
    for place, raw in cut("nvd", path, records):
        if isinstance(raw, Problem):
            yield raw
        else:
            yield from _record(place, raw)


def _record(place: str, raw: bytes | Raw) -> Iterator[Advisory | Problem]:
    try:
        inner = DECODE_WRAPPED(raw).cve
        record = DECODE(inner if len(inner) else raw)
    except UNREADABLE as error:
        yield problem("nvd", place, f"it is no CVE record: {error}", "record_lost")
        return
    if not CVE.fullmatch(record.id):
        yield problem("nvd", place, f"{record.id[:40]!r} is no CVE", "record_lost")
        return
    times = {"published": record.published, "lastModified": record.lastModified}
    for field, text in times.items():
        if utc(text) is None:
            what = f"`{field}` is no time: {str(text)[:40]!r}"
            yield problem("nvd", f"{place}: {record.id}", what, "field_lost")
    modified = utc(record.lastModified) or ""
    rejected = (record.vulnStatus or "").lower() == "rejected"
    claims, unused = configured(record.configurations or ())
    yield Advisory(
        id=AdvisoryId(record.id),
        feed="nvd",
        severities=_severities(record.metrics or _Metrics()),
        summary=_summary(record),
        published=utc(record.published) or "",
        modified=modified,
        withdrawn=(modified or "1970-01-01T00:00:00Z") if rejected else "",
        url=f"https://nvd.nist.gov/vuln/detail/{record.id}",
        affected=claims,
        unmatchable=unused,
        disputed=any("disputed" in (tag.tags or ()) for tag in record.cveTags or ())
        or _summary(record).startswith(DISPUTED),
    )


def _severities(metrics: _Metrics) -> tuple[Severity, ...]:
    found: dict[Severity, None] = {}
    for version, entries in (
        ("4.0", metrics.cvssMetricV40),
        ("3.1", metrics.cvssMetricV31),
        ("3.0", metrics.cvssMetricV30),
        ("2.0", metrics.cvssMetricV2),
    ):
        for entry in entries or ():
            data = entry.cvssData
            if data is None or (data.baseScore is None and not data.vectorString):
                continue
            known = data.baseScore
            if known is None or not 0 <= known <= 10:
                scored = score(data.vectorString or "")
                known = scored[0] if scored else None
            severity = Severity(
                source=_source(entry.source or ""),
                score=known,
                vector=data.vectorString,
                version=data.version or version,
            )
            found[severity] = None
    return tuple(found)


def _source(identifier: str) -> str:
    """Name who scored: NVD, CISA's addition to the CVE record, or the CNA."""
    if identifier in {NVD, ""}:
        return "nvd"
    return "cisa-adp" if identifier == CISA_ADP else f"cna:{identifier}"


def _summary(record: _Cve) -> str:
    texts = record.descriptions or []
    english = next((t.value for t in texts if t.lang == "en" and t.value), "") or ""
    return english.partition("\n")[0][:SUMMARY_LETTERS]
