"""Fetch what publishers changed since the last time, and import it into the advisory set."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta, Struct

from lading.options import CaFile
from lading.place import database
from lading.progress import many_progress

if TYPE_CHECKING:
    from match.fetch.update import Outcome

ARGUMENTS = ("feeds",)
FORMATS = ("table", "json")
SHOWN = 3
"""Faults of one publisher, and publishers where all failed, that are told one by one."""


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading feeds update`."""

    feeds: Annotated[
        tuple[str, ...],
        Meta(description="Publishers or feeds; else those that serve what is stored."),
    ] = ()
    ecosystem: Annotated[
        tuple[str, ...],
        Meta(description="By OSV's name: PyPI, Alpine:v3.20; else those of the stored SBOMs."),
    ] = ()
    provider: Annotated[
        tuple[str, ...],
        Meta(description="A CSAF provider: its domain, or its provider-metadata.json's address."),
    ] = ()
    accept_key: Annotated[
        tuple[str, ...],
        Meta(description="A fingerprint: a key that a publisher signs with from now on."),
    ] = ()
    mirror: Annotated[
        str, Meta(description="Fetch from this address or directory instead of the publishers.")
    ] = ""
    cache: Annotated[str, Meta(description="Where the publishers' files are kept.")] = ""
    ca_file: CaFile = ""
    output: Annotated[tuple[str, ...], Meta(description="FORMAT[=FILE]: table, json.")] = ("table",)
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""


def run(options: Options) -> int:
    """Ask each publisher; what fails is told and leaves the old data, and only all is an error."""
    from lading.clock import now
    from lading.fetching import orders, ways
    from lading.output import wanted, write_all
    from lading.table import table
    from match.fetch.shelf import default_cache
    from match.fetch.update import update
    from sbom.errors import FetchError

    outputs = wanted(options.output, FORMATS)
    cache, store = default_cache(options.cache), database(options.db)
    chosen, why = orders(
        options.feeds, options.ecosystem, options.provider, store, cache, options.accept_key
    )
    with many_progress() as told:
        outcomes = update(
            chosen,
            store,
            cache,
            learned=now(),
            ways=ways(options.mirror, options.ca_file),
            told=told,
        )

    def render(name: str, _terminal: bool) -> bytes:  # noqa: FBT001
        if name == "json":
            document = {"schema": "lading-update/1", "chosen": why, "publishers": outcomes}
            return msgspec.json.encode(document, order="sorted") + b"\n"
        rows = [
            (
                one.name,
                one.status,
                str(one.files),
                *(
                    str(sum(getattr(feed, count) for feed in one.feeds))
                    for count in ("added", "changed", "gone", "problems")
                ),
            )
            for one in outcomes
        ]
        notes = [f"chosen by {why}"] if not options.feeds else []
        notes += _state(store)
        return table(
            ("publisher", "", "files", "added", "changed", "gone", "problems"), rows, notes
        )

    failed = [one for one in outcomes if one.faults]
    if outcomes and all(one.status == "failed" for one in outcomes):
        reasons = "; ".join(f"{one.name}: {one.faults[0]}" for one in failed[:SHOWN])
        if len(failed) > SHOWN:
            reasons += f"; and {len(failed) - SHOWN} more publishers"
        raise FetchError(f"nothing could be updated: {reasons}", "`lading feeds status` says why")
    write_all(outputs, render)
    _tell(outcomes, options.accept_key)
    return 0


def _state(store: str) -> list[str]:
    """Say which state the set is in now; nothing where nothing was ever brought."""
    from match.set.states import states
    from sbom.errors import StoreError

    try:
        state = states(store)[-1]
    except StoreError:
        return []
    return [f"advisory set {state.digest[:19]} as of {state.as_of}"]


def _tell(outcomes: "Sequence[Outcome]", accepted: Sequence[str]) -> None:
    """Say on standard error what failed, and what is to be known of signatures."""
    from match.fetch.openpgp import INSTALL, fingerprint, installed

    for one in outcomes:
        stale = f"as of {one.since}" if one.since else "never fetched in full"
        more = len(one.faults) - SHOWN
        for fault in one.faults[:SHOWN]:
            sys.stderr.write(f"problem: {one.name} ({stale}): {fault}\n")
        if more > 0:
            sys.stderr.write(f"problem: {one.name}: {more} more (-o json shows them)\n")
        for note in one.notes:
            sys.stderr.write(f"note: {one.name}: {note}\n")
    unverified = [one.name for one in outcomes if one.signed and not installed()]
    if unverified:
        told = f"signatures of {', '.join(unverified)} were not verified"
        sys.stderr.write(f"note: {told}; {INSTALL} verifies them\n")
    known = {key for one in outcomes for key in one.keys}
    for key in accepted:
        if fingerprint(key) not in known:
            sys.stderr.write(f"problem: --accept-key {key}: no publisher asked names this key\n")
