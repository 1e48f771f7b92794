"""Check that Lading can work here: Python, the store, the advisory set and its age."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from lading.place import database
from sbom.database import SERVERS, exists, shown
from sbom.errors import LadingError
from sbom.text import plural

if TYPE_CHECKING:
    from match.model import SetState

ARGUMENTS: tuple[str, ...] = ()
WRONG = 1
FRESH_DAYS = 7
"""For a feed that states no limit of its own."""
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading doctor`."""

    now: Annotated[str, Meta(description="The present time, instead of the clock.")] = ""
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""


def run(options: Options) -> int:
    """Print one line for each check; exit 1 where one is wrong."""
    wrong = False
    for right, line in _checks(database(options.db), options.now):
        sys.stdout.write(f"{'ok   ' if right else 'wrong'}  {line}\n")
        wrong = wrong or not right
    return WRONG if wrong else 0


def _checks(url: str, stated_now: str) -> Iterator[tuple[bool, str]]:
    yield True, f"python {sys.version.split()[0]}"
    if not exists(url):
        yield False, f"store {url}: not there (run `lading feeds import PATH`)"
        return
    yield from _store(url)
    yield from _advisory_set(url, stated_now)


def _store(url: str) -> Iterator[tuple[bool, str]]:
    """Say what the store is, and whether everything in it can be read."""
    from sbom.store import health

    try:
        store = health(url)
    except LadingError as error:
        yield False, f"store {error}"
        return
    named = NAMES[store.dialect]
    yield True, f"store {shown(url)}: {named}, layout {store.layout}, {store.size / 1e6:.1f} MB"
    yield True, f"SBOMs kept: {store.sboms}, of {store.components} distinct components"
    if store.unreadable:
        yield False, f"SBOMs that cannot be read: {store.unreadable} (see `lading sbom forget`)"
    yield True, f"layer results kept: {store.results}, {store.results_size / 1e6:.1f} MB"


def _advisory_set(url: str, stated_now: str) -> Iterator[tuple[bool, str]]:
    from lading.clock import now
    from match.set.store import open_set

    try:
        with open_set(url) as advisories:
            state = advisories.state
    except LadingError as error:
        yield False, str(error)
        return
    yield True, f"advisory set {state.digest[:19]} as of {state.as_of}"
    if url.startswith(SERVERS):
        from match.carry.server import inspect

        copy = inspect(url)
        yield True, f"advisory set on this machine: {copy.path}, {copy.size / 1e6:.1f} MB"
    yield from _feeds(state, now(stated_now))


def _feeds(state: "SetState", today: str) -> Iterator[tuple[bool, str]]:
    """Name each feed that is stale; of the others how many they are is enough."""
    from match.feeds import FEEDS
    from match.model import HOUSE_FEED
    from sbom.days import days_between

    limits = {feed.name: feed.days for feed in FEEDS}
    ages = {}
    for feed in state.feeds:
        days = days_between(feed.confirmed or feed.learned, today)
        if days is not None and feed.name != HOUSE_FEED:
            ages[feed.name] = max(0, days), feed.dated_by
    stale = [n for n in ages if ages[n][0] > limits.get(n.partition(":")[0], FRESH_DAYS)]
    if ages and not stale:
        oldest, what = max(ages.values())
        yield (
            True,
            f"feeds: {len(ages)}, all fresh; the oldest {what} {plural(oldest, 'day')} ago",
        )
    elif stale:
        yield True, f"feeds: {len(ages) - len(stale)} of {len(ages)} fresh"
    for name in stale:
        limit, (age, what) = limits.get(name.partition(":")[0], FRESH_DAYS), ages[name]
        yield False, f"feed {name}: {what} {plural(age, 'day')} ago (fresh for {limit})"
