"""Ubuntu's VEX data: OpenVEX documents, one for each CVE and each notice (USN).

A document's products are source packages of a release (`arch=source&distro=jammy`) and the binaries
built of them; the sources say all. fixed: before that version it is affected. not_affected: from
the version that is stated on, or at all. affected and under_investigation: of every version; the
notes say whether a fix is deferred or will not come. A channel before the codename
(`esm-infra/xenial`, `fips-updates/jammy`) is the product. A notice names several CVEs (rules.md 6).
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import IO, Literal, NamedTuple
from urllib.parse import unquote

from msgspec import Struct, field
from msgspec.json import Decoder

from match.model import Advisory, AdvisoryId, Affected, FixState, Interval
from match.records.documents import problem, unknown_records
from match.records.ids import sort_ids
from match.records.known import Known, Read, sole
from match.records.times import utc
from sbom.distro import UBUNTU, release_key
from sbom.model import Distro, Problem

FEED = "ubuntu:vex"
FORM = re.compile(rb"https://openvex\.dev/ns")
OURS = re.compile(rb'canonical/ubuntu-security-notices/[^"\s]*vex/')
MEMBER = re.compile(r"(?:^|/)(?:CVE-\d{4}-\d{4,}|USN-\d+-\d+)\.json$")
ID = re.compile(r"CVE-\d{4}-\d{4,}|USN-\d+-\d+")
SOURCE = re.compile(r"pkg:deb/ubuntu/(?P<name>[^@?]+)(?:@(?P<version>[^?]*))?(?:\?(?P<query>.*))?")
SOURCES = frozenset({"source", "src"})
CHANNELS = {"ubuntu": "", "esm": "pro", "esm-apps": "pro", "esm-infra": "pro"}
"""The names of channels, and of the products that OSV's records of Ubuntu have for them."""
FIPS = "fips"
NOTES: tuple[tuple[re.Pattern[str], FixState], ...] = (
    (re.compile(r"\bdefer", re.IGNORECASE), "deferred"),
    (re.compile(r"ignored|will not|no longer supported|end of", re.IGNORECASE), "wont_fix"),
)
"""How the notes of a package that is affected say that no fix will come, or not soon."""


class _Vulnerability(Struct, gc=False):
    name: str
    description: str | None = None
    aliases: list[str] | None = None


class _Product(Struct, gc=False):
    id: str = field(name="@id")


class _Statement(Struct, gc=False):
    vulnerability: _Vulnerability
    status: str
    products: list[_Product] | None = None
    timestamp: str | None = None
    action_statement: str | None = None
    status_notes: str | None = None


class _Metadata(Struct, gc=False):
    timestamp: str | None = None


class _Document(Struct, gc=False):
    statements: list[_Statement]
    timestamp: str | None = None
    metadata: _Metadata | None = None


class _About(NamedTuple):
    """A source package in a channel of a release."""

    name: str
    version: str
    release: str
    product: str


DECODE = Decoder(_Document).decode
Claimed = Literal["affected", "not_affected", "unknown"]


def recognises(path: str, head: bytes) -> bool:
    """Whether a file is an OpenVEX document of Ubuntu's, or an archive that begins with one."""
    del path
    return FORM.search(head) is not None and OURS.search(head) is not None


def read(path: str, file: IO[bytes], known: Known | None = None) -> Iterator[Read]:
    """Yield one advisory for each vulnerability or notice that a document names."""
    for place, record, raw in unknown_records(FEED, path, file, MEMBER, DECODE, known):
        if isinstance(record, Problem):
            yield record
        else:
            yield from sole(raw, _document(place, record))


def _document(place: str, record: _Document) -> Iterator[Advisory | Problem]:
    by_name: dict[str, list[_Statement]] = defaultdict(list)
    for statement in record.statements:
        by_name[statement.vulnerability.name].append(statement)
    stated = record.timestamp or (record.metadata.timestamp if record.metadata else None)
    modified = utc(stated)
    if modified is None:
        what = f"`timestamp` is no time: {str(stated)[:40]!r}"
        yield problem(FEED, place, what, "field_lost")
    for name, statements in sorted(by_name.items()):
        if not ID.fullmatch(name):
            what = f"{name[:40]!r} is neither a CVE nor a notice"
            yield problem(FEED, place, what, "record_lost")
            continue
        claims: dict[Affected, None] = {}
        unmatchable = 0
        for statement in statements:
            abouts, lost = _abouts(statement)
            unmatchable += lost
            for about in abouts:
                claim = _claim(about, statement)
                if claim is None:
                    what = f"{name}: {statement.status[:40]!r} is no status"
                    yield problem(FEED, place, what, "field_lost")
                    break
                claims[claim] = None
        yield _advisory(name, statements, tuple(claims), modified or "", unmatchable)


def _advisory(
    name: str,
    statements: list[_Statement],
    claims: tuple[Affected, ...],
    modified: str,
    unmatchable: int,
) -> Advisory:
    aliases = {a for s in statements for a in s.vulnerability.aliases or () if ID.fullmatch(a)}
    ids = sort_ids(name, sorted(aliases), (), ())
    # The tracker writes `2014-04-05 21:55:00 UTC`.
    times = (utc((s.timestamp or "").replace(" UTC", "+00:00")) for s in statements)
    summary = next((s.vulnerability.description for s in statements), "") or ""
    kind = "notices/" if name.startswith("USN") else ""
    return Advisory(
        id=AdvisoryId(name),
        feed=FEED,
        aliases=ids.aliases,
        names=ids.names,
        related=ids.related,
        affected=claims,
        summary=" ".join(summary.split())[:300],
        published=min((t for t in times if t), default=""),
        modified=modified,
        url=f"https://ubuntu.com/security/{kind}{name}",
        unmatchable=unmatchable,
    )


def _abouts(statement: _Statement) -> tuple[list[_About], int]:
    """Return the source packages of a statement, and 1 where it has products and no such one."""
    found = [
        about for product in statement.products or () for about in [_about(product.id)] if about
    ]
    return found, int(bool(statement.products) and not found)


def _about(text: str) -> _About | None:
    """Read a product's purl; some have a second `?` where `&` is due."""
    purl = SOURCE.fullmatch(text)
    query = re.split(r"[?&]", purl["query"] or "") if purl else []
    given = dict(part.partition("=")[::2] for part in query)
    codename, channels = "", []
    for word in unquote(given.get("distro", "")).split("/"):
        if word in UBUNTU:
            codename = word
        else:
            channels.append(word)
    if purl is None or given.get("arch") not in SOURCES or not codename:
        return None
    release = release_key(Distro(id="ubuntu", codename=codename))
    product = ":".join(filter(None, map(_channel, channels)))
    return _About(unquote(purl["name"]), unquote(purl["version"] or ""), release, product)


def _channel(word: str) -> str:
    return f"pro:{word}" if word.startswith(FIPS) else CHANNELS.get(word, word)


def _claim(about: _About, statement: _Statement) -> Affected | None:
    """Return what a statement says of a source package, or None where its status is none."""
    kind: Claimed = "affected"
    fix: FixState = "none"
    interval = Interval()
    if statement.status == "fixed":
        if about.version:
            fix, interval = "fixed", Interval(fixed=about.version)
        else:
            kind, fix = "unknown", "under_investigation"
    elif statement.status == "not_affected":
        kind, fix = "not_affected", "not_affected"
        interval = Interval(introduced=about.version or None)
    elif statement.status == "under_investigation":
        kind, fix = "unknown", "under_investigation"
    elif statement.status == "affected":
        notes = f"{statement.action_statement or ''} {statement.status_notes or ''}"
        fix = next((state for mark, state in NOTES if mark.search(notes)), "none")
    else:
        return None
    whole = kind != "affected" and interval == Interval()
    return Affected(
        scheme="dpkg",
        name=about.name,
        release=about.release,
        product=about.product,
        names="source",
        claim=kind,
        intervals=() if whole else (interval,),
        fix=fix,
        ecosystem=f"Ubuntu:{about.release.partition(':')[2]}",
    )
