"""The account of one statement: which findings it decides, or what kept it from any, nearest first.

Whoever wrote a statement that applies to nothing has to see which word of it to change.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from gate.model import Application, Statement
from gate.statements.lineage import Ancestor, holds, lost
from gate.statements.products import Root, Target, is_component, is_root
from gate.statements.term import last_day
from match.model import Finding

NEARNESS = ("vulnerability", "product", "subcomponent", "version", "qualifier", "path", "layer")
"""What can keep a statement from applying, the nearest miss last."""
LOOKED_AT = 200
"""Findings compared for one statement's nearest miss: enough to explain, bounded in time."""

Near = tuple[str, str]


class Asked(NamedTuple):
    """What statements are held against: findings by id, the image, its bases, its serial number."""

    by_id: Mapping[str, Sequence[Finding]]
    root: Root
    bases: tuple[Ancestor, ...]
    serial: str


class Decided(NamedTuple):
    """One finding that a statement is the one to decide, and the base it is inherited from."""

    finding: Finding
    base: str


def application(
    statement: Statement,
    targets: tuple[Target, ...],
    decided: Sequence[Decided],
    covered: int,
    asked: Asked,
    *,
    ended: bool,
) -> Application:
    """Return what became of the statement.

    decided: the findings for which it is the one that counts; where it has ended, it did.
    covered: how many it fits in all.
    """
    superseded = 0 if statement.doubt else covered - len(decided)
    miss, because = "", _applied(decided, superseded)
    if ended or not decided:
        miss, because = _missed(statement, targets, len(decided), covered, asked)
    applied = () if ended else decided
    return Application(
        statement=statement.document,
        author=statement.author,
        status=statement.status,
        vulnerabilities=statement.vulnerabilities,
        timestamp=statement.timestamp,
        applied=tuple(
            sorted((f.vulnerability.id, f.component.purl) for f in (d.finding for d in applied))
        ),
        superseded=superseded,
        miss=miss,  # type: ignore[arg-type]  # one of NEARNESS, or of the words of _missed
        because=because,
        inherited=min((each.base for each in applied if each.base), default=""),
        signed_by=statement.signed_by,
        until=last_day(statement.notes),
    )


def _missed(
    statement: Statement, targets: tuple[Target, ...], decided: int, covered: int, asked: Asked
) -> Near:
    """Say why a statement decides nothing. decided: findings that it would, had it not ended."""
    if decided:
        until = last_day(statement.notes)
        return "expired", f"it was valid until {until}; what it covers ({decided}) is open again"
    if covered and statement.doubt:
        return "untrusted", f"{statement.doubt}; it covers {_findings(covered)}"
    if covered:
        return "superseded", f"other statements decide {_findings(covered)} that it covers"
    miss, because = _nearest(statement, targets, asked)
    return miss, f"{because}; besides, {statement.doubt}" if statement.doubt else because


def _findings(number: int) -> str:
    return f"all {number} findings" if number > 1 else "the one finding"


def _applied(decided: Sequence[Decided], superseded: int) -> str:
    if not decided:
        return ""
    first, base = decided[0]
    rest = f" and {len(decided) - 1} more" if len(decided) > 1 else ""
    of = f", inherited from {base}" if base else ""
    later = f"; other statements decide {superseded} others" if superseded else ""
    return f"decides {first.vulnerability.id} in {first.component.name}{rest}{of}{later}"


def _nearest(statement: Statement, targets: tuple[Target, ...], asked: Asked) -> Near:
    ids = [text.upper() for text in statement.vulnerabilities]
    findings = [finding for text in ids for finding in asked.by_id.get(text, ())]
    if not findings:
        return "vulnerability", f"no finding is {' or '.join(statement.vulnerabilities)}"
    if not targets:
        return "product", "it names no product"
    found = (
        near for target in targets for near in _misses(target, _alike(target, findings), asked)
    )
    return max(found, key=lambda near: NEARNESS.index(near[0]))


def _misses(target: Target, findings: Sequence[Finding], asked: Asked) -> Iterable[Near]:
    """Yield what is wrong with each way in which the target could have covered a finding."""
    outer = is_root(target, asked.root)
    yield outer if outer[0] else ("product", "it names no component of the product")
    for base in asked.bases:
        if not is_root(target, base.root)[0]:
            yield from _not_inherited(target, base, findings, asked.serial)
    for finding in findings:
        component = finding.component
        itself = is_component(target, component, asked.serial)
        if itself[0]:
            yield itself
        for part in target.parts:
            inner = is_component(part, component, asked.serial)
            if inner[0] == "product":
                yield ("subcomponent" if not outer[0] else "product"), inner[1]
            elif inner[0]:
                yield inner
            else:
                yield _outside(target, outer, finding)


def _not_inherited(
    target: Target, base: Ancestor, findings: Sequence[Finding], serial: str
) -> Iterable[Near]:
    """Yield what keeps a statement about a base image from the findings of what is built on it."""
    for finding in findings:
        component = finding.component
        gaps = [is_component(part, component, serial) for part in target.parts]
        if all(gap[0] for gap in gaps) and gaps:
            yield from (("subcomponent" if gap[0] == "product" else gap[0], gap[1]) for gap in gaps)
        elif not holds(component, base):
            yield "layer", lost(component, base)


def _outside(target: Target, outer: Near, finding: Finding) -> Near:
    """Say why a subcomponent that is the component was not enough."""
    name = finding.component.name
    if outer[0] in {"version", "qualifier"}:
        return outer
    return "path", f"{name} is not reached through {target.shown} alone; and {outer[1]}"


def _alike(target: Target, findings: Sequence[Finding]) -> Sequence[Finding]:
    """Return the findings to compare: those with a name the target uses, else the first few."""
    names = {p.name for each in (target, *target.parts) for p in each.purls}
    alike = [f for f in findings if f.component.name.lower() in names]
    return (alike or findings)[:LOOKED_AT]
