"""List the house advisories with their states."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from lading.place import database

ARGUMENTS: tuple[str, ...] = ()
FORMATS = ("table", "json")
SUMMARY_LETTERS = 60


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading advisory list`."""

    state: Annotated[
        Literal["", "reserved", "published", "linked", "disputed", "withdrawn", "split"],
        Meta(description="Only those in this state."),
    ] = ""
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: table, json.")] = ("table",)
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""


def run(options: Options) -> int:
    """One row for each id that was ever given out."""
    from lading.output import wanted, write_all
    from lading.table import table
    from match.house.book import open_book
    from match.house.views import as_json, row_of

    outputs = wanted(options.output, FORMATS)
    with open_book(database(options.db), write=False) as book:
        rows = [row_of(entry) for entry in book.entries()]
    rows = [row for row in rows if options.state in {"", row.state}]

    def render(name: str, _terminal: bool) -> bytes:  # noqa: FBT001
        if name == "json":
            return as_json({"schema": "lading-advisories/1", "advisories": rows})
        heads = ("id", "state", "public", "also known as", "first seen", "changed", "summary")
        cells = [
            (
                row.id,
                row.state,
                row.public,
                ", ".join(row.aliases),
                row.first_seen[:10],
                row.changed[:10],
                row.summary[:SUMMARY_LETTERS],
            )
            for row in rows
        ]
        return table(heads, cells, [f"in all: {len(rows)}"])

    write_all(outputs, render)
    return 0
