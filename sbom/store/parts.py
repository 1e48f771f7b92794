"""The distinct components of all SBOMs: each once, by number, with the SBOMs that hold it.

Two components are one when everything that can decide a match is equal (docs: rule 2), so that a
new advisory is held against each of them once, however many images have it.
"""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256

from msgspec import Struct, msgpack
from pyroaring import BitMap

from sbom.database import Database
from sbom.distro import DISTRIBUTION_TYPES
from sbom.model import Component, Distro, Purl, Sbom

DIGEST_BYTES = 16


class Card(Struct, frozen=True, array_like=True, gc=False):
    """What of a component can decide a match; the order of the fields is the stored form."""

    purl: Purl
    name: str
    version: str
    type: str
    namespace: str
    source: str
    source_version: str
    arch: str
    stream: str
    vendor: str
    maker: Purl | None
    distro: tuple[str, str, str, str] | None
    cpes: tuple[str, ...]


ENCODE = msgpack.Encoder().encode
DECODE = msgpack.Decoder(Card).decode


def take_apart(database: Database, sboms: Mapping[int, Sbom]) -> None:
    """Note which distinct components SBOMs hold, by the SBOMs' numbers; number those that are new.

    `database` has to be a writer's.
    """
    cards: dict[bytes, bytes] = {}
    held: dict[int, list[bytes]] = {}
    # Where many SBOMs are kept at once, most of their components are the same objects again.
    seen: dict[tuple[Component, Distro | None], bytes] = {}
    for number, sbom in sboms.items():
        digests = held[number] = []
        for component in sbom.components:
            digest = seen.get((component, sbom.distro))
            if digest is None:
                card = ENCODE(card_of(component, sbom.distro))
                digest = sha256(card).digest()[:DIGEST_BYTES]
                seen[component, sbom.distro] = digest
                cards[digest] = card
            digests.append(digest)
    numbers = _numbers(database, cards)
    holders: dict[int, list[int]] = {}
    parts: list[tuple[bytes, int]] = []
    for number, digests in held.items():
        of_sbom = BitMap([numbers[digest] for digest in digests])
        parts.append((of_sbom.serialize(), number))
        for component_number in of_sbom:
            holders.setdefault(component_number, []).append(number)
    database.executemany("UPDATE sbom SET parts = ? WHERE number = ?", parts)
    _add_holders(database, holders)


def card_of(component: Component, release: Distro | None) -> Card:
    """Return what decides a match; `release` is the SBOM's, for those that do not state theirs.

    Only what a distribution made, or whose files it owns, is judged by the distribution's release.
    """
    distro = component.distro
    if distro is None and (component.maker or _native(component.purl)):
        distro = release
    return Card(
        component.purl,
        component.name,
        component.version,
        component.type,
        component.namespace,
        component.source,
        component.source_version,
        component.arch,
        component.stream,
        component.vendor,
        component.maker,
        (distro.id, distro.version, distro.codename, distro.name) if distro else None,
        component.cpes,
    )


def components(database: Database, low: int, high: int) -> Iterator[tuple[int, Component]]:
    """Yield the distinct components with low <= number < high, by number."""
    rows = database.execute(
        "SELECT number, card FROM component WHERE number >= ? AND number < ? ORDER BY number",
        (low, high),
    )
    for number, card in rows:
        yield number, _component(DECODE(card))


def components_of(database: Database, numbers: Iterable[int]) -> dict[int, Component]:
    """Return distinct components by number."""
    asked = "SELECT number, card FROM component WHERE number IN (?)"
    return {n: _component(DECODE(card)) for n, card in database.rows_in(asked, numbers)}


def highest(database: Database) -> int:
    """Return the highest number that a distinct component may have."""
    row = database.execute("SELECT number FROM last_number WHERE kind = 'component'")
    return int(row.fetchone()[0])


def parts_of(database: Database, sboms: Iterable[int]) -> dict[int, BitMap]:
    """Return the numbers of the distinct components of SBOMs; none of one that is unreadable."""
    asked = "SELECT number, parts FROM sbom WHERE parts IS NOT NULL AND number IN (?)"
    return {number: _bitmap(parts) for number, parts in database.rows_in(asked, sboms)}


def holders_of(database: Database, numbers: Iterable[int]) -> dict[int, BitMap]:
    """Return the numbers of the SBOMs that hold each of these distinct components."""
    asked = "SELECT number, holders FROM component_holder WHERE number IN (?)"
    return {n: _bitmap(holders) for n, holders in database.rows_in(asked, numbers)}


def drop_holders(database: Database, sboms: Mapping[int, BitMap]) -> int:
    """Take SBOMs, with their parts, from what they hold; return how many components that ended."""
    gone = BitMap(sboms)
    touched = BitMap.union(BitMap(), *sboms.values())
    changed: list[tuple[bytes, int]] = []
    ended: list[int] = []
    for number, holders in holders_of(database, touched).items():
        left = holders - gone
        if left:
            changed.append((left.serialize(), number))
        else:
            ended.append(number)
    database.executemany("UPDATE component_holder SET holders = ? WHERE number = ?", changed)
    for table in ("component", "component_holder"):
        rows = ((number,) for number in ended)
        database.executemany(f"DELETE FROM {table} WHERE number = ?", rows)  # noqa: S608
    if ended:
        # By package is how the keys are found, so one walk through all is the cheapest.
        database.execute(
            "DELETE FROM component_key WHERE component NOT IN (SELECT number FROM component)"
        )
    return len(ended)


def next_number(database: Database, kind: str, count: int) -> int:
    """Return the first of `count` numbers that were never given before."""
    asked = "SELECT number FROM last_number WHERE kind = ?"
    last = int(database.execute(asked, (kind,)).fetchone()[0])
    if count:
        database.execute("UPDATE last_number SET number = ? WHERE kind = ?", (last + count, kind))
    return last + 1


def _numbers(database: Database, cards: Mapping[bytes, bytes]) -> dict[bytes, int]:
    """Return the number of each card by digest; those not known yet are kept."""
    asked = "SELECT digest, number FROM component WHERE digest IN (?)"
    numbers = {bytes(digest): number for digest, number in database.rows_in(asked, cards)}
    new = [digest for digest in cards if digest not in numbers]
    first = next_number(database, "component", len(new))
    numbers |= {digest: number for number, digest in enumerate(new, first)}
    rows = ((numbers[digest], digest, cards[digest]) for digest in new)
    database.executemany("INSERT INTO component VALUES (?, ?, ?)", rows)
    return numbers


def _add_holders(database: Database, added: Mapping[int, list[int]]) -> None:
    known = holders_of(database, added)
    rows = []
    for number, sboms in added.items():
        holders = BitMap(sboms) | known.get(number, BitMap())
        holders.run_optimize()
        rows.append((number, holders.serialize()))
    database.executemany(
        "INSERT INTO component_holder VALUES (?, ?)"
        " ON CONFLICT (number) DO UPDATE SET holders = excluded.holders",
        rows,
    )


def _component(card: Card) -> Component:
    return Component(
        purl=card.purl,
        name=card.name,
        version=card.version,
        type=card.type,
        namespace=card.namespace,
        source=card.source,
        source_version=card.source_version,
        arch=card.arch,
        stream=card.stream,
        vendor=card.vendor,
        maker=card.maker,
        distro=_distro(*card.distro) if card.distro else None,
        cpes=card.cpes,
    )


def _distro(id_: str, version: str, codename: str, name: str) -> Distro:
    return Distro(id=id_, version=version, codename=codename, name=name)


def _native(purl: str) -> bool:
    return purl.removeprefix("pkg:").partition("/")[0] in DISTRIBUTION_TYPES


def _bitmap(stored: bytes) -> BitMap:
    return BitMap.deserialize(bytes(stored)) if stored else BitMap()
