"""The feeds Lading reads, in order: who publishes what, where, and which file reads it.

Each file has `recognises(path, head)` and `read(path, file)`, which yields one record at a time.
"""

import os
import re
import zlib
from collections.abc import Iterator
from importlib import import_module
from typing import IO, NamedTuple, Protocol, cast

from isal import igzip, igzip_lib

from match.model import Advisory, Exploited, Likelihood
from sbom.model import Problem

HEAD_BYTES = 65_536

Record = Advisory | Exploited | Likelihood | Problem


class Feed(NamedTuple):
    """One feed. `days`: how old its newest record may be before the feed counts as stale."""

    name: str
    title: str
    url: str
    licence: str
    days: int
    says: str


# fmt: off
FEEDS = (
    Feed(
        "debian", "Debian security advisories (DSA, DLA, DTSA)",
        "https://salsa.debian.org/security-tracker-team/security-tracker/-/raw/master/data/{DSA,DLA,DTSA}/list",
        "no licence stated; facts", 7,
        "the fixed version of each source package and release; an advisory names several CVEs",
    ),
    Feed(
        "secdb", "Alpine and Wolfi/Chainguard security databases",
        "https://secdb.alpinelinux.org/{release}/{repository}.json, {packages}/os/security.json",
        "CC-BY-SA-4.0 (Alpine), by the publisher's terms (Wolfi, Chainguard)", 7,
        "the version that fixes each CVE in a source package; version 0: never affected",
    ),
    Feed(
        "nvd", "National Vulnerability Database, API 2.0",
        "https://services.nvd.nist.gov/rest/json/cves/2.0?startIndex={n}",
        "public domain (US Government)", 3,
        "scores, by NVD, the CNA and CISA; CPE ranges are counted and not matched",
    ),
    Feed(
        "kev", "CISA Known Exploited Vulnerabilities",
        "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
        "CC0-1.0", 7,
        "that a CVE is exploited, since when, and when it is due",
    ),
    Feed(
        "epss", "Exploit Prediction Scoring System (FIRST)",
        "https://epss.empiricalsecurity.com/epss_scores-{date}.csv.gz",
        "free use with attribution to FIRST", 3,
        "the probability that a CVE will be exploited within 30 days",
    ),
    Feed(
        "osv", "OSV: every database in the OSV format, the house's own included",
        "https://osv-vulnerabilities.storage.googleapis.com/{ecosystem}/all.zip",
        "each database's own (CC-BY-4.0, CC0-1.0, Apache-2.0, MIT …)", 3,
        "affected ranges and versions of language and distribution packages, aliases, severities",
    ),
)
"""In the order in which they are asked whether a file is theirs: the most particular form first."""

NOT_YET = (
    (rb'"csaf_version"', "a CSAF document"),
    (rb"<oval_definitions|oval-definitions", "an OVAL document"),
    (rb'"CVE_Items"', "an NVD 1.1 feed, which NVD no longer publishes (API 2.0 is read)"),
    (rb'"dataType"\s*:\s*"CVE_RECORD"', "a CVE record"),
    (rb'"@context"\s*:\s*"https://openvex', "an OpenVEX document"),
    (rb"^\x1f\x8b", "a compressed archive"),
)
"""Known forms that no feed reads yet, to name them."""
INDEXES = re.compile(r"(?:^|/)(?:modified_id\.csv|changes\.csv|ecosystems\.txt)$")
"""Lists beside a feed's records that say which of them changed; they hold no advisory."""
# fmt: on


class Source(NamedTuple):
    """A file of a snapshot: `feed` reads it; `index` has no records; empty: not known, and why."""

    path: str
    feed: str
    why: str = ""


class Reader(Protocol):
    """What a feed's file offers."""

    def recognises(self, path: str, head: bytes) -> bool:
        """Whether a file is this feed's, by its name and first (decompressed) bytes."""
        ...

    def read(self, path: str, file: IO[bytes]) -> Iterator[Record]:
        """Yield what the file says, one record at a time; no `ValueError` leaves it."""
        ...


def reader(name: str) -> Reader:
    """Import the file that reads the feed `name`."""
    return cast("Reader", import_module(f"match.feeds.{name}"))


def recognise(path: str, head: bytes) -> str | None:
    """Return the name of the feed a file belongs to, or None where no feed reads it."""
    return next((feed.name for feed in FEEDS if reader(feed.name).recognises(path, head)), None)


def walk(root: str) -> Iterator[Source]:
    """Yield every file at or below `root`, in order of its path, with the feed that reads it."""
    if not os.path.isdir(root):
        yield _source(root)
        return
    for folder, folders, files in os.walk(root):
        folders.sort()
        for name in sorted(files):
            yield _source(os.path.join(folder, name))


def read(source: Source) -> Iterator[Record]:
    """Yield what a source says; an unreadable rest of it becomes one problem.

    A source no feed reads yields the problem that says so; an index yields nothing.
    """
    if source.feed == "index":
        return
    if not source.feed:
        yield Problem(source="feeds", where=source.path, what=source.why, effect="source_lost")
        return
    try:
        with _open(source.path) as file:
            yield from reader(source.feed).read(source.path, file)
    except (OSError, EOFError, zlib.error, cast("type[Exception]", igzip_lib.IsalError)) as error:
        what = f"the file cannot be read to its end: {error}"
        yield Problem(source=source.feed, where=source.path, what=what, effect="source_lost")


def _source(path: str) -> Source:
    try:
        if INDEXES.search(path.replace(os.sep, "/")):
            return Source(path, "index")
        if not os.path.isfile(path):
            return Source(path, "", "it is no regular file")
        with open(path, "rb") as file:
            head = _unpack(file.read(HEAD_BYTES))
    except OSError as error:
        return Source(path, "", f"it cannot be opened: {error.strerror}")
    feed = recognise(path, head)
    if feed:
        return Source(path, feed)
    if not head.strip():
        return Source(path, "", "it is empty")
    kind = next((what for pattern, what in NOT_YET if re.search(pattern, head)), "")
    return Source(path, "", f"{kind}: not read yet" if kind else "no feed has files of this form")


def _unpack(head: bytes) -> bytes:
    """Return the beginning of what a gzip file or a zip archive's first member holds."""
    try:
        if head[:2] == b"\x1f\x8b":
            text = zlib.decompressobj(47).decompress(head, HEAD_BYTES)
            # A tar archive is no feed's file: its packed form is how it is named.
            return head if text[257:262] == b"ustar" else text
        if head[:4] == b"PK\x03\x04" and len(head) > 30:
            start = (
                30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
            )
            if head[8] == 8:
                return zlib.decompressobj(-15).decompress(head[start:], HEAD_BYTES)
            return head[start:]
    except zlib.error:
        pass
    return head


def _open(path: str) -> IO[bytes]:
    """Open a file for reading, decompressed if it is gzip."""
    with open(path, "rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    if packed:
        # isal states no types for its files; they are binary files as gzip's are.
        return cast("IO[bytes]", igzip.open(path, "rb"))  # type: ignore[no-untyped-call]
    return open(path, "rb")
