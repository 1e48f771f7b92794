"""Microsoft's OVAL definitions of Azure Linux and CBL-Mariner: CVE by CVE, by source package.

A definition's one criterion is a test of a package against a version: earlier than it (fixed in
it), or at most it (no patch yet). The release is that of the version's dist tag (`cm2`, `azl3`).
`Not Applicable` says that the CVE never was, or no longer is, one of the package's.
"""

import re
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

from msgspec import Struct

from match.model import Advisory, AdvisoryId, Affected, Interval, Severity
from match.records.documents import problem
from match.records.ids import CVE
from match.records.markup import local, parts, unreadable
from match.records.times import utc
from sbom.distro import from_qualifier, release_key
from sbom.model import Problem

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

FEED = "azurelinux"
FORM = re.compile(rb"<(?:\w+:)?oval_definitions\b")
GENERATOR = re.compile(rb"product_name>\s*(?:CBL-Mariner|Azure Linux) OVAL")
TAG = re.compile(r"\.((?:cm|azl)\d+)$")
INAPPLICABLE = "Not Applicable"
LATEST, EARLIEST = "less than or equal", "less than"


class _Definition(Struct, gc=False):
    place: str
    cve: str
    patchable: str
    date: str
    severity: str
    title: str
    tests: tuple[str, ...]


class _Document(Struct):
    """What the parts of a document say, by their ids, until all are there to be joined."""

    definitions: list[_Definition]
    tests: dict[str, tuple[str, str]]
    objects: dict[str, str]
    states: dict[str, tuple[str, str]]


class _Said(Struct):
    """What the document says of one CVE in one release."""

    claims: dict[Affected, None]
    dates: list[str]
    words: dict[str, None]
    summary: str


def recognises(path: str, head: bytes) -> bool:
    """Whether a file is one of Microsoft's OVAL documents, by the name of its generator."""
    del path
    return FORM.search(head) is not None and GENERATOR.search(head) is not None


def read(path: str, file: IO[bytes]) -> Iterator[Advisory | Problem]:
    """Yield one advisory for each CVE and release that the document names."""
    document = _Document([], {}, {}, {})
    try:
        _gather(path, file, document)
    except unreadable() as error:
        yield problem(FEED, path, f"the document cannot be read on: {error}", "source_lost")
    said: dict[tuple[str, str], _Said] = {}
    for definition in document.definitions:
        what = _add(definition, document, said)
        if what:
            yield problem(FEED, definition.place, what, "record_lost")
    for (release, cve), known in sorted(said.items()):
        yield Advisory(
            id=AdvisoryId(cve),
            feed=f"{FEED}:{release.partition(':')[2]}",
            affected=tuple(known.claims),
            severities=tuple(Severity(source=FEED, label=word) for word in known.words),
            summary=known.summary,
            published=min(known.dates, default=""),
            modified=max(known.dates, default=""),
        )


def _gather(path: str, file: IO[bytes], document: _Document) -> None:
    """Take each part of the document: it has the document, its four lists, then the parts."""
    for element in parts(file, 2):
        _take(path, element, document)


def _take(path: str, element: "Element", document: _Document) -> None:
    id_, kind = element.get("id", ""), local(element)
    texts = {local(e): (e.text or "").strip() for e in element.iter()}
    if kind == "definition":
        tests = tuple(e.get("test_ref", "") for e in element.iter() if local(e) == "criterion")
        references = (e.get("ref_id", "") for e in element.iter() if local(e) == "reference")
        definition = _Definition(
            place=f"{path}: {id_}",
            cve=next((r for r in references if CVE.fullmatch(r)), ""),
            patchable=texts.get("patchable", ""),
            date=texts.get("advisory_date", ""),
            severity=texts.get("severity", "").lower()[:40],
            title=texts.get("title", "")[:300],
            tests=tests,
        )
        document.definitions.append(definition)
    elif kind == "rpminfo_test":
        refs = {name: value for e in element for name, value in e.items()}
        document.tests[id_] = refs.get("object_ref", ""), refs.get("state_ref", "")
    elif kind == "rpminfo_object":
        document.objects[id_] = texts.get("name", "")
    elif kind == "rpminfo_state":
        for e in element:
            if local(e) == "evr":
                document.states[id_] = e.get("operation", ""), (e.text or "").strip()


def _add(definition: _Definition, document: _Document, said: dict[tuple[str, str], _Said]) -> str:
    """Add a definition to what is said; return why it cannot be used."""
    if not definition.cve:
        return "the definition names no CVE"
    if len(definition.tests) != 1:
        return f"the definition has {len(definition.tests)} criteria; only one test is read"
    about, against = document.tests.get(definition.tests[0], ("", ""))
    name, (operation, evr) = document.objects.get(about, ""), document.states.get(against, ("", ""))
    tag = TAG.search(evr)
    distro = from_qualifier(tag[1], "azurelinux", "rpm") if tag else None
    if not name or operation not in {LATEST, EARLIEST} or distro is None:
        return f"its test is none of a package against a version: {name!r} {operation} {evr!r}"
    release = release_key(distro)
    known = said.setdefault((release, definition.cve), _Said({}, [], {}, definition.title))
    known.claims[_claim(name, release, operation, evr, definition.patchable)] = None
    known.dates += filter(None, [utc(definition.date) or ""])
    known.words |= {definition.severity: None} if definition.severity else {}
    return ""


def _claim(name: str, release: str, operation: str, evr: str, patchable: str) -> Affected:
    never = patchable == INAPPLICABLE
    fixed = operation == EARLIEST
    interval = Interval(fixed=evr) if fixed else Interval(last_affected=evr)
    return Affected(
        scheme="rpm",
        name=name,
        release=release,
        names="source",
        claim="not_affected" if never else "affected",
        intervals=() if never else (interval,),
        fix="not_affected" if never else "fixed" if fixed else "none",
        ecosystem=f"Azure Linux:{release.partition(':')[2]}",
    )
