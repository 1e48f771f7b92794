"""All publishers that are wanted, at a time: fetch, then import what the store has not yet.

Each publisher is an update of its own. Where one fails, its files, its records and the day of its
last success stay as they are, and the others go on.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from hashlib import sha256
from threading import Event
from typing import Literal

from msgspec import Struct

from match.feeds import SILENT
from match.fetch.client import Client, Pace, Temper
from match.fetch.errand import Errand, Part, Stages
from match.fetch.plans import plan
from match.fetch.publishers import Publisher
from match.fetch.shelf import Held, Shelf, Signed, State, locked
from match.model import FeedReport
from match.set.importer import Brought, confirm_files, import_files
from match.set.opening import path_of
from match.set.states import states
from sbom.errors import FetchError, LadingError, StoreError
from sbom.web.access import Access

AT_ONCE = 6
"""Publishers at a time."""
KEYED = {"nvd": ("NVD_API_KEY", "apiKey")}
"""Publishers that know keys: the variable of the environment, and the header it goes in."""
PACES = {"nvd": (Pace(5, 30.0), Pace(50, 30.0))}
"""What a publisher allows without a key, and with one."""

Told = Callable[[str, int, int, str], None]
"""Called with the publisher, what is done, the total (0: unknown), and what is worked on."""


Status = Literal["updated", "unchanged", "incomplete", "failed"]
"""`incomplete`: some of its files; `failed`: none."""


class Order(Struct, frozen=True):
    """A publisher to ask.

    areas: the OSV ecosystems and releases (`Alpine:v3.20`) wanted of it.
    accepted: fingerprints of OpenPGP keys that the user says are its own.
    """

    publisher: Publisher
    areas: tuple[str, ...] = ()
    accepted: frozenset[str] = frozenset()


class Ways(Struct, frozen=True, kw_only=True):
    """How servers are reached. mirror: an address or directory in the place of all publishers."""

    mirror: str = ""
    access: Access = Access()
    temper: Temper = Temper()
    keys: Mapping[str, str] = {}


class Outcome(Struct, frozen=True, kw_only=True, gc=False):
    """What came of one publisher.

    files: how many files changed. feeds: what the import brought, nothing where it had all.
    faults: what failed; since: when the publisher last answered in full, or empty.
    notes: what else is to be told. signed: how much of its files has a signature that was
        verified, empty where nothing is known to be signed; keys: by which, fingerprints.
    """

    name: str
    feed: str
    status: Status
    files: int = 0
    feeds: tuple[FeedReport, ...] = ()
    faults: tuple[str, ...] = ()
    since: str = ""
    notes: tuple[str, ...] = ()
    signed: Signed = ""
    keys: tuple[str, ...] = ()


def update(
    orders: Iterable[Order],
    url: str,
    cache: str,
    *,
    learned: str,
    ways: Ways | None = None,
    told: Told | None = None,
) -> tuple[Outcome, ...]:
    """Bring publishers' files and the store up to date; return what came of each, in order.

    Args:
        orders: the publishers to ask.
        url: the store.
        cache: the folder that keeps the publishers' files.
        learned: now, RFC 3339 in UTC: when the records count as learned.
        ways: how servers are reached.
        told: called from several threads as things go on.

    Raises:
        InputError: where another update is at work, or the cache cannot be written.
        StoreError: where the store cannot be used.
    """
    path_of(url)  # A store that cannot be imported into is told before anything is fetched.
    wanted, ways = list(orders), ways or Ways()
    history = _history(url)
    outcomes: dict[str, Outcome] = {}
    stop = Event()
    with locked(cache), ThreadPoolExecutor(AT_ONCE) as pool:
        running = {}
        for order in wanted:
            errand = _errand(order, cache, learned, ways, told, stop)
            running[pool.submit(_fetched, errand)] = errand
        try:
            for done in as_completed(running):
                errand = running[done]
                outcome = _settled(errand, done.result(), url, history)
                outcomes[errand.publisher.name] = outcome
        except BaseException:
            # What is half here is gone on with next time.
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
        # All at once: what publishers confirm is one state, however many there are.
        confirmed = frozenset[str]().union(*(errand.confirmed for errand in running.values()))
        if confirmed and _history(url):
            confirm_files(confirmed, url, learned=learned)
    return tuple(outcomes[order.publisher.name] for order in wanted)


def _errand(
    order: Order, cache: str, learned: str, ways: Ways, told: Told | None, stop: Event
) -> Errand:
    name = order.publisher.name
    key = ways.keys.get(name, "") if not ways.mirror else ""
    paces = PACES.get(name) if not ways.mirror else None
    home = ways.mirror if "://" in ways.mirror else order.publisher.base
    client = Client(
        home,
        ways.access,
        temper=ways.temper,
        pace=paces[bool(key)] if paces else None,
        key={KEYED[name][1]: key} if key else None,
        stop=stop,
    )
    return Errand(
        order.publisher,
        Shelf(cache, name),
        client,
        learned=learned,
        areas=order.areas,
        mirror=ways.mirror,
        accepted=order.accepted,
        told=(lambda done, total, what: told(name, done, total, what)) if told else None,
    )


def _fetched(errand: Errand) -> Stages | None:
    """Fetch one publisher; None where nothing of it can be used."""
    try:
        return plan(errand.publisher).fetch(errand)
    except FetchError as error:
        errand.faults.append(str(error))
    except OSError as error:
        errand.faults.append(f"{error.filename or 'the cache'}: {error.strerror}")
    return None


def _settled(errand: Errand, stages: Stages | None, url: str, history: Sequence[str]) -> Outcome:
    """Import what one publisher brought, and keep its state."""
    state, imported = errand.state, False
    feeds: list[FeedReport] = []
    try:
        for files in _todo(errand, stages or (), url, history):
            imported = True
            report = import_files(files, url, learned=errand.learned)
            feeds += report.feeds
            errand.faults += [text for text in report.unknown if SILENT not in text]
        if stages is not None:
            state.imported[_key(url)] = _holding(errand, stages)
            present = _history(url) if imported else history
            state.reached[_key(url)] = present[-1] if present else ""
            parts = (part for stage in stages for part in stage if part.sure)
            errand.confirmed = frozenset(_name(errand, part) for part in parts)
    except StoreError:
        errand.save()
        raise
    except LadingError as error:
        stages = None
        errand.faults.append(str(error))
    _note(errand, state, whole=stages is not None)
    status: Status = "updated" if imported else "unchanged"
    if errand.faults:
        status = "incomplete" if errand.answered and stages is not None else "failed"
    return Outcome(
        name=errand.publisher.name,
        feed=errand.publisher.feed,
        status=status,
        files=errand.changed,
        feeds=tuple(feeds),
        faults=tuple(errand.faults),
        since=state.succeeded,
        notes=tuple(errand.notes),
        signed=state.signed,
        keys=tuple(sorted(state.keys)),
    )


def _note(errand: Errand, state: State, *, whole: bool) -> None:
    state.attempted = errand.learned
    more = f", and {len(errand.faults) - 1} more" if len(errand.faults) > 1 else ""
    state.failure = errand.faults[0] + more if errand.faults else ""
    if whole and not errand.faults:
        state.succeeded = errand.learned
    errand.save()


def _todo(
    errand: Errand, stages: Stages, url: str, history: Sequence[str]
) -> Iterator[list[Brought]]:
    """Yield what the store has not yet, stage by stage: each is one transaction."""
    if not stages:
        return
    known = errand.state.imported.get(_key(url), {})
    if errand.state.reached.get(_key(url)) not in history:
        known = {}
    listed = {_name(errand, part) for stage in stages for part in stage}
    gone = [Brought("", name) for name in sorted({one.part for one in known.values()} - listed)]
    renewed: set[str] = set()
    for number, stage in enumerate(stages):
        files = [*gone] if number == len(stages) - 1 else []
        for part in stage:
            now, had = errand.digest_of(part.place), known.get(part.place)
            name = _name(errand, part)
            if had and had.sha256 == now and name not in renewed:
                continue
            if part.patch and had and had.sha256 == part.patch.base:
                files.append(Brought(part.patch.path, name, whole=False))
                continue
            files.append(Brought(errand.shelf.path(part.place), name, part.whole))
        renewed |= {file.part for file in files if file.whole}
        if files:
            yield files


def _holding(errand: Errand, stages: Stages) -> dict[str, Held]:
    return {
        part.place: Held(errand.digest_of(part.place), _name(errand, part))
        for stage in stages
        for part in stage
    }


def _name(errand: Errand, part: Part) -> str:
    """Return the name of the snapshot a file is, as an import of the same file would give it."""
    return part.part or "/".join(errand.shelf.path(part.place).split(os.sep)[-2:])


def _history(url: str) -> tuple[str, ...]:
    """Return what tells each state of a store's set from all others; nothing where it has none."""
    try:
        return tuple(f"{state.digest} {state.learned}" for state in states(url))
    except StoreError:
        return ()


def _key(url: str) -> str:
    """Return what a store is known by in the cache: its address may hold a password."""
    place = url if "://" in url else os.path.abspath(url)
    return sha256(place.encode()).hexdigest()[:16]
