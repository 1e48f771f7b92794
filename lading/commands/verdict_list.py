"""List the verdicts in the store, newest first."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from lading.place import database

ARGUMENTS = ("image",)
FORMATS = ("table", "json")
SHOWN_DIGEST = 19
"""`sha256:` and twelve characters, as much as tells them apart at a glance."""


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading verdict list`."""

    image: Annotated[
        str, Meta(description="Only of this image: its name, or the start of a digest.")
    ] = ""
    stage: Annotated[
        Literal["", "build", "registry", "deploy"], Meta(description="Only of this stage.")
    ] = ""
    since: Annotated[str, Meta(description="Only from this day or time on (UTC).")] = ""
    until: Annotated[str, Meta(description="Only up to this day or time (UTC).")] = ""
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: table, json.")] = ("table",)
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""


def run(options: Options) -> int:
    """Show outcome, stage, image and policy of each; `lading report DIGEST` shows one in full."""
    from gate.verdicts import Listed, kept
    from lading.output import wanted, write_all
    from lading.table import table

    outputs = wanted(options.output, FORMATS)
    verdicts = kept(
        database(options.db),
        image=options.image,
        stage=options.stage,
        since=options.since,
        until=options.until,
    )

    def render(name: str, _terminal: bool) -> bytes:  # noqa: FBT001
        if name == "json":
            return msgspec.json.encode(Listed(verdicts=verdicts), order="sorted") + b"\n"
        rows = [
            (
                v.digest[:SHOWN_DIGEST],
                v.outcome,
                v.stage,
                v.name or v.image_id[:SHOWN_DIGEST],
                v.policy,
                f"{v.denied} of {v.findings}",
                v.decided_at,
            )
            for v in verdicts
        ]
        heads = ("digest", "outcome", "stage", "image", "policy", "denied", "decided at")
        return table(heads, rows, [f"in all: {len(rows)}"])

    write_all(outputs, render)
    return 0
