"""List the exceptions in files: what was accepted, by whom, and how it stands today."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

ARGUMENTS = ("files",)
FORMATS = ("table", "json")


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading exception list`."""

    files: Annotated[tuple[str, ...], Meta(description="Files of exceptions.")]
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: table, json.")] = ("table",)
    now: Annotated[str, Meta(description="The day they are held against, not the clock's.")] = ""


def run(options: Options) -> int:
    """Show each by id; whether an event has ended one is told by `gate`, which has a run."""
    from gate.exceptions.files import load_all
    from gate.exceptions.listing import SCHEMA, Listing, lines, standing
    from lading.clock import now
    from lading.output import wanted, write_all
    from lading.table import table

    outputs, day = wanted(options.output, FORMATS), now(options.now)[:10]
    held = load_all(options.files)
    listed = tuple(standing(each, day) for each in held.exceptions)

    def render(name: str, _terminal: bool) -> bytes:  # noqa: FBT001
        if name == "json":
            found = Listing(schema=SCHEMA, day=day, files=held.files, exceptions=listed)
            return msgspec.json.encode(found, order="sorted") + b"\n"
        heads = ("id", "accepts", "owner", "holds")
        holding = sum(each.holds for each in listed)
        return table(heads, lines(listed), [f"in all: {len(listed)}, holding: {holding}"])

    write_all(outputs, render)
    return 0
