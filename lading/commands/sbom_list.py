"""List the SBOMs in the store, newest first."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from lading.place import database

ARGUMENTS: tuple[str, ...] = ()
FORMATS = ("table", "json")


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading sbom list`."""

    name: Annotated[
        str, Meta(description="Only names like this one (`*` and `?` stand for anything).")
    ] = ""
    image: Annotated[
        str, Meta(description="Only of this image or manifest: a digest, or its beginning.")
    ] = ""
    platform: Annotated[str, Meta(description="Only for this platform, as linux/arm64.")] = ""
    holds: Annotated[
        str, Meta(description="Only those that hold this component: a purl, or a name.")
    ] = ""
    since: Annotated[str, Meta(description="Only those first kept at this time or later.")] = ""
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: table, json.")] = ("table",)
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""


def run(options: Options) -> int:
    """Show digest, name, platform, number of components, and when it was kept."""
    from lading.clock import now
    from lading.output import wanted, write_all
    from lading.table import table
    from sbom.store.listing import Filter, listed

    outputs = wanted(options.output, FORMATS)
    chosen = Filter(
        name=options.name,
        image=options.image,
        platform=options.platform,
        holds=options.holds,
        since=now(options.since, "--since") if options.since else "",
    )
    sboms = listed(database(options.db), chosen)

    def render(name: str, _terminal: bool) -> bytes:  # noqa: FBT001
        if name == "json":
            document = {"sboms": sboms, "schema": "lading-sboms/1"}
            return msgspec.json.encode(document, order="sorted") + b"\n"
        rows = [(s.digest[:19], s.name, s.platform, str(s.components), s.kept_at) for s in sboms]
        heads = ("digest", "name", "platform", "components", "kept at")
        hint = "" if rows else " (`lading scan` keeps SBOMs; --db names another store)"
        return table(heads, rows, [f"in all: {len(rows)}{hint}"])

    write_all(outputs, render)
    return 0
