"""What a record says of a package, laid out for the set, and kept for the next that says the same.

A distribution's advisory says the same of most of its packages.
"""

from functools import lru_cache
from typing import Literal, NamedTuple

from msgspec import msgpack

from match.judge import claim_of
from match.model import Affected, FixState, Interval

LONGEST_KEPT = 64
"""Longer lists of versions are laid out each time, so that what is kept stays small."""


class Laid(NamedTuple):
    """What a record says of a package, laid out: hi, lo, place and how of each range."""

    card: bytes
    spans: tuple[tuple[bytes, bytes, int, int], ...]
    faults: tuple[str, ...]


def laid_out(a: Affected, withdrawn: str) -> Laid:
    """Return the claim on a package; a record says the same of most of its packages."""
    words = (a.scheme, a.claim, a.fix, a.intervals, a.versions, a.arches, a.severity, withdrawn)
    if len(a.versions) > LONGEST_KEPT or len(a.intervals) > LONGEST_KEPT:
        return _laid.__wrapped__(*words)
    return _laid(*words)


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
