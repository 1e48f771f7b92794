"""How the findings of one SBOM changed between two states of the set, and which record did it.

Pure functions over two resolutions and the records that differ, for `match --against` and for
matching a stock again.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from match.changes.fields import FieldChange, RecordChange, package_of
from match.model import Advisory, Exploited, Finding, Resolution, Severity

Kind = Literal["new", "changed", "gone"]
KINDS: tuple[Kind, ...] = ("new", "changed", "gone")

RECORD = "record"
"""The path of a cause that is a whole record, added or gone."""
APPEARS = frozenset({"ranges", "withdrawn", "aliases"})
"""The fields of a record that can make a finding, or end one."""
CAUSES: dict[str, frozenset[str]] = {
    "id": frozenset({"aliases", "withdrawn"}),
    "aliases": frozenset({"aliases", "withdrawn"}),
    "outcome": APPEARS,
    "fixed": frozenset({"ranges", "withdrawn"}),
    "fix": frozenset({"ranges", "fix", "withdrawn"}),
    "severity": frozenset({"severity", "withdrawn", "aliases"}),
    "exploited": frozenset({"exploited", "aliases"}),
    "unknowns": APPEARS,
    "advisory": APPEARS | {"fix"},
}
"""By a finding's field: the fields of records it follows from."""
ById = Mapping[str, Mapping[int, RecordChange]]
"""Changes of records by each id that a record has or names, with their places among all."""


FIELDS: dict[str, Callable[[Finding], str]] = {
    "id": lambda f: f.vulnerability.id,
    "aliases": lambda f: ", ".join(f.vulnerability.aliases),
    "outcome": lambda f: f.outcome,
    "fixed": lambda f: ", ".join(f.fixed),
    "fix": lambda f: f.fix,
    "severity": lambda f: _rated(f.severity),
    "exploited": lambda f: f.vulnerability.kev.added if f.vulnerability.kev else "",
    "unknowns": lambda f: ", ".join(f.unknowns),
    "advisory": lambda f: f"{f.advisory} ({f.feed})",
}
"""What of a finding is compared."""


class Changed(Struct, frozen=True, kw_only=True):
    """One field of a finding that changed."""

    field: str
    before: str
    after: str


class Cause(Struct, frozen=True, kw_only=True):
    """The record and its field that made a transition; `path` is `record` for a whole one."""

    feed: str
    advisory: str
    path: str
    before: str = ""
    after: str = ""


class Transition(Struct, frozen=True, kw_only=True):
    """A finding that is new, changed or gone, and what of it changed."""

    kind: Kind
    before: Finding | None = None
    after: Finding | None = None
    fields: tuple[Changed, ...] = ()

    @property
    def finding(self) -> Finding:
        """The later finding, or the one that is gone."""
        found = self.after or self.before
        assert found is not None  # noqa: S101 (one of them is always there)
        return found


def transitions(before: Resolution, after: Resolution) -> tuple[Transition, ...]:
    """Return what changed from one resolution of an SBOM to another of the same.

    A vulnerability that has another id by now (its CVE came) is the same one as long as any of its
    ids is. What changes by the day alone (EPSS, days of silence) is no transition.
    """
    old: dict[str, dict[str, Finding]] = {}
    for finding in before.findings:
        old.setdefault(_place(finding), {})[finding.vulnerability.id] = finding
    found: list[Transition] = []
    renamed: list[Finding] = []
    for finding in after.findings:
        was = old.get(_place(finding), {}).pop(finding.vulnerability.id, None)
        if was is None:
            renamed.append(finding)
        else:
            found += _changed(was, finding)
    for finding in renamed:
        there = old.get(_place(finding), {})
        was = next((other for other in there.values() if _ids(other) & _ids(finding)), None)
        if was is None:
            found.append(Transition(kind="new", after=finding))
        else:
            found += _changed(there.pop(was.vulnerability.id), finding)
    found += (Transition(kind="gone", before=f) for left in old.values() for f in left.values())
    return tuple(sorted(found, key=_order))


def by_id(changes: Iterable[RecordChange]) -> ById:
    """Return changes of records, with their versions, as `causes` asks for them."""
    found: defaultdict[str, dict[int, RecordChange]] = defaultdict(dict)
    for place, change in enumerate(changes):
        for id_ in _names(change):
            found[id_][place] = change
    return found


def ids_of(transition: Transition) -> frozenset[str]:
    """Return every id the finding had before or after; records that name none cannot be a cause."""
    both = [f for f in (transition.before, transition.after) if f]
    return frozenset(
        id_ for f in both for id_ in (f.vulnerability.id, *f.vulnerability.aliases, f.advisory)
    )


def causes(transition: Transition, changes: ById, packages: Collection[str]) -> tuple[Cause, ...]:
    """Return the records and fields that made a transition.

    Those about the finding's own package come first in question; where there is none, those about
    others (a distribution's word on the package that owns it, a record that joined two ids).

    Args:
        transition: what happened.
        changes: records that differ between the two states (`by_id`).
        packages: `scheme:name` of all that the component is looked up under.
    """
    wants = APPEARS
    if transition.kind == "changed":
        wants = frozenset().union(*(CAUSES[change.field] for change in transition.fields))
    bearing = _bearing(transition, changes)
    found = [c for change in bearing for c in _by(change, wants, packages)]
    found = found or [c for change in bearing for c in _by(change, wants, None)]
    return tuple(dict.fromkeys(found))


def _place(finding: Finding) -> str:
    return finding.component.purl or finding.component.ref


def _ids(finding: Finding) -> set[str]:
    return {finding.vulnerability.id, *finding.vulnerability.aliases}


def _changed(before: Finding, after: Finding) -> Iterator[Transition]:
    fields = tuple(_fields(before, after))
    if fields:
        yield Transition(kind="changed", before=before, after=after, fields=fields)


def _fields(before: Finding, after: Finding) -> Iterator[Changed]:
    for field, of in FIELDS.items():
        was, now = of(before), of(after)
        if was != now:
            yield Changed(field=field, before=was, after=now)


def _rated(severity: Severity | None) -> str:
    if severity is None:
        return ""
    rated = severity.label if severity.score is None else f"{severity.score:.1f}"
    return f"{rated} ({severity.source})"


def _order(transition: Transition) -> tuple[int, float, str, str]:
    finding = transition.finding
    score = finding.severity.score if finding.severity else None
    place = finding.vulnerability.id, _place(finding)
    return KINDS.index(transition.kind), -(-1.0 if score is None else score), *place


def _names(change: RecordChange) -> frozenset[str]:
    """Return the ids a record has or names, in either version."""
    found = {change.id}
    for record in (change.before, change.after):
        if isinstance(record, Advisory):
            # What was withdrawn joins nothing any more.
            found |= {*record.names, *(() if record.withdrawn else record.aliases)}
    return frozenset(found)


def _bearing(transition: Transition, changes: ById) -> Sequence[RecordChange]:
    """Return the changes of records that name the finding, in their order."""
    found: dict[int, RecordChange] = {}
    for id_ in ids_of(transition):
        found |= changes.get(id_, {})
    return [found[place] for place in sorted(found)]


def _by(
    change: RecordChange, wants: frozenset[str], packages: Collection[str] | None
) -> Iterator[Cause]:
    """Yield how one record bears on it; `packages` None: whatever package it is about."""
    if change.kind == "changed":
        for field in change.fields:
            if field.field in wants and _about(field, packages):
                yield _cause(change, field.path, field.before, field.after)
        return
    record = change.after or change.before
    says: set[str] = {"exploited"} if isinstance(record, Exploited) else set()
    if isinstance(record, Advisory):
        about = any(packages is None or package_of(a) in packages for a in record.affected)
        says |= {"ranges", "fix"} if about else set()
        says |= {"severity"} if record.severities else set()
        # Of a record about other packages, only what it joins can bear on this one.
        joins = record.aliases and (packages is None or about or not record.affected)
        says |= {"aliases"} if joins else set()
    if wants & says:
        yield _cause(change, RECORD, *(("", "added") if change.kind == "added" else ("gone", "")))


def _about(field: FieldChange, packages: Collection[str] | None) -> bool:
    return packages is None or not field.package or field.package in packages


def _cause(change: RecordChange, path: str, before: str, after: str) -> Cause:
    return Cause(feed=change.feed, advisory=change.id, path=path, before=before, after=after)
