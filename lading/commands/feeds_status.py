"""Show what the advisory set holds, how old it is, and which publishers last failed."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from lading.place import database

ARGUMENTS: tuple[str, ...] = ()
FORMATS = ("table", "json")


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading feeds status`."""

    cache: Annotated[str, Meta(description="Where `feeds update` keeps the publishers' files.")] = (
        ""
    )
    now: Annotated[str, Meta(description="The time that ages are counted to; else the clock.")] = ""
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: table, json.")] = ("table",)
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""


def run(options: Options) -> int:
    """Show the set's digest, its date, a row for each feed, and one for each publisher."""
    from lading.clock import now
    from lading.output import wanted, write_all
    from lading.table import table
    from match.fetch.freshness import publishers
    from match.fetch.shelf import default_cache
    from match.store import open_set

    outputs = wanted(options.output, FORMATS)
    with open_set(database(options.db)) as advisories:
        state = advisories.state
    asked = publishers(default_cache(options.cache), now(options.now))

    def render(name: str, _terminal: bool) -> bytes:  # noqa: FBT001
        if name == "json":
            told = msgspec.structs.asdict(state)
            document = {"schema": "lading-feeds/1", **told, "publishers": asked}
            return msgspec.json.encode(document, order="sorted") + b"\n"
        rows = [(f.name, str(f.records), f.as_of[:10], f.learned) for f in state.feeds]
        total = sum(feed.records for feed in state.feeds)
        notes = [f"{total} records, set {state.digest[:19]} as of {state.as_of}"]
        held = table(("feed", "records", "newest", "learned"), rows, notes)
        if not asked:
            return held
        fetched = [
            (one.name, one.status, one.succeeded or "never", one.attempted, one.failure)
            for one in asked
        ]
        heads = ("publisher", "", "last in full", "last asked", "why not")
        return held + b"\n" + table(heads, fetched)

    write_all(outputs, render)
    return 0
