"""The states the advisory set was in, and how many records each brought and ended (edge)."""

from typing import Literal

from msgspec import Struct
from msgspec.json import Encoder

from match.set.opening import opened
from match.set.states import read_states

SCHEMA: Literal["lading-feeds-log/1"] = "lading-feeds-log/1"


class Logged(Struct, frozen=True, kw_only=True):
    """One state: its digest, by when it was learned, its newest record, what began and ended."""

    digest: str
    learned: str
    as_of: str
    begun: int
    ended: int


class Log(Struct, frozen=True, kw_only=True):
    """All states, oldest first."""

    schema: Literal["lading-feeds-log/1"]
    states: tuple[Logged, ...]


def log(url: str) -> Log:
    """Return the states of a store's advisory set.

    Raises:
        StoreError: where there is no store, no advisories in it, or it cannot be read.
    """
    with opened(url) as connection:
        begun = dict(connection.execute("SELECT since, count(*) FROM record GROUP BY since"))
        ended = dict(connection.execute("SELECT until, count(*) FROM record GROUP BY until"))
        found = tuple(
            Logged(
                digest=state.digest,
                learned=state.dated,
                as_of=state.as_of,
                begun=begun.get(state.number, 0),
                ended=ended.get(state.number, 0),
            )
            for state in read_states(connection)
        )
    return Log(schema=SCHEMA, states=found)


def render_json(found: Log) -> bytes:
    """Return the log as JSON (schemas/feeds-log.schema.json)."""
    return Encoder(order="sorted").encode(found) + b"\n"
