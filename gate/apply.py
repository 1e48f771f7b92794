"""Which statement counts for which finding (docs: rules 17 to 19, decision 0006).

A statement covers a finding when it names the vulnerability by any id of the group, and its product
is the root with its subcomponents (if any) containing the component, or is the component itself, or
is a component with such a subcomponent that every path from the root to it goes through. Of all
that cover a finding the latest decides; of equally late ones the one that names the component, and
of these the most cautious.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from gate.instants import sort_key
from gate.miss import application
from gate.model import Application, Judged, Statement, Status
from gate.paths import Paths
from gate.products import (
    Root,
    Target,
    compile_product,
    is_component,
    is_root,
    purl_of,
    root_of,
)
from match.model import Finding
from sbom.model import Sbom
from sbom.purl import Parts

CAUTION = {
    Status.NOT_AFFECTED: 0,
    Status.FIXED: 1,
    Status.UNDER_INVESTIGATION: 2,
    Status.AFFECTED: 3,
}
"""Of statements made at the same time, the higher one decides: an order that fails closed."""

Key = tuple[str, str, str] | None
"""Type, namespace and name of the purl a claim is about; None where it could be any."""


class Claim(Struct, frozen=True, gc=False):
    """One statement's word on one target: `target` None is every component of the root.

    through: the module on the way to the target that the statement is about, if any.
    """

    statement: int
    target: Target | None
    through: Target | None


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
    root = root_of(sbom, product)
    targets = [tuple(map(compile_product, each.products)) for each in statements]
    index = _index(statements, targets, root)
    order = [_order(each) for each in statements]
    paths = Paths(sbom)
    judged = []
    decides: dict[int, list[Finding]] = {}
    covers: dict[int, int] = {}
    for finding in findings:
        covering = _covering(finding, index, sbom.serial, paths)
        if not covering:
            judged.append(Judged(finding=finding))
            continue
        first = max(covering, key=lambda i: (order[i][0], covering[i], order[i][1:]))
        judged.append(_judge(finding, statements[first]))
        decides.setdefault(first, []).append(finding)
        for each in covering:
            covers[each] = covers.get(each, 0) + 1
    by_id = _by_id(findings)
    accounts = (
        application(
            statement, targets[i], decides.get(i, ()), covers.get(i, 0), by_id, root, sbom.serial
        )
        for i, statement in enumerate(statements)
    )
    return tuple(judged), tuple(accounts)


def _index(
    statements: Sequence[Statement], targets: Sequence[tuple[Target, ...]], root: Root
) -> dict[str, dict[Key, list[Claim]]]:
    """Put every claim under each id of its vulnerability, and under its target's package."""
    index: dict[str, dict[Key, list[Claim]]] = {}
    for number, statement in enumerate(statements):
        claims = [claim for target in targets[number] for claim in _claims(number, target, root)]
        for vulnerability in {text.upper() for text in statement.vulnerabilities}:
            claims_here = index.setdefault(vulnerability, {})
            for claim in claims:
                claims_here.setdefault(_key(claim.target), []).append(claim)
    return index


def _claims(number: int, target: Target, root: Root) -> Iterable[Claim]:
    if not is_root(target, root)[0]:
        for part in target.parts:
            yield Claim(number, part, None)
        if not target.parts:
            yield Claim(number, None, None)
        return
    yield Claim(number, target, None)
    for part in target.parts:
        yield Claim(number, part, target)


def _key(target: Target | None) -> Key:
    if target is None or not target.purls or target.serial:
        return None
    return _package(target.purls[0])


def _package(parts: Parts) -> Key:
    return parts.type, parts.namespace, parts.name


def _covering(
    finding: Finding, index: dict[str, dict[Key, list[Claim]]], serial: str, paths: Paths
) -> dict[int, bool]:
    """Return the statements that cover the finding, and whether each names the component."""
    covering: dict[int, bool] = {}
    key: Key = None
    through: dict[int, list[Target]] = {}
    for text in (finding.vulnerability.id, *finding.vulnerability.aliases):
        claims = index.get(text.upper())
        if claims is None:
            continue
        if key is None and (parts := purl_of(finding.component.purl)) is not None:
            key = _package(parts)
        for claim in (*claims.get(None, ()), *(claims.get(key, ()) if key else ())):
            if covering.get(claim.statement):
                continue
            if claim.target and is_component(claim.target, finding.component, serial)[0]:
                continue
            if claim.through is None:
                covering[claim.statement] = claim.target is not None
            else:
                through.setdefault(claim.statement, []).append(claim.through)
    for number, modules in through.items():
        if not covering.get(number) and paths.only_through(modules, finding.component):
            covering[number] = True
    return covering


def _order(statement: Statement) -> tuple[str, int, str, str, str]:
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
