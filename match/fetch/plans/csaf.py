"""CSAF providers: a directory or ROLIE feeds of documents, each with its published checksum.

`changes.csv` says when each document changed (CSAF 2.0, 7.1.13), so only those are fetched. Where
all documents are in one archive as well (`archive_latest.txt`), that comes first. Signatures
(`.asc`) are not verified: no sound library for OpenPGP is at hand.
"""

import csv
import re
from io import StringIO
from urllib.parse import urlsplit

from msgspec import DecodeError, Struct, json

from match.fetch.client import NotThereError
from match.fetch.errand import Errand, Part, Stages
from match.fetch.shelf import place_of
from sbom.errors import FetchError
from sbom.web.transport import address, joined, shown

MOST_CHANGED = 5000
"""More changed documents than this come faster in a newer archive."""
MOST_DOCUMENTS = 2_000_000
DIGEST_BYTES = 4096
ALGORITHMS = ("sha256", "sha512")
DIGEST = re.compile(r"\s*([0-9a-fA-F]{64}(?:[0-9a-fA-F]{64})?)\b")
ARCHIVE = re.compile(r"[A-Za-z0-9_.\-]{1,120}?(\d{4}-\d{2}-\d{2})\.tar\.(?:zst|gz)\Z")


class _Document(Struct, frozen=True):
    """A document as a list has it. stamp: when it changed; digests: addresses, by algorithm."""

    place: str
    url: str
    stamp: str
    digests: dict[str, str]


class _Link(Struct, frozen=True):
    href: str = ""
    rel: str = ""


class _Content(Struct, frozen=True):
    src: str = ""


class _RolieEntry(Struct, frozen=True):
    updated: str = ""
    content: _Content = _Content()
    link: tuple[_Link, ...] = ()


class _Rolie(Struct, frozen=True):
    entry: tuple[_RolieEntry, ...] = ()


class _RolieDocument(Struct, frozen=True):
    feed: _Rolie


class _RolieFeed(Struct, frozen=True):
    url: str = ""


class _Feeds(Struct, frozen=True):
    feeds: tuple[_RolieFeed, ...] = ()


class _Distribution(Struct, frozen=True):
    directory_url: str = ""
    rolie: _Feeds = _Feeds()


class _Metadata(Struct, frozen=True):
    """`provider-metadata.json` (CSAF 2.0, 7.1.7)."""

    distributions: tuple[_Distribution, ...] = ()


def fetch(errand: Errand) -> Stages:
    """Take what changed of each of the publisher's directories."""
    base = errand.publisher.base
    return _fetched(errand, [url or base + place for place, url in errand.publisher.items], [])


def fetch_provider(errand: Errand, metadata: str) -> Stages:
    """Take what changed of everything that `provider-metadata.json` at an address names."""
    return _fetched(errand, *_distributions(errand, metadata))


def _fetched(errand: Errand, directories: list[str], feeds: list[str]) -> Stages:
    archives: list[Part] = []
    documents: list[Part] = []
    for directory in directories:
        archive, found = _directory(errand, directory)
        archives += archive
        documents += found
    for feed in feeds:
        documents += _changed(errand, feed, _rolie(errand, feed), "")
    return tuple(archives), tuple(documents)


def _distributions(errand: Errand, url: str) -> tuple[list[str], list[str]]:
    """Return the directories and the ROLIE feeds that a provider names; feeds only where none."""
    place = _place(errand, url) or "provider-metadata.json"
    errand.take(place, url, index=True)
    try:
        told = json.decode(errand.shelf.read(place), type=_Metadata).distributions
    except (DecodeError, UnicodeError, RecursionError) as error:
        raise FetchError(f"{shown(url)}: no provider metadata: {error}", "tell them") from None
    directories = [one.directory_url for one in told if one.directory_url]
    feeds = [feed.url for one in told for feed in one.rolie.feeds if feed.url]
    if not directories and not feeds:
        raise FetchError(f"{shown(url)}: it names no distribution", "tell them")
    slashed = [directory.rstrip("/") + "/" for directory in directories]
    return (slashed, []) if slashed else ([], feeds)


def _directory(errand: Errand, directory: str) -> tuple[list[Part], list[Part]]:
    """Bring a directory up to date; return its archive, if there is one, and its documents."""
    listed = _listed(errand, directory)
    archive = _archive(errand, directory, listed)
    documents = _changed(errand, directory, listed, archive[0].part if archive else "")
    return archive, documents


def _listed(errand: Errand, directory: str) -> list[_Document]:
    """Return the documents of a directory: of `changes.csv`, else of `index.txt`."""
    base = _place(errand, directory)
    for name in ("changes.csv", "index.txt"):
        try:
            errand.take(base + name, directory + name, index=True)
        except NotThereError:
            continue
        text = errand.shelf.read(base + name).decode("utf-8", "replace")
        try:
            rows = [row for row in csv.reader(StringIO(text)) if row]
        except csv.Error as error:
            told = f"{shown(directory)}{name}: it is no list: {error}"
            raise FetchError(told, "tell them") from None
        if len(rows) > MOST_DOCUMENTS:
            raise FetchError(f"{shown(directory)}{name}: it has too many lines", "tell them")
        return [
            _Document(
                base + place_of(row[0]),
                directory + row[0],
                row[1] if len(row) > 1 else "",
                {algorithm: f"{directory}{row[0]}.{algorithm}" for algorithm in ALGORITHMS},
            )
            for row in rows
            if row[0].endswith(".json")
        ]
    raise FetchError(f"{shown(directory)}: neither changes.csv nor index.txt", "tell them")


def _archive(errand: Errand, directory: str, listed: list[_Document]) -> list[Part]:
    """Take the archive of all documents where there is one and it is worth it."""
    base = _place(errand, directory)
    mark = f"archive {directory}"
    held = errand.state.marks.get(mark, "")
    part = Part(place=base + held, part=f"{errand.publisher.name}/{base}") if held else None
    news = len(_news(errand, directory, listed))
    if part and news < MOST_CHANGED and errand.shelf.has(part.place):
        return [part]
    if not news and not held:
        return []
    try:
        name = errand.text(base + "archive_latest.txt", directory + "archive_latest.txt", 1024)
    except NotThereError:
        return []
    latest = name.decode("utf-8", "replace").strip()
    dated = ARCHIVE.match(latest)
    if not dated:
        raise FetchError(f"{shown(directory)}: {latest[:80]!r} is no archive's name", "tell them")
    digests = _digests(errand, base + latest, {"sha256": f"{directory}{latest}.sha256"})
    errand.take(base + latest, directory + latest, digests=digests)
    errand.keep_data(base + "archive_latest.txt", name)
    if held and held != latest:
        errand.forget(base + held)
    errand.shelf.keep_stamps(
        directory, {one.place: one.stamp for one in listed if one.stamp[:10] < dated[1]}
    )
    errand.mark(mark, latest)
    return [Part(place=base + latest, part=f"{errand.publisher.name}/{base}")]


def _news(errand: Errand, name: str, listed: list[_Document]) -> list[_Document]:
    """Return what a list has that was not taken as it is now; without a date, that is all."""
    before = errand.shelf.stamps(name)
    return [one for one in listed if not one.stamp or before.get(one.place) != one.stamp]


def _changed(errand: Errand, name: str, listed: list[_Document], archive: str) -> list[Part]:
    """Take the documents that changed; return all that are on the shelf and still listed."""
    news = _news(errand, name, listed)
    taken = errand.each(news, lambda one: _take(errand, one))
    stamps = errand.shelf.stamps(name)
    places = {one.place for one in listed}
    for place in stamps.keys() - places:
        errand.forget(place)
    kept = {place: stamp for place, stamp in stamps.items() if place in places}
    errand.shelf.keep_stamps(name, kept | {one.place: one.stamp for one in taken})
    here = sorted(place for place in places if errand.digest_of(place))
    if archive:
        return [Part(place=place, part=archive, whole=False) for place in here]
    return [Part(place=place, part=f"{errand.publisher.name}/{place}") for place in here]


def _take(errand: Errand, one: _Document) -> _Document:
    errand.take(one.place, one.url, digests=_digests(errand, one.place, one.digests))
    return one


def _digests(errand: Errand, place: str, urls: dict[str, str]) -> dict[str, str]:
    """Return the first digest of a file that is published, by its algorithm."""
    for algorithm, url in urls.items():
        try:
            text = errand.text(f"{place}.{algorithm}", url, DIGEST_BYTES)
        except NotThereError:
            continue
        found = DIGEST.match(text.decode("utf-8", "replace"))
        if not found or len(found[1]) != {"sha256": 64, "sha512": 128}[algorithm]:
            raise FetchError(f"{shown(url)}: it is no {algorithm} checksum", "try again later")
        return {algorithm: found[1]}
    return {}


def _rolie(errand: Errand, url: str) -> list[_Document]:
    """Return the documents of a ROLIE feed (CSAF 2.0, 7.1.15)."""
    place = _place(errand, url)
    errand.take(place, url, index=True)
    try:
        entries = json.decode(errand.shelf.read(place), type=_RolieDocument).feed.entry
    except (DecodeError, UnicodeError, RecursionError) as error:
        raise FetchError(f"{shown(url)}: no ROLIE feed: {error}", "tell them") from None
    found = []
    for entry in entries[:MOST_DOCUMENTS]:
        selves = [link.href for link in entry.link if link.rel == "self"]
        source = joined(url, entry.content.src or (selves or [""])[0])
        hashes = {
            algorithm: joined(url, link.href)
            for algorithm in ALGORITHMS
            for link in entry.link
            if link.rel == "hash" and link.href.endswith(algorithm)
        }
        found.append(_Document(_place(errand, source), source, entry.updated, hashes))
    return found


def _place(errand: Errand, url: str) -> str:
    """Return where a document of an address lies: by its path, on another host below its name."""
    parts, own = address(url), urlsplit(errand.publisher.base)
    path = parts.path.lstrip("/")
    place = path if parts.netloc == own.netloc else f"{parts.hostname}/{path}"
    place_of(place.rstrip("/"))
    return place
