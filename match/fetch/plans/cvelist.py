"""The CVE list: a release's archive of all records at midnight, then the records that changed.

What changed is taken from the list's own log of 30 days (`cves/deltaLog.json`), record by record,
and put into the archive on the shelf. The releases' own deltas are not used: some records are in
none of them (CVEProject/cvelistV5, issues 40, 112, 129 and 138). A log that does not reach back far
enough, or holds too much, costs a newer archive.
"""

import os
import re
from contextlib import suppress
from datetime import date, timedelta
from io import BytesIO
from shutil import copyfileobj
from urllib.parse import urlsplit
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo
from zlib import error as ZlibError  # noqa: N812 (zlib names its exception in lower case)

from msgspec import DecodeError, Struct, json

from match.fetch.archives import DAMAGED, EPOCH, patched
from match.fetch.errand import Errand, Part, Patch, Stages
from match.fetch.shelf import Entry
from sbom.errors import FetchError

ARCHIVE, LOG = "cves.zip", "cves/deltaLog.json"
UNTIL, FOLLOWED, TAKEN = "until", "followed", "taken"
"""Marks: up to when the log was followed, its digest then; which archive the shelf's is made of."""
MOST_CHANGED = 3000
"""More changed records than this come faster in a newer archive, which has 600 MB."""
RECORD_BYTES = 16 << 20
RELEASES_BYTES = 16 << 20
AGAIN = "try again later"
BASELINE = re.compile(r"(20\d{2}-\d{2}-\d{2})[0-9TZ_]{0,12}_all_CVEs_at_midnight\.zip(?:\.zip)?\Z")
INNER = "cves.zip"
"""Releases pack an archive into an archive."""
PLAIN = (ZIP_STORED, ZIP_DEFLATED)
UNREADABLE = (*DAMAGED, ZlibError, RuntimeError)
"""What reading a damaged or encrypted member raises."""
RECORD = re.compile(r"(?:\A|/)(CVE-\d{4}-\d{4,19})\.json\Z")
ID = re.compile(r"CVE-(\d{4})-(\d{4,19})\Z")


class _Asset(Struct, frozen=True):
    name: str
    browser_download_url: str
    digest: str | None = None


class _Release(Struct, frozen=True):
    assets: tuple[_Asset, ...] = ()


class _Change(Struct, frozen=True):
    cveId: str  # noqa: N815 (the log's words)
    dateUpdated: str | None = None  # noqa: N815


class _Step(Struct, frozen=True):
    """What one run of the list's updater brought, every few minutes; the newest stands first."""

    fetchTime: str  # noqa: N815
    new: tuple[_Change, ...] = ()
    updated: tuple[_Change, ...] = ()


class _Metadata(Struct, frozen=True):
    cveId: str  # noqa: N815
    dateUpdated: str | None = None  # noqa: N815


class _Record(Struct, frozen=True):
    cveMetadata: _Metadata  # noqa: N815


Changes = dict[str, str]
"""Of each record that changed, by its id, when it did."""


def fetch(errand: Errand) -> Stages:
    """Bring the archive on the shelf up to date; return it, and what changed of it."""
    if errand.mirror:
        if errand.take(ARCHIVE):
            errand.state.marks.clear()
        return ((Part(place=ARCHIVE),),)
    errand.take(LOG, index=True)
    if errand.shelf.has(ARCHIVE) and _is_followed(errand):
        return ((Part(place=ARCHIVE),),)
    steps = _steps(errand.shelf.read(LOG))
    patch = None
    if _reaches(errand, steps) and len(_since(errand, steps)) <= MOST_CHANGED:
        patch = _follow(errand, steps)
    else:
        _take_archive(errand)
        _follow(errand, steps)
    return ((Part(place=ARCHIVE, patch=patch, sure=_is_followed(errand)),),)


def _is_followed(errand: Errand) -> bool:
    """Whether all that the log says is in the archive."""
    return errand.state.marks.get(FOLLOWED) == errand.digest_of(LOG)


def _steps(data: bytes) -> tuple[_Step, ...]:
    try:
        return json.decode(data, type=tuple[_Step, ...])
    except (DecodeError, UnicodeError, RecursionError) as error:
        raise FetchError(f"CVE list: its log is none: {error}", AGAIN) from None


def _reaches(errand: Errand, steps: tuple[_Step, ...]) -> bool:
    """Whether the archive is here, and the log begins before it ends."""
    until = errand.state.marks.get(UNTIL, "")
    oldest = min((step.fetchTime for step in steps), default="")
    return bool(until and errand.shelf.has(ARCHIVE) and oldest and oldest <= until)


def _since(errand: Errand, steps: tuple[_Step, ...]) -> Changes:
    """Return what changed since the log was last followed to its end."""
    until = errand.state.marks.get(UNTIL, "")
    found: Changes = {}
    for step in steps:
        for change in (*step.new, *step.updated) if step.fetchTime >= until else ():
            stamp = change.dateUpdated or ""
            if ID.match(change.cveId) and stamp >= found.get(change.cveId, ""):
                found[change.cveId] = stamp
    return found


def _take_archive(errand: Errand) -> None:
    """Take the newest archive of all records."""
    ((place, url),) = errand.publisher.items
    asset, day = _newest(errand.text(place, url, RELEASES_BYTES))
    if errand.shelf.has(ARCHIVE) and errand.state.marks.get(TAKEN) == asset.name:
        return
    if urlsplit(asset.browser_download_url).scheme != urlsplit(url).scheme:
        raise FetchError(f"CVE list: {asset.name} is at no address of the list's own kind", AGAIN)
    algorithm, _, stated = (asset.digest or "").partition(":")
    digests = {algorithm: stated} if algorithm in {"sha256", "sha512"} else {}
    errand.take(
        ARCHIVE,
        asset.browser_download_url,
        digests=digests,
        check=lambda part: _unpack(part, errand.publisher.most),
        anew=True,
    )
    errand.state.marks[TAKEN] = asset.name
    # Which midnight its name means is not always the same (issue 145), so the earlier one counts,
    # and a day more: what the archive has already is not fetched again.
    errand.mark(UNTIL, f"{day - timedelta(days=1)}T00:00:00.000Z")


def _newest(data: bytes) -> tuple[_Asset, date]:
    """Return the archive of the newest release that has one, and the day in its name."""
    try:
        releases = json.decode(data, type=tuple[_Release, ...])
    except (DecodeError, UnicodeError, RecursionError) as error:
        raise FetchError(f"CVE list: no list of its releases: {error}", AGAIN) from None
    for release in releases:
        for asset in release.assets:
            named = BASELINE.match(asset.name)
            with suppress(ValueError):
                if named:
                    return asset, date.fromisoformat(named[1])
    raise FetchError("CVE list: no release has an archive of all records", AGAIN)


def _unpack(part: str, most: int) -> str:
    """Put the archive that is in a release's archive in its place, records alone; say a fault."""
    inner = f"{part}.inner"
    try:
        with ZipFile(part) as outer:
            if outer.namelist() == [INNER]:
                info = outer.getinfo(INNER)
                if info.file_size > most:
                    return f"it unpacks to more than {most >> 20} MiB"
                if info.compress_type not in PLAIN:
                    return "it is packed in another way than the list's archives are"
                with outer.open(INNER) as source, open(inner, "wb") as target:
                    copyfileobj(source, target, 1 << 20)
                os.replace(inner, part)
        with ZipFile(part) as archive:
            others = {name for name in archive.namelist() if not RECORD.search(name)}
        patched(part, inner, {}, others)
        os.replace(inner, part)
    except FetchError as error:
        return error.message
    except UNREADABLE as error:
        return f"it is damaged or cut short: {error}"
    return ""


def _follow(errand: Errand, steps: tuple[_Step, ...]) -> Patch | None:
    """Put what changed into the archive; return it, with the archive that it belongs to."""
    if not _reaches(errand, steps):
        told = "CVE list: its log begins after its newest archive; what is between is missing"
        errand.faults.append(told)
    path, base = errand.shelf.path(ARCHIVE), errand.digest_of(ARCHIVE)
    changed, names = _changed(path, _since(errand, steps))
    if len(changed) > MOST_CHANGED:
        told = f"{len(changed)} records changed since its newest archive; they come with the next"
        errand.notes.append(told)
        return None
    taken = errand.each(sorted(changed), lambda id_: (id_, _record(errand, id_, changed[id_])))
    new = {names.get(id_) or _place(id_): data for id_, data in taken}
    patch = None
    if new:
        part = errand.shelf.part(ARCHIVE)
        patched(path, part, new, ())
        errand.keep(ARCHIVE, part, Entry(url=""))
        patch = Patch(base, errand.staged(ARCHIVE, _packed(new)))
    if not errand.faults:
        # A time to come, in a log that is wrong, would hide what changes until then.
        times = (min(step.fetchTime, errand.learned) for step in steps)
        errand.state.marks[UNTIL] = max(errand.state.marks[UNTIL], *times)
        errand.mark(FOLLOWED, errand.digest_of(LOG))
    return patch


def _changed(path: str, since: Changes) -> tuple[Changes, dict[str, str]]:
    """Return what the archive has not as new as the log says, and its members of what changed."""
    try:
        with ZipFile(path) as archive:
            found = ((RECORD.search(name), name) for name in archive.namelist())
            names = {id_[1]: name for id_, name in found if id_ and id_[1] in since}
            held = {id_: _held(archive, name) for id_, name in names.items()}
    except DAMAGED as error:
        raise FetchError(f"{path}: it is damaged: {error}", "remove it, and update") from None
    missing = {id_: at for id_, at in since.items() if not at or held.get(id_, "") < at[:19]}
    return missing, names


def _held(archive: ZipFile, name: str) -> str:
    """Return when a record was changed that the archive has; nothing where it cannot be read."""
    if archive.getinfo(name).compress_type not in PLAIN:
        return ""
    try:
        with archive.open(name) as file:
            return _stamp(file.read(RECORD_BYTES))
    except (FetchError, *UNREADABLE):
        return ""


def _record(errand: Errand, id_: str, stamp: str) -> bytes:
    """Return a record that is as new as the log says it is."""
    data = errand.text(_place(id_), most=RECORD_BYTES)
    if _stamp(data, id_) < stamp[:19]:
        raise FetchError(f"CVE list: {id_}: an older record is sent", AGAIN)
    return data


def _stamp(data: bytes, id_: str = "") -> str:
    """Return when a record was changed, to the second.

    Raises:
        FetchError: where it is none, or another than the one that was asked for.
    """
    try:
        found = json.decode(data, type=_Record).cveMetadata
    except (DecodeError, UnicodeError, RecursionError):
        raise FetchError(f"CVE list: {id_}: it is no record", AGAIN) from None
    if id_ and found.cveId != id_:
        raise FetchError(f"CVE list: {id_}: another record is sent", AGAIN)
    return (found.dateUpdated or "")[:19]


def _place(id_: str) -> str:
    """Return where a record lies in the list: `cves/2026/12xxx/CVE-2026-12345.json`."""
    _, year, number = id_.split("-")
    return f"cves/{year}/{number[:-3]}xxx/{id_}.json"


def _packed(records: dict[str, bytes]) -> bytes:
    """Return an archive of a few records, which is what the feed's reader takes for several."""
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for name in sorted(records):
            archive.writestr(ZipInfo(name, EPOCH), records[name], ZIP_DEFLATED)
    return buffer.getvalue()
