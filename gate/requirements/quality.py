"""What the SBOM has to be: shares of components that say who and what they are, and a signature."""

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase

from gate.model import Decision, Run
from gate.policy.model import Quality, Rules
from sbom.model import Component

HAS: dict[str, tuple[str, Callable[[Component], bool]]] = {
    "hash": ("a checksum", lambda each: bool(each.hashes)),
    "licence": ("a licence", lambda each: bool(each.licenses)),
    "purl": ("a package URL", lambda each: bool(each.purl)),
    "supplier": ("a maker", lambda each: bool(each.vendor)),
    "version": ("a version", lambda each: bool(each.version)),
}


def unmet(run: Run, rules: Rules, day: str) -> Iterator[Decision]:  # noqa: ARG001
    """Yield each share that is too small, and a signature that is not there."""
    asked = rules.sbom
    if asked is None:
        return
    components = run.sbom.components
    for name, least in asked.shares:
        word, has = HAS[name]
        share = sum(map(has, components)) / len(components) if components else 0.0
        if share < least:
            what = f"{share:.1%} of the SBOM's components have {word}"
            yield _decision(asked, f"{what}, the policy asks for {least:.1%}")
    if asked.signed:
        yield from _signature(asked, run.signed_by)


def _signature(asked: Quality, signed_by: tuple[str, ...]) -> Iterator[Decision]:
    if not signed_by:
        yield _decision(asked, "no signature of the SBOM was verified")
    elif asked.signers and not any(
        fnmatchcase(who, each) for who in signed_by for each in asked.signers
    ):
        yield _decision(asked, f"the SBOM is signed by {', '.join(signed_by)} only")


def _decision(asked: Quality, because: str) -> Decision:
    return Decision(answer=asked.answer, rule="sbom", because=because)
