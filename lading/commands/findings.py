"""Match every SBOM in the store at once and list their findings; no policy or VEX is asked."""

from typing import Annotated

from msgspec import Meta, Struct

from lading.place import SetStore, database

ARGUMENTS: tuple[str, ...] = ()
FORMATS = ("table", "jsonl")
BANDS = ((9.0, 11.0), (7.0, 9.0), (4.0, 7.0), (0.0, 4.0))
"""CVSS v3.1, section 5: critical, high, medium, low (with none)."""


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading findings`."""

    name: Annotated[
        str, Meta(description="Only images named like this (`*` and `?` stand for anything).")
    ] = ""
    output: Annotated[
        tuple[str, ...],
        Meta(description="FORMAT[=FILE]: table (a line an image), jsonl (with findings)."),
    ] = ("table",)
    set: SetStore = ""
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""


def run(options: Options) -> int:
    """Exit 0, whatever is found."""
    from msgspec.json import Encoder

    from lading.covering import unsaid, unsaid_note
    from lading.output import wanted, write_all
    from lading.progress import progress
    from lading.table import table
    from match.stock.whole import match_all

    outputs = wanted(options.output, FORMATS)
    url = database(options.db)
    with progress("matching") as report:
        matched = match_all(url, options.set or url, options.name, report)
    encode = Encoder(order="sorted").encode

    def render(name: str, _terminal: bool) -> bytes:  # noqa: FBT001
        images = matched.by_image()
        if name == "jsonl":
            return b"".join(encode(each) + b"\n" for each in images)
        rows = []
        for each in images:
            scores = [f.score for f in each.findings]
            counts = [
                str(sum(score is not None and low <= score < high for score in scores))
                for low, high in BANDS
            ]
            called = each.image.name or each.image.digest[:19]
            exploited = str(sum(f.exploited for f in each.findings))
            rows.append((called, str(len(scores)), *counts, str(scores.count(None)), exploited))
        heads = ("image", "findings", "critical", "high", "medium", "low", "unscored", "exploited")
        notes = [f"images: {len(rows)}, different findings: {len(matched.found)}"]
        if silence := unsaid_note(unsaid(url, options.set or url)):
            notes.append(silence)
        if not rows:
            notes = ["no image is stored, so nothing was matched (`lading scan` keeps them)"]
            if options.name:
                notes = [f"no stored image is named like {options.name} (`lading sbom list`)"]
        return table(heads, rows, notes)

    write_all(outputs, render)
    return 0
