"""All kept SBOMs from the state of the set they were matched with last to the present one.

What it finds is written with the state it leads to, in one transaction: doing it again finds
nothing, and whoever is killed before has done nothing. Nobody waits while it is worked out.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct

from match.changes.told import Named, named
from match.set.states import State, find, states
from match.stock import events
from match.stock.due import fallen_due
from match.stock.events import Found
from match.stock.keys import about, refresh, write_about
from sbom.database import Database
from sbom.errors import InputError
from sbom.store import open_store

Report = Callable[[int, int, str], None]
"""Called with what is done, the total (0: unknown), and what is being worked on."""
TRIES = 5


class Rematched(Struct, frozen=True, kw_only=True):
    """What one re-match did. before: None where it began, and had nothing to compare.

    lost: where it began anew, as the set was replaced: the digest of the state that the stock was
        matched with last. found: events; keyed: components that were new to the stock. empty: there
        is no stock, as no SBOM is stored.
    """

    before: Named | None
    after: Named
    lost: str
    found: int
    keyed: int
    empty: bool


def rematch(
    url: str,
    set_url: str,
    at: str,
    receivers: Sequence[str],
    report: Report | None = None,
) -> Rematched:
    """Keep the transitions since the last time as events, for `receivers` and all earlier ones.

    The first time there are none: what the stock has is what its gates saw.

    Args:
        url: the store of the SBOMs.
        set_url: the store of the advisory set, the same or another.
        at: the time, RFC 3339 in UTC.
        receivers: who is told of them; new ones from this time on.
        report: told how far it is.

    Raises:
        StoreError: where a store cannot be used, or others keep changing it.
    """
    told = report or _nobody
    told(0, 3, "finding new components")
    keyed = refresh(url)
    for _ in range(TRIES):
        known = states(set_url)
        now = known[-1]
        with open_store(url, write=False) as database:
            noted = about(database)
            before = _noted(noted, known)
            told(1, 3, "matching what changed")
            found = _found(database, set_url, before, now)
            found += fallen_due(database, noted.get("day", at[:10]), at[:10])
        if now not in states(set_url):
            continue  # The set was replaced meanwhile.
        told(2, 3, "writing what was found")
        with open_store(url, write=True) as database:
            if _where(about(database)) != _where(noted):
                continue  # Another re-match was faster: begin where it ended.
            events.register(database, receivers)
            events.write(database, found, (named(before or now), named(now)), at)
            write_about(database, _note(noted, now, at))
            events.forget(database, _days_before(at, events.KEPT_DAYS))
            empty = database.execute("SELECT 1 FROM sbom LIMIT 1").fetchone() is None
        return Rematched(
            before=named(before) if before else None,
            after=named(now),
            lost="" if before else noted.get("digest", ""),
            found=len(found),
            keyed=keyed,
            empty=empty,
        )
    raise InputError("other re-matches keep coming first", "run one at a time")


def since(url: str, set_url: str, which: str, at: str) -> tuple[Named, Named, list[Found]]:
    """Return what changed from a named state to the present one, and note nothing.

    Args:
        url: the store of the SBOMs.
        set_url: the store of the advisory set, the same or another.
        which: the state (`match.set.states.find`).
        at: the time, RFC 3339 in UTC: what fell due by then counts.

    Raises:
        InputError: where the name stands for no state.
    """
    from match.stock.delta import differ

    refresh(url)
    known = states(set_url)
    before, now = find(known, which), known[-1]
    with open_store(url, write=False) as database:
        found: list[Found] = [*differ(database, set_url, before, now)]
        found += fallen_due(database, before.dated[:10], at[:10])
        return named(before), named(now), found


def _found(database: Database, set_url: str, before: State | None, now: State) -> list[Found]:
    if before is None or before.number == now.number:
        return []
    from match.stock.delta import differ

    return [*differ(database, set_url, before, now)]


def _noted(noted: dict[str, str], known: Sequence[State]) -> State | None:
    """Return the state that the stock was matched with last, None where this set never had it.

    The number alone says nothing: it starts again where the set is replaced.
    """
    number, digest, _ = _where(noted)
    of_number = [state for state in known if str(state.number) == number]
    for state in (*of_number, *known):
        if state.digest == digest:
            return state
    return None


def _note(noted: dict[str, str], now: State, at: str) -> dict[str, str]:
    """Return what is noted with the events; a day that passed never falls due again."""
    day = max(noted.get("day", ""), at[:10])
    return {"state": str(now.number), "digest": now.digest, "day": day}


def _where(noted: dict[str, str]) -> tuple[str, str, str]:
    return noted.get("state", ""), noted.get("digest", ""), noted.get("day", "")


def _days_before(at: str, days: int) -> str:
    from datetime import datetime, timedelta

    return f"{datetime.fromisoformat(at) - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"


def _nobody(done: int, total: int, what: str) -> None:
    """Tell nobody."""
