"""Show which known vulnerabilities a house advisory may be: is there a CVE already?"""

from typing import Annotated

from msgspec import Meta, Struct

from lading.house.advising import Id
from lading.place import database

ARGUMENTS = ("id",)
FORMATS = ("table", "json")


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading advisory suggest`."""

    id: Id
    feeds: Annotated[
        str, Meta(description="Files of a feed in which to look for the fix commit.")
    ] = ""
    all: Annotated[bool, Meta(description="Show those that merely overlap too.")] = False
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: table, json.")] = ("table",)
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""


def run(options: Options) -> int:
    """One row for each; joining them is `link-cve` and `join`, never this."""
    from lading.house.advising import likely
    from lading.output import wanted, write_all
    from lading.table import table
    from match.house.book import open_book
    from match.house.ids import parse, write
    from match.house.views import as_json

    outputs = wanted(options.output, FORMATS)
    url = database(options.db)
    with open_book(url, write=False) as book:
        entry = book.get(write(parse(options.id)))
    found = likely(entry, url, options.feeds)
    shown = [each for each in found if options.all or each.strong]

    def render(name: str, _terminal: bool) -> bytes:  # noqa: FBT001
        if name == "json":
            document = {"schema": "lading-candidates/1", "id": entry.id, "candidates": shown}
            return as_json(document)
        rows = [(each.id, "strong" if each.strong else "weak", each.why) for each in shown]
        hidden = len(found) - len(shown)
        more = [f"{hidden} more overlap (--all shows them)"] if hidden else []
        return table(("id", "reason", "why"), rows, [f"in all: {len(rows)}", *more])

    write_all(outputs, render)
    return 0
