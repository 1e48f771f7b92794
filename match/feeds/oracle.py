"""Oracle Linux: OVAL patch definitions, one for each advisory (ELSA, ELBA), of several CVEs.

What is vulnerable is told by the comments of the criteria, which the format's tests repeat:
`Oracle Linux 8 is installed`, `Oracle Linux arch is x86_64`, `Module nodejs:18 is enabled`, and for
each binary package `NAME is earlier than EPOCH:VERSION-RELEASE`. A Ksplice or FIPS build marks its
version (`.ksplice1.`, `_fips`) and is of a channel of its own: the product.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, NamedTuple

from match.builds import channel_of_oracle, line_of_oracle
from match.model import Advisory, AdvisoryId, Affected, Interval, Severity
from match.records.documents import problem
from match.records.ids import CVE
from match.records.markup import local, parts, text_of, unreadable
from match.records.times import utc
from match.severity import score
from sbom.distro import release_key
from sbom.model import Distro, Problem

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

FEED = "oracle"
FORM = re.compile(rb"<(?:\w+:)?oval_definitions\b")
DEFINITION = re.compile(rb'id="oval:com\.oracle\.elsa:|product_name>\s*Oracle Errata System')
ID = re.compile(r"EL[SBE]A-\d{4}-\d+(?:-\d+)?")
RELEASE = re.compile(r"Oracle Linux (\d+)\b.*is installed")
ARCH = re.compile(r"Oracle Linux arch is (\S+)")
MODULE = re.compile(r"Module (\S+:\S+) is enabled")
EARLIER = re.compile(r"(\S+) is earlier than (\S+)")
RUNS = {"x86_64": ("i386", "i686", "x86_64")}
"""The packages of other architectures that a machine has too: Oracle names the machine's."""
SCORE = re.compile(r"(\d+(?:\.\d+)?)/(CVSS:\S+)")
MODULAR = ".module"


class _Fixed(NamedTuple):
    """Where a package is fixed: its release, name, version and module stream."""

    release: str
    name: str
    version: str
    stream: str | None


class _Where(NamedTuple):
    """What the criteria above a test ask for."""

    release: str = ""
    arch: str = ""
    stream: str = ""


def recognises(path: str, head: bytes) -> bool:
    """Whether a file is an OVAL document of Oracle's: by its generator or its definitions' ids."""
    del path
    return FORM.search(head) is not None and DEFINITION.search(head) is not None


def read(path: str, file: IO[bytes]) -> Iterator[Advisory | Problem]:
    """Yield each advisory of a document."""
    try:
        for element in parts(file, 2):
            if local(element) == "definition":
                yield _definition(f"{path}: {element.get('id', '')}", element)
    except unreadable() as error:
        yield problem(FEED, path, f"the document cannot be read on: {error}", "source_lost")


def _definition(place: str, definition: "Element") -> Advisory | Problem:
    """Return the advisory of a definition, or why there is none."""
    references = [e.get("ref_id", "") for e in definition.iter() if local(e) == "reference"]
    id_ = next((r for r in references if ID.fullmatch(r)), "")
    if not id_:
        return problem(FEED, place, "the definition names no advisory", "record_lost")
    found: dict[_Fixed, set[str]] = defaultdict(set)
    for criteria in definition:
        if local(criteria) == "criteria":
            for where, name, version in _tests(criteria, _Where()):
                stream = where.stream or (None if MODULAR in version else "")
                found[_Fixed(where.release, name, version, stream)].add(where.arch)
    if not found:
        what = f"{id_}: its criteria name no package of a release"
        return problem(FEED, place, what, "record_lost")
    cves = {e.text or "" for e in definition.iter() if local(e) == "cve"} | set(references)
    dates = (e.get("date") for e in definition.iter() if local(e) == "issued")
    published = utc(next(dates, None)) or ""
    return Advisory(
        id=AdvisoryId(id_),
        feed=FEED,
        names=tuple(AdvisoryId(c) for c in sorted(cves) if CVE.fullmatch(c)),
        affected=tuple(_claim(fixed, arches) for fixed, arches in found.items()),
        severities=_severities(definition),
        summary=" ".join(text_of(definition, "title").split())[:300],
        published=published,
        modified=published,
        url=f"https://linux.oracle.com/errata/{id_}.html",
    )


def _tests(criteria: "Element", above: _Where) -> Iterator[tuple[_Where, str, str]]:
    """Yield each `NAME is earlier than VERSION`, with what holds where it is asked."""
    here = above
    comments = [e.get("comment", "") for e in criteria if local(e) == "criterion"]
    if criteria.get("operator", "AND") == "AND":
        for comment in comments:
            here = _narrowed(here, comment)
    for comment in comments:
        earlier = EARLIER.fullmatch(comment.strip())
        if earlier and here.release:
            yield here, earlier[1], earlier[2]
    for inner in criteria:
        if local(inner) == "criteria":
            yield from _tests(inner, here)


def _narrowed(where: _Where, comment: str) -> _Where:
    if release := RELEASE.match(comment):
        return where._replace(release=release_key(Distro(id="oracle", version=release[1])))
    if arch := ARCH.match(comment):
        return where._replace(arch=arch[1])
    module = MODULE.match(comment)
    return where._replace(stream=":".join(module[1].split(":")[:2])) if module else where


def _claim(fixed: _Fixed, arches: set[str]) -> Affected:
    line = line_of_oracle(fixed.name, fixed.version)
    packages = {package for arch in arches for package in RUNS.get(arch, (arch,))}
    return Affected(
        scheme="rpm",
        name=fixed.name,
        release=fixed.release,
        product=channel_of_oracle(fixed.version),
        stream=fixed.stream,
        names="binary",
        intervals=(Interval(introduced=line or None, fixed=fixed.version),),
        fix="fixed",
        ecosystem=f"Oracle Linux:{fixed.release.partition(':')[2]}",
        arches=() if "" in arches else tuple(sorted(packages)),
    )


def _severities(definition: "Element") -> tuple[Severity, ...]:
    """Return Oracle's word; its score too where the advisory is about one CVE alone."""
    word = text_of(definition, "severity").lower()[:40]
    found = [Severity(source=FEED, label=word)] if word and word != "n/a" else []
    cves = [e for e in definition.iter() if local(e) == "cve"]
    stated = SCORE.fullmatch(cves[0].get("cvss3", "")) if len(cves) == 1 else None
    rated = score(stated[2]) if stated else None
    if stated and rated:
        found.append(Severity(source=FEED, score=rated[0], vector=stated[2], version=rated[1]))
    return tuple(found)
