"""OSV: per ecosystem an archive of all records, and a list of ids with their last change.

Where the list says that few records changed, these alone are fetched, and put into the archive on
the shelf; a record that the list no longer has is taken out of it.
"""

import re

from msgspec import DecodeError, Struct, json

from match.fetch.archives import patched
from match.fetch.client import NotThereError
from match.fetch.errand import Errand, Part, Patch, Stages
from match.fetch.shelf import Entry
from sbom.errors import FetchError

MOST_CHANGED = 1000
"""More changed records than this come faster as the whole archive."""
RECORD_BYTES = 16 << 20
LINE = re.compile(rb"(\d{4}-[0-9T:.+\-]{5,30}Z?),([A-Za-z0-9][A-Za-z0-9._\-:@+~]{0,200})\r?\Z")

Stamps = dict[str, str]
"""Of each record, by its id, when it was changed."""


class _Record(Struct):
    id: str
    modified: str = ""


class _Changes(Struct, frozen=True):
    """changed: ids to fetch. gone: ids that the list no longer has."""

    changed: list[str]
    gone: list[str]


def fetch(errand: Errand) -> Stages:
    """Take what changed of each ecosystem that is wanted."""
    titles = sorted({area.partition(":")[0] for area in errand.areas})
    parts = errand.each(titles, lambda title: _ecosystem(errand, title))
    fresh = {part.place: part for part in parts}
    held = {place for place in errand.state.entries if place.endswith("/all.zip")}
    return (tuple(fresh.get(place, Part(place=place, sure=False)) for place in sorted(held)),)


def _ecosystem(errand: Errand, title: str) -> Part:
    """Bring the archive of an ecosystem up to date."""
    index, archive = f"{title}/modified_id.csv", f"{title}/all.zip"
    try:
        errand.take(index, index=True)
    except NotThereError:
        # A mirror, or a small database, has the archive alone.
        errand.take(archive)
        return Part(place=archive)
    applied = f"applied {archive}"
    version = errand.digest_of(index)
    if errand.shelf.has(archive) and errand.state.marks.get(applied) == version:
        return Part(place=archive)
    stamps = _stamps(errand.shelf.read(index))
    before = errand.shelf.stamps(title)
    changes = _compare(before, stamps)
    patch = None
    few = len(changes.changed) + len(changes.gone) <= MOST_CHANGED
    if before and few and errand.shelf.has(archive):
        patch = _patch(errand, title, changes, stamps)
    else:
        errand.take(archive)
    errand.shelf.keep_stamps(title, stamps)
    errand.mark(applied, version)
    return Part(place=archive, patch=patch)


def _compare(before: Stamps, now: Stamps) -> _Changes:
    changed = [id_ for id_, stamp in now.items() if before.get(id_) != stamp]
    return _Changes(sorted(changed), sorted(before.keys() - now.keys()))


def _patch(errand: Errand, title: str, changes: _Changes, stamps: Stamps) -> Patch | None:
    """Put the changed records into the archive; return them alone, if none has gone."""
    archive = f"{title}/all.zip"
    base = errand.digest_of(archive)
    faults: list[str] = []
    found = errand.each(
        changes.changed, lambda id_: (id_, _record(errand, title, id_, stamps[id_])), faults
    )
    if faults:
        # A mirror need not have single records, and a record may be behind its list.
        errand.take(archive)
        return None
    new = {f"{id_}.json": record for id_, record in found}
    gone = {f"{id_}.json" for id_ in changes.gone}
    part = errand.shelf.part(archive)
    patched(errand.shelf.path(archive), part, new, gone)
    # What the server says of its own archive is no longer said of this one.
    errand.keep(archive, part, Entry(url=""))
    if gone or not new:
        return None
    listed = b"[" + b",\n".join(new[name] for name in sorted(new)) + b"]"
    return Patch(base, errand.staged(archive, listed))


def _record(errand: Errand, title: str, id_: str, stamp: str) -> bytes:
    """Return a record that is as new as the list says it is."""
    data = errand.text(f"{title}/{id_}.json", most=RECORD_BYTES)
    try:
        record = json.decode(data, type=_Record)
    except (DecodeError, UnicodeError, RecursionError):
        raise FetchError(f"OSV {title}/{id_}: it is no record", "try again later") from None
    if record.id != id_ or record.modified[:19] < stamp[:19]:
        raise FetchError(f"OSV {title}/{id_}: an older record is sent", "try again later")
    return data


def _stamps(data: bytes) -> Stamps:
    """Read a list; lines of another form are left out, so that their records come as changed."""
    found = (LINE.match(line) for line in data.split(b"\n"))
    return {line[2].decode(): line[1].decode() for line in found if line}
