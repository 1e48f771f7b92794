"""The account of one statement: which findings it decides, or what kept it from any, nearest first.

Whoever wrote a statement that applies to nothing has to see which word of it to change.
"""

from collections.abc import Iterable, Mapping, Sequence

from gate.model import Application, Statement
from gate.statements.products import Root, Target, is_component, is_root
from match.model import Finding

NEARNESS = ("vulnerability", "product", "subcomponent", "version", "qualifier", "path")
"""What can keep a statement from applying, the nearest miss last."""
LOOKED_AT = 200
"""Findings compared for one statement's nearest miss: enough to explain, bounded in time."""

Near = tuple[str, str]


def application(
    statement: Statement,
    targets: tuple[Target, ...],
    decided: Sequence[Finding],
    covered: int,
    by_id: Mapping[str, Sequence[Finding]],
    root: Root,
    serial: str,
) -> Application:
    """Return what became of the statement."""
    miss, because = "", _applied(decided, covered - len(decided))
    if not decided:
        miss, because = (
            ("superseded", f"later statements decide all {covered} findings it covers")
            if covered
            else _nearest(statement, targets, by_id, root, serial)
        )
    return Application(
        statement=statement.document,
        author=statement.author,
        status=statement.status,
        vulnerabilities=statement.vulnerabilities,
        timestamp=statement.timestamp,
        applied=tuple(sorted((f.vulnerability.id, f.component.purl) for f in decided)),
        superseded=covered - len(decided),
        miss=miss,  # type: ignore[arg-type]  # one of NEARNESS, or superseded
        because=because,
    )


def _applied(decided: Sequence[Finding], superseded: int) -> str:
    if not decided:
        return ""
    first = decided[0]
    rest = f" and {len(decided) - 1} more" if len(decided) > 1 else ""
    later = f"; later statements decide {superseded} others" if superseded else ""
    return f"decides {first.vulnerability.id} in {first.component.name}{rest}{later}"


def _nearest(
    statement: Statement,
    targets: tuple[Target, ...],
    by_id: Mapping[str, Sequence[Finding]],
    root: Root,
    serial: str,
) -> Near:
    ids = [text.upper() for text in statement.vulnerabilities]
    findings = [finding for text in ids for finding in by_id.get(text, ())]
    if not findings:
        return "vulnerability", f"no finding is {' or '.join(statement.vulnerabilities)}"
    if not targets:
        return "product", "it names no product"
    found = (
        near
        for target in targets
        for near in _misses(target, _alike(target, findings), root, serial)
    )
    return max(found, key=lambda near: NEARNESS.index(near[0]))


def _misses(target: Target, findings: Sequence[Finding], root: Root, serial: str) -> Iterable[Near]:
    """Yield what is wrong with each way in which the target could have covered a finding."""
    outer = is_root(target, root)
    yield outer if outer[0] else ("product", "it names no component of the product")
    for finding in findings:
        component = finding.component
        itself = is_component(target, component, serial)
        if itself[0]:
            yield itself
        for part in target.parts:
            inner = is_component(part, component, serial)
            if inner[0] == "product":
                yield ("subcomponent" if not outer[0] else "product"), inner[1]
            elif inner[0]:
                yield inner
            else:
                yield _outside(target, outer, finding)


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
