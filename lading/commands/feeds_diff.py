"""Show which records differ between two states of the advisory set, and in which fields."""

from typing import Annotated

from msgspec import Meta, Struct

from lading.place import database

ARGUMENTS = ("before", "after")
FORMATS = ("table", "json")


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading feeds diff`."""

    before: Annotated[
        str,
        Meta(description="A date, or a state's digest; if left out, the last with other records."),
    ] = ""
    after: Annotated[str, Meta(description="Another; the current one if left out.")] = ""
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: table, json.")] = ("table",)
    all: Annotated[bool, Meta(description="Show every record and every field.")] = False
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""


def run(options: Options) -> int:
    """Show the counts of each feed, then the records; the exit code is always 0."""
    from lading.output import wanted, write_all
    from lading.table import table
    from match.changes.difference import differ, lines, render_json

    outputs = wanted(options.output, FORMATS)
    found = differ(database(options.db), options.before, options.after)

    def render(name: str, _terminal: bool) -> bytes:  # noqa: FBT001
        if name == "json":
            return render_json(found)
        rows = [(f.name, str(f.added), str(f.changed), str(f.gone)) for f in found.feeds]
        was, now = found.before, found.after
        states = (f"{one.digest[:19]} (learned by {one.learned})" for one in (was, now))
        told = lines(found, everything=options.all) if rows else ("no record differs",)
        notes = [*told, f"from {' to '.join(states)}"]
        return table(("feed", "added", "changed", "gone"), rows, notes)

    write_all(outputs, render)
    return 0
