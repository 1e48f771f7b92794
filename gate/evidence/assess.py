"""Numbers to statuses: met is all of what there is, partly is half of it at least.

Nothing is met that was not counted: not without anything to count, not where the denominator is
only what was scanned, not where the records can tell a part of the sentence alone.
"""

from collections.abc import Iterator

from gate.evidence.controls import FRAMEWORKS, framework
from gate.evidence.measures import measured
from gate.evidence.model import Assessed, Control, Facts, Item, Measured, Status
from sbom.text import plural

HALF = 0.5
KINDS = 3
"""Kinds of what is missing that are named in a gap; the lists have all."""
NOTHING = {
    "image": "no image is known",
    "reference": "no inventory of a cluster was given",
    "day": "the period has no day yet",
    "exception": "no exception was used, but not every image was judged",
}
OPEN = "without an inventory (--inventory, --registry) only what was scanned is counted"


def assess(facts: Facts) -> tuple[Assessed, ...]:
    """Return every control of every framework with its number and status."""
    numbers: dict[str, Measured] = {}
    found = []
    for name in FRAMEWORKS:
        for control in framework(name).CONTROLS:
            if control.measure and control.measure not in numbers:
                numbers[control.measure] = measured(control.measure, facts)
            found.append(_assessed(name, control, numbers.get(control.measure), facts))
    return tuple(found)


def _assessed(name: str, control: Control, number: Measured | None, facts: Facts) -> Assessed:
    if number is None:
        return Assessed(
            framework=name, control=control, status=control.unmeasured, gap=control.beyond
        )
    status = _status(number, facts)
    limits = list(_limits(number, facts))
    if status == "met" and (limits or not control.whole):
        status = "partly"
    missing = _missing(number, status)
    return Assessed(
        framework=name,
        control=control,
        status=status,
        gap="; ".join([*missing, *limits, *([control.beyond] if control.beyond else [])]),
        measured=number,
    )


def _status(number: Measured, facts: Facts) -> Status:
    if not number.of:
        judged = facts.images and all(image.verdicts for image in facts.images)
        return "not applicable" if number.unit == "exception" and judged else "not met"
    if number.counted == number.of:
        return "met"
    return "partly" if number.counted >= HALF * number.of else "not met"


def _limits(number: Measured, facts: Facts) -> Iterator[str]:
    """Yield why a number that is full is not the whole truth."""
    if number.unit == "image" and not facts.inventories:
        yield OPEN
    if facts.lost:
        yield f"{plural(len(facts.lost), 'record')} could not be read"


def _missing(number: Measured, status: Status) -> Iterator[str]:
    """Yield what the items that do not count lack, the most frequent kinds first."""
    if not number.of:
        none = status == "not applicable"
        said = "no exception was used" if none else NOTHING[number.unit]
        if number.measure == "registry-clean":
            said = "no image of a registry was listed (--registry)"
        yield said
        return
    kinds = counted_kinds(number.items)
    for kind, count in kinds[:KINDS]:
        yield f"{count} of {number.of}: {kind}"
    if len(kinds) > KINDS:
        yield f"{sum(count for _, count in kinds[KINDS:])} for other reasons"


def counted_kinds(items: tuple[Item, ...]) -> list[tuple[str, int]]:
    """Return (kind, how many) of what items lack, the most frequent first."""
    counts: dict[str, int] = {}
    for item in items:
        kind = item.lacks.partition(": ")[0]
        if kind:
            counts[kind] = counts.get(kind, 0) + 1
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
