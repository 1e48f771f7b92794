"""Forget verdicts of the store, by digest or by their age."""

from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta, Struct

from lading.place import database
from sbom.errors import InputError

if TYPE_CHECKING:
    from gate.verdicts import KeptVerdict

ARGUMENTS = ("digests",)
FORMATS = ("table", "json")


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading verdict forget`."""

    digests: Annotated[
        tuple[str, ...], Meta(description="Digests as `verdict list` shows them.")
    ] = ()
    before: Annotated[str, Meta(description="Forget those decided before this day or time.")] = ""
    image: Annotated[
        str, Meta(description="Of those only this image's: its name, or the start of a digest.")
    ] = ""
    keep_last: Annotated[
        int, Meta(description="Of those keep the newest N of each image and stage.", ge=0)
    ] = 0
    dry_run: Annotated[bool, Meta(description="Say what would go, and leave it.")] = False
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: table, json.")] = ("table",)
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""


def run(options: Options) -> int:
    """Show what went. `lading.yaml` cannot forget anything by itself: a rule has to be given."""
    from gate.verdicts import Forgotten, forget
    from lading.output import wanted, write_all

    outputs = wanted(options.output, FORMATS)
    going = _going(options)
    if not options.dry_run:
        forget(database(options.db), [each.digest for each in going])

    def render(name: str, _terminal: bool) -> bytes:  # noqa: FBT001
        if name == "json":
            document = Forgotten(dry_run=options.dry_run, forgotten=tuple(going))
            return msgspec.json.encode(document, order="sorted") + b"\n"
        return _table(going, dry_run=options.dry_run)

    write_all(outputs, render)
    return 0


def _going(options: Options) -> "list[KeptVerdict]":
    """Return the verdicts that the digests name, or that the rule lets go."""
    from gate.verdicts import find, kept, outlived

    url, ruled = database(options.db), bool(options.before or options.keep_last)
    if options.digests and (ruled or options.image):
        raise InputError("digests and a rule", "give one of them")
    if not options.digests and not ruled:
        raise InputError("nothing says what to forget", "give digests, --before or --keep-last")
    there = kept(url, image=options.image)
    if options.digests:
        return [find(there, digest) for digest in options.digests]
    return outlived(there, before=options.before, keep_last=options.keep_last)


def _table(going: "list[KeptVerdict]", *, dry_run: bool) -> bytes:
    from lading.table import table

    rows = [(v.digest[:19], v.outcome, v.stage, v.name or v.image_id, v.decided_at) for v in going]
    went = "would forget" if dry_run else "forgotten"
    heads = ("digest", "outcome", "stage", "image", "decided at")
    return table(heads, rows, [f"{went}: {len(rows)} verdicts"])
