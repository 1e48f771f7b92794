"""Say what is wrong or doubtful in advisories: exit 1 where something is wrong."""

import os
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from lading.place import database

if TYPE_CHECKING:
    from match.house.lint import Remark

ARGUMENTS = ("targets",)
FORMATS = ("text", "json")
WRONG = 1


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading advisory lint`."""

    targets: Annotated[
        tuple[str, ...],
        Meta(description="Ids, or files and folders of OSV records; all of the store where none."),
    ] = ()
    strict: Annotated[bool, Meta(description="Doubtful is wrong too.")] = False
    feeds: Annotated[str, Meta(description="Files of a feed in which to look for fix commits.")] = (
        ""
    )
    now: Annotated[str, Meta(description="The time, instead of the clock.")] = ""
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: text, json.")] = ("text",)
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""


def run(options: Options) -> int:
    """Print each remark as `ABOUT: LEVEL: PLACE: WHAT`."""
    from lading.house.advising import line_of
    from lading.house.linting import of_path, of_store
    from lading.output import wanted, write_all
    from match.house.ids import is_house
    from match.house.views import as_json
    from sbom.text import plain

    outputs = wanted(options.output, FORMATS)
    ids = [t.upper() for t in options.targets if is_house(t.upper()) and not os.path.exists(t)]
    found: list[Remark] = []
    for path in options.targets:
        if path.upper() not in ids:
            found += of_path(path)
    if ids or not options.targets:
        found += of_store(database(options.db), ids, now=options.now, feeds=options.feeds)

    def render(name: str, _terminal: bool) -> bytes:  # noqa: FBT001
        if name == "json":
            return as_json({"schema": "lading-remarks/1", "remarks": found})
        lines = [plain(line_of(each)) for each in found] or ["nothing to remark"]
        return ("\n".join(lines) + "\n").encode(errors="replace")

    write_all(outputs, render)
    bad = {"wrong", "doubtful"} if options.strict else {"wrong"}
    return WRONG if any(each.level in bad for each in found) else 0
