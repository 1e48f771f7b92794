"""CSAF 2.0 advisories and VEX documents of distributions: Red Hat, SUSE, whoever has rpm purls.

One record for each vulnerability of a document, since each has statuses and scores of its own. It
is of a binary package on a platform: the platform's CPE (Red Hat) or name (SUSE) gives release and
product (rules.md 1), the purl or the product's name the package, its module and its version.

fixed: affected before that version. known_affected, under_investigation, known_not_affected: of
every version, or of the one that is stated. Remediations `no_fix_planned` and `none_available`
("Fix deferred") say whether there will be a fix. Source packages, containers and products that are
on no release are counted as not matchable; a source is told by its binaries.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from typing import IO, Literal, NamedTuple

from msgspec import Raw, Struct
from msgspec.json import Decoder

from match.ecosystems import Place, of_osv
from match.model import Advisory, AdvisoryId, Affected, FixState, Interval, Severity
from match.records.documents import UNREADABLE, problem, unknown_records
from match.records.ids import CVE, sort_ids
from match.records.known import Known, Read, sole
from match.records.product_tree import RPM, Product, ProductTree, resolve
from match.records.times import utc
from match.severity import score
from sbom.model import Problem
from sbom.purl import InvalidPurl, parse

FEED = "csaf"
FORM = re.compile(rb'"csaf_version"\s*:')
CATEGORY = re.compile(rb'"category"\s*:\s*"csaf_(?:vex|security_advisory|base)"')
MEMBER = re.compile(r"\.json$")
RED_HAT = re.compile(r"cpe:/[aoh]:redhat:(.+)|cpe:2\.3:[aoh]:redhat:(.+)")
VENDORS = (("red hat", "redhat"), ("suse", "suse"))
"""A word of the publisher's name, and what its feed is called."""
SUMMARY_LETTERS, LONGEST_KEPT = 300, 1000
MODULAR = ".module"
STATUSES = (
    "fixed", "first_fixed", "known_affected", "first_affected", "last_affected",
    "under_investigation", "known_not_affected",
)  # fmt: skip
FIXED = frozenset({"fixed", "first_fixed"})
Claimed = Literal["affected", "not_affected", "unknown"]


class _Tracking(Struct, gc=False):
    id: str
    current_release_date: str | None = None
    initial_release_date: str | None = None


class _Publisher(Struct, gc=False):
    name: str | None = None


class _Text(Struct, gc=False):
    text: str | None = None


class _Reference(Struct, gc=False):
    category: str | None = None
    url: str | None = None


class _Document(Struct, gc=False):
    tracking: _Tracking
    publisher: _Publisher | None = None
    title: str | None = None
    aggregate_severity: _Text | None = None
    references: list[_Reference] | None = None


class _Remediation(Struct, gc=False):
    category: str | None = None
    details: str | None = None
    product_ids: list[str] | None = None


class _Cvss(Struct, gc=False):
    vectorString: str | None = None  # noqa: N815 (the format's word)
    baseScore: float | None = None  # noqa: N815


class _Score(Struct, gc=False):
    cvss_v2: _Cvss | None = None
    cvss_v3: _Cvss | None = None
    cvss_v4: _Cvss | None = None


class _Threat(Struct, gc=False):
    category: str | None = None
    details: str | None = None


class _Vulnerability(Struct, gc=False):
    cve: str | None = None
    title: str | None = None
    release_date: str | None = None
    product_status: dict[str, list[str]] | None = None
    remediations: list[_Remediation] | None = None
    scores: list[_Score] | None = None
    threats: list[_Threat] | None = None


class _Csaf(Struct, gc=False):
    document: _Document
    product_tree: ProductTree | None = None
    vulnerabilities: list[Raw] | None = None


class _Package(NamedTuple):
    """The package of a product: `source` packages name no component."""

    name: str
    version: str
    arch: str
    stream: str | None


class _About(NamedTuple):
    """What a claim is about, and in which state a fix is."""

    place: Place
    name: str
    stream: str | None
    claim: Claimed
    fix: FixState
    ecosystem: str


DECODE = Decoder(_Csaf).decode
DECODE_VULNERABILITY = Decoder(_Vulnerability).decode


def recognises(path: str, head: bytes) -> bool:
    """Whether a file is a CSAF document."""
    del path
    return FORM.search(head) is not None and CATEGORY.search(head) is not None


def read(path: str, file: IO[bytes], known: Known | None = None) -> Iterator[Read]:
    """Yield one advisory for each vulnerability of a document, or of each in an archive."""
    for place, found, raw in unknown_records(FEED, path, file, MEMBER, _decode, known):
        said = [found] if isinstance(found, Problem) else _document(place, *found)
        yield from sole(raw, said)


def _decode(data: bytes) -> tuple[_Csaf, dict[str, Product]]:
    """Read a document and the products its tree names."""
    record = DECODE(data)
    return record, resolve(record.product_tree or ProductTree())


def _document(
    place: str, record: _Csaf, products: dict[str, Product]
) -> Iterator[Advisory | Problem]:
    """Read each vulnerability; a document without any is a record that names nothing."""
    for number, raw in enumerate(record.vulnerabilities or [Raw(b"{}")]):
        try:
            vulnerability = DECODE_VULNERABILITY(raw)
        except UNREADABLE as error:
            where = f"{place}: vulnerabilities[{number}]"
            yield problem(FEED, where, f"it is no vulnerability: {error}", "record_lost")
            continue
        yield _advisory(record.document, vulnerability, products)


def _advisory(
    document: _Document, vulnerability: _Vulnerability, products: dict[str, Product]
) -> Advisory:
    own = document.tracking.id.strip()
    named = vulnerability.cve or ""
    # A vulnerability without a CVE goes by the advisory's own id.
    ids = sort_ids(own, (), [named] if CVE.fullmatch(named) and named != own else [], ())
    affected, unmatchable = _affected(vulnerability, products)
    feed = _feed(document)
    canonical = (r.url for r in document.references or () if r.category == "self" and r.url)
    return Advisory(
        id=AdvisoryId(own),
        feed=feed,
        names=ids.names,
        related=ids.related,
        affected=affected,
        severities=_severities(feed, document, vulnerability),
        summary=" ".join((vulnerability.title or document.title or "").split())[:SUMMARY_LETTERS],
        published=utc(vulnerability.release_date or document.tracking.initial_release_date) or "",
        modified=utc(document.tracking.current_release_date) or "",
        url=next(canonical, ""),
        unmatchable=unmatchable,
    )


def _feed(document: _Document) -> str:
    publisher = ((document.publisher or _Publisher()).name or "").lower()
    vendor = next((feed for word, feed in VENDORS if word in publisher), "")
    return f"{FEED}:{vendor}" if vendor else FEED


def _affected(
    vulnerability: _Vulnerability, products: dict[str, Product]
) -> tuple[tuple[Affected, ...], int]:
    """Return the claims of all product statuses, and how many products no key can name."""
    fixes = _fixes(vulnerability)
    said: dict[_About, dict[str, dict[Interval | str, None]]] = defaultdict(dict)
    missed: set[str] = set()
    sources: set[str] = set()
    told: set[str] = set()
    for status in STATUSES:
        for id_ in (vulnerability.product_status or {}).get(status, ()):
            product = products.get(id_)
            place, ecosystem = _place(product) if product else (None, "")
            package = _package(product) if product else None
            if place is None or package is None or (status in FIXED and not package.version):
                missed.add(id_)
                continue
            if package.arch == "src":
                sources.add(ecosystem)
                continue
            told.add(ecosystem)
            claim, fix = _claimed(status, fixes.get(id_, "none"))
            about = _About(place, package.name, package.stream, claim, fix, ecosystem)
            said[about].setdefault(package.arch, {})[_range(status, package.version)] = None
    claims = [c for about, by_arch in said.items() for c in _united(about, by_arch)]
    return tuple(claims), len(missed) + len(sources - told)


def _fixes(vulnerability: _Vulnerability) -> dict[str, FixState]:
    """Return what the remediations say of a fix, by product."""
    found: dict[str, FixState] = {}
    for remediation in vulnerability.remediations or ():
        state: FixState = "none"
        if remediation.category == "no_fix_planned":
            state = "wont_fix"
        elif remediation.category == "none_available":
            state = "deferred" if "deferred" in (remediation.details or "").lower() else "none"
        else:
            continue
        found |= dict.fromkeys(remediation.product_ids or (), state)
    return found


def _claimed(status: str, fix: FixState) -> tuple[Claimed, FixState]:
    if status in FIXED:
        return "affected", "fixed"
    if status == "known_not_affected":
        return "not_affected", "not_affected"
    if status == "under_investigation":
        return "unknown", "under_investigation"
    return "affected", fix


def _range(status: str, version: str) -> Interval | str:
    """Return which versions a status is about: a text is that version alone."""
    if status in FIXED:
        return Interval(fixed=version)
    if version and status in {"first_affected", "last_affected"}:
        first = status == "first_affected"
        return Interval(introduced=version) if first else Interval(last_affected=version)
    return version or Interval()


def _united(about: _About, by_arch: dict[str, dict[Interval | str, None]]) -> Iterator[Affected]:
    """Unite what is said of all architectures, where it is the same for each."""
    groups: dict[tuple[Interval | str, ...], list[str]] = defaultdict(list)
    for arch, held in sorted(by_arch.items()):
        groups[tuple(sorted(held, key=repr))].append(arch)
    for ranges, arches in groups.items():
        intervals = tuple(r for r in ranges if isinstance(r, Interval))
        versions = tuple(r for r in ranges if isinstance(r, str) and r)
        if not intervals and not versions:
            continue
        everywhere = len(groups) == 1 or "" in arches or "noarch" in arches
        yield Affected(
            scheme=about.place.scheme,
            name=about.name,
            release=about.place.release,
            product=about.place.product,
            stream=about.stream,
            names="binary",
            claim=about.claim,
            intervals=() if about.claim != "affected" and intervals == (Interval(),) else intervals,
            versions=versions,
            fix=about.fix,
            ecosystem=about.ecosystem,
            arches=() if everywhere else tuple(arches),
        )


def _place(product: Product) -> tuple[Place | None, str]:
    """Return the release and product of the platform, with the publisher's word for it."""
    for part in product.platforms:
        cpe = RED_HAT.fullmatch(part.cpe)
        if cpe:
            ecosystem = f"Red Hat:{(cpe[1] or _short(cpe[2]))}"
        elif part.name.startswith("SUSE "):
            ecosystem = f"SUSE:{part.name.removeprefix('SUSE ')}"
        elif part.name.startswith("openSUSE "):
            ecosystem = f"openSUSE:{part.name.removeprefix('openSUSE ')}"
        else:
            continue
        place = of_osv(ecosystem)
        # Without a release it would be every one's: what a product is built for must be known.
        known = place and ":" in place.release and not place.release.startswith("redhat:")
        return (place if known else None), ecosystem
    return None, ""


def _short(cpe: str) -> str:
    """Spell what follows the vendor in a CPE 2.3 name as in its older form."""
    return ":".join("" if c == "*" else c for c in cpe.split(":")).rstrip(":")


def _package(product: Product) -> _Package | None:
    """Return the rpm a product is, by its purl and its name, or None."""
    part = product.package
    named = re.fullmatch(RPM, part.name) or re.fullmatch(RPM, part.id)
    module = next((_module(p.purl) for p in product.platforms if _module(p.purl)), "")
    if part.purl:
        found = (_of_purl if len(part.purl) <= LONGEST_KEPT else _of_purl.__wrapped__)(part.purl)
        if found is None:
            return None
        version = found.version
        if version and ":" not in version and named and named["epoch"]:
            version = f"{named['epoch']}:{version}"
        return found._replace(version=version, stream=found.stream or module or _unknown(version))
    if not named:
        return None
    epoch = f"{named['epoch']}:" if named["epoch"] else ""
    version = f"{epoch}{named['version']}-{named['release']}"
    return _Package(named["name"], version, named["arch"], module or _unknown(version))


@lru_cache(maxsize=65536)
def _of_purl(text: str) -> _Package | None:
    try:
        purl = parse(text)
    except InvalidPurl:
        return None
    if purl.type != "rpm" or not purl.name:
        return None
    epoch = purl.get("epoch")
    version = f"{epoch}:{purl.version}" if epoch and purl.version else purl.version
    return _Package(purl.name, version, purl.get("arch"), _label(purl.get("rpmmod")))


def _module(purl: str) -> str:
    """Return `name:stream` of the purl of a module, the platform of its packages."""
    found = re.match(r"pkg:rpmmod/[^/]+/([^@?]+)@([^:@?]+)", purl)
    return f"{found[1]}:{found[2]}" if found else _label(_rpmmod(purl))


@lru_cache(maxsize=4096)
def _rpmmod(purl: str) -> str:
    try:
        return parse(purl).get("rpmmod") if "rpmmod=" in purl else ""
    except InvalidPurl:
        return ""


def _label(label: str) -> str:
    """Return `name:stream` of a modularity label."""
    return ":".join(label.split(":")[:2]) if ":" in label else ""


def _unknown(version: str) -> str | None:
    """Return the stream of a package no module is named for: none, or not known which."""
    return None if MODULAR in version else ""


def _severities(
    feed: str, document: _Document, vulnerability: _Vulnerability
) -> tuple[Severity, ...]:
    """Return the scores of this vulnerability, and the publisher's word for it."""
    found: dict[Severity, None] = {}
    for each in vulnerability.scores or ():
        for version, stated in (
            ("4.0", each.cvss_v4),
            ("3.1", each.cvss_v3),
            ("2.0", each.cvss_v2),
        ):
            if stated is None:
                continue
            scored = score(stated.vectorString or "")
            known = scored[0] if scored else stated.baseScore
            if known is not None and 0 <= known <= 10:
                exact = scored[1] if scored else version
                rating = Severity(
                    source=feed, score=known, vector=stated.vectorString, version=exact
                )
                found[rating] = None
    words = [t.details for t in vulnerability.threats or () if t.category == "impact"]
    word = next((w for w in words if w), (document.aggregate_severity or _Text()).text) or ""
    if word and len(word) <= 40:
        found[Severity(source=feed, label=word.lower())] = None
    return tuple(found)
