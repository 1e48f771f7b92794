"""Which minimum elements of a profile a document states, says to be unknown or withholds.

An element's part is the share of its records (the document, or each component) that answer it:
by a word that holds, or openly by `unknown` or `withheld` where the profile lets that count. The
score is the mean of the required elements' parts; complete is only what is all there.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from sbom.elements.sheet import UNKNOWN, WITHHELD, Sheet, Words
from sbom.profiles import Element, profile

State = Literal["present", "unknown", "withheld", "missing"]
MOST_EXAMPLES = 5


class Outcome(Struct, frozen=True, kw_only=True):
    """One element: of how many records how many state it, and some that do not.

    satisfied: whether all records answer it.
    """

    id: str
    title: str
    section: str
    of: Literal["document", "component"]
    need: Literal["required", "if_known"]
    records: int
    present: int
    unknown: int
    withheld: int
    missing: int
    satisfied: bool
    must: str
    examples: tuple[str, ...]


class Checked(Struct, frozen=True, kw_only=True):
    """A document against a profile. score: 0 to 100, rounded down, so that 100 is complete."""

    profile: str
    title: str
    source: str
    format: str
    subject: str
    components: int
    complete: bool
    score: int
    elements: tuple[Outcome, ...]


def check(sheet: Sheet, name: str) -> Checked:
    """Judge a document by a profile of `sbom.profiles`."""
    asked = profile(name)
    found = [_outcome(element, sheet) for element in asked.ELEMENTS]
    required = [(o, e) for o, e in zip(found, asked.ELEMENTS, strict=True) if e.need == "required"]
    parts = sum(
        _answered(outcome, element) / max(outcome.records, 1) for outcome, element in required
    )
    complete = all(outcome.satisfied for outcome, _ in required)
    told = sheet.told
    return Checked(
        profile=name,
        title=asked.TITLE,
        source=asked.SOURCE,
        format=" ".join((*told.get("format", ()), *told.get("format-version", ()))),
        subject=next(iter(told.get("product", ())), ""),
        components=len(sheet.rows),
        complete=complete,
        score=100 if complete else min(99, int(100 * parts / len(required))),
        elements=tuple(found),
    )


def _outcome(element: Element, sheet: Sheet) -> Outcome:
    states: dict[State, int] = {"present": 0, "unknown": 0, "withheld": 0, "missing": 0}
    examples: list[str] = []
    for label, told in _records(element, sheet):
        state = _state(element, told.get(element.asks, ()))
        states[state] += 1
        if state == "missing" and label:
            examples.append(label)
    records = sum(states.values())
    outcome = Outcome(
        id=element.id,
        title=element.title,
        section=element.section,
        of=element.of,
        need=element.need,
        records=records,
        satisfied=False,
        must=element.must,
        examples=tuple(sorted(examples)[:MOST_EXAMPLES]),
        **states,
    )
    # A document without components answers nothing that is asked of components.
    return replace(outcome, satisfied=0 < records == _answered(outcome, element))


def _records(element: Element, sheet: Sheet) -> Iterator[tuple[str, Mapping[str, Words]]]:
    if element.of == "document":
        yield "", sheet.told
    else:
        yield from ((row.label, row.told) for row in sheet.rows)


def _state(element: Element, stated: Iterable[str]) -> State:
    """Return what the words for an element of one record come to."""
    found: State = "missing"
    for word in stated:
        plain = word.lower().strip()
        if plain in WITHHELD:
            found = "withheld"
        elif plain in UNKNOWN:
            found = "unknown" if found == "missing" else found
        elif element.holds is None or element.holds(word):
            return "present"
    return found


def _answered(outcome: Outcome, element: Element) -> int:
    """Return how many records answer the element."""
    openly = outcome.unknown + outcome.withheld if element.unknown else 0
    return outcome.present + openly
