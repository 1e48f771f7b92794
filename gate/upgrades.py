"""The next step after a denial: the version of each package that clears what denies it."""

from collections.abc import Iterable
from functools import cmp_to_key

from msgspec import Struct

from gate.model import Judged, Run
from match.ecosystems import keys_of
from match.model import Finding
from match.versions import InvalidVersion, compare
from sbom.model import Component


class Upgrade(Struct, frozen=True, kw_only=True, gc=False):
    """One package, the version to go to, and the findings that clears.

    version: empty where no fix is known for any of them.
    unfixed: findings of the package that no known version fixes.
    """

    name: str
    purl: str
    installed: str
    version: str
    clears: int
    unfixed: int


def upgrades(run: Run) -> tuple[Upgrade, ...]:
    """Return an upgrade for each package whose findings deny, the one that clears most first."""
    if run.verdict is None:
        return ()
    denied: dict[str, list[Finding]] = {}
    for judged, decision in zip(run.judged, run.verdict.decisions, strict=False):
        if decision.answer == "deny":
            denied.setdefault(_key(judged), []).append(judged.finding)
    found = (_upgrade(findings) for findings in denied.values())
    return tuple(sorted(found, key=lambda each: (-each.clears, each.name, each.installed)))


def _key(judged: Judged) -> str:
    component = judged.finding.component
    return f"{component.name}\0{component.version}\0{component.purl}"


def _upgrade(findings: list[Finding]) -> Upgrade:
    component = findings[0].component
    fixable = [each for each in findings if each.fixed]
    version = _highest(component, (_nearest(component, each.fixed) for each in fixable))
    return Upgrade(
        name=component.name,
        purl=component.purl,
        installed=component.version,
        version=version,
        clears=len(fixable),
        unfixed=len(findings) - len(fixable),
    )


def _nearest(component: Component, fixed: tuple[str, ...]) -> str:
    """Return the lowest fix above what is installed; fixes of older branches lie below it."""
    scheme = _scheme(component)
    installed = component.source_version or component.version
    for version in fixed:
        try:
            if scheme and compare(scheme, version, installed) > 0:
                return version
        except InvalidVersion:
            continue
    return fixed[-1]


def _highest(component: Component, versions: Iterable[str]) -> str:
    scheme = _scheme(component)

    def order(a: str, b: str) -> int:
        try:
            return compare(scheme, a, b) if scheme else (a > b) - (a < b)
        except InvalidVersion:
            return (a > b) - (a < b)

    return max(versions, key=cmp_to_key(order), default="")


def _scheme(component: Component) -> str:
    keys = keys_of(component, None)
    return keys[0].key.scheme if keys else ""
