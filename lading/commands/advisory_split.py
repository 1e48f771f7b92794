"""Split a house advisory that is several vulnerabilities; the old id points to its parts."""

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from lading.house.advising import Changing, Id, change_of, keep, note, tell
from lading.place import database

if TYPE_CHECKING:
    from match.house.book import Book
    from match.house.entry import Entry

ARGUMENTS = ("id",)


class Options(Changing, frozen=True, kw_only=True):
    """Options of `lading advisory split`."""

    id: Id
    parts: Annotated[int, Meta(ge=2, le=100, description="How many parts.")] = 2
    cve: Annotated[
        tuple[str, ...], Meta(description="The CVE of a part, the first part's first.")
    ] = ()


def run(options: Options) -> int:
    """Each part gets an id and what the old one stated, to be narrowed with `advisory revise`."""
    from match.house.ids import parse, write
    from match.house.lifecycle import split

    made = change_of(options)

    def take(book: "Book") -> "tuple[Entry, ...]":
        entry = book.get(write(parse(options.id)))
        organisation = parse(entry.id).organisation
        ids = book.next_ids(organisation, int(made.at[:4]), max(options.parts, len(options.cve)))
        return split(entry, ids, tuple(cve.strip().upper() for cve in options.cve), made)

    for entry in keep(database(options.db), take):
        tell(entry)
    note("the parts state what the old id did: narrow each with `lading advisory revise`")
    return 0
