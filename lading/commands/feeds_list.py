"""List the feeds Lading can read, with their public place, licence and freshness limit."""

import sys
from typing import Annotated

from msgspec import Meta, Struct

ARGUMENTS: tuple[str, ...] = ()


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading feeds list`."""

    urls: Annotated[bool, Meta(description="Show the public URL layout too.")] = False


def run(options: Options) -> int:
    """One row for each feed."""
    from lading.table import table
    from match.feeds import FEEDS

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
    sys.stdout.buffer.write(table(heads, rows))
    return 0
