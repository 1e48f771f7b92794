"""Compare two SBOMs or images: packages added, removed, upgraded, downgraded, and their layers."""

from typing import Annotated

import msgspec
from msgspec import Meta

from lading.differing import EVENTS, Comparison, compared
from lading.subject import Reading, SubjectName

ARGUMENTS = ("before", "after")
FORMATS = ("table", "json")
DIFFERENT = 1
WIDEST = 80
"""Characters of an instruction in the table; the JSON has it whole."""


class Options(Reading, frozen=True, kw_only=True):
    """Options of `lading sbom diff`."""

    before: SubjectName
    after: SubjectName
    exit_code: Annotated[bool, Meta(description="Exit with 1 where anything differs.")] = False
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: table, json.")] = ("table",)


def run(options: Options) -> int:
    """Show what the second has that the first has not, and the other way round."""
    from lading.output import wanted, write_all
    from lading.subject import load_sbom

    outputs = wanted(options.output, FORMATS)
    before, _ = load_sbom(options.before, options)
    after, _ = load_sbom(options.after, options)
    told = compared(before, after)

    def render(name: str, _terminal: bool) -> bytes:  # noqa: FBT001
        return msgspec.json.encode(told, order="sorted") + b"\n" if name == "json" else _table(told)

    write_all(outputs, render)
    return DIFFERENT if options.exit_code and told.differs else 0


def _table(told: Comparison) -> bytes:
    """Return the packages that differ, then licences and facts; what is the same is counted."""
    from lading.table import table

    heads = ("change", "package", "version", "was", "layer", "instruction")
    rows = [
        (e.event, e.package, e.version, e.was, str(e.number or ""), e.created_by[:WIDEST])
        for e in told.packages
    ]
    counts = {event: sum(e.event == event for e in told.packages) for event in EVENTS}
    parts = [f"{event} {count}" for event, count in counts.items() if count]
    parts += [f"unchanged {told.unchanged}", f"layers in common {told.layers_shared}"]
    notes = [", ".join(parts)]
    if told.before.distro != told.after.distro:
        was, now = (side.distro or "none" for side in (told.before, told.after))
        notes.append(f"distribution: {now}, was {was}")
    notes += [
        f"licence of {each.purl}: {_listed(each.before)}, now {_listed(each.after)}"
        for each in told.licenses
    ]
    notes += [f"no more: {fact.name} {fact.value}" for fact in told.facts_removed]
    notes += [f"new: {fact.name} {fact.value}" for fact in told.facts_added]
    return table(heads, rows, notes)


def _listed(licenses: tuple[str, ...]) -> str:
    return ", ".join(licenses) or "none stated"
