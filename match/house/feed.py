"""House advisories as a feed of the advisory set: an id counts in matching as soon as it says what.

Drafts too: that is what closes the time before a CVE. What is not public says so in its summary.
"""

from io import BytesIO

from msgspec.structs import replace

from match.feeds import osv
from match.house.book import open_book
from match.house.document import render
from match.house.entry import Entry, state_of
from match.model import HOUSE_FEED, Advisory
from match.set.ledger import open_ledger
from sbom.database import open_database

PREFIXES = {"reserved": "Not public yet: ", "disputed": "Disputed: "}


def advisory_of(entry: Entry) -> Advisory | None:
    """Return the advisory that an entry makes; None while it says nothing of any package."""
    if not (entry.draft or entry.split_into):
        return None
    for read in osv.read(entry.id, BytesIO(render(entry).encode())):
        if isinstance(read, Advisory):
            severities = tuple(replace(each, source=HOUSE_FEED) for each in read.severities)
            summary = PREFIXES.get(state_of(entry), "") + read.summary
            return replace(
                read,
                feed=HOUSE_FEED,
                severities=severities,
                summary=summary,
                disputed=bool(entry.disputed),
            )
    return None


def lay_in(url: str) -> None:
    """Bring the advisory set of a store up to the latest versions of its house advisories.

    What is there already changes nothing, so an earlier call that failed is made up for.

    Raises:
        StoreError: where the set cannot be written.
    """
    while True:
        entries = _entries(url)
        if not _advisories(entries):
            # A store without a single advisory has no set, and must not seem to have one.
            return
        newest = _newest(entries)
        with open_ledger(url, newest) as ledger:
            # Read again behind the writers' lock: what another process has changed meanwhile is in
            # the set already, and must not be set back.
            entries = _entries(url)
            if _newest(entries) != newest:
                continue
            for advisory in _advisories(entries):
                ledger.add(advisory, HOUSE_FEED, "")
            ledger.finish()
            return


def lay_in_again(url: str) -> None:
    """Bring a store's house advisories back into a set that was made anew.

    Raises:
        StoreError: where the store cannot be written.
    """
    with open_database(url, write=True):
        pass  # The tables of the store are brought up to date, or made.
    lay_in(url)


def _advisories(entries: tuple[Entry, ...]) -> list[Advisory]:
    return [advisory for entry in entries if (advisory := advisory_of(entry))]


def _entries(url: str) -> tuple[Entry, ...]:
    with open_book(url, write=False) as book:
        return book.entries()


def _newest(entries: tuple[Entry, ...]) -> str:
    return max((entry.at for entry in entries), default="")
