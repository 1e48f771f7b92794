"""Check that Lading can work here: Python, the store, the advisory set and its age."""

import sys
from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta, Struct

from lading.place import database
from sbom.database import SERVERS, exists, shown
from sbom.errors import LadingError

ARGUMENTS: tuple[str, ...] = ()
WRONG = 1
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
    from datetime import datetime

    from lading.clock import now
    from match.feeds import FEEDS
    from match.store import open_set

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
    today = datetime.fromisoformat(now(stated_now))
    limits = {feed.name: feed.days for feed in FEEDS}
    for feed in state.feeds:
        if not feed.learned:
            continue
        age = max(0, (today - datetime.fromisoformat(feed.learned)).days)
        limit = limits.get(feed.name.partition(":")[0], 7)
        yield age <= limit, f"feed {feed.name}: learned {age} days ago (fresh for {limit})"
