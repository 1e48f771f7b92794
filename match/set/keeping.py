"""The form in which records are kept: encoded, digested and compressed."""

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from typing import Any

from msgspec import msgpack

from match.aliases import Member
from match.model import Advisory, Exploited, Likelihood

COMPRESSED = b"Z"
WORTH_COMPRESSING = 512
LEVEL = -1
"""Of Zstandard: level 3 takes twice the time, 4 % of an import, to save a sixth of a document."""

Record = Advisory | Exploited | Likelihood
KINDS: dict[type[Record], bytes] = {Advisory: b"A", Exploited: b"E", Likelihood: b"L"}
RECORDS: dict[bytes, msgpack.Decoder[Any]] = {
    b"A": msgpack.Decoder(Advisory),
    b"E": msgpack.Decoder(Exploited),
}
"""The encoded form of a likelihood is digested only: they are kept in sheets (match.set.sheet)."""
MEMBERS = RECORDS | {b"A": msgpack.Decoder(Member)}


def encode(record: Record) -> bytes:
    """Return the form a record is kept and digested in."""
    return KINDS[type(record)] + msgpack.encode(record)


def decode(doc: bytes) -> Advisory | Exploited:
    """Return the record of `document.doc`."""
    doc = plain(doc)
    return RECORDS[doc[:1]].decode(memoryview(doc)[1:])  # type: ignore[no-any-return]


def decode_member(doc: bytes) -> Member | Exploited:
    """Return what the record of `document.doc` says of the vulnerability, apart from packages."""
    doc = plain(doc)
    return MEMBERS[doc[:1]].decode(memoryview(doc)[1:])  # type: ignore[no-any-return]


def plain(doc: bytes) -> bytes:
    """Return the encoded record of `document.doc`, as it is digested."""
    return _unpack()(doc[1:]) if doc[:1] == COMPRESSED else doc


def digest_of(feed: str, encoded: bytes) -> bytes:
    """Return what tells a record of a feed from every other."""
    return sha256(feed.encode() + b"\0" + encoded).digest()


def packer(*, compress: bool) -> Callable[[bytes], bytes]:
    """Return what makes `document.doc` of an encoded record: smaller where that is worth it."""
    if not compress:
        return bytes
    from zstandard import ZstdCompressor

    pack = ZstdCompressor(level=LEVEL).compress
    return lambda doc: COMPRESSED + pack(doc) if len(doc) >= WORTH_COMPRESSING else doc


def facts_of(record: Record, learned: str) -> tuple[str, str, int, bytes | None]:
    """Return `published`, `dated`, `unmatchable` and `ratings` of the table `record`."""
    if not isinstance(record, Advisory):
        date = record.added if isinstance(record, Exploited) else record.date
        return "", "" if learned and date > learned else date, 0, None
    dated = ""
    for date in (record.modified, record.withdrawn, record.published):
        if date > dated and not (learned and date > learned):
            dated = date
    rated = record.names and record.severities
    ratings = msgpack.encode(record.severities) if rated else None
    return record.published, dated, record.unmatchable, ratings


@cache
def _unpack() -> Callable[[bytes], bytes]:
    from zstandard import ZstdDecompressor

    return ZstdDecompressor().decompress
