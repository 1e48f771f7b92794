"""List the feeds Lading can read, with their public place, licence and freshness limit."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

ARGUMENTS: tuple[str, ...] = ()
FORMATS = ("table", "json")


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading feeds list`."""

    urls: Annotated[bool, Meta(description="Show the public URL layout too.")] = False
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: table, json.")] = ("table",)


def run(options: Options) -> int:
    """One row for each feed; all that is known of it as JSON."""
    from lading.output import wanted, write_all
    from lading.table import table
    from match.feeds import FEEDS

    outputs = wanted(options.output, FORMATS)

    def render(name: str, _terminal: bool) -> bytes:  # noqa: FBT001
        if name == "json":
            document = {"schema": "lading-feeds-list/1", "feeds": [f._asdict() for f in FEEDS]}
            return msgspec.json.encode(document, order="sorted") + b"\n"
        heads = ("feed", "title", "licence", "fresh for", *(("url",) if options.urls else ()))
        rows = [
            (
                feed.name,
                feed.title,
                feed.licence,
                f"{feed.days} days",
                *((feed.url,) if options.urls else ()),
            )
            for feed in FEEDS
        ]
        return table(heads, rows)

    write_all(outputs, render)
    return 0
