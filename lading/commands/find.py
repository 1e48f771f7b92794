"""Find which images in the store have a vulnerability, in which components, and what fixes it."""

from typing import Annotated

from msgspec import Meta, Struct

from lading.place import SetStore, database

ARGUMENTS = ("id",)
FORMATS = ("table", "json")
SHOWN = 20


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading find`."""

    id: Annotated[str, Meta(description="Any name of it: CVE-…, GHSA-…, DSA-…, LDG-…")]
    layers: Annotated[
        bool, Meta(description="Say also in which layer and file; reads each image's SBOM.")
    ] = False
    all: Annotated[bool, Meta(description="Show every image, not the first of each component.")] = (
        False
    )
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: table, json.")] = ("table",)
    set: SetStore = ""
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""


def run(options: Options) -> int:
    """Exit 0, found or not."""
    from lading.output import wanted, write_all
    from lading.table import table
    from match.stock.sought import render_json, seek

    outputs = wanted(options.output, FORMATS)
    url = database(options.db)
    found = seek(url, options.set or url, options.id, places=options.layers)

    def render(name: str, _terminal: bool) -> bytes:  # noqa: FBT001
        if name == "json":
            return render_json(found)
        rows: list[tuple[str, ...]] = []
        for each in found.affected:
            shown = each.images if options.all else each.images[:SHOWN]
            fixed = ", ".join(each.fixed) or each.fix.replace("_", " ")
            for holder in shown:
                image = holder.image
                place = holder.places[0] if holder.places else None
                where = f"{place.layer or ''} {place.path}".strip() if place else ""
                rows.append((image.name or image.digest[:19], each.purl, fixed, where))
            if len(each.images) > len(shown):
                more = f"and {len(each.images) - len(shown)} more (--all)"
                rows.append((more, each.purl, fixed, ""))
        undecided = sum(each.outcome == "undecided" for each in found.affected)
        images = "1 image" if found.images == 1 else f"{found.images} images"
        notes = [f"{', '.join(found.ids)}: in {images}"]
        notes += [f"undecided for {undecided} components"] if undecided else []
        heads = ("image", "component", "fixed in", "layer" if options.layers else "")
        return table(heads, rows, notes)

    write_all(outputs, render)
    return 0
