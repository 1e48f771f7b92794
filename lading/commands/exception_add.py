"""Add an exception of the house to a file: who accepts what, why, and until when."""

import sys
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct

from sbom.errors import InputError

ARGUMENTS = ("file",)
Event = Literal["fix-published", "kev-listed", "base-rebuilt", "severity-raised"]


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading exception add`."""

    file: Annotated[str, Meta(description="File of exceptions; made where there is none.")]
    vulnerability: Annotated[tuple[str, ...], Meta(description="What is accepted, by any id.")] = ()
    owner: Annotated[str, Meta(description="Who answers for it.")] = ""
    reason: Annotated[str, Meta(description="Why it is accepted.")] = ""
    id: Annotated[str, Meta(description="Its name in reports; made of the rest if not said.")] = ""
    package: Annotated[
        tuple[str, ...], Meta(description="Package: a purl, with or without version, or a name.")
    ] = ()
    image: Annotated[tuple[str, ...], Meta(description="Glob of image names.")] = ()
    approver: Annotated[str, Meta(description="Who accepted it.")] = ""
    ticket: Annotated[str, Meta(description="Where it is tracked.")] = ""
    answer: Annotated[
        Literal["warn", "ignore"], Meta(description="What such findings come to at most.")
    ] = "ignore"
    until: Annotated[str, Meta(description="The last day it holds, 2026-12-31.")] = ""
    ends_when: Annotated[tuple[Event, ...], Meta(description="An event that ends it, too.")] = ()
    epss_over: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None,
        Meta(description="A likelihood of exploitation above this ends it, too."),
    ] = None
    run: Annotated[
        str, Meta(description="Stored run (-o run=FILE): records how things are in it.")
    ] = ""
    now: Annotated[str, Meta(description="The day of acceptance, instead of the clock.")] = ""


def run(options: Options) -> int:
    """Write the file with the exception at its end."""
    from gate.exceptions.document import Entry, Events
    from gate.exceptions.drafting import added, with_facts
    from lading.clock import now
    from lading.output import write_file

    for name in ("vulnerability", "owner", "reason"):
        if not getattr(options, name):
            raise InputError(f"an exception needs --{name}", "see `lading exception add --help`")
    events = Events(
        **{each.replace("-", "_"): True for each in options.ends_when},
        epss_over=UNSET if options.epss_over is None else options.epss_over,
    )
    entry = Entry(
        vulnerability=_few(options.vulnerability),
        owner=options.owner,
        reason=options.reason,
        id=options.id or UNSET,
        package=_few(options.package) if options.package else UNSET,
        image=_few(options.image) if options.image else UNSET,
        approver=options.approver or UNSET,
        ticket=options.ticket or UNSET,
        answer=options.answer,
        accepted=now(options.now)[:10],
        until=options.until or UNSET,
        ends_when=UNSET if events == Events() else events,
    )
    if options.run:
        from gate.reports.run import read

        with open(options.run, "rb") as stream:
            entry = with_facts(entry, read(stream.read(), options.run))
    write_file(options.file, added(_existing(options.file), entry, options.file))
    sys.stdout.write(f"{options.file}: added\n")
    return 0


def _existing(path: str) -> bytes:
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        return b""


def _few(values: tuple[str, ...]) -> tuple[str, ...] | str:
    return values[0] if len(values) == 1 else values
