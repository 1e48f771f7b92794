"""What a record says of a package, laid out for the set, and kept for the next that says the same.

A distribution's advisory says the same of most of its packages.
"""

from functools import lru_cache
from typing import Literal, NamedTuple

from msgspec import msgpack

from match.judge import claim_of
from match.model import Affected, FixState, Interval

LONGEST_KEPT, LONGEST_TEXT = 64, 2048
"""Longer lists of versions are laid out each time, so that what is kept stays small."""


class Laid(NamedTuple):
    """What a record says of a package, laid out: hi, lo, place and how of each range."""

    card: bytes
    spans: tuple[tuple[bytes, bytes, int, int], ...]
    faults: tuple[str, ...]


def laid_out(a: Affected, withdrawn: str) -> Laid:
    """Return the claim on a package; a record says the same of most of its packages."""
    words = (a.scheme, a.claim, a.fix, a.intervals, a.versions, a.arches, a.severity, withdrawn)
    kept = len(a.versions) <= LONGEST_KEPT and len(a.intervals) <= LONGEST_KEPT
    kept = kept and all(map(_is_short, a.intervals)) and len("".join(a.versions)) <= LONGEST_TEXT
    return (_laid if kept else _laid.__wrapped__)(*words)


def _is_short(i: Interval) -> bool:
    texts = (i.introduced or "", i.fixed or "", i.last_affected or "", i.limit or "")
    return len("".join(texts)) <= LONGEST_TEXT


@lru_cache(maxsize=4096)
def _laid(
    scheme: str,
    claim: Literal["affected", "not_affected", "unknown"],
    fix: FixState,
    intervals: tuple[Interval, ...],
    versions: tuple[str, ...],
    arches: tuple[str, ...],
    severity: str,
    withdrawn: str,
) -> Laid:
    affected = Affected(
        scheme=scheme,
        name="",
        claim=claim,
        fix=fix,
        intervals=intervals,
        versions=versions,
        arches=arches,
        severity=severity,
    )
    card, laid = claim_of(affected, withdrawn)
    spans = () if withdrawn else laid.spans
    rows = tuple((span.hi, span.lo, span.place, span.how) for span in spans)
    return Laid(msgpack.encode(card), rows, laid.faults)
