"""Debian's security tracker as JSON: what every release says of every CVE, by source package.

resolved: fixed in `fixed_version`; version 0 says that the release never had it. open: affected,
and `nodsa_reason` says whether an update will come: `ignored` and an end-of-life release get none,
`postponed` later. undetermined: nobody knows yet. An id that begins with `TEMP-` is Debian's own
until there is a CVE, and another tomorrow: it is kept as a name that nothing is joined to.
"""

import re
from collections.abc import Iterator
from typing import IO, Literal

from msgspec import Raw, Struct
from msgspec.json import Decoder

from match.model import Advisory, AdvisoryId, Affected, FixState, Interval
from match.records.documents import UNREADABLE, problem, whole
from sbom.distro import DEBIAN, release_key
from sbom.model import Distro, Problem

FEED = "debian:tracker"
FORM = re.compile(rb'\A\s*\{\s*"[^"]+"\s*:\s*\{\s*"(?:CVE|TEMP)-')
FIELDS = (b'"releases"', b'"status"')
ID = re.compile(r"TEMP-\d+-[0-9A-Fa-f]+|CVE-\d{4}-\d{4,}")
REFUSED: dict[str, FixState] = {"ignored": "wont_fix", "postponed": "deferred"}
END_OF_LIFE = "end-of-life"
SILENT_WORDS = frozenset({"", "not yet assigned", END_OF_LIFE})
NEVER = "0"


class _Release(Struct, gc=False):
    status: str
    fixed_version: str | None = None
    urgency: str | None = None
    nodsa: str | None = None
    nodsa_reason: str | None = None


class _Entry(Struct, gc=False):
    description: str | None = None
    releases: dict[str, _Release] | None = None


class _Known(Struct):
    """What the tracker says of one id so far."""

    claims: list[Affected]
    summary: str = ""


DECODE = Decoder(dict[str, Raw]).decode
DECODE_PACKAGE = Decoder(dict[str, Raw]).decode
DECODE_ENTRY = Decoder(_Entry).decode
State = tuple[Literal["affected", "not_affected", "unknown"], FixState, tuple[Interval, ...]]


def recognises(path: str, head: bytes) -> bool:
    """Whether a file is the tracker's: packages, then ids, then releases."""
    del path
    return FORM.match(head) is not None and all(field in head for field in FIELDS)


def read(path: str, file: IO[bytes]) -> Iterator[Advisory | Problem]:
    """Yield one advisory for each id, in order of the ids."""
    data = whole(file)
    if data is None:
        yield problem(FEED, path, "the file is too long", "source_lost")
        return
    try:
        packages = DECODE(data)
    except UNREADABLE as error:
        yield problem(FEED, path, f"it is no list of packages: {error}", "source_lost")
        return
    known: dict[str, _Known] = {}
    for name, raw in packages.items():
        yield from _package(f"{path}: {name}", name, raw, known)
    for id_, said in sorted(known.items()):
        yield Advisory(
            id=AdvisoryId(id_),
            feed=FEED,
            affected=tuple(said.claims),
            summary=said.summary,
            url=f"https://security-tracker.debian.org/tracker/{id_}",
        )


def _package(place: str, name: str, raw: Raw, known: dict[str, _Known]) -> Iterator[Problem]:
    """Add what is said of one source package to what is known; yield what cannot be read of it."""
    try:
        entries = DECODE_PACKAGE(raw)
    except UNREADABLE as error:
        yield problem(FEED, place, f"it is no package: {error}", "record_lost")
        return
    for id_, entry in entries.items():
        where = f"{place} {id_}"
        if not ID.fullmatch(id_):
            yield problem(FEED, where, f"{id_[:40]!r} is no id", "record_lost")
            continue
        try:
            said = DECODE_ENTRY(entry)
        except UNREADABLE as error:
            yield problem(FEED, where, f"it is no entry: {error}", "record_lost")
            continue
        about = known.setdefault(id_, _Known([]))
        about.summary = about.summary or " ".join((said.description or "").split())[:300]
        for codename, release in (said.releases or {}).items():
            claim = _claim(name, codename, release)
            if claim:
                about.claims.append(claim)
            else:
                what = f"`{codename[:40]}` is no release, or {release.status[:40]!r} no status"
                yield problem(FEED, where, what, "field_lost")


def _claim(name: str, codename: str, said: _Release) -> Affected | None:
    state = _state(said)
    if codename not in DEBIAN or state is None:
        return None
    kind, fix, intervals = state
    release = release_key(Distro(id="debian", codename=codename))
    word = (said.urgency or "").rstrip("*")
    return Affected(
        scheme="dpkg",
        name=name,
        release=release,
        names="source",
        claim=kind,
        intervals=intervals,
        fix=fix,
        ecosystem=f"Debian:{release.partition(':')[2]}",
        severity="" if word in SILENT_WORDS else word,
    )


def _state(said: _Release) -> State | None:
    """Return what a release's status comes to, or None where it is none that is known."""
    if said.status == "resolved":
        if said.fixed_version == NEVER:
            return "not_affected", "not_affected", ()
        if not said.fixed_version:
            return "unknown", "under_investigation", ()
        return "affected", "fixed", (Interval(fixed=said.fixed_version),)
    if said.status == "open":
        fix = REFUSED.get(said.nodsa_reason or "", "none")
        ended = said.urgency == END_OF_LIFE
        return "affected", "wont_fix" if ended else fix, (Interval(),)
    return ("unknown", "under_investigation", ()) if said.status == "undetermined" else None
