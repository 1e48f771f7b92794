"""The states the advisory set was in, and how many records each brought and ended (edge)."""

from collections import Counter
from typing import Literal

from msgspec import Struct
from msgspec.json import Encoder

from match.set.likelihoods import begun_and_ended
from match.set.opening import opened
from match.set.states import read_states

SCHEMA: Literal["lading-feeds-log/1"] = "lading-feeds-log/1"
CONFIRMED = """
SELECT f.since, count(*) FROM (
    SELECT since, confirmed FROM feed UNION ALL SELECT since, confirmed FROM past_feed
) AS f JOIN state s ON s.number = f.since WHERE f.confirmed = s.learned GROUP BY f.since
"""


class Logged(Struct, frozen=True, kw_only=True):
    """One state: its digest, by when it was learned, its newest record, what began and ended.

    confirmed: how many feeds their publishers confirmed then.
    """

    digest: str
    learned: str
    as_of: str
    begun: int
    ended: int
    confirmed: int


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
        begun = Counter(dict(connection.execute("SELECT since, count(*) FROM record GROUP BY 1")))
        ended = Counter(dict(connection.execute("SELECT until, count(*) FROM record GROUP BY 1")))
        for number, more, over in begun_and_ended(connection):
            begun[number] += more
            ended[number] += over
        confirmed = dict(connection.execute(CONFIRMED))
        found = tuple(
            Logged(
                digest=state.digest,
                learned=state.dated,
                as_of=state.as_of,
                begun=begun[state.number],
                ended=ended[state.number],
                confirmed=confirmed.get(state.number, 0),
            )
            for state in read_states(connection)
        )
    return Log(schema=SCHEMA, states=found)


def render_json(found: Log) -> bytes:
    """Return the log as JSON (schemas/feeds-log.schema.json)."""
    return Encoder(order="sorted").encode(found) + b"\n"
