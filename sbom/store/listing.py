"""Which SBOMs of the store are meant: by name, image, platform, time, and by what they hold."""

from fnmatch import fnmatchcase

from msgspec import Struct

from sbom.database import Database, exists
from sbom.store import Kept, entries, open_store

PAGE = 10_000
"""Distinct components that are looked through at once."""


class Filter(Struct, frozen=True, kw_only=True, gc=False):
    """What a list shall hold; what is empty is no condition, all others have to hold.

    name: of the image, where `*` and `?` stand for anything.
    image: the digest of the image, its manifest or the document, or the beginning of one.
    holds: a component's name, its purl, or its purl up to the version.
    since: RFC 3339 in UTC, when it was first kept at the earliest.
    """

    name: str = ""
    image: str = ""
    platform: str = ""
    holds: str = ""
    since: str = ""


def listed(url: str, wanted: Filter) -> tuple[Kept, ...]:
    """Return what a filter lets through, newest first; nothing where there is no store."""
    if not exists(url):
        return ()
    with open_store(url, write=False) as database:
        found = [(number, entry) for number, entry in entries(database) if _meets(entry, wanted)]
        holders = _holding(database, wanted.holds) if wanted.holds else None
    return tuple(entry for number, entry in found if holders is None or number in holders)


def _meets(entry: Kept, wanted: Filter) -> bool:
    start = wanted.image if wanted.image.startswith("sha256:") else f"sha256:{wanted.image}"
    digests = (entry.digest, entry.image_id, entry.manifest)
    return (
        (not wanted.name or fnmatchcase(entry.name, wanted.name))
        and (not wanted.image or any(digest.startswith(start) for digest in digests))
        and wanted.platform in {"", entry.platform}
        and entry.kept_at >= wanted.since
    )


def _holding(database: Database, text: str) -> frozenset[int]:
    """Return the numbers of the SBOMs that hold a component."""
    from sbom.store.parts import components, highest, holders_of

    starts = tuple(text + sign for sign in "@?#")
    meant: list[int] = []
    for low in range(1, highest(database) + 1, PAGE):
        meant += (
            number
            for number, component in components(database, low, low + PAGE)
            if text in {component.name, component.purl} or component.purl.startswith(starts)
        )
    return frozenset(n for held in holders_of(database, meant).values() for n in held)
