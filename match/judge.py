"""The one place where a version meets a range, for every ecosystem (rules.md 13, 14).

`lay_out` turns what a record says of a package into half-open spans of version keys, which the
store joins in SQL; `judge` holds one version against one claim with the same spans.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

from match.model import Affected, FixState, Interval
from match.versions import InvalidVersion, scheme
from match.versions.encoding import ANY_EPOCH

if TYPE_CHECKING:
    from collections.abc import Callable

    from match.versions import Scheme as Order

LOWEST = b""
HIGHEST = b"\xff" * 8
"""Above every key: no key begins with two such bytes."""
INTERVAL, LISTED, UNCOMPARED, BY_COMPARATOR = range(4)
"""How a span decides: see `affected.how` in schemas/store.sql."""

Bounds = tuple[str, str, str, str]
"""introduced, fixed, last_affected, limit; empty where there is none."""


INTRODUCED, FIXED, LAST_AFFECTED = 0, 1, 2
"""Their places in `Bounds`."""

LONGEST_KEPT = 200
"""Longer versions are read each time, so that what is kept stays small."""


class Span(Struct, frozen=True, gc=False):
    """Keys from `lo` on and below `hi`; `place` and `how` as in schemas/store.sql."""

    lo: bytes
    hi: bytes
    place: int
    how: int


class Claim(Struct, frozen=True, array_like=True, gc=False):
    """What one record says of one package, in the order in which it is judged.

    intervals: lowest first. mends: the intervals whose `fixed` no other interval takes back.
    listed: versions listed one by one that no interval holds, lowest first; last those without
        a key.
    severity: the publisher's word for this package.
    """

    claim: Literal["affected", "not_affected", "unknown"]
    fix: FixState
    intervals: tuple[Bounds, ...] = ()
    mends: tuple[int, ...] = ()
    listed: tuple[str, ...] = ()
    arches: tuple[str, ...] = ()
    severity: str = ""
    withdrawn: str = ""


class LaidOut(Struct, frozen=True, gc=False):
    """A claim with its spans, and what could not be used, in words."""

    intervals: tuple[Bounds, ...]
    mends: tuple[int, ...]
    listed: tuple[str, ...]
    spans: tuple[Span, ...]
    faults: tuple[str, ...]


class Judgement(Struct, frozen=True, gc=False):
    """Where a version lies: in which interval or list, by what, and why that is undecided.

    fixed: for a version outside, the highest version not above it that fixed it, else empty.
    """

    verdict: Literal["inside", "outside", "undecided"]
    place: int = 0
    how: int = INTERVAL
    why: str = ""
    fixed: str = ""


def judge(version: str, scheme_name: str, claim: Claim) -> Judgement:
    """Hold one version against one claim.

    `undecided` where the version, or a bound that would settle it, cannot be compared.
    """
    if scheme_name == "rpm" and version.startswith(ANY_EPOCH):
        # An rpm names its source without the epoch: then the rest of the versions decides.
        return judge(version.removeprefix(ANY_EPOCH), scheme_name, _without_epochs(claim))
    order = _order(scheme_name)
    key = _key(order, version) if version else None
    if key is None:
        return _judge_without_key(version, claim)
    if not is_exact(order, version):
        return _by_comparator(order, version, claim)
    found = Judgement("outside")
    for span in lay_out(scheme_name, claim.intervals, claim.listed).spans:
        if not span.lo <= key < span.hi:
            if span.hi <= key and span.how == INTERVAL and span.place in claim.mends:
                found = replace(found, fixed=claim.intervals[span.place][FIXED])
        elif span.how == UNCOMPARED:
            why = f"the range {words(claim.intervals[span.place])} has no order"
            found = Judgement("undecided", span.place, UNCOMPARED, why)
        elif span.how == BY_COMPARATOR:
            settled = _by_comparator(order, version, claim)
            if settled.verdict != "outside":
                return settled
            found = found if found.verdict == "undecided" else settled
        else:
            return Judgement("inside", span.place, span.how)
    return found


def _without_epochs(claim: Claim) -> Claim:
    intervals = [[bound.rpartition(":")[2] for bound in bounds] for bounds in claim.intervals]
    return replace(
        claim,
        intervals=tuple((i, f, last, limit) for i, f, last, limit in intervals),
        listed=tuple(version.rpartition(":")[2] for version in claim.listed),
    )


def lay_out(scheme_name: str, intervals: tuple[Bounds, ...], listed: tuple[str, ...]) -> LaidOut:
    """Order intervals and listed versions and give their spans.

    Empty and inverted ranges get no span and are named in `faults`; a range with a bound that has
    no key gets one that decides nothing; a listed version without a key is matched by its text.
    """
    order = _order(scheme_name)
    if len(intervals) == 1 and not listed:
        # Most claims are of this form.
        lo, hi, how = _span(order, intervals[0])
        if lo < hi:
            fixed = (0,) if intervals[0][FIXED] else ()
            return LaidOut(intervals, fixed, (), (Span(lo, hi, 0, how),), ())
    faults: list[str] = []
    rows: list[tuple[bytes, bytes, int, Bounds]] = []
    for bounds in intervals:
        lo, hi, how = _span(order, bounds)
        if lo < hi:
            rows.append((lo, hi, how, bounds))
        else:
            faults.append(f"the range {words(bounds)} is empty or inverted")
    rows.sort()
    blocks = _blocks(rows)
    ends = {end for _, end in blocks}
    mends = tuple(
        i for i, (_, hi, how, bounds) in enumerate(rows) if bounds[1] and (how or hi in ends)
    )
    points, unkeyed = _points(order, listed, blocks)
    spans = [Span(lo, hi, i, how) for i, (lo, hi, how, _) in enumerate(rows)]
    if points:
        from bisect import bisect_right

        lows = [row[0] for row in rows]
        spans += [Span(k, _past(order, v, k), bisect_right(lows, k), LISTED) for k, v in points]
    return LaidOut(
        tuple(row[3] for row in rows),
        mends,
        (*(version for _, version in points), *unkeyed),
        tuple(spans),
        tuple(faults),
    )


def claim_of(affected: Affected, withdrawn: str) -> tuple[Claim, LaidOut]:
    """Return the claim that `affected` makes, and its spans (none where it was withdrawn)."""
    intervals = tuple(map(_bounds, affected.intervals))
    if affected.claim != "affected" and not intervals and not affected.versions:
        intervals = (("", "", "", ""),)
    laid = lay_out(affected.scheme, intervals, affected.versions)
    claim = Claim(
        claim=affected.claim,
        fix="fixed" if affected.fix == "none" and laid.mends else affected.fix,
        intervals=laid.intervals,
        mends=laid.mends,
        listed=laid.listed,
        arches=affected.arches,
        severity=affected.severity,
        withdrawn=withdrawn,
    )
    return claim, laid


def fixes(claim: Claim, place: int) -> tuple[str, ...]:
    """Return the versions that fix it from interval `place` on, lowest first."""
    found = [claim.intervals[i][FIXED] for i in claim.mends if i >= place]
    return tuple(dict.fromkeys(found)) if len(found) > 1 else tuple(found)


def words(bounds: Bounds) -> str:
    """Return a range in words: `from 1.2 before 1.5`, `before 1.5`, `up to 1.4`, `all versions`."""
    introduced, fixed, last, limit = bounds
    pieces = [f"from {introduced}"] if introduced else []
    if fixed or limit:
        pieces.append(f"before {fixed or limit}")
    if last:
        pieces.append(f"up to {last}")
    if introduced and len(pieces) == 1:
        pieces.append("on")
    return " ".join(pieces) or "all versions"


def key_of(scheme_name: str, version: str) -> bytes | None:
    """Return the key of a version, or None where it has none."""
    return _key(_order(scheme_name), version) if version else None


def exact_key_of(scheme_name: str, version: str) -> bytes | None:
    """Return the key of a version if comparing it is comparing the version, else None."""
    kept = len(version) <= LONGEST_KEPT
    return (_exact_key if kept else _exact_key.__wrapped__)(scheme_name, version)


@lru_cache(maxsize=1 << 16)
def _exact_key(scheme_name: str, version: str) -> bytes | None:
    key = key_of(scheme_name, version)
    return key if key is not None and is_exact(_order(scheme_name), version) else None


def is_exact(order: "Order | None", version: str) -> bool:
    """Tell whether comparing the version's key is comparing the version (Maven: not always)."""
    exact = getattr(order, "exact", None)
    return exact is None or bool(exact(version))


@lru_cache(maxsize=64)
def _order(scheme_name: str) -> "Order | None":
    try:
        return scheme(scheme_name)
    except (KeyError, ValueError, LookupError):
        return None


def _bounds(interval: Interval) -> Bounds:
    return (
        interval.introduced or "",
        interval.fixed or "",
        interval.last_affected or "",
        interval.limit or "",
    )


def _span(order: "Order | None", bounds: Bounds) -> tuple[bytes, bytes, int]:
    """Return lo, hi and how of one range; a bound without a key leaves its side open."""
    lo, hi, how = LOWEST, HIGHEST, INTERVAL
    for side, text in enumerate(bounds):
        if not text:
            continue
        key = _key(order, text)
        if key is None:
            how = UNCOMPARED
        elif not is_exact(order, text):
            how = how or BY_COMPARATOR
        elif side == INTRODUCED:
            lo = key
        else:
            hi = min(hi, _past(order, text, key) if side == LAST_AFFECTED else key)
    return (LOWEST, HIGHEST, how) if how == BY_COMPARATOR else (lo, hi, how)


def _past(order: "Order | None", version: str, key: bytes) -> bytes:
    """Return what is just above a version, and above what its scheme counts as the same."""
    past = getattr(order, "past", None)
    return past(version) if past else key + b"\0"


def _key(order: "Order | None", version: str) -> bytes | None:
    if order is None:
        return None
    kept = len(version) <= LONGEST_KEPT
    return (_known_key if kept else _known_key.__wrapped__)(order.key, version)


@lru_cache(maxsize=1 << 16)
def _known_key(key: "Callable[[str], bytes]", version: str) -> bytes | None:
    """Return the key. One version ends many ranges: an advisory of forty packages, a long list."""
    try:
        return key(version)
    except InvalidVersion:
        return None


def _blocks(rows: list[tuple[bytes, bytes, int, Bounds]]) -> list[tuple[bytes, bytes]]:
    """Unite the spans that decide by key; `rows` are sorted."""
    blocks: list[tuple[bytes, bytes]] = []
    for lo, hi, how, _ in rows:
        if how != INTERVAL:
            continue
        if blocks and lo <= blocks[-1][1]:
            blocks[-1] = (blocks[-1][0], max(hi, blocks[-1][1]))
        else:
            blocks.append((lo, hi))
    return blocks


def _points(
    order: "Order | None", listed: tuple[str, ...], blocks: list[tuple[bytes, bytes]]
) -> tuple[list[tuple[bytes, str]], list[str]]:
    """Return the listed versions that no block holds, with their keys, and those without a key."""
    if not listed:
        return [], []
    from bisect import bisect_right

    lows = [lo for lo, _ in blocks]
    points: dict[bytes, str] = {}
    unkeyed: set[str] = set()
    for version in listed:
        key = _key(order, version)
        if key is None:
            unkeyed.add(version)
            continue
        i = bisect_right(lows, key) - 1
        if i < 0 or key >= blocks[i][1]:
            # Of several spellings of a version the first by its text is shown.
            points[key] = min(version, points.get(key, version))
    return sorted(points.items()), sorted(unkeyed)


def _judge_without_key(version: str, claim: Claim) -> Judgement:
    """Judge a version that has no order: only equal texts and unbounded ranges can settle it."""
    for place, bounds in enumerate(claim.intervals):
        if not any(bounds):
            return Judgement("inside", place, INTERVAL)
    if version in claim.listed:
        return Judgement("inside", len(claim.intervals), LISTED)
    if claim.intervals or not version:
        what = f"the version {version!r} has no order" if version else "no version is known"
        return Judgement("undecided", 0, UNCOMPARED, what)
    return Judgement("outside")


def _by_comparator(order: "Order | None", version: str, claim: Claim) -> Judgement:
    """Judge by the scheme's own comparison, where keys are not exact."""
    compare = getattr(order, "compare")  # noqa: B009 (only what has `exact` has it)
    found = Judgement("outside")
    for place, (introduced, fixed, last, limit) in enumerate(claim.intervals):
        try:
            above = not introduced or compare(version, introduced) >= 0
            mended = bool(fixed) and compare(version, fixed) >= 0
            past = bool(limit) and compare(version, limit) >= 0
            past = past or (bool(last) and compare(version, last) > 0)
        except InvalidVersion:
            why = f"the range {words(claim.intervals[place])} has no order"
            found = Judgement("undecided", place, UNCOMPARED, why)
            continue
        if above and not mended and not past:
            return Judgement("inside", place, BY_COMPARATOR)
        if mended and place in claim.mends and found.verdict == "outside":
            found = Judgement("outside", fixed=fixed)
    for listed in claim.listed:
        if _key(order, listed) is not None and compare(version, listed) == 0:
            return Judgement("inside", len(claim.intervals), LISTED)
    return found
