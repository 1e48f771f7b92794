"""What `feeds update` asks for: what is named, else what the stored SBOMs need, else the usual."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from match.fetch.needs import Needs
    from match.fetch.update import Order, Ways

BATCH = 10_000


def orders(
    names: Sequence[str],
    ecosystems: Sequence[str],
    providers: Sequence[str],
    db: str,
    cache: str,
    accepted: Sequence[str] = (),
) -> "tuple[tuple[Order, ...], str]":
    """Return the publishers to ask, and in words by what they were chosen.

    Args:
        names: publishers or feeds; none: what the needs say.
        ecosystems: OSV's names of ecosystems; none: what the stored SBOMs hold.
        providers: addresses or domains of further CSAF providers.
        db: the store.
        cache: the folder that knows the providers of earlier updates.
        accepted: fingerprints of keys that the user says are a publisher's.

    Raises:
        InputError: where one of these is none.
    """
    from msgspec.structs import replace

    from match.fetch.needs import USUAL, needs_for, orders_of
    from match.fetch.publishers import provider
    from match.fetch.update import Order

    if ecosystems:
        needs, why = needs_for(ecosystems), "the ecosystems named"
    else:
        needs, why = _stored(db), "what the stored SBOMs hold"
        if not needs.areas:
            needs, why = needs_for(USUAL), "the usual ecosystems, for no SBOM is stored"
    chosen = orders_of(needs, names) if names or not providers else ()
    further = [*providers] if names or providers else _known_providers(cache)
    keys = frozenset(_fingerprint(one) for one in accepted)
    asked = (*chosen, *(Order(provider(one)) for one in dict.fromkeys(further)))
    return tuple(replace(order, accepted=keys) for order in asked), why


def ways(mirror: str, ca_file: str) -> "Ways":
    """Return how servers are reached; keys come from the environment alone."""
    from lading.reaching import reach
    from match.fetch.update import KEYED, Ways

    keys = {name: os.environ.get(variable, "") for name, (variable, _) in KEYED.items()}
    return Ways(mirror=mirror, access=reach(ca_file=ca_file), keys=keys)


def _fingerprint(text: str) -> str:
    from match.fetch.openpgp import fingerprint
    from sbom.errors import InputError

    found = fingerprint(text)
    if not found:
        told = f"--accept-key {text[:80]}: no fingerprint of a key"
        raise InputError(told, "it has 40 or 64 hexadecimal digits; a short id is not enough")
    return found


def _stored(db: str) -> "Needs":
    from match.fetch.needs import Needs, needs_of
    from sbom.database import exists
    from sbom.store import open_store
    from sbom.store.parts import components, highest

    if not exists(db):
        return Needs(frozenset(), frozenset())
    with open_store(db, write=False) as database:
        end = highest(database) + 1
        starts = range(0, end, BATCH)
        found = (one for low in starts for _, one in components(database, low, low + BATCH))
        return needs_of(found)


def _known_providers(cache: str) -> list[str]:
    """Return the providers that earlier updates were told of."""
    from match.fetch.publishers import PROVIDERS
    from match.fetch.shelf import known

    found = known(cache)
    return [
        state.marks["provider"]
        for name, state in found.items()
        if name.startswith(PROVIDERS) and "provider" in state.marks
    ]
