"""What matching the stock again told, kept until everybody was told: at least once, in order.

An event is written in the transaction that notes the state it leads to, and each receiver has a
place of its own among them. So a process may be killed anywhere, and what it did not deliver is
delivered next time, under the same id.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Literal

from msgspec import Struct, msgpack
from pyroaring import BitMap

from match.changes.told import Named, Told
from match.stock.due import Due, Fallen
from sbom.database import Database, Row
from sbom.store.parts import next_number

SCHEMA: Literal["lading-event/1"] = "lading-event/1"
KEPT_DAYS = 30
"""For so long what was told is kept for receivers that are behind."""
MANY = 10_000
"""So many images are found faster by looking at all."""
NOT_KNOWN = 1 << 62


class Image(Struct, frozen=True, kw_only=True):
    """An image that an event is about. digest: of its SBOM in the store."""

    name: str
    image_id: str
    manifest: str
    platform: str
    digest: str


class Note(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An event as it is kept: the images stand beside it."""

    before: Named
    after: Named
    transition: Told | None = None
    due: Due | None = None


class Held(Struct, frozen=True, gc=False):
    """One transition, and the SBOMs it is of. unit: names the components that it is of."""

    told: Told
    unit: str
    holders: BitMap


NOTE = msgpack.Decoder(Note)
Found = Held | Fallen
"""What a re-match tells: what the set changed, and what time did."""
EventRow = tuple[str, str, bytes, bytes]
"""id, time, holders (roaring bitmap) and note of an event, as they are kept."""


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One transition of one component, or what fell due for one release (docs/rematch.md).

    id: the same whenever this is told again. at: when it was found, RFC 3339 in UTC.
    transition, due: one of them is there.
    images: all that hold the component, or packages of the release, by name; those that were
        forgotten since are not.
    """

    schema: Literal["lading-event/1"]
    id: str
    at: str
    before: Named
    after: Named
    images: tuple[Image, ...]
    transition: Told | None = None
    due: Due | None = None


def write(database: Database, found: Sequence[Found], states: tuple[Named, Named], at: str) -> None:
    """Keep what was found from one state to another; `database` has to be a writer's."""
    first = next_number(database, "event", len(found))
    rows = ((number, *_row(held, states, at)) for number, held in enumerate(found, first))
    database.executemany("INSERT INTO event VALUES (?, ?, ?, ?, ?)", rows)


def unwritten(
    database: Database, found: Sequence[Found], states: tuple[Named, Named], at: str
) -> tuple[Event, ...]:
    """Return what was found as the events that they would be."""
    images = images_of(database, BitMap.union(BitMap(), *(held.holders for held in found)))
    return tuple(_event(_row(held, states, at), images) for held in found)


def register(database: Database, receivers: Iterable[str]) -> None:
    """Note who is told from now on; those that are known keep their place."""
    asked = "SELECT number FROM last_number WHERE kind = 'event'"
    last = int(database.execute(asked).fetchone()[0])
    database.executemany(
        "INSERT INTO event_receiver VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
        [(name, last) for name in receivers],
    )


def place_of(database: Database, receiver: str) -> int:
    """Return the last event that a receiver was told; the highest number for one not known."""
    row = database.execute("SELECT number FROM event_receiver WHERE name = ?", (receiver,))
    found = row.fetchone()
    return int(found[0]) if found else NOT_KNOWN


def advance(database: Database, receiver: str, number: int) -> None:
    """Note the last event that a receiver was told: never back."""
    database.execute(
        "UPDATE event_receiver SET number = ? WHERE name = ? AND number < ?",
        (number, receiver, number),
    )


def after(database: Database, number: int, count: int) -> list[tuple[int, Event]]:
    """Return the next events after a number, `count` at most, with their numbers."""
    rows = database.execute(
        "SELECT number, id, at, holders, document FROM event WHERE number > ?"
        " ORDER BY number LIMIT ?",
        (number, count),
    ).fetchall()
    holders = (BitMap.deserialize(bytes(row[3])) for row in rows)
    images = images_of(database, BitMap.union(BitMap(), *holders))
    return [
        (number, _event((id_, when, bytes(of), bytes(note)), images))
        for number, id_, when, of, note in rows
    ]


def forget(database: Database, before: str) -> None:
    """Forget the events found before a time; their numbers are never given again.

    They were found in the order of their numbers: those that stay are not looked at.
    """
    database.execute(
        "DELETE FROM event WHERE number < coalesce("
        "(SELECT number FROM event WHERE at >= ? ORDER BY number LIMIT 1), ?)",
        (before, NOT_KNOWN),
    )


def images_of(database: Database, numbers: Iterable[int]) -> dict[int, Image]:
    """Return images by the number of their SBOM."""
    wanted = BitMap(numbers)
    asked = "SELECT number, name, image_id, manifest, platform, digest FROM sbom"
    rows: Iterable[Row] = database.rows_in(f"{asked} WHERE number IN (?)", wanted)
    if len(wanted) > MANY:
        rows = (row for row in database.execute(asked) if row[0] in wanted)
    return {
        number: Image(name=name, image_id=image, manifest=manifest, platform=platform, digest=of)
        for number, name, image, manifest, platform, of in rows
    }


def by_name(numbers: Iterable[int], images: dict[int, Image]) -> tuple[Image, ...]:
    """Return the images among `numbers` by name."""
    return tuple(sorted(_there(numbers, images), key=lambda i: (i.name, i.platform, i.digest)))


def _there(numbers: Iterable[int], images: dict[int, Image]) -> Iterator[Image]:
    return (images[number] for number in numbers if number in images)


def _row(found: Found, states: tuple[Named, Named], at: str) -> EventRow:
    """Return an event as it is kept: id, time, holders, note."""
    if isinstance(found, Held):
        note = Note(before=states[0], after=states[1], transition=found.told)
        unit = found.unit
    else:
        note = Note(before=states[0], after=states[1], due=found.due)
        unit = found.due.release
    told = msgpack.encode(note)
    id_ = sha256(told + b"\0" + unit.encode()).hexdigest()[:32]
    return id_, at, found.holders.serialize(), told


def _event(row: EventRow, images: dict[int, Image]) -> Event:
    id_, at, holders, document = row
    note = NOTE.decode(document)
    return Event(
        schema=SCHEMA,
        id=id_,
        at=at,
        before=note.before,
        after=note.after,
        transition=note.transition,
        due=note.due,
        images=by_name(BitMap.deserialize(holders), images),
    )
