"""What is wrong, or doubtful, in a VEX document: more than its schema can say.

Wrong is what will not be applied, contradicts itself, or clears more than anyone can have meant.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal

from msgspec import Struct

from gate.instants import sort_key, utc
from gate.model import Statement, Status
from gate.statements.assertions import Assertion, Named, assertions
from gate.statements.cpe import ANY, cpe_parts
from gate.statements.term import last_day
from gate.vex import faults, format_of, read
from sbom.errors import InputError
from sbom.model import Problem
from sbom.purl import InvalidPurl, parse

VERSION = 3
"""The place of the version among a CPE's attributes."""
CLEARING = frozenset({Status.NOT_AFFECTED, Status.FIXED})
FORMS = {
    "CVE": re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}", re.IGNORECASE),
    "GHSA": re.compile(r"GHSA(-[23456789cfghjmpqrvwx]{4}){3}", re.IGNORECASE),
}
# fmt: off
PUBLISHERS = frozenset({
    "ALAS", "ALAS2", "ALAS2023", "ALBA", "ALEA", "ALPINE", "ALSA", "ASB", "BELL", "BIT", "CGA",
    "CNVD", "CURL", "DEBIAN", "DLA", "DRUPAL", "DSA", "DTSA", "ECHO", "EEF", "ELSA", "EUVD", "GO",
    "GSD", "HSEC", "JVNDB", "KUBE", "LBSEC", "LDG", "LSN", "MAL", "MGASA", "MINI", "OESA",
    "OPENSUSE", "OSEC", "OSV", "PHSA", "PSF", "PYSEC", "RHBA", "RHEA", "RHSA", "RLSA", "ROOT",
    "RSEC", "RUSTSEC", "RXSA", "SNYK", "SUSE", "TEMP", "UBUNTU", "USN", "VU", "WOLFI",
})
# fmt: on
"""First words of the ids of other publishers of advisories."""


class Remark(Struct, frozen=True, kw_only=True, gc=False):
    """One thing about a document: where, what, and whether it is wrong or only doubtful."""

    level: Literal["wrong", "doubtful"]
    place: str
    what: str


def lint(data: bytes, name: str) -> tuple[Remark, ...]:
    """Return every remark: first those of the document as such, then those of its statements.

    Raises:
        InputError: where it is no VEX document that Lading knows.
    """
    format_of(data, name)
    found = [Remark(level="wrong", place=each.place, what=each.what) for each in faults(data)]
    try:
        statements, problems = read(data, name)
    except InputError as error:
        return (*found, Remark(level="wrong", place="", what=error.message))
    if not found:
        found += [_remark(problem, name) for problem in problems]
    for statement in statements:
        found += _vulnerabilities(statement)
        found += _broad(statement)
        found += _pointless(statement)
    return (*found, *_against_each_other(statements))


def _remark(problem: Problem, name: str) -> Remark:
    return Remark(
        level="wrong" if problem.effect == "record_lost" else "doubtful",
        place=problem.where.removeprefix(f"{name}: "),
        what=problem.what,
    )


def _vulnerabilities(statement: Statement) -> Iterator[Remark]:
    """Remark on ids that can name nothing, or that nobody is known to give."""
    for text in statement.vulnerabilities:
        prefix = re.split(r"[-:#_]", text.upper(), maxsplit=1)[0]
        form = FORMS.get(prefix)
        if (form and not form.fullmatch(text)) or re.search(r"\s", text):
            what = f"{text!r} is not the form of a vulnerability's id"
            yield Remark(level="wrong", place=_place(statement), what=what)
        elif not form and prefix not in PUBLISHERS:
            what = f"{text!r} is the id of no known publisher"
            yield Remark(level="doubtful", place=_place(statement), what=what)


def _broad(statement: Statement) -> Iterator[Remark]:
    """Remark on what clears every version there will ever be of something.

    A version of the product bounds its parts, and a version of the part its product.
    """
    if statement.status not in CLEARING:
        return
    subjects = [each.subject for each in assertions(statement)]
    versioned = {_package(purl) for s in subjects for purl in s[0].purls if _version(purl)}
    for product, part in subjects:
        if not _every_version(product) or (part and not _every_version(part)):
            continue
        what = f"{product.shown} has no version, so that this holds for every version of it"
        if not product.purls and not part:
            yield Remark(level="doubtful", place=_place(statement), what=what)
            continue
        if any(_package(purl) in versioned for purl in product.purls):
            what += ", the versions listed beside it notwithstanding"
        yield Remark(level="wrong", place=_place(statement), what=what)


def _pointless(statement: Statement) -> Iterator[Remark]:
    """Remark on what can apply to nothing: no product, a last day that is none or is over."""
    if not statement.products:
        what = "it names no product, so that it applies to nothing"
        yield Remark(level="wrong", place=_place(statement), what=what)
    until = last_day(statement.notes)
    if until and utc(until) is None:
        what = f"it is valid until {until}, which is no day"
        yield Remark(level="wrong", place=_place(statement), what=what)
    elif until and statement.timestamp and until < statement.timestamp[:10]:
        what = f"it was over on {until}, before it was made"
        yield Remark(level="wrong", place=_place(statement), what=what)


def _every_version(product: Named) -> bool:
    """Tell whether a product is of every version: each name it has is without, and no range."""
    named = product.purls or product.cpes
    bounded = product.hashes or product.serial or not named
    if bounded or (product.versions and product.versions.partition("/")[2].strip() != "*"):
        return False
    versions = [*map(_version, product.purls), *map(_cpe_version, product.cpes)]
    return not any(versions)


def _cpe_version(text: str) -> str:
    version = cpe_parts(text)[VERSION]
    return "" if version == ANY else version


def _version(purl: str) -> str:
    try:
        return parse(purl).version
    except InvalidPurl:
        return ""


def _package(purl: str) -> str:
    """Return the purl without its version and what follows."""
    return re.split(r"[@?#]", purl, maxsplit=1)[0].lower()


def _against_each_other(statements: Sequence[Statement]) -> Iterator[Remark]:
    """Remark on what is said twice, contradicts, or is superseded."""
    about: dict[object, list[tuple[Statement, Assertion]]] = {}
    for statement in statements:
        for each in assertions(statement):
            for name in each.vulnerabilities:
                about.setdefault((name.upper(), each.subject), []).append((statement, each))
    seen = set()
    for told in about.values():
        told.sort(key=lambda each: sort_key(each[1].timestamp))
        for (before, one), (after, other) in pairwise(told):
            remark = _pair(before, one, after, other)
            if remark not in seen:
                seen.add(remark)
                yield remark


def _pair(before: Statement, one: Assertion, after: Statement, other: Assertion) -> Remark:
    """Compare two statements on the same thing, the earlier first."""
    level = "doubtful"
    if one == other:
        level, what = "wrong", "says the same again"
    elif one.timestamp != other.timestamp:
        what = f"supersedes it with {other.status}"
    elif one.status != other.status:
        level, what = "wrong", f"says {other.status} at the same time"
    else:
        what = "gives another reason at the same time"
    ids = " ".join(sorted(set(one.vulnerabilities) & set(other.vulnerabilities)))
    name = " in ".join(each.shown for each in (one.part, one.product) if each)
    what = f"{one.status} {ids} in {name}: {_place(after)} {what}"
    return Remark(level=level, place=_place(before), what=what)  # type: ignore[arg-type]


def _place(statement: Statement) -> str:
    return statement.document.rpartition("#")[2]
