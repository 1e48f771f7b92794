"""Show a house advisory: what it states, how it stands, and every change since its id was taken."""

from typing import Annotated

from msgspec import Meta, Struct

from lading.house.advising import Id
from lading.place import database

ARGUMENTS = ("id",)
FORMATS = ("text", "json", "osv")


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading advisory show`."""

    id: Id
    output: Annotated[
        tuple[str, ...], Meta(description="FORMAT[=FILE]: text, json, or osv: the record alone.")
    ] = ("text",)
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""


def run(options: Options) -> int:
    """Show what holds now, public or not."""
    from lading.output import wanted, write_all
    from match.house.book import open_book
    from match.house.document import record, render
    from match.house.ids import parse, write
    from match.house.views import as_json, in_words, row_of, step_of

    outputs = wanted(options.output, FORMATS)
    with open_book(database(options.db), write=False) as book:
        history = book.history(write(parse(options.id)))
    entry = history[-1]

    def show(name: str, _terminal: bool) -> bytes:  # noqa: FBT001
        if name == "osv":
            return render(entry).encode()
        if name == "json":
            document = {
                "schema": "lading-advisory/1",
                "advisory": row_of(entry),
                "record": record(entry),
                "history": [step_of(each) for each in history],
            }
            return as_json(document)
        return in_words(history).encode(errors="replace")

    write_all(outputs, show)
    return 0
