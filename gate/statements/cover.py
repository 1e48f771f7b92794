"""The claims of all statements, indexed, and which of them cover a finding (docs: rule 19)."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from gate.model import Statement
from gate.statements.paths import Paths
from gate.statements.products import Root, Target, is_component, is_root, purl_of
from match.model import Finding
from sbom.purl import Parts

Key = tuple[str, str, str] | None
"""Type, namespace and name of the purl a claim is about; None where it could be any."""


class Claim(Struct, frozen=True, gc=False):
    """One statement's word on one target: `target` None is every component of the root.

    through: the module on the way to the target that the statement is about, if any.
    """

    statement: int
    target: Target | None
    through: Target | None


def index_claims(
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


def covering(
    finding: Finding, index: dict[str, dict[Key, list[Claim]]], serial: str, paths: Paths
) -> dict[int, bool]:
    """Return the statements that cover the finding, and whether each names the component."""
    covered: dict[int, bool] = {}
    key: Key = None
    through: dict[int, list[Target]] = {}
    for text in (finding.vulnerability.id, *finding.vulnerability.aliases):
        claims = index.get(text.upper())
        if claims is None:
            continue
        if key is None and (parts := purl_of(finding.component.purl)) is not None:
            key = _package(parts)
        for claim in (*claims.get(None, ()), *(claims.get(key, ()) if key else ())):
            if covered.get(claim.statement):
                continue
            if claim.target and is_component(claim.target, finding.component, serial)[0]:
                continue
            if claim.through is None:
                covered[claim.statement] = claim.target is not None
            else:
                through.setdefault(claim.statement, []).append(claim.through)
    for number, modules in through.items():
        if not covered.get(number) and paths.only_through(modules, finding.component):
            covered[number] = True
    return covered
