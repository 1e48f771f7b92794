"""Read advisories from a directory or file into the merged advisory set."""

import sys
from typing import Annotated

from msgspec import Meta, Struct

from lading.place import database
from lading.progress import progress

ARGUMENTS = ("path",)
SHOWN = 10


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading feeds import`."""

    path: Annotated[str, Meta(description="A directory or file in the publishers' own formats.")]
    learned: Annotated[
        str, Meta(description="When these were fetched, for older snapshots; else now.")
    ] = ""
    all: Annotated[bool, Meta(description="Show every problem and every unknown file.")] = False
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""


def run(options: Options) -> int:
    """Import what is known, name what is not; nothing is written unless all of it is."""
    from lading.clock import now
    from lading.table import table
    from match.importer import import_path

    with progress("importing") as told:
        report = import_path(
            options.path,
            database(options.db),
            learned=now(options.learned),
            progress=told,
        )
    rows = [
        (f.feed, str(f.records), str(f.added), str(f.changed), str(f.gone), str(f.problems))
        for f in report.feeds
    ]
    shown = None if options.all else SHOWN
    notes = [f"problem: {p.where}: {p.what}" for p in report.problems[:shown]]
    notes += _more(len(report.problems), shown, "problems")
    notes += [f"not known yet, left: {path}" for path in report.unknown[:shown]]
    notes += _more(len(report.unknown), shown, "files not known yet")
    notes.append(f"advisory set {report.state.digest[:19]} as of {report.state.as_of}")
    heads = ("feed", "records", "added", "changed", "gone", "problems")
    sys.stdout.buffer.write(table(heads, rows, notes))
    return 0


def _more(count: int, shown: int | None, what: str) -> list[str]:
    hidden = 0 if shown is None else max(0, count - shown)
    return [f"… and {hidden} further {what} (--all shows them)"] if hidden else []
