"""RetireJS: JavaScript libraries, `atOrAbove <= version < below` in SemVer's order (rules.md 13).

A library is the npm package it names (`npmname`), the purl it states (`basePurl`), or else the npm
package of its own name: so RetireJS itself writes its purls. An archive of its repository holds the
list in several layouts, of which the newest is read; the list of npm packages beside it was given
up with RetireJS 4 and is passed over.
"""

import re
from collections.abc import Iterator
from typing import IO, NamedTuple

from msgspec import Raw, Struct
from msgspec.json import Decoder

from match.ecosystems import LANGUAGES, name_of
from match.model import Advisory, AdvisoryId, Affected, Interval, Severity
from match.records.documents import UNREADABLE, problem, single_files
from match.records.ids import CVE, sort_ids
from match.records.npm_ranges import without_placeholders
from match.records.tarball import is_archive_of
from sbom.model import Problem
from sbom.purl import parse

FEED = "retirejs"
MEMBER = re.compile(r"(?:^|/)jsrepository(?:-v(\d{1,9}))?\.json$")
ARCHIVE = re.compile(rb"/repository/jsrepository[\w-]*\.json\0")
WORD = re.compile(r"\.(?=[A-Za-z])")
FORM = re.compile(rb'"below"\s*:')
LIBRARY = re.compile(rb'"vulnerabilities"\s*:\s*\[')
SHOWCASES = frozenset({"retire-example", "dont check"})
"""Entries the list has for its own tests and for what is to be left alone."""
GHSA = re.compile(r"GHSA(?:-[a-z0-9]{4}){3}")
SUMMARY_LETTERS = 300


class _Identifiers(Struct, gc=False):
    CVE: list[str] | str | None = None
    githubID: str | None = None  # noqa: N815 (the list's word)
    retid: str | int | None = None
    issue: str | int | None = None
    summary: str | None = None


class _Vulnerability(Struct, gc=False):
    below: str | None = None
    atOrAbove: str | None = None  # noqa: N815
    severity: str | None = None
    identifiers: _Identifiers | None = None
    info: list[str] | None = None


class _Library(Struct, gc=False):
    vulnerabilities: list[Raw] | None = None
    npmname: str | None = None
    basePurl: str | None = None  # noqa: N815


class _Package(NamedTuple):
    """The package a library is: purl type and name as in the key."""

    type: str
    name: str


DECODE = Decoder(dict[str, Raw]).decode
DECODE_LIBRARY = Decoder(_Library).decode
DECODE_VULNERABILITY = Decoder(_Vulnerability).decode


def recognises(path: str, head: bytes) -> bool:
    """Whether a file is the list, in any of its layouts but the one it is made from."""
    del path
    if ARCHIVE.search(head) or is_archive_of(head, "retire.js"):
        return True
    listed = FORM.search(head) and LIBRARY.search(head)
    return bool(listed) and b'"ranges"' not in head and b'"schema_version"' not in head


def read(path: str, file: IO[bytes]) -> Iterator[Advisory | Problem]:
    """Yield one advisory for each vulnerability of each library."""
    newest: tuple[int, str, bytes] | None = None
    for place, data in single_files(FEED, path, file, MEMBER):
        if isinstance(data, Problem):
            yield data
            continue
        layout = MEMBER.search(place)
        number = int(layout[1] or 1) if layout else 0
        if newest is None or number > newest[0]:
            newest = number, place, bytes(data)
    if newest:
        yield from _list(*newest[1:])


def _list(place: str, data: bytes) -> Iterator[Advisory | Problem]:
    try:
        libraries = DECODE(data)
    except UNREADABLE as error:
        yield problem(FEED, place, f"it is no list of libraries: {error}", "source_lost")
        return
    for title, raw in libraries.items():
        if title in SHOWCASES:
            continue
        try:
            library = DECODE_LIBRARY(raw)
            package = _package(title, library)
        except UNREADABLE as error:
            yield problem(FEED, f"{place}: {title}", f"it is no library: {error}", "record_lost")
            continue
        for number, one in enumerate(library.vulnerabilities or ()):
            yield from _record(f"{place}: {title}: [{number}]", title, package, one)


def _package(title: str, library: _Library) -> _Package:
    """Return the package a library is.

    Raises:
        InvalidPurl: where the purl it states is none.
    """
    if not library.basePurl:
        return _Package("npm", library.npmname or title)
    purl = parse(library.basePurl)
    name = f"{purl.namespace}/{purl.name}" if purl.namespace else purl.name
    return _Package(purl.type, name_of(purl.type, name))


def _record(place: str, title: str, package: _Package, raw: Raw) -> Iterator[Advisory | Problem]:
    try:
        record = DECODE_VULNERABILITY(raw)
    except UNREADABLE as error:
        yield problem(FEED, place, f"it is no vulnerability: {error}", "record_lost")
        return
    if not record.below and not record.atOrAbove:
        yield problem(FEED, place, "it has neither `below` nor `atOrAbove`", "record_lost")
        return
    named = record.identifiers or _Identifiers()
    own, others = _ids(title, record, named)
    ids = sort_ids(own, others, (), ())
    language = LANGUAGES.get(package.type)
    interval = Interval(introduced=_version(record.atOrAbove), fixed=_version(record.below))
    intervals = without_placeholders((interval,))
    claim = Affected(
        scheme=language.scheme if language else "",
        name=package.name,
        names="language",
        intervals=intervals,
        fix="fixed" if intervals[0].fixed else "none",
        ecosystem=package.type,
    )
    word = (record.severity or "").lower()
    yield Advisory(
        id=AdvisoryId(own),
        feed=FEED,
        aliases=ids.aliases,
        names=ids.names,
        related=ids.related,
        affected=(claim,) if language else (),
        severities=(Severity(source=FEED, label=word[:40]),) if word else (),
        summary=" ".join((named.summary or "").split())[:SUMMARY_LETTERS],
        url=next(iter(record.info or ()), ""),
        unmatchable=int(not language),
    )


def _version(text: str | None) -> str | None:
    """Return a version as SemVer spells it: `1.0.0.beta.3` has a point for its hyphen."""
    return WORD.sub("-", text, count=1) if text else None


def _ids(title: str, record: _Vulnerability, named: _Identifiers) -> tuple[str, list[str]]:
    """Return the id the record goes by and the others: CVE, GHSA, else one made of what it says.

    What has no id of others is known by the library and the number its own list gives it, or
    by the versions it is about, which stay as they are when the list grows.
    """
    stated = [named.CVE] if isinstance(named.CVE, str) else named.CVE or []
    cves = [c for c in dict.fromkeys(stated) if CVE.fullmatch(c)]
    ghsa = [named.githubID] if named.githubID and GHSA.fullmatch(named.githubID) else []
    name = re.sub(r"[^A-Za-z0-9]+", "-", title).strip("-").lower()
    number = named.retid or f"{record.atOrAbove or 0}-{record.below or 'on'}"
    made = f"RETIREJS-{name}-{number}"
    ids = [*cves, *ghsa] if len(cves) < 2 else [*(ghsa or [made]), *cves]
    return (ids[0], ids[1:]) if ids else (made, [])
