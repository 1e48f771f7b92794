"""Forget SBOMs of the store, by digest or by a retention rule, and all that only they held."""

from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta, Struct

from lading.place import database
from sbom.errors import InputError

if TYPE_CHECKING:
    from sbom.store.forgetting import Forgotten, Rule

ARGUMENTS = ("digests",)
FORMATS = ("table", "json")
UNITS = {"h": "hours", "d": "days", "w": "weeks"}


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading sbom forget`."""

    digests: Annotated[tuple[str, ...], Meta(description="Digests as `sbom list` shows them.")] = ()
    keep_last: Annotated[
        int, Meta(description="Forget all but the newest N of each name and platform.", ge=0)
    ] = 0
    older_than: Annotated[
        str, Meta(description="Forget what was kept longer ago (24h, 90d, 8w).")
    ] = ""
    name: Annotated[
        str, Meta(description="Only names like this one (`*` and `?` stand for anything).")
    ] = ""
    dry_run: Annotated[bool, Meta(description="Say what would go, and leave it.")] = False
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: table, json.")] = ("table",)
    now: Annotated[str, Meta(description="The present time, instead of the clock.")] = ""
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""


def run(options: Options) -> int:
    """Show what went; with two rules both have to hold."""
    from lading.clock import today
    from lading.output import wanted, write_all
    from sbom.program import program
    from sbom.store.forgetting import forget

    outputs = wanted(options.output, FORMATS)
    rule = _rule(options)
    told = forget(
        database(options.db),
        rule=rule,
        digests=options.digests,
        program=program(),
        today=today(),
        dry_run=options.dry_run,
    )

    def render(name: str, _terminal: bool) -> bytes:  # noqa: FBT001
        if name == "table":
            return _table(told, dry_run=options.dry_run)
        document = {
            **msgspec.structs.asdict(told),
            "dry_run": options.dry_run,
            "schema": "lading-forgotten/1",
        }
        return msgspec.json.encode(document, order="sorted") + b"\n"

    write_all(outputs, render)
    return 0


def _rule(options: Options) -> "Rule | None":
    """Return the retention rule; None where digests are named instead."""
    from lading.clock import now
    from sbom.store.forgetting import Rule

    ruled = bool(options.keep_last or options.older_than)
    if options.digests and (ruled or options.name):
        raise InputError("digests and a rule", "give one of them")
    if not options.digests and not ruled:
        hint = "give digests, --keep-last or --older-than"
        raise InputError("nothing says what to forget", hint)
    if options.digests:
        return None
    before = _before(now(options.now), options.older_than) if options.older_than else ""
    return Rule(keep_last=options.keep_last, before=before, name=options.name)


def _before(now: str, age: str) -> str:
    """Return the time an age (`90d`) ago."""
    from datetime import datetime, timedelta

    number, unit = age[:-1], age[-1:]
    if unit not in UNITS or not (number.isascii() and number.isdigit() and len(number) <= 6):
        raise InputError(f"--older-than {age}: no age", "write hours, days or weeks: 24h, 90d, 8w")
    try:
        then = datetime.fromisoformat(now) - timedelta(**{UNITS[unit]: int(number)})
    except OverflowError:
        raise InputError(f"--older-than {age}: too long ago", "give fewer weeks") from None
    return then.strftime("%Y-%m-%dT%H:%M:%SZ")


def _table(told: "Forgotten", *, dry_run: bool) -> bytes:
    from lading.table import table

    rows = [(s.digest[:19], s.name, s.platform, s.kept_at) for s in told.sboms]
    went = "would forget" if dry_run else "forgotten"
    held = f"{told.components} components that no other holds"
    note = f"{went}: {len(rows)} SBOMs, {held}, {told.results} stale layer results"
    return table(("digest", "name", "platform", "kept at"), rows, [note])
