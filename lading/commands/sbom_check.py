"""Check which minimum elements of a profile an SBOM states, and score it."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from lading.subject import Reading, SubjectName, load_document
from sbom.elements.check import Checked, Outcome

ARGUMENTS = ("subject",)
FORMATS = ("table", "json")
INCOMPLETE = 1


class Options(Reading, frozen=True, kw_only=True):
    """Options of `lading sbom check`."""

    subject: SubjectName
    profile: Annotated[
        Literal["ntia-2021", "cisa-2026", "bsi-tr-03183-2", "cra"],
        Meta(description="The minimum elements asked for."),
    ] = "cisa-2026"
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: table, json.")] = ("table",)


def run(options: Options) -> int:
    """Judge the document; of an image, the one that is written of it. 1 where it is incomplete."""
    from lading.output import wanted, write_all
    from sbom.elements.check import check
    from sbom.sheets import sheet

    outputs = wanted(options.output, FORMATS)
    told = check(sheet(load_document(options.subject, options), options.subject), options.profile)

    def render(name: str, _terminal: bool) -> bytes:  # noqa: FBT001
        if name == "json":
            document = {"schema": "lading-check/1", **msgspec.to_builtins(told)}
            return msgspec.json.encode(document, order="sorted") + b"\n"
        return _table(told)

    write_all(outputs, render)
    return 0 if told.complete else INCOMPLETE


def _table(told: Checked) -> bytes:
    from lading.table import table

    heads = (
        "element",
        "answer",
        "present",
        "unknown",
        "withheld",
        "missing",
        "asks for",
        "section",
    )
    rows = [
        (
            each.id,
            _answer(each),
            f"{each.present} of {each.records}",
            str(each.unknown or ""),
            str(each.withheld or ""),
            str(each.missing or ""),
            each.title + (f" ({each.must})" if each.must and not each.satisfied else ""),
            each.section,
        )
        for each in told.elements
    ]
    missing = [
        f"without {each.id}: {', '.join(label.partition('?')[0] for label in each.examples)}"
        + (" …" if each.missing > len(each.examples) else "")
        for each in told.elements
        if each.examples and each.need == "required"
    ]
    verdict = "complete" if told.complete else "not complete"
    notes = [f"{told.title} ({told.source})", *missing]
    return table(heads, rows, [*notes, f"{told.profile}: {verdict}, score {told.score} of 100"])


def _answer(each: Outcome) -> str:
    if each.need == "if_known":
        return "if known"
    return "yes" if each.satisfied else "no" if not each.present else "in part"
