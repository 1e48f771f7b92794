"""Node.js' security working group: Node itself (`vuln/core`) and npm packages (`vuln/npm`).

Node itself is affected where `vulnerable` holds a version and `patched` does not. These strings are
npm ranges that hold no pre-release of a range of releases: the scheme `node` (rules.md 13). The
ranges of npm packages are read in plain SemVer order, as every other advisory on them.
"""

import re
from collections.abc import Iterator
from functools import partial
from typing import IO, Literal

from msgspec import Struct
from msgspec.json import Decoder

from match.ecosystems import RUNTIMES
from match.model import Advisory, AdvisoryId, Affected, Severity
from match.records.documents import problem, single_records
from match.records.ids import CVE, sort_ids
from match.records.npm_ranges import after, release_after, versions_in, without_placeholders
from match.records.tarball import is_archive_of
from match.records.times import utc
from match.records.version_sets import Set, both, complement, intervals_of, where
from match.severity import score
from match.versions import key
from sbom.model import Problem

FEED = "nodejs"
MEMBER = re.compile(r"(?:^|/)vuln/(?:core|npm)/\d+\.json$")
ARCHIVE = re.compile(rb"/vuln/(?:core|npm)/\d+\.json\0")
CORE_FORM = re.compile(rb'"vulnerable"\s*:\s*"')
NPM_FORM = re.compile(rb'"vulnerable_versions"\s*:')
SUMMARY_LETTERS = 300
LOWEST_RELEASE = "0.0.0"
ORDERS = {"node": partial(key, "node"), "npm": partial(key, "npm")}
"""Version orders by scheme."""


class _Record(Struct, gc=False):
    """The fields of both kinds; `vulnerable` makes it one on Node itself."""

    id: int | str | None = None
    cve: list[str] | None = None
    cves: list[str] | None = None
    vulnerable: str | None = None
    patched: str | None = None
    vulnerable_versions: str | None = None
    patched_versions: str | None = None
    module_name: str | None = None
    title: str | None = None
    overview: str | None = None
    description: str | None = None
    severity: str | None = None
    cvss: str | None = None
    cvss_vector: str | None = None
    cvss_score: float | None = None
    publish_date: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    ref: str | None = None


DECODE = Decoder(_Record).decode


def recognises(path: str, head: bytes) -> bool:
    """Whether a file is one of the group's records, or an archive of them."""
    if ARCHIVE.search(head) or is_archive_of(head, "security-wg"):
        return True
    if not MEMBER.search(path.replace("\\", "/").removesuffix(".gz")):
        return False
    return CORE_FORM.search(head) is not None or NPM_FORM.search(head) is not None


def read(path: str, file: IO[bytes]) -> Iterator[Advisory | Problem]:
    """Yield one advisory for each file of the database."""
    for place, record in single_records(FEED, path, file, MEMBER, DECODE):
        if isinstance(record, Problem):
            yield record
        else:
            yield from _record(place, record)


def _record(place: str, record: _Record) -> Iterator[Advisory | Problem]:
    core = record.vulnerable is not None
    number = re.split(r"[/!]", place)[-1].partition(".")[0]
    if not core and not record.module_name:
        yield problem(FEED, place, "it names no package", "record_lost")
        return
    own = f"NODEJS-CORE-{number}" if core else f"NSWG-ECO-{record.id or number}"
    cves = [c for c in (record.cve or record.cves or ()) if CVE.fullmatch(c)]
    claims: tuple[Affected, ...] = ()
    try:
        claims = _claims(record)
    except ValueError as error:
        yield problem(FEED, f"{place}: {own}", str(error), "field_lost")
    ids = sort_ids(own, cves, (), ())
    # A record of one CVE goes by it; the group's own number says nothing to anyone else.
    id_ = cves[0] if len(cves) == 1 else own
    yield Advisory(
        id=AdvisoryId(id_),
        feed=FEED,
        names=ids.names,
        affected=claims,
        severities=_severities(record),
        summary=_summary(record),
        published=utc(record.publish_date or record.created_at) or "",
        modified=utc(record.updated_at) or "",
        url=record.ref or "",
        unmatchable=int(not claims),
    )


def _claims(record: _Record) -> tuple[Affected, ...]:
    """Return what is affected.

    Raises:
        ValueError: where a range cannot be read.
    """
    if record.vulnerable is None:
        held = _held(record.vulnerable_versions or "", "npm")
        return _claim("npm", record.module_name or "", held, "npm")
    held = _held(record.vulnerable, "node")
    held = both(held, complement(_held(record.patched, "node"))) if record.patched else held
    releases = where(">=", LOWEST_RELEASE, ORDERS["node"])
    return _claim("node", RUNTIMES["node"].name, both(held, releases), "Node.js")


def _held(text: str, scheme: Literal["node", "npm"]) -> Set:
    if not text.strip():
        raise ValueError("there is no range of affected versions")
    return versions_in(text, ORDERS[scheme], prereleases=scheme == "npm")


def _claim(scheme: str, name: str, held: Set, ecosystem: str) -> tuple[Affected, ...]:
    just_above = release_after if scheme == "node" else after
    intervals = without_placeholders(intervals_of(held, just_above))
    claim = Affected(
        scheme=scheme,
        name=name,
        names="language",
        intervals=intervals,
        fix="fixed" if any(i.fixed for i in intervals) else "none",
        ecosystem=ecosystem,
    )
    return (claim,) if intervals else ()


def _severities(record: _Record) -> tuple[Severity, ...]:
    vector = record.cvss_vector or record.cvss or ""
    scored = score(vector) if vector else None
    if scored:
        return (Severity(source=FEED, score=scored[0], vector=vector, version=scored[1]),)
    known = record.cvss_score
    if known is not None and 0 <= known <= 10:
        return (Severity(source=FEED, score=known, version="3.0"),)
    word = (record.severity or "").lower()
    return (Severity(source=FEED, label=word[:40]),) if word else ()


def _summary(record: _Record) -> str:
    text = record.title or record.overview or record.description or ""
    return text.strip().partition("\n")[0][:SUMMARY_LETTERS]
