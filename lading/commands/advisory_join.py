"""Join a house advisory with another id of the same vulnerability; both stay, as aliases."""

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from lading.house.advising import Changing, Id, change_of, keep, tell
from lading.place import database

if TYPE_CHECKING:
    from match.house.book import Book
    from match.house.entry import Entry

ARGUMENTS = ("id", "other")


class Options(Changing, frozen=True, kw_only=True):
    """Options of `lading advisory join`."""

    id: Id
    other: Annotated[str, Meta(description="The other id, as LDG-2026-0002 or GHSA-….")]


def run(options: Options) -> int:
    """Join them; two house advisories name each other, and two CVEs are never joined."""
    from match.house.entry import cve_of
    from match.house.ids import is_house, parse, write
    from match.house.lifecycle import join
    from sbom.errors import InputError

    made = change_of(options)
    other = options.other.strip()
    other = write(parse(other)) if is_house(other.upper()) else other

    def take(book: "Book") -> "tuple[Entry, ...]":
        entry = book.get(write(parse(options.id)))
        if not is_house(other):
            return (join(entry, other, made),)
        second = book.get(other)
        cves = {cve for cve in (cve_of(entry), cve_of(second)) if cve}
        if len(cves) > 1:
            raise InputError(
                f"{' and '.join(sorted(cves))} are two vulnerabilities",
                "a group holds one CVE: `lading advisory unlink` the one that is wrong",
            )
        return join(entry, other, made), join(second, entry.id, made)

    for entry in keep(database(options.db), take):
        tell(entry)
    return 0
