"""Show what the advisory set holds, how old it is and how far it reaches, and who last failed."""

from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta, Struct

from lading.place import database
from match.model import Coverage, Reach

if TYPE_CHECKING:
    from collections.abc import Sequence

    from match.fetch.freshness import Asked

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
    """Show the set's digest and date, its feeds, what it can match, and its publishers."""
    from lading.clock import now
    from lading.covering import stock_coverage
    from lading.output import wanted, write_all
    from lading.table import table
    from match.fetch.freshness import publishers
    from match.fetch.shelf import default_cache
    from match.set.store import open_set

    outputs = wanted(options.output, FORMATS)
    db = database(options.db)
    with open_set(db) as advisories:
        state, reach = advisories.state, advisories.reach()
        stock = stock_coverage(db, advisories)
    asked = publishers(default_cache(options.cache), now(options.now))

    def render(name: str, _terminal: bool) -> bytes:  # noqa: FBT001
        if name == "json":
            told = msgspec.structs.asdict(state)
            document = {
                "schema": "lading-feeds/1",
                **told,
                "publishers": asked,
                "reach": _reach(reach) if reach else None,
                "stock": _stock(stock) if stock else None,
            }
            return msgspec.json.encode(document, order="sorted") + b"\n"
        named = dict(reach.feeds) if reach else {}
        rows = [
            (
                feed.name,
                str(feed.records),
                feed.as_of[:10],
                feed.learned,
                feed.confirmed,
                _share(named.get(feed.name, 0), reach),
            )
            for feed in state.feeds
        ]
        total = sum(feed.records for feed in state.feeds)
        notes = [f"{total} records, set {state.digest[:19]} as of {state.as_of}"]
        if reach and reach.cves:
            notes.append(
                f"it can match {_share(reach.matchable, reach)} of the {reach.cves} CVEs published"
                f" since {reach.since}; `recent` is each feed's part of that"
            )
        heads = ("feed", "records", "newest", "learned", "confirmed", "recent")
        held = table(heads, rows, notes)
        held += b"\n" + _of_stock(stock, reach) if stock else b""
        if not asked:
            return held
        return held + b"\n" + _of_publishers(asked)

    write_all(outputs, render)
    return 0


def _of_publishers(asked: "Sequence[Asked]") -> bytes:
    """Return the table of who was asked, when, and what came of it."""
    from lading.table import table

    rows = [
        (
            one.name,
            one.status,
            one.succeeded or "never",
            one.attempted,
            one.signed,
            one.failure,
        )
        for one in asked
    ]
    return table(("publisher", "", "last in full", "last asked", "signed", "why not"), rows)


def _share(count: int, reach: Reach | None) -> str:
    return f"{count / reach.cves:.1%}" if reach and reach.cves and count else ""


def _of_stock(stock: Coverage, reach: Reach | None) -> bytes:
    """Return the table of what the stored SBOMs have, and how much of it the set can match."""
    from lading.table import table

    rows = [
        (area, str(count), _share(count, reach))
        for area, count in (stock.reach.areas if stock.reach else ())
    ]
    notes = [f"a feed speaks for {stock.matchable} of {stock.components} stored components"]
    notes += [f"{reason}: {count}" for reason, count in stock.without_feed]
    if stock.without_purl:
        notes.append(f"no purl: {stock.without_purl}")
    return table(("stored SBOMs have", "recent CVEs", "of all"), rows, notes)


def _reach(reach: Reach) -> dict[str, object]:
    told = msgspec.structs.asdict(reach)
    return told | {"feeds": dict(reach.feeds), "areas": dict(reach.areas)}


def _stock(stock: Coverage) -> dict[str, object]:
    return {
        "components": stock.components,
        "matchable": stock.matchable,
        "without_purl": stock.without_purl,
        "without_feed": dict(stock.without_feed),
        "areas": dict(stock.reach.areas) if stock.reach else {},
    }
