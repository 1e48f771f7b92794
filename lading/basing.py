"""Where a command learns what image another is built on: `--base`, the store, the labels."""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from lading.place import database
from lading.subject import Reading, load_sbom
from sbom.base import Base, Chain, base_of, chain_of, given, with_base
from sbom.model import Sbom

MOST_BASES = 32
"""Kept images that are asked for their names."""

BaseName = Annotated[
    str, Meta(description="The base: an image, an SBOM file, or a digest in the store.")
]


def read_named(named: str, reading: Reading) -> Sbom | None:
    """Return the SBOM of the base that the user names, which may be an image; None for no name.

    It is read once for all that ask for it.
    """
    return load_sbom(named, reading)[0] if named else None


def find_base(sbom: Sbom, named: Sbom | None, reading: Reading) -> Base | None:
    """Return the base of an image.

    Args:
        sbom: the image's.
        named: of what the user says it is; else the stored SBOMs and the labels are asked.
        reading: how images are read, and which store is asked.

    Raises:
        InputError: where the image is not built on what is named.
    """
    if named:
        return given(sbom, chain_of(named))
    return base_of(sbom, _nearest(sbom, reading.db))


def with_known_base(sbom: Sbom, named: Sbom | None, reading: Reading) -> Sbom:
    """Return the SBOM with its base, as far as it can be known, among its facts.

    Raises:
        InputError: where the image is not built on what is named.
    """
    base = find_base(sbom, named, reading) if named or sbom.layers else None
    return with_base(sbom, base) if base else sbom


def lineage(
    sbom: Sbom, named: Sbom | None, reading: Reading
) -> tuple[tuple[Base, Sbom | None], ...]:
    """Return the images that an image is built on, the nearest first, each with its SBOM if known.

    named: of what the user says its base is, if anything; kept images whose whole chain of layers
        is how this one begins are its bases too, and what its facts tell of one that is not kept.

    Raises:
        InputError: where the image is not built on what is named.
    """
    from sbom.formats import read
    from sbom.store import bases, get

    found: list[tuple[Base, Sbom | None]] = []
    if named:
        found.append((given(sbom, chain_of(named)), named))
    url = database(reading.db)
    for kept in bases(url, sbom.layers)[:MOST_BASES]:
        of = read(get(url, kept.digest), kept.digest)
        found.append((replace(given(sbom, chain_of(of)), by="chain"), of))
    stated = base_of(sbom)
    if stated is not None and stated.digest not in {base.digest for base, _ in found}:
        found.append((stated, None))
    return tuple(found)


def _nearest(sbom: Sbom, db: str) -> Iterator[Chain]:
    """Yield the stored image of the longest chain that this one begins with, if there is one."""
    from sbom.formats import read
    from sbom.store import bases, get

    url = database(db)
    for kept in bases(url, sbom.layers)[:1]:
        yield chain_of(read(get(url, kept.digest), kept.digest))
