"""The smallest set of upgrades that clears the gate, found by matching again what they lead to.

A version that fixes one vulnerability may have another: so the upgraded packages are held against
the advisory set again, and a package goes further up until the gate passes or nothing is left to go
to. Only packages with findings that deny are touched, each to the lowest version that clears it.
"""

from collections.abc import Callable, Iterator
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from gate.model import Run
from gate.upgrades import Upgrade, denied, package_of, target
from sbom.model import Component, Purl, Sbom
from sbom.purl import InvalidPurl, parse, write
from sbom.text import plain, plural

SCHEMA: Literal["lading-fix/1"] = "lading-fix/1"
ROUNDS = 8
"""How often a package is taken further up; real ones need two or three."""
ENCODER = msgspec.json.Encoder(order="sorted")


class Plan(Struct, frozen=True, kw_only=True, gc=False):
    """The upgrades, and what the gate says after them.

    outcome: of the same policy over the upgraded packages.
    steps: those that clear most first.
    unfixed: (vulnerability, package) of findings that deny and that no known version fixes.
    reasons: why it still denies.
    """

    schema: Literal["lading-fix/1"]
    subject: str
    stage: str
    policy: str
    outcome: Literal["pass", "deny"]
    steps: tuple[Upgrade, ...]
    unfixed: tuple[tuple[str, str], ...]
    reasons: tuple[str, ...]


def plan(run: Run, again: Callable[[Sbom], Run]) -> Plan:
    """Return the upgrades for a run with a verdict; `again` matches and judges another SBOM."""
    now, targets = run, dict[int, str]()
    for _ in range(ROUNDS):
        raised = dict(_raise(now))
        if not raised:
            break
        targets |= raised
        now = again(_upgraded(run.sbom, targets))
    verdict = now.verdict
    left = [each for findings in denied(now).values() for each in findings]
    return Plan(
        schema=SCHEMA,
        subject=run.sbom.subject.name,
        stage=verdict.stage if verdict else "",
        policy=verdict.policy if verdict else "",
        outcome=verdict.outcome if verdict else "deny",
        steps=tuple(_steps(run, now, targets)),
        unfixed=tuple(sorted({(e.vulnerability.id, _named(e.component)) for e in left})),
        reasons=verdict.reasons if verdict else (),
    )


def render_text(plan: Plan) -> str:
    """Return the plan for people, a line for each step."""
    head = f"{plan.subject or 'image'}: "
    count = len(plan.steps)
    if plan.outcome == "deny":
        head += f"the gate denies, also after {plural(count, 'upgrade')}"
    else:
        verb = "clears" if count == 1 else "clear"
        head += f"{plural(count, 'upgrade')} {verb} the gate" if count else "passes as it is"
    lines = [f"{head} (stage {plan.stage}, policy {plan.policy})"]
    for step in plan.steps:
        several = f" ({', '.join(step.packages)})" if len(step.packages) > 1 else ""
        left = f", leaves {step.unfixed} without a fix" if step.unfixed else ""
        lines.append(
            f"  upgrade {step.name} {step.installed} to {step.version}{several}"
            f"  clears {plural(step.clears, 'finding')}{left}"
        )
    lines += [f"  no fix: {id_} in {package}" for id_, package in plan.unfixed]
    lines += [f"  {reason}" for reason in plan.reasons]
    return "".join(f"{plain(line)}\n" for line in lines)


def render_json(plan: Plan) -> bytes:
    """Return the plan as `lading-fix/1`, keys sorted, with a final newline."""
    return ENCODER.encode(plan) + b"\n"


def _raise(run: Run) -> Iterator[tuple[int, str]]:
    """Yield (place of a component, version to go to) for every package with fixes to go to."""
    places: dict[str, list[int]] = {}
    for place, component in enumerate(run.sbom.components):
        places.setdefault(package_of(component), []).append(place)
    for package, findings in denied(run).items():
        version = target(findings)
        for place in places.get(package, ()) if version else ():
            if run.sbom.components[place].version != version:
                yield place, version


def _upgraded(sbom: Sbom, targets: dict[int, str]) -> Sbom:
    """Return the SBOM as it would be with each of these components in its version."""
    components = (
        _in_version(component, targets[place]) if place in targets else component
        for place, component in enumerate(sbom.components)
    )
    return replace(sbom, components=tuple(components))


def _in_version(component: Component, version: str) -> Component:
    """Return a component in another version; an rpm's epoch is a qualifier of its purl (rule 5)."""
    source = version if component.source_version else ""
    changed = replace(component, version=version, source_version=source)
    try:
        parts = parse(component.purl)
    except InvalidPurl:
        return changed
    qualifiers = parts.qualifiers
    if parts.type == "rpm":
        epoch, colon, version = version.rpartition(":")
        kept = [pair for pair in qualifiers if pair[0] != "epoch"]
        qualifiers = tuple(sorted([*kept, ("epoch", epoch)] if colon and epoch != "0" else kept))
    purl: Purl = write(replace(parts, version=version, qualifiers=qualifiers))
    return replace(changed, purl=purl)


def _steps(before: Run, after: Run, targets: dict[int, str]) -> Iterator[Upgrade]:
    """Yield what changed, a step for each package, the one that clears most first."""
    groups: dict[str, list[int]] = {}
    for place in sorted(targets):
        groups.setdefault(package_of(before.sbom.components[place]), []).append(place)
    denying = denied(before)
    left = {
        (each.vulnerability.id, each.component.name)
        for findings in denied(after).values()
        for each in findings
    }
    steps = []
    for package, places in groups.items():
        parts = sorted((before.sbom.components[place] for place in places), key=_by_purl)
        pairs = {(e.vulnerability.id, e.component.name) for e in denying.get(package, ())}
        names = tuple(sorted({each.name for each in parts}))
        steps.append(
            Upgrade(
                name=parts[0].source or parts[0].name if len(names) > 1 else names[0],
                packages=names,
                purl=parts[0].purl,
                installed=parts[0].version,
                version=targets[places[0]],
                clears=len(pairs - left),
                unfixed=len(pairs & left),
            )
        )
    yield from sorted(steps, key=lambda each: (-each.clears, each.name, each.installed))


def _by_purl(component: Component) -> str:
    return component.purl


def _named(component: Component) -> str:
    return f"{component.name} {component.version}"
