"""What one state of the advisory set has that another has not: feed by feed, field by field."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Literal

from msgspec import Struct
from msgspec.json import Encoder

from match.changes.fields import FieldChange, Kind, RecordChange, line
from match.changes.history import changes
from match.changes.told import Named, named
from match.set.opening import opened
from match.set.states import CURRENT, State, find, read_states
from sbom.errors import InputError

SCHEMA: Literal["lading-feeds-diff/1"] = "lading-feeds-diff/1"
KINDS: tuple[Kind, ...] = ("added", "changed", "gone")
SHOWN = 10
FIELDS_SHOWN = 5


class Changed(Struct, frozen=True, kw_only=True):
    """One record that differs, and in which fields where both states have it."""

    id: str
    kind: Kind
    fields: tuple[FieldChange, ...] = ()


class Feed(Struct, frozen=True, kw_only=True):
    """The records of one feed that differ."""

    name: str
    added: int
    changed: int
    gone: int
    records: tuple[Changed, ...]


class Difference(Struct, frozen=True, kw_only=True):
    """What differs between two states of the set."""

    schema: Literal["lading-feeds-diff/1"]
    before: Named
    after: Named
    feeds: tuple[Feed, ...]


def differ(url: str, before: str = "", after: str = "") -> Difference:
    """Return the records that differ between two states of a store's set.

    Args:
        url: the store.
        before: a date or digest of a state (`match.set.states.find`); if left out the last one with
            other records: states that confirm alone are passed over.
        after: another; the current one if left out.

    Raises:
        InputError: where one of them names no state, or there is only one.
        StoreError: where there is no store, no advisories in it, or it cannot be read.
    """
    with opened(url) as connection:
        known = read_states(connection)
        if not before and len(known) < 2:
            raise InputError("the set has one state only", "`lading feeds import` makes the next")
        now = find(known, after or CURRENT)
        was = find(known, before) if before else _with_others(known, now)
        feeds = tuple(
            _feed(name, list(group))
            for name, group in groupby(changes(connection, was, now), key=lambda c: c.feed)
        )
    return Difference(schema=SCHEMA, before=named(was), after=named(now), feeds=feeds)


def _with_others(known: Sequence[State], now: State) -> State:
    """Return the last state before `now` that has other records, else the first of all."""
    earlier = (each for each in reversed(known) if each.number < now.number)
    return next((each for each in earlier if each.digest != now.digest), known[0])


def render_json(difference: Difference) -> bytes:
    """Return the difference as JSON (schemas/feeds-diff.schema.json)."""
    return Encoder(order="sorted").encode(difference) + b"\n"


def lines(difference: Difference, *, everything: bool) -> Iterator[str]:
    """Yield the records and fields that differ, in words; the first of each feed, or all."""
    for feed in difference.feeds:
        shown = feed.records if everything else feed.records[:SHOWN]
        yield f"{feed.name}:"
        for record in shown:
            yield f"  {record.id} {record.kind}"
            told = record.fields if everything else record.fields[:FIELDS_SHOWN]
            for each in told:
                yield f"    {line(each.path, each.before, each.after)}"
            if len(record.fields) > len(told):
                yield f"    … and {len(record.fields) - len(told)} further fields"
        if len(feed.records) > len(shown):
            yield f"  … and {len(feed.records) - len(shown)} further records (--all shows them)"
        yield ""


def _feed(name: str, found: list[RecordChange]) -> Feed:
    added, changed, gone = (sum(each.kind == kind for each in found) for kind in KINDS)
    records = tuple(Changed(id=c.id, kind=c.kind, fields=c.fields) for c in found)
    return Feed(name=name, added=added, changed=changed, gone=gone, records=records)
