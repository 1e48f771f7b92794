"""What is wrong with a policy file, each fault at its line, beyond what the types can tell."""

from collections.abc import Iterator
from typing import Any

from msgspec import UNSET

from gate.model import Stage
from gate.places import Place, fault
from gate.policy.document import STAGES, PolicyDocument, StageRules
from gate.policy.model import Rules
from gate.policy.rules import complete
from gate.shapes import faults_of, read
from sbom.model import Fault

SEVERITIES = ("low", "medium", "high", "critical")


def faults_in(root: Place) -> Iterator[Fault]:
    """Yield every fault of a policy, in the order of the file as far as it can be followed."""
    if not isinstance(root.value, dict) or not root.value:
        yield fault(root, "a policy is a mapping with `stages`")
        return
    shape = list(faults_of(root, PolicyDocument, "", "a policy"))
    yield from shape
    tables = [(root.value.get("stages"), "stages")]
    scopes = root.value.get("scopes")
    for number, each in enumerate(
        scopes.value if scopes and isinstance(scopes.value, list) else ()
    ):
        if isinstance(each.value, dict):
            tables.append((each.value.get("stages"), f"scopes[{number}].stages"))
    for table, where in tables:
        for stage in STAGES:
            place = _member(table, stage)
            if place and isinstance(place.value, dict) and place.value:
                clean = not any(_inside(each, place, root) for each in shape)
                yield from _stage_faults(place, f"{where}.{stage}", stage, clean=clean)
    yield from _scope_faults(scopes) if not shape else ()


def _stage_faults(place: Place, where: str, stage: Stage, *, clean: bool) -> Iterator[Fault]:
    """Yield what the types cannot tell of one stage; some of it only where the rest is right."""
    yield from _grace_faults(place.value.get("grace"), f"{where}.grace")
    if not clean:
        return
    given: StageRules = read(place, StageRules)
    names: set[str] = set()
    for number, each in enumerate(given.conditions):
        at = place.value["conditions"].value[number]
        yield from _condition_faults(each, at, f"{where}.conditions[{number}]", names)
        names.add(each.name)
    rules = complete(given, stage)
    if not given.audit and not _can_deny(rules):
        what = "can never deny: give it a score, or say `audit: true` if that is meant"
        yield fault(place, f"{where} {what}")


def _can_deny(rules: Rules) -> bool:
    """Tell whether any rule could deny anything."""
    answers = {rules.unscored, rules.kev, *(answer for _, answer in rules.unknowns)}
    answers |= {each.answer for each in rules.conditions if not each.at_most}
    answers |= {rules.sbom.answer} if rules.sbom else set()
    answers |= {rules.licences.answer, rules.licences.unknown} if rules.licences else set()
    image = rules.image
    if image:
        answers |= {answer for _, answer in image.answers}
        limits = (image.ports, image.base_days, image.days, image.bases or None)
        answers |= {image.answer} if any(each is not None for each in limits) else set()
    teeth = rules.score is not None or rules.epss is not None or rules.coverage is not None
    return bool(teeth or rules.severity or rules.ssvc or rules.feeds or "deny" in answers)


def _grace_faults(place: Place | None, where: str) -> Iterator[Fault]:
    """Yield what is wrong with grace periods; a graver finding never has the longer one."""
    if place is None or not isinstance(place.value, dict):
        return
    if not place.value.keys() & set(SEVERITIES):
        yield fault(place, f"{where} is a mapping from {', '.join(SEVERITIES)} to days")
    shortest = None
    for key in SEVERITIES:
        each = place.value.get(key)
        if each is None or not isinstance(each.value, int):
            continue
        if shortest is not None and each.value > shortest:
            yield fault(each, f"{where}.{key} is longer than that of what is less grave")
        else:
            shortest = each.value


def _condition_faults(given: Any, place: Place, where: str, names: set[str]) -> Iterator[Fault]:
    from gate.policy.rules import condition
    from gate.rules.expressions import fault_of

    if given.name in names:
        yield fault(place, f"{where}.name: there is another condition {given.name}")
    softens = given.at_most is not UNSET
    if softens and given.answer is not UNSET:
        yield fault(place, f"{where} has both `answer` and `at_most`")
    if softens and given.on != "finding":
        yield fault(place, f"{where}.at_most is for findings only")
    wrong = fault_of(condition(given))
    if wrong:
        yield fault(place.value["when"], f"{where}.when: {wrong}")


def _scope_faults(scopes: Place | None) -> Iterator[Fault]:
    """Yield scopes that select everything: they would stand instead of the policy's own stages."""
    for number, each in enumerate(scopes.value if scopes else ()):
        if not each.value.keys() & {"images", "namespaces", "teams", "labels"}:
            what = "selects every image: give it images, namespaces, teams or labels"
            yield fault(each, f"scopes[{number}] {what}")


def _member(place: Place | None, key: str) -> Place | None:
    if place is None or not isinstance(place.value, dict):
        return None
    found: Place | None = place.value.get(key)
    return found


def _inside(found: Fault, place: Place, root: Place) -> bool:
    """Tell whether a fault may be of a stage: by its line, wide where it cannot be told."""
    line = int(found.place.removeprefix("line "))
    lines = _lines(place)
    return min(lines) <= line <= max(lines) or place.line == root.line


def _lines(place: Place) -> set[int]:
    lines = {place.line}
    values = place.value
    for each in values.values() if isinstance(values, dict) else ():
        lines |= _lines(each)
    for each in values if isinstance(values, list) else ():
        lines |= _lines(each)
    return lines
