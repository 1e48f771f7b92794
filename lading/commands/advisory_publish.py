"""Publish house advisories, one decision for each, as a folder that any web server can offer."""

import sys
from typing import Annotated

from msgspec import Meta

from lading.house.advising import Changing, Ids, change_of, note
from lading.place import database

ARGUMENTS = ("ids",)


class Options(Changing, frozen=True, kw_only=True):
    """Options of `lading advisory publish`."""

    ids: Ids = ()
    out: Annotated[str, Meta(description="The folder to write; it is made where there is none.")]
    site: Annotated[bool, Meta(description="Write pages too, one address for each id.")] = False
    yes: Annotated[bool, Meta(description="Publish the ids named without asking.")] = False


def run(options: Options) -> int:
    """Write what is public: the ids confirmed now, and all that were published before."""
    from lading.house.publishing import decide, write_out
    from match.house.book import open_book
    from match.house.lifecycle import changed

    url = database(options.db)
    change = change_of(options)
    with open_book(url, write=False) as book:
        entries = book.entries()
    confirmed = decide(entries, options.ids, change, yes=options.yes)
    published = write_out(url, confirmed, change, options.out, site=options.site)
    sys.stdout.write("".join(f"{entry.id}: published\n" for entry in published))
    if not published:
        sys.stdout.write(f"{options.out}: written, nothing new published\n")
    with open_book(url, write=False) as book:
        for entry in book.entries():
            if entry.public and changed(entry):
                note(f"{entry.id} has changes that are not public: publish it by its id")
    return 0
