"""List the states the advisory set was in: when each was learned, and what it brought."""

from typing import Annotated

from msgspec import Meta, Struct

from lading.place import database

ARGUMENTS: tuple[str, ...] = ()
FORMATS = ("table", "json")


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading feeds log`."""

    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: table, json.")] = ("table",)
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""


def run(options: Options) -> int:
    """Show one row for each state, the newest last."""
    from lading.output import wanted, write_all
    from lading.table import table
    from match.set.log import log, render_json

    outputs = wanted(options.output, FORMATS)
    found = log(database(options.db))

    def render(name: str, _terminal: bool) -> bytes:  # noqa: FBT001
        if name == "json":
            return render_json(found)
        rows = [
            (
                s.learned,
                s.digest[:19],
                s.as_of[:10],
                str(s.begun),
                str(s.ended),
                str(s.confirmed),
            )
            for s in found.states
        ]
        heads = (
            "learned by",
            "state",
            "newest",
            "new or changed",
            "replaced or gone",
            "feeds confirmed",
        )
        return table(heads, rows, ["`--as-of` takes a date or a state."])

    write_all(outputs, render)
    return 0
