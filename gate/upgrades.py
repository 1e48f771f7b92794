"""The next step after a denial: the version of each package that clears what denies it."""

from collections.abc import Iterable
from functools import cmp_to_key

from msgspec import Struct

from gate.model import Run
from gate.rules.classes import DISTRIBUTION
from match.ecosystems import keys_of
from match.model import Finding
from match.versions import InvalidVersion, compare
from sbom.model import Component


class Upgrade(Struct, frozen=True, kw_only=True, gc=False):
    """One package, the version to go to, and the findings that clears.

    name: of the source package, where a distribution builds several from one.
    packages: names of the installed packages that are upgraded with it, sorted.
    version: empty where no fix is known for any of them.
    clears: how many findings that deny it clears; unfixed: how many no known version fixes.
    """

    name: str
    packages: tuple[str, ...]
    purl: str
    installed: str
    version: str
    clears: int
    unfixed: int


def upgrades(run: Run) -> tuple[Upgrade, ...]:
    """Return an upgrade for each package whose findings deny, the one that clears most first."""
    found = (_upgrade(findings) for findings in denied(run).values())
    return tuple(sorted(found, key=lambda each: (-each.clears, each.name, each.installed)))


def denied(run: Run) -> dict[str, list[Finding]]:
    """Return the findings that deny, by the package they are upgraded with."""
    groups: dict[str, list[Finding]] = {}
    for judged, decision in zip(
        run.judged, run.verdict.decisions if run.verdict else (), strict=False
    ):
        if decision.answer == "deny":
            groups.setdefault(package_of(judged.finding.component), []).append(judged.finding)
    return groups


def package_of(component: Component) -> str:
    """Return what is upgraded as one: what a distribution builds from one source, else itself."""
    if component.purl.startswith(DISTRIBUTION):
        source = component.source or component.name
        place = component.purl.partition("@")[0].rpartition("/")[0]
        return f"{place}/{source}\0{component.source_version or component.version}"
    return f"{component.purl}\0{component.ref}\0{component.name}\0{component.version}"


def target(findings: Iterable[Finding]) -> str:
    """Return the lowest version that has every fix there is, empty where there is none."""
    fixable = [each for each in findings if each.fixed]
    versions = (_nearest(each.component, each.fixed) for each in fixable)
    return _highest(fixable[0].component, versions) if fixable else ""


def _upgrade(findings: list[Finding]) -> Upgrade:
    component = min((each.component for each in findings), key=lambda each: each.purl)
    names = tuple(sorted({each.component.name for each in findings}))
    source = component.source if component.purl.startswith(DISTRIBUTION) else ""
    fixable = sum(bool(each.fixed) for each in findings)
    return Upgrade(
        name=source or component.name if len(names) > 1 else names[0],
        packages=names,
        purl=component.purl,
        installed=component.version,
        version=target(findings),
        clears=fixable,
        unfixed=len(findings) - fixable,
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
