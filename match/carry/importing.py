"""What was exported into a store: verified before, laid in as a whole or not at all.

A store takes what goes on from a state it has. What it has already changes nothing; what starts
from a state that it does not have is refused, with the name of that state.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from match.carry.form import Manifest, Row
from match.carry.laying import lay
from match.carry.lineage import Known, history, left_out
from match.carry.parcel import open_parcel, signed_by
from match.carry.rest import rest
from match.carry.stream import read
from match.model import SetState
from match.set.opening import writing
from match.set.store import open_set
from sbom.errors import InputError

if TYPE_CHECKING:
    import sqlite3

    from sbom.signing.trust import Trusted


class Received(Struct, frozen=True, kw_only=True):
    """What came of it. states: how many states were new to the store.

    signed_by: the keys that count, where keys were given; signed: whether there is a signature.
    """

    manifest: Manifest
    states: int
    state: SetState
    signed: bool
    signed_by: tuple[str, ...] = ()


def receive(
    path: str, url: str, *, trusted: "Sequence[Trusted]" = (), anew: bool = False
) -> Received:
    """Bring a store's advisory set to the state of an exported file.

    Args:
        path: the file.
        url: the store; it is made where there is none.
        trusted: keys, one of which has to have signed; none: nobody has to.
        anew: put the set of the file, with its whole history, in place of what is there.

    Raises:
        InputError: where it is damaged, not signed by whom it should be, or starts from a state
            that is not there. Nothing is written then.
        StoreError: where the store cannot be written.
    """
    parcel = open_parcel(path)
    names = signed_by(parcel, trusted) if trusted else ()
    manifest = parcel.manifest
    rows = read(parcel.blocks(), manifest.body, path)
    left = left_out(house=manifest.house)
    if anew and manifest.base:
        raise InputError(f"{path}: it has not the whole history", "export without --since")
    with writing(url, anew=anew) as db:
        steps = _fill(db, manifest, rows, left, path)
    if anew and left:
        from match.house.feed import lay_in_again

        lay_in_again(url)
    with open_set(url) as advisories:
        state = advisories.state
    return Received(
        manifest=manifest,
        states=steps,
        state=state,
        signed=bool(parcel.signature),
        signed_by=names,
    )


def _fill(
    db: "sqlite3.Connection", manifest: Manifest, rows: Iterable[Row], left: str, path: str
) -> int:
    """Lay in what the store lacks; return how many states that were."""
    known = history(db, left)
    there = _there(known, manifest, path)
    if there is None:
        return 0
    following = replace(manifest, states=manifest.states[there:])
    if there:
        # What packages a state knew is counted from the first row on, which all are read.
        rows = rest(rows, there, [state.learned for state in manifest.states])
    lay(db, following, rows, left)
    return len(following.states)


def _there(known: tuple[Known, ...], manifest: Manifest, path: str) -> int | None:
    """Return how many of the states that are carried the store has; None for all and more.

    Raises:
        InputError: where the store does not have the state that they start from.
    """
    has = {each.lineage for each in known}
    last = known[-1].lineage if known else ""
    base = manifest.base.lineage if manifest.base else ""
    chain = [base, *(state.lineage for state in manifest.states)]
    if last in chain:
        step = chain.index(last)
        return step if step < len(manifest.states) or not manifest.states else None
    if chain[-1] in has:
        return None
    if manifest.base and base not in has:
        need = f"state {manifest.base.digest[:19]} of {manifest.base.dated}"
        raise InputError(
            f"{path}: it goes on from {need}, which this store does not have",
            "import what leads there first, or an export of the whole history",
        )
    raise InputError(
        f"{path}: this store has learned other advisories of its own",
        "import it into a new store with --db, or put it in their place with --replace",
    )
