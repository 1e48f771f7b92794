"""How records changed: which field, from what to what. Pure functions of their versions."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from msgspec import Struct

from match.judge import words
from match.model import Advisory, Affected, Interval, Severity
from match.set.keeping import Record

Field = Literal[
    "ranges", "fix", "severity", "aliases", "withdrawn", "exploited", "likelihood", "text", "dates"
]
Kind = Literal["added", "changed", "gone"]
BOUNDS = ("introduced", "fixed", "last_affected", "limit")
LISTS: tuple[tuple[str, Field], ...] = (
    ("aliases", "aliases"),
    ("names", "aliases"),
    ("related", "text"),
)
TEXTS: tuple[tuple[str, Field], ...] = (
    ("withdrawn", "withdrawn"),
    ("summary", "text"),
    ("url", "text"),
    ("published", "dates"),
    ("modified", "dates"),
    ("unmatchable", "ranges"),
)
FACTS: tuple[tuple[str, Field], ...] = (
    ("added", "exploited"),
    ("due", "exploited"),
    ("ransomware", "exploited"),
    ("probability", "likelihood"),
    ("percentile", "likelihood"),
    ("date", "likelihood"),
)
SHOWN = 10


class FieldChange(Struct, frozen=True, kw_only=True):
    """One field of a record that changed; of a list, what left it and what joined it.

    field: what kind of thing it is. path: where it stands in the later record, or in the earlier
        one where it is gone. package: `scheme:name` where it is about a single package.
    """

    field: Field
    path: str
    before: str = ""
    after: str = ""
    package: str = ""


class RecordChange(Struct, frozen=True, kw_only=True):
    """One record of a feed that differs between two states of the set.

    before, after: its versions; None where there was none, or where nobody asked for them.
    """

    feed: str
    id: str
    kind: Kind
    fields: tuple[FieldChange, ...] = ()
    before: Record | None = None
    after: Record | None = None


def fields_of(before: Record, after: Record) -> tuple[FieldChange, ...]:
    """Return every field in which two versions of a record differ, in the order of the record."""
    if isinstance(before, Advisory) and isinstance(after, Advisory):
        return tuple(_advisory(before, after))
    return tuple(_texts(before, after, FACTS))


def pair(before: Sequence[Record], after: Sequence[Record]) -> list[tuple[Record, Record]]:
    """Return which version of an id became which, where a publisher has several records of it.

    Those that share a package belong together, the others in their order; what is left over on one
    side has no partner.
    """
    if len(before) == len(after) == 1:
        return [(before[0], after[0])]
    left = list(before)
    pairs: list[tuple[Record, Record]] = []
    for record in sorted(after, key=lambda r: not _shares(r, left)):
        if not left:
            break
        best = next((b for b in left if _packages(b) & _packages(record)), left[0])
        left.remove(best)
        pairs.append((best, record))
    return pairs


def package_of(affected: Affected) -> str:
    """Return `scheme:name`, by which a change says what it is about."""
    return f"{affected.scheme}:{affected.name}"


def line(path: str, before: str, after: str) -> str:
    """Return a change in words: `affected[0].fixed: 4.0.4 → 4.0.5`."""
    if before and after:
        return f"{path}: {before} → {after}"
    return f"{path}: + {after}" if after else f"{path}: - {before}"


def _advisory(before: Advisory, after: Advisory) -> Iterator[FieldChange]:
    yield from _affected(before.affected, after.affected)
    for path, field in LISTS:
        yield from _listed(field, path, getattr(before, path), getattr(after, path))
    old, new = (tuple(map(_rating, record.severities)) for record in (before, after))
    yield from _listed("severity", "severities", old, new)
    yield from _texts(before, after, TEXTS)


def _texts(
    before: Record, after: Record, named: Iterable[tuple[str, Field]]
) -> Iterator[FieldChange]:
    for path, field in named:
        old, new = getattr(before, path, ""), getattr(after, path, "")
        if old != new:
            yield FieldChange(field=field, path=path, before=str(old), after=str(new))


def _listed(
    field: Field, path: str, before: Sequence[str], after: Sequence[str], package: str = ""
) -> Iterator[FieldChange]:
    left, joined = set(before) - set(after), set(after) - set(before)
    if left or joined:
        yield FieldChange(
            field=field, path=path, before=_some(left), after=_some(joined), package=package
        )


def _some(values: Iterable[str]) -> str:
    ordered = sorted(values)
    more = f" and {len(ordered) - SHOWN} more" if len(ordered) > SHOWN else ""
    return ", ".join(ordered[:SHOWN]) + more


def _rating(severity: Severity) -> str:
    """Return one rating in words: `7.5 (CVSS 3.1, nvd)`, `high (debian)`."""
    rated = severity.label if severity.score is None else f"{severity.score:g}"
    version = f"CVSS {severity.version}, " if severity.version else ""
    vector = f" {severity.vector}" if severity.vector else ""
    return f"{rated} ({version}{severity.source}){vector}"


def _key(affected: Affected) -> tuple[str | None, ...]:
    a = affected
    return a.scheme, a.release, a.product, a.stream, a.names, a.name


def _affected(before: Sequence[Affected], after: Sequence[Affected]) -> Iterator[FieldChange]:
    """Compare package by package; a package that only one version names is a change of its own."""
    old = {_key(a): (i, a) for i, a in enumerate(before)}
    for i, now in enumerate(after):
        was = old.pop(_key(now), None)
        if was is None:
            yield _whole(f"affected[{i}]", "", _words(now), now)
        elif was[1] != now:
            yield from _package(f"affected[{i}]", was[1], now)
    for i, gone in old.values():
        yield _whole(f"affected[{i}]", _words(gone), "", gone)


def _whole(path: str, before: str, after: str, about: Affected) -> FieldChange:
    package = package_of(about)
    return FieldChange(field="ranges", path=path, before=before, after=after, package=package)


def _package(path: str, before: Affected, after: Affected) -> Iterator[FieldChange]:
    package = package_of(after)
    old, new = before.intervals, after.intervals
    if old != new and len(old) == len(new):
        for i, (was, now) in enumerate(zip(old, new, strict=True)):
            place = path if len(new) == 1 else f"{path}.ranges[{i}]"
            yield from _bounds(place, was, now, package)
    elif old != new:
        yield FieldChange(
            field="ranges",
            path=f"{path}.ranges",
            before=_ranges(before),
            after=_ranges(after),
            package=package,
        )
    yield from _listed("ranges", f"{path}.versions", before.versions, after.versions, package)
    yield from _listed("ranges", f"{path}.arches", before.arches, after.arches, package)
    for name, field in (("claim", "ranges"), ("fix", "fix"), ("severity", "severity")):
        was_, now_ = getattr(before, name), getattr(after, name)
        if was_ != now_:
            yield FieldChange(
                field=field,  # type: ignore[arg-type]
                path=f"{path}.{name}",
                before=was_,
                after=now_,
                package=package,
            )


def _bounds(path: str, before: Interval, after: Interval, package: str) -> Iterator[FieldChange]:
    for bound in BOUNDS:
        was, now = getattr(before, bound) or "", getattr(after, bound) or ""
        if was != now:
            yield FieldChange(
                field="ranges", path=f"{path}.{bound}", before=was, after=now, package=package
            )


def _ranges(affected: Affected) -> str:
    found = [words(tuple(getattr(i, b) or "" for b in BOUNDS)) for i in affected.intervals]  # type: ignore[arg-type]
    return ", ".join(found[:SHOWN]) + (f" and {len(found) - SHOWN} more" if found[SHOWN:] else "")


def _words(affected: Affected) -> str:
    """Return what a record says of a package: its name, and which versions."""
    listed = f"{len(affected.versions)} listed versions" if affected.versions else ""
    said = ", ".join(filter(None, (_ranges(affected), listed)))
    claim = "" if affected.claim == "affected" else affected.claim.replace("_", " ")
    return " ".join(filter(None, (affected.name, claim, said)))


def _packages(record: Record) -> set[str]:
    return set(map(package_of, record.affected)) if isinstance(record, Advisory) else set()


def _shares(record: Record, others: Iterable[Record]) -> bool:
    return any(_packages(record) & _packages(other) for other in others)
