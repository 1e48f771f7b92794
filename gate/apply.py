"""Which statement counts for which finding (docs: rules 17 to 19, decision 0006).

A statement covers a finding when it names the vulnerability by any id of the group, and its product
is the root with its subcomponents (if any) containing the component, or is the component itself, or
is a component with such a subcomponent that every path from the root to it goes through. Of all
that cover a finding the latest decides; of equally late ones the one that names the component, and
of these the most cautious.
"""

from collections.abc import Iterable, Mapping, Sequence

from gate.instants import sort_key
from gate.model import Application, Judged, Statement, Status
from match.model import Finding
from sbom.model import Sbom

CAUTION = {
    Status.NOT_AFFECTED: 0,
    Status.FIXED: 1,
    Status.UNDER_INVESTIGATION: 2,
    Status.AFFECTED: 3,
}
"""Of statements made at the same time, the higher one decides: an order that fails closed."""


Order = tuple[str, int, str, str, str]
"""Time, caution, and then whatever makes the order total."""


def apply(
    findings: Sequence[Finding],
    statements: Sequence[Statement],
    sbom: Sbom,
    *,
    product: str | None = None,
) -> tuple[tuple[Judged, ...], tuple[Application, ...]]:
    """Give every finding its statement, and every statement its account, in the order given.

    Args:
        findings: of this SBOM.
        statements: trusted ones, of any number of documents in any order.
        sbom: for its root, its components and its dependency graph.
        product: stands for the SBOM's root (`--product`): purl, CPE, digest, name or id.
    """
    if not statements:
        return tuple(Judged(finding=finding) for finding in findings), ()
    # Most runs have no statements; they need not wait for these.
    from gate.statements.cover import covering, index_claims
    from gate.statements.miss import application
    from gate.statements.paths import Paths
    from gate.statements.products import compile_product, root_of

    root = root_of(sbom, product)
    targets = [tuple(map(compile_product, each.products)) for each in statements]
    index = index_claims(statements, targets, root)
    order = [_order(each) for each in statements]
    paths = Paths(sbom)
    judged = []
    decides: dict[int, list[Finding]] = {}
    covers: dict[int, int] = {}
    for finding in findings:
        found = covering(finding, index, sbom.serial, paths)
        if not found:
            judged.append(Judged(finding=finding))
            continue
        first = _first(found, order)
        judged.append(_judge(finding, statements[first]))
        decides.setdefault(first, []).append(finding)
        for each in found:
            covers[each] = covers.get(each, 0) + 1
    by_id = _by_id(findings)
    accounts = (
        application(
            statement, targets[i], decides.get(i, ()), covers.get(i, 0), by_id, root, sbom.serial
        )
        for i, statement in enumerate(statements)
    )
    return tuple(judged), tuple(accounts)


def _first(found: Mapping[int, bool], order: Sequence[Order]) -> int:
    """Return the statement that decides; `found` says of each whether it names the component."""
    return max((order[i][0], names, order[i][1:], i) for i, names in found.items())[-1]


def _order(statement: Statement) -> Order:
    """Return what decides between statements: a total order, whatever order they came in."""
    return (
        sort_key(statement.timestamp),
        CAUTION[statement.status],
        statement.document,
        statement.justification or "",
        f"{statement.author}\0{statement.impact}\0{statement.action}\0{statement.notes}",
    )


def _judge(finding: Finding, statement: Statement) -> Judged:
    reason = statement.justification or statement.impact or statement.action or statement.notes
    author = statement.author or "its author"
    when = f" on {statement.timestamp[:10]}" if statement.timestamp else ""
    return Judged(
        finding=finding,
        status=statement.status,
        justification=statement.justification,
        statement=statement.document,
        because=f"{author}{when}: {statement.status}{f', {reason}' if reason else ''}",
    )


def _by_id(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    by_id: dict[str, list[Finding]] = {}
    for finding in findings:
        for text in {finding.vulnerability.id, *finding.vulnerability.aliases}:
            by_id.setdefault(text.upper(), []).append(finding)
    return by_id
