"""The claims of all statements, indexed, and which of them cover a finding (docs: rule 19)."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from gate.model import Statement
from gate.statements.lineage import Ancestor, holds
from gate.statements.paths import Paths
from gate.statements.products import Root, Target, is_component, is_root, purl_of
from match.model import Finding
from sbom.model import Component
from sbom.purl import Parts

Key = tuple[str, str, str] | None
"""Type, namespace and name of the purl a claim is about; None where it could be any."""


class Claim(Struct, frozen=True, gc=False):
    """One statement's word on one target: `target` None is every component of the root.

    through: the module on the way to the target that the statement is about, if any.
    base: the base image that the statement is about, where it is not about the image itself.
    """

    statement: int
    target: Target | None
    through: Target | None
    base: Ancestor | None = None


class Covered(Struct, frozen=True, order=True, gc=False):
    """How near a statement is to a finding that it covers; the greater is the nearer.

    own: it is about this image, and not about one that it is built on.
    names: it names the component. base: the name of that other image.
    """

    own: bool
    names: bool
    base: str = ""


NEAREST = Covered(own=True, names=True)


def index_claims(
    statements: Sequence[Statement],
    targets: Sequence[tuple[Target, ...]],
    root: Root,
    bases: Sequence[Ancestor] = (),
) -> dict[str, dict[Key, list[Claim]]]:
    """Put every claim under each id of its vulnerability, and under its target's package."""
    index: dict[str, dict[Key, list[Claim]]] = {}
    for number, statement in enumerate(statements):
        claims = [
            claim for target in targets[number] for claim in _claims(number, target, root, bases)
        ]
        for vulnerability in {text.upper() for text in statement.vulnerabilities}:
            claims_here = index.setdefault(vulnerability, {})
            for claim in claims:
                claims_here.setdefault(_key(claim.target), []).append(claim)
    return index


def _claims(number: int, target: Target, root: Root, bases: Sequence[Ancestor]) -> Iterable[Claim]:
    if not is_root(target, root)[0]:
        for each in target.parts or (None,):
            yield Claim(number, each, None)
        return
    for base in bases:
        if not is_root(target, base.root)[0]:
            for each in target.parts or (None,):
                yield Claim(number, each, None, base)
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
) -> dict[int, Covered]:
    """Return the statements that cover the finding, and how near each is to it."""
    covered: dict[int, Covered] = {}
    key: Key = None
    through: dict[int, list[Target]] = {}
    for text in (finding.vulnerability.id, *finding.vulnerability.aliases):
        claims = index.get(text.upper())
        if claims is None:
            continue
        if key is None and (parts := purl_of(finding.component.purl)) is not None:
            key = _package(parts)
        for claim in (*claims.get(None, ()), *(claims.get(key, ()) if key else ())):
            before = covered.get(claim.statement)
            if before == NEAREST:
                continue
            if not _fits(claim, finding.component, serial):
                continue
            if claim.through is None:
                found = _near(claim)
                covered[claim.statement] = max(before, found) if before else found
            else:
                through.setdefault(claim.statement, []).append(claim.through)
    for number, modules in through.items():
        if covered.get(number) != NEAREST and paths.only_through(modules, finding.component):
            covered[number] = NEAREST
    return covered


def _fits(claim: Claim, component: Component, serial: str) -> bool:
    if claim.target and is_component(claim.target, component, serial)[0]:
        return False
    return claim.base is None or holds(component, claim.base)


def _near(claim: Claim) -> Covered:
    if claim.base:
        return Covered(own=False, names=claim.target is not None, base=claim.base.name)
    return NEAREST if claim.target else Covered(own=True, names=False)
