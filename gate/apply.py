"""Which statement counts for which finding (docs: rules 17 to 20, decisions 0006 and 0014).

A statement covers a finding when it names the vulnerability by any id of the group, and its product
is the root with its subcomponents (if any) containing the component, or is the component itself, or
is a component with such a subcomponent that every path from the root to it goes through; or is an
image that this one is built on, while the component is as that has it. Of all that cover a finding
the latest decides; of equally late ones the one that is nearest to it, and of these the most
cautious. What was discovered can tighten what the caller states, and never loosen it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from gate.instants import sort_key
from gate.model import Application, Judged, Statement, Status
from match.model import Finding
from sbom.model import Sbom

if TYPE_CHECKING:
    from gate.statements.cover import Covered
    from gate.statements.lineage import Ancestor

CAUTION = {
    Status.NOT_AFFECTED: 0,
    Status.FIXED: 1,
    Status.UNDER_INVESTIGATION: 2,
    Status.AFFECTED: 3,
}
"""Of statements made at the same time, the higher one decides: an order that fails closed."""
LOOSENS = frozenset({Status.NOT_AFFECTED, Status.FIXED})


Order = tuple[str, int, str, str, str]
"""Time, caution, and then whatever makes the order total."""


def apply(
    findings: Sequence[Finding],
    statements: Sequence[Statement],
    sbom: Sbom,
    *,
    product: str | None = None,
    bases: Sequence["Ancestor"] = (),
    now: str = "",
) -> tuple[tuple[Judged, ...], tuple[Application, ...]]:
    """Give every finding its statement, and every statement its account, in the order given.

    Args:
        findings: of this SBOM.
        statements: of any number of documents in any order; those in doubt decide nothing.
        sbom: for its root, its components and its dependency graph.
        product: stands for the SBOM's root (`--product`): purl, CPE, digest, name or id.
        bases: the images that this one is built on.
        now: RFC 3339 in UTC, by which statements end; without it none does.
    """
    if not statements:
        return tuple(Judged(finding=finding) for finding in findings), ()
    # Most runs have no statements; they need not wait for these.
    from gate.statements.cover import covering, index_claims
    from gate.statements.miss import Asked, Decided, application
    from gate.statements.paths import Paths
    from gate.statements.products import compile_product, root_of
    from gate.statements.term import over

    root = root_of(sbom, product)
    targets = [tuple(map(compile_product, each.products)) for each in statements]
    index = index_claims(statements, targets, root, bases)
    order = [_order(each) for each in statements]
    ended = [over(each, now) for each in statements]
    paths = Paths(sbom)
    judged = []
    decides: dict[int, list[Decided]] = {}
    covers: dict[int, int] = {}
    for finding in findings:
        found = covering(finding, index, sbom.serial, paths)
        for each in found:
            covers[each] = covers.get(each, 0) + 1
        first = _deciding(found, order, statements)
        if first is not None:
            decides.setdefault(first, []).append(Decided(finding, found[first].base))
        # A statement that has ended still takes its place: no earlier one speaks again for it.
        if first is None or ended[first]:
            judged.append(Judged(finding=finding))
        else:
            judged.append(_judge(finding, statements[first], found[first].base))
    asked = Asked(_by_id(findings), root, tuple(bases), sbom.serial)
    accounts = (
        application(each, targets[i], decides.get(i, ()), covers.get(i, 0), asked, ended=ended[i])
        for i, each in enumerate(statements)
    )
    return tuple(judged), tuple(accounts)


def _deciding(
    found: Mapping[int, "Covered"], order: Sequence[Order], statements: Sequence[Statement]
) -> int | None:
    """Return the statement that decides, of those that are in no doubt; None where there is none.

    A discovered one decides where it is the later, unless it would loosen what the caller holds.
    """
    trusted = [i for i in found if not statements[i].doubt]
    given = _latest([i for i in trusted if not statements[i].discovered], found, order)
    discovered = _latest([i for i in trusted if statements[i].discovered], found, order)
    if given is None or discovered is None:
        return discovered if given is None else given
    loosens = statements[discovered].status in LOOSENS
    if loosens and statements[given].status not in LOOSENS:
        return given
    return _latest([given, discovered], found, order)


def _latest(
    those: Sequence[int], found: Mapping[int, "Covered"], order: Sequence[Order]
) -> int | None:
    """Return the latest of them; `found` says of each how near it is."""
    return max(those, key=lambda i: (order[i][0], found[i], order[i][1:], i), default=None)


def _order(statement: Statement) -> Order:
    """Return what decides between statements: a total order, whatever order they came in."""
    return (
        sort_key(statement.timestamp),
        CAUTION[statement.status],
        statement.document,
        statement.justification or "",
        f"{statement.author}\0{statement.impact}\0{statement.action}\0{statement.notes}",
    )


def _judge(finding: Finding, statement: Statement, base: str) -> Judged:
    reason = statement.justification or statement.impact or statement.action or statement.notes
    author = statement.author or "its author"
    when = f" on {statement.timestamp[:10]}" if statement.timestamp else ""
    of = f", inherited from {base}" if base else ""
    return Judged(
        finding=finding,
        status=statement.status,
        justification=statement.justification,
        statement=statement.document,
        because=f"{author}{when}: {statement.status}{f', {reason}' if reason else ''}{of}",
    )


def _by_id(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    by_id: dict[str, list[Finding]] = {}
    for finding in findings:
        for text in {finding.vulnerability.id, *finding.vulnerability.aliases}:
            by_id.setdefault(text.upper(), []).append(finding)
    return by_id
