"""The documents of a bundle: its manifest (`lading-evidence/1`) and its numbers, as they stand."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from gate.evidence.controls import FRAMEWORKS, framework
from gate.evidence.model import Assessed, Facts, Image, Measured, Status, Unit, Yardstick
from sbom.model import Problem

MANIFEST_SCHEMA: Literal["lading-evidence/1"] = "lading-evidence/1"
MEASURES_SCHEMA: Literal["lading-measures/1"] = "lading-measures/1"
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
Time = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]


class File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of the bundle. path: below the bundle, with `/`."""

    path: str
    sha256: Sha256
    bytes: Annotated[int, Meta(ge=0)]


class Tool(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What wrote the bundle."""

    name: str
    version: str


class Period(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """First and last second."""

    start: Time
    end: Time


class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is signed: every file of the bundle by its digest, sorted by path."""

    schema: Literal["lading-evidence/1"]
    tool: Tool
    created: Time
    scope: tuple[str, ...]
    period: Period
    as_of: Time
    files: tuple[File, ...]


class Number(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many of what. records: the file that has each of them."""

    measure: str
    title: str
    unit: Unit
    counted: int
    of: int
    query: str
    as_of: Time
    records: str


class Row(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One sentence with its number; null where the records say nothing of it."""

    id: str
    section: str
    title: str
    text: str
    status: Status
    gap: str
    number: Number | None


class Standard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One framework."""

    name: str
    title: str
    source: str
    controls: tuple[Row, ...]


class Denominator(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which images there are.

    inventories: what told of them; empty: only what was scanned is known.
    never_scanned: neither SBOM nor verdict is in the store. retired: not counted.
    """

    images: int
    inventories: tuple[str, ...]
    never_scanned: tuple[str, ...]
    retired: tuple[str, ...]


class Measures(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All numbers of a bundle."""

    schema: Literal["lading-measures/1"]
    scope: tuple[str, ...]
    period: Period
    as_of: Time
    yardstick: Yardstick
    denominator: Denominator
    problems: tuple[Problem, ...]
    frameworks: tuple[Standard, ...]


class Images(Struct, frozen=True, kw_only=True):
    """All that is known of each image (`records/images.json`)."""

    schema: Literal["lading-images/1"] = "lading-images/1"
    images: tuple[Image, ...]


def measures(facts: Facts, assessed: tuple[Assessed, ...]) -> Measures:
    """Return the numbers as they are written."""
    return Measures(
        schema=MEASURES_SCHEMA,
        scope=facts.scope,
        period=Period(start=facts.start, end=facts.end),
        as_of=facts.as_of,
        yardstick=facts.yardstick,
        denominator=Denominator(
            images=len(facts.images),
            inventories=facts.inventories,
            never_scanned=never_scanned(facts),
            retired=facts.retired,
        ),
        problems=facts.problems,
        frameworks=tuple(_standard(name, assessed, facts) for name in FRAMEWORKS),
    )


def never_scanned(facts: Facts) -> tuple[str, ...]:
    """Return the images that others name and the store knows nothing of."""
    return tuple(
        f"{image.name} {image.digest}".strip()
        for image in facts.images
        if image.sbom is None and not image.verdicts
    )


def records_file(number: Measured) -> str:
    """Return the path of the table behind a number."""
    return f"records/{number.measure}.csv"


def _standard(name: str, assessed: tuple[Assessed, ...], facts: Facts) -> Standard:
    told = framework(name)
    rows = tuple(_row(each, facts) for each in assessed if each.framework == name)
    return Standard(name=name, title=told.TITLE, source=told.SOURCE, controls=rows)


def _row(each: Assessed, facts: Facts) -> Row:
    number = None
    if each.measured:
        number = Number(
            measure=each.measured.measure,
            title=each.measured.title,
            unit=each.measured.unit,
            counted=each.measured.counted,
            of=each.measured.of,
            query=each.measured.query,
            as_of=facts.as_of,
            records=records_file(each.measured),
        )
    control = each.control
    return Row(
        id=control.id,
        section=control.section,
        title=control.title,
        text=control.text,
        status=each.status,
        gap=each.gap,
        number=number,
    )
