"""Write a house advisory with its evidence; it gets an id, stays private, and matches at once."""

import sys
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from lading.house.advising import change_of, keep, organisation_of
from lading.house.stating import Stating, ask, drafted, remark
from lading.place import database

if TYPE_CHECKING:
    from match.house.book import Book
    from match.house.entry import Entry

ARGUMENTS: tuple[str, ...] = ()


class Options(Stating, frozen=True, kw_only=True):
    """Options of `lading advisory new`."""

    id: Annotated[str, Meta(description="A reserved id to write it under.")] = ""
    prefix: Annotated[
        str, Meta(description="The organisation in the id (or LADING_ADVISORY_PREFIX).")
    ] = ""


def run(options: Options) -> int:
    """Print the id; what is doubtful, and what it may be already, goes to standard error."""
    from match.house import lifecycle
    from match.house.ids import parse, write
    from sbom.errors import InputError

    organisation = organisation_of(options.prefix)
    options = ask(options)
    change = change_of(options)

    def take(book: "Book") -> "tuple[Entry, ...]":
        if options.id:
            entry = book.get(write(parse(options.id)))
            if entry.draft:
                raise InputError(f"{entry.id} is written already", "`lading advisory revise`")
            return (drafted(options, entry, change),)
        (id_,) = book.next_ids(organisation, int(change.at[:4]))
        entry = lifecycle.reserve(id_, change)
        book.append(entry)
        return (drafted(options, entry, change),)

    (entry,) = keep(database(options.db), take)
    sys.stdout.write(f"{entry.id}\n")
    remark(entry, options)
    return 0
