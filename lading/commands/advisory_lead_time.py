"""Report how many days each source spoke of a vulnerability before its CVE, and before NVD did."""

from typing import Annotated

from msgspec import Meta, Struct

from lading.place import database

ARGUMENTS: tuple[str, ...] = ()
FORMATS = ("table", "json", "csv")
SHOWN = 20


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading advisory lead-time`."""

    source: Annotated[
        tuple[str, ...], Meta(description="Whose lead: house, osv:GHSA …; all where not said.")
    ] = ()
    against: Annotated[
        tuple[str, ...],
        Meta(description="Before whom: cve, nvd-analysis, a source, or all."),
    ] = ("cve", "nvd-analysis")
    ids: Annotated[bool, Meta(description="Show every id in the table, not the house's alone.")] = (
        False
    )
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: table, json, csv.")] = (
        "table",
    )
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""


def run(options: Options) -> int:
    """Figures per source, then the leads id by id."""
    from lading.output import wanted, write_all
    from match.house.book import open_book
    from match.house.dates import cases
    from match.house.lead import lead_time
    from match.house.lead_report import render

    outputs = wanted(options.output, FORMATS)
    url = database(options.db)
    with open_book(url, write=False) as book:
        entries = book.entries()
    told = lead_time(cases(url), entries, options.source, options.against)
    write_all(outputs, lambda name, _: render(name, told, every_id=options.ids))
    return 0
