"""Which versions a CVE record's `affected` entry says are affected (CVE record format 5.1).

The entries of `versions` are asked in order, the first that holds a version gives its status; its
`changes` give another from their version on. What none holds has `defaultStatus`.
"""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct

from match.records.version_sets import (
    BOTTOM,
    EVERYTHING,
    NOTHING,
    TOP,
    Key,
    Set,
    both,
    complement,
    union,
    where,
)

LOWEST = frozenset({"0", "*", "", "-"})
"""What stands for the lowest version where a range begins."""
STATUSES = frozenset({"affected", "unaffected", "unknown"})


class Change(Struct, gc=False):
    """From version `at` on the status is another."""

    at: str
    status: str


class Version(Struct, gc=False):
    """One version, or with an end a range of them that begins with `version`."""

    version: str | None = None
    status: str | None = None
    lessThan: str | None = None  # noqa: N815 (the format's word)
    lessThanOrEqual: str | None = None  # noqa: N815
    versionType: str | None = None  # noqa: N815
    changes: list[Change] | None = None


class Said(NamedTuple):
    """The versions that are affected, and those of which the entry says that it does not know."""

    affected: Set
    unknown: Set


def statuses(versions: Sequence[Version], default: str | None, key: Key) -> Said:
    """Return what an entry says of every version there can be.

    Args:
        versions: its `versions`, those over commits left out.
        default: its `defaultStatus`; absent it is `unknown`, which says nothing.
        key: the version order.

    Raises:
        ValueError: where a version has no order, or a status is none of the format's.
    """
    found: dict[str, list[Set]] = {status: [] for status in STATUSES}
    taken: Set = NOTHING
    for version in versions:
        free = complement(taken)
        held = _held(version, key)
        for status, part in _parts(version, held, key):
            if status not in STATUSES:
                raise ValueError(f"{status[:40]!r} is no status")
            found[status].append(both(part, free))
        taken = union([taken, held])
    if default == "affected":
        found["affected"].append(complement(taken))
    return Said(union(found["affected"]), union(found["unknown"]))


def _held(version: Version, key: Key) -> Set:
    start = version.version or ""
    end, including = version.lessThan, version.lessThanOrEqual
    if not end and not including:
        return EVERYTHING if start == "*" else where("=", start, key)
    low = BOTTOM if start in LOWEST else where(">=", start, key)[0][0]
    high = TOP
    if end and end != "*":
        high = where("<", end.removesuffix(".*"), key)[0][1]
    elif including and including != "*":
        wild = including.endswith(".*")
        high = (
            where("<", _next(including), key)[0][1] if wild else where("<=", including, key)[0][1]
        )
    return union([((low, high),)])


def _next(wild: str) -> str:
    """Return what follows every version of `5.4.*`: `5.5`."""
    head, _, last = wild.removesuffix(".*").rpartition(".")
    if not last.isdigit():
        raise ValueError(f"{wild[:40]!r} is no range")
    return f"{head}.{int(last) + 1}" if head else str(int(last) + 1)


def _parts(version: Version, held: Set, key: Key) -> list[tuple[str, Set]]:
    """Return the pieces of a range by status: each change holds until the next."""
    if version.status is None:
        raise ValueError(f"version {version.version!r} has no status")
    steps = sorted(
        ((where(">=", c.at, key), c.status) for c in version.changes or ()),
        key=lambda step: step[0][0][0].at,
    )
    parts: list[tuple[str, Set]] = []
    status, rest = version.status, held
    for from_here, following in steps:
        parts.append((status, both(rest, complement(from_here))))
        status, rest = following, both(rest, from_here)
    return [*parts, (status, rest)]
