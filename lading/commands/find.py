"""Find which images in the store have a vulnerability, in which components, and what fixes it."""

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from lading.place import SetStore, database

if TYPE_CHECKING:
    from match.stock.sought import Found, Holder

ARGUMENTS = ("id",)
FORMATS = ("table", "json")
SHOWN = 20


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading find`."""

    id: Annotated[str, Meta(description="Any name of it: CVE-…, GHSA-…, DSA-…, LDG-…")]
    layers: Annotated[
        bool, Meta(description="Say also in which layer and file; reads each image's SBOM.")
    ] = False
    all: Annotated[
        bool, Meta(description="Show every image, not the first 20 of each component.")
    ] = False
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: table, json.")] = ("table",)
    set: SetStore = ""
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""


def run(options: Options) -> int:
    """Exit 0, found or not."""
    from msgspec.structs import replace

    from lading.covering import unsaid
    from lading.output import wanted, write_all
    from match.stock.sought import render_json, seek

    outputs = wanted(options.output, FORMATS)
    url = database(options.db)
    found = seek(url, options.set or url, options.id, places=options.layers)
    found = replace(found, unsaid=unsaid(url, options.set or url))

    def render(name: str, _terminal: bool) -> bytes:  # noqa: FBT001
        return render_json(found) if name == "json" else _table(found, options)

    write_all(outputs, render)
    return 0


def _table(found: "Found", options: Options) -> bytes:
    """Return a line for each component and image; columns that say nothing are left out."""
    from lading.table import table

    undecided = sum(each.outcome == "undecided" for each in found.affected)
    rows: list[tuple[str, ...]] = []
    for each in found.affected:
        fixed = ", ".join(each.fixed) or each.fix.replace("_", " ")
        about = (each.purl, fixed, *((each.outcome,) if undecided else ()))
        shown = each.images if options.all else each.images[:SHOWN]
        for holder in shown:
            where = (_where(holder),) if options.layers else ()
            rows.append((holder.image.name or holder.image.digest[:19], *about, *where))
        if len(each.images) > len(shown):
            more = f"and {len(each.images) - len(shown)} more (--all)"
            rows.append((more, *about, *(("",) if options.layers else ())))
    heads = ("image", "component", "fixed in", *(("outcome",) if undecided else ()))
    return table((*heads, *(("layer",) if options.layers else ())), rows, _notes(found, undecided))


def _where(holder: "Holder") -> str:
    """Return in which layer and file an image has a component first, and in how many more."""
    if not holder.places:
        return ""
    first, more = holder.places[0], len(holder.places) - 1
    where = f"{(first.layer or '')[:19]} {first.path}".strip()
    return f"{where} and {more} more (-o json)" if more else where


def _notes(found: "Found", undecided: int) -> list[str]:
    from lading.covering import unsaid_note

    if not found.searched:
        return ["no image is stored, so nothing was searched (`lading scan` keeps them)"]
    some = f"{found.images} of {found.searched}" if found.images else f"none of {found.searched}"
    notes = [f"{', '.join(found.ids)}: in {some} {'image' if found.searched == 1 else 'images'}"]
    if silence := unsaid_note(found.unsaid):
        notes.append(silence)
    if undecided:
        notes.append("undecided: it may be affected (`lading explain` says what is not known)")
    return notes
