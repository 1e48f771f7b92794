"""List the SBOMs in the store, newest first."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from lading.place import database

ARGUMENTS: tuple[str, ...] = ()
FORMATS = ("table", "json")


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading sbom list`."""

    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: table, json.")] = ("table",)
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""


def run(options: Options) -> int:
    """Show digest, name, number of components, and when it was kept."""
    from lading.output import wanted, write_all
    from lading.table import table
    from sbom.store import kept

    outputs = wanted(options.output, FORMATS)
    sboms = kept(database(options.db))

    def render(name: str, _terminal: bool) -> bytes:  # noqa: FBT001
        if name == "json":
            return msgspec.json.encode({"sboms": sboms}, order="sorted") + b"\n"
        rows = [(s.digest[:19], s.name, str(s.components), s.kept_at) for s in sboms]
        return table(("digest", "name", "components", "kept at"), rows, [f"in all: {len(rows)}"])

    write_all(outputs, render)
    return 0
