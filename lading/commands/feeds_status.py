"""Show what the advisory set holds: each feed, its records, how old they are."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from lading.place import database

ARGUMENTS: tuple[str, ...] = ()
FORMATS = ("table", "json")


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading feeds status`."""

    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: table, json.")] = ("table",)
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""


def run(options: Options) -> int:
    """Show the set's digest, its date, and one row for each feed."""
    from lading.output import wanted, write_all
    from lading.table import table
    from match.store import open_set

    outputs = wanted(options.output, FORMATS)
    with open_set(database(options.db)) as advisories:
        state = advisories.state

    def render(name: str, _terminal: bool) -> bytes:  # noqa: FBT001
        if name == "json":
            return msgspec.json.encode(state, order="sorted") + b"\n"
        rows = [(f.name, str(f.records), f.as_of[:10], f.learned) for f in state.feeds]
        total = sum(feed.records for feed in state.feeds)
        notes = [f"{total} records, set {state.digest[:19]} as of {state.as_of}"]
        return table(("feed", "records", "newest", "learned"), rows, notes)

    write_all(outputs, render)
    return 0
