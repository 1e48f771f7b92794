"""Match all kept SBOMs again after the advisory set changed, and tell what became of them."""

from typing import Annotated

from msgspec import Meta, Struct

from lading.place import SetStore, database
from sbom.errors import InputError

ARGUMENTS: tuple[str, ...] = ()
FORMATS = ("table", "json", "jsonl")


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading rematch`."""

    since: Annotated[
        str,
        Meta(
            description="Only show what changed since this state (a date, a digest); nothing is"
            " noted or sent."
        ),
    ] = ""
    events: Annotated[str, Meta(description="Append each event to this file (JSON lines).")] = ""
    webhook: Annotated[
        str,
        Meta(description="Send events to this address, signed with LADING_WEBHOOK_SECRET."),
    ] = ""
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: table, json, jsonl.")] = (
        "table",
    )
    now: Annotated[str, Meta(description="The time of the events, instead of the clock.")] = ""
    set: SetStore = ""
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""


def run(options: Options) -> int:
    """Exit 0, whatever changed; what could not be delivered is exit 2 and kept."""
    from lading.clock import now
    from lading.output import wanted
    from lading.rematching import rematch, show_since

    outputs = wanted(options.output, FORMATS)
    url = database(options.db)
    set_url = options.set or url
    if options.since:
        if options.events or options.webhook:
            raise InputError("--since only shows", "leave --events and --webhook out")
        show_since(url, set_url, options.since, now(options.now), outputs)
        return 0
    rematch(
        url,
        set_url,
        now(options.now),
        outputs,
        events=options.events,
        webhook=options.webhook,
    )
    return 0
