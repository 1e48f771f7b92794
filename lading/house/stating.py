"""What `advisory new` and `advisory revise` have in common: options, or questions, to a draft."""

from typing import TYPE_CHECKING, Annotated, TypeVar

from msgspec import Meta
from msgspec.structs import replace

from lading.house.advising import Changing, asks, hints, line_of, note, where
from lading.place import database
from sbom.errors import InputError

if TYPE_CHECKING:
    from match.house.entry import Entry
    from match.house.lifecycle import Change

DATE = "2026-12-01"
FAULTS = 5
"""So many faults of what is stated are told at once: nobody mends one to be told the next."""
METRICS = (
    ("AV", "Where from", (("N", "network"), ("A", "adjacent"), ("L", "local"), ("P", "physical"))),
    ("AC", "How hard", (("L", "low: works each time"), ("H", "high: needs conditions"))),
    ("PR", "Privileges needed", (("N", "none"), ("L", "low"), ("H", "high"))),
    ("UI", "Must a user help", (("N", "no"), ("R", "yes"))),
    ("S", "Reaches beyond the component", (("U", "no"), ("C", "yes"))),
    ("C", "Loss of confidentiality", (("H", "high"), ("L", "low"), ("N", "none"))),
    ("I", "Loss of integrity", (("H", "high"), ("L", "low"), ("N", "none"))),
    ("A", "Loss of availability", (("H", "high"), ("L", "low"), ("N", "none"))),
)
"""The base metrics of CVSS 3.1 (specification, section 2) as questions."""


class Stating(Changing, frozen=True, kw_only=True):
    """The options these commands share."""

    package: Annotated[
        tuple[str, ...], Meta(description="Affected package: purl, or ECOSYSTEM/NAME.")
    ] = ()
    range: Annotated[
        tuple[str, ...], Meta(description="Affected versions: `>=2.0,<2.0.5`, `<=1.9`, `<3`.")
    ] = ()
    version: Annotated[tuple[str, ...], Meta(description="One affected version.")] = ()
    summary: Annotated[str, Meta(description="What it is, in one line.")] = ""
    details: Annotated[str, Meta(description="What an attacker can do, and where.")] = ""
    severity: Annotated[tuple[str, ...], Meta(description="CVSS 3.1 or 4.0 vector.")] = ()
    fix: Annotated[tuple[str, ...], Meta(description="URL of the fixing commit.")] = ()
    report: Annotated[tuple[str, ...], Meta(description="URL of the report or issue.")] = ()
    reference: Annotated[tuple[str, ...], Meta(description="Another URL.")] = ()
    credit: Annotated[tuple[str, ...], Meta(description="Who found it: NAME or NAME <MAIL>.")] = ()
    record: Annotated[
        str, Meta(description="An OSV record to take what is not given otherwise from.")
    ] = ""
    embargo: Annotated[
        str, Meta(description=f"Not to be published before this date, as {DATE}; `none` ends it.")
    ] = ""
    feeds: Annotated[
        str, Meta(description="Files of a feed in which to look for the fix commit.")
    ] = ""


Options = TypeVar("Options", bound=Stating)


def drafted(options: Stating, entry: "Entry", change: "Change") -> "Entry":
    """Return the entry with what the options state; what was stated before holds otherwise.

    Raises:
        InputError: where a field is wrong, or the required evidence is missing.
    """
    from match.house import lifecycle
    from match.house.document import render
    from match.house.draft import Said, write
    from match.house.lint import lint

    said = Said(
        record=_read(options.record) if options.record else b"",
        summary=options.summary,
        details=options.details,
        packages=options.package,
        ranges=options.range,
        versions=options.version,
        vectors=options.severity,
        fixes=options.fix,
        reports=options.report,
        references=options.reference,
        credits=options.credit,
    )
    text = write(said, entry.draft)
    new = lifecycle.draft(entry, text, _embargo(options.embargo, entry.embargo), change)
    wrong = [each for each in lint(render(new).encode(), new.id) if each.level == "wrong"]
    if wrong:
        told = [f"{each.place}: {each.what}" if each.place else each.what for each in wrong]
        more = f"; and {len(wrong) - FAULTS} more" if len(wrong) > FAULTS else ""
        remedies = dict.fromkeys(_missing(each.place) for each in wrong[:FAULTS])
        raise InputError("; ".join(told[:FAULTS]) + more, "; ".join(remedies))
    return new


def remark(entry: "Entry", options: Stating) -> None:
    """Say on standard error what is doubtful in an entry, and what it may be."""
    from match.house.document import render
    from match.house.lint import lint

    for each in lint(render(entry).encode(), entry.id):
        if each.level != "note":
            note(line_of(each))
    url = database(options.db)
    for each in (*where((entry,), url), *hints(entry, url, options.feeds)):
        note(line_of(each))


def ask(options: Options) -> Options:
    """Return the options of `new` with answers for what they lack, where somebody can be asked."""
    if not asks() or options.record:
        return options
    from lading.vex.wizard import text

    package = options.package or (text("Package (purl, or ECOSYSTEM/NAME)"),)
    versions = options.range or options.version
    ranges = options.range if versions else (text("Affected versions (>=2.0,<2.0.5)"),)
    options = replace(
        options,
        package=package,
        range=ranges,
        summary=options.summary or text("Summary, in one line"),
        details=options.details or text("What can an attacker do (may be empty)", default=""),
        severity=options.severity or (_vector(),),
    )
    if options.fix or options.report:
        return options
    fix = text("URL of the fixing commit (empty where there is none)", default="")
    if fix:
        return replace(options, fix=(fix,))
    return replace(options, report=(text("URL of the report"),))


def _vector() -> str:
    """Ask for the vector, or for the eight metrics that make one."""
    from lading.vex.wizard import choice, text

    vector = text("CVSS vector (empty: eight questions)", default="")
    if vector:
        return vector
    metrics = ["CVSS:3.1"]
    for name, question, values in METRICS:
        words = [word for _, word in values]
        picked = values[words.index(choice(question, words))][0]
        metrics.append(f"{name}:{picked}")
    return "/".join(metrics)


def _read(path: str) -> bytes:
    with open(path, "rb") as stream:
        return stream.read()


def _embargo(stated: str, before: str) -> str:
    """Return the embargo as a date; `none` ends it, and nothing stated leaves it."""
    if not stated:
        return before
    if stated == "none":
        return ""
    from datetime import date

    try:
        return date.fromisoformat(stated).isoformat()
    except ValueError:
        raise InputError(f"--embargo {stated}: not a date", f"as {DATE}") from None


def _missing(place: str) -> str:
    """Return the option that mends a fault at a place of the record."""
    options = {
        "summary": "--summary TEXT",
        "severity": "--severity VECTOR",
        "references": "--fix URL, or --report URL",
        "affected": "--package PURL and --range RANGE",
    }
    start = place.partition("[")[0]
    return options.get(start, "--package, --range, --summary, --severity, and --fix or --report")
