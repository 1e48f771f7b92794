"""Take house ids before anything is said of them, for a report that is still being looked into."""

import sys
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from lading.house.advising import Changing, change_of, keep, organisation_of
from lading.place import database

if TYPE_CHECKING:
    from match.house.book import Book
    from match.house.entry import Entry

ARGUMENTS: tuple[str, ...] = ()


class Options(Changing, frozen=True, kw_only=True):
    """Options of `lading advisory reserve`."""

    count: Annotated[int, Meta(ge=1, le=1000, description="How many.")] = 1
    prefix: Annotated[
        str, Meta(description="The organisation in the id (or LADING_ADVISORY_PREFIX).")
    ] = ""


def run(options: Options) -> int:
    """Print the ids, one a line."""
    from match.house.lifecycle import reserve

    organisation = organisation_of(options.prefix)
    change = change_of(options)

    def take(book: "Book") -> "tuple[Entry, ...]":
        ids = book.next_ids(organisation, int(change.at[:4]), options.count)
        return tuple(reserve(id_, change) for id_ in ids)

    entries = keep(database(options.db), take)
    sys.stdout.write("".join(f"{entry.id}\n" for entry in entries))
    return 0
