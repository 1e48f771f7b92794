"""CSAF providers: a directory or ROLIE feeds of documents, each with its published checksum.

`changes.csv` says when each document changed (CSAF 2.0, 7.1.13), so only those are fetched. Where
all documents are in one archive as well (`archive_latest.txt`), that comes first. Signatures
(`.asc`, 7.1.19) are verified by the keys that the provider's metadata name.
"""

import csv
import re
from io import StringIO

from msgspec import DecodeError, Raw, Struct, json
from msgspec.structs import replace

from match.fetch.client import NotThereError
from match.fetch.errand import Errand, Part, Stages
from match.fetch.shelf import place_of
from match.fetch.signatures import SUFFIX, Named, Signatures, Stated, signatures_of
from sbom.errors import FetchError
from sbom.web.transport import joined, shown

MOST_CHANGED = 5000
"""More changed documents than this come faster in a newer archive."""
MOST_DOCUMENTS = 2_000_000
DIGEST_BYTES = 4096
ALGORITHMS = ("sha256", "sha512")
DIGEST = re.compile(r"\s*([0-9a-fA-F]{64}(?:[0-9a-fA-F]{64})?)\b")
ARCHIVE = re.compile(r"[A-Za-z0-9_.\-]{1,120}?(\d{4}-\d{2}-\d{2})\.tar\.(?:zst|gz)\Z")


class _Document(Struct, frozen=True):
    """A document as a list has it.

    stamp: when it changed. digests: addresses, by algorithm. signature: its address.
    """

    place: str
    url: str
    stamp: str
    digests: dict[str, str]
    signature: str


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
    role: str | None = None
    public_openpgp_keys: Raw = Raw(b"[]")


def fetch(errand: Errand) -> Stages:
    """Take what changed of each of the publisher's directories."""
    base = errand.publisher.base
    directories = [url or base + place for place, url in errand.publisher.items]
    return _fetched(errand, directories, [], _stated(errand))


def fetch_provider(errand: Errand, metadata: str) -> Stages:
    """Take what changed of everything that `provider-metadata.json` at an address names."""
    told = _metadata(errand, metadata)
    return _fetched(errand, *_distributions(told, metadata), _signing(errand, told, metadata))


def _fetched(
    errand: Errand, directories: list[str], feeds: list[str], stated: Stated | None
) -> Stages:
    signatures = signatures_of(errand, stated)
    archives: list[Part] = []
    documents: list[Part] = []
    for directory in directories:
        archive, found = _directory(errand, directory, signatures)
        archives += archive
        documents += found
    for feed in feeds:
        documents += _changed(errand, feed, _rolie(errand, feed), "", signatures)
    signatures.settle(part.place for part in (*archives, *documents))
    if errand.faults:
        # A document that is listed and could not be had: nobody knows what it says now.
        documents = [replace(part, sure=False) for part in documents]
        archives = [replace(part, sure=False) for part in archives]
    return tuple(archives), tuple(documents)


def _stated(errand: Errand) -> Stated | None:
    """Return what a publisher we know says of its signatures; None where it cannot be had."""
    url = errand.publisher.metadata
    if not url:
        return None
    try:
        told = _metadata(errand, url)
    except FetchError as error:
        # A mirror may lack it; who had keys before does not lose them by that, and it is told.
        if errand.state.keys or not isinstance(error, NotThereError):
            errand.faults.append(str(error))
        return None
    return _signing(errand, told, url)


def _signing(errand: Errand, told: _Metadata, url: str) -> Stated | None:
    """Return what metadata say of signatures; what is no list of keys leaves the documents."""
    try:
        keys = json.decode(told.public_openpgp_keys, type=tuple[Named, ...])
    except (DecodeError, UnicodeError, RecursionError) as error:
        errand.faults.append(f"{shown(url)}: its keys cannot be read: {error}")
        return None
    return Stated(told.role or "", keys)


def _metadata(errand: Errand, url: str) -> _Metadata:
    place = errand.place(url) or "provider-metadata.json"
    errand.take(place, url, index=True)
    try:
        return json.decode(errand.shelf.read(place), type=_Metadata)
    except (DecodeError, UnicodeError, RecursionError) as error:
        raise FetchError(f"{shown(url)}: no provider metadata: {error}", "tell them") from None


def _distributions(metadata: _Metadata, url: str) -> tuple[list[str], list[str]]:
    """Return the directories and the ROLIE feeds that a provider names; feeds only where none."""
    told = metadata.distributions
    directories = [one.directory_url for one in told if one.directory_url]
    feeds = [feed.url for one in told for feed in one.rolie.feeds if feed.url]
    if not directories and not feeds:
        raise FetchError(f"{shown(url)}: it names no distribution", "tell them")
    slashed = [directory.rstrip("/") + "/" for directory in directories]
    return (slashed, []) if slashed else ([], feeds)


def _directory(
    errand: Errand, directory: str, signatures: Signatures
) -> tuple[list[Part], list[Part]]:
    """Bring a directory up to date; return its archive, if there is one, and its documents."""
    listed = _listed(errand, directory)
    archive = _archive(errand, directory, listed, signatures)
    part = archive[0].part if archive else ""
    documents = _changed(errand, directory, listed, part, signatures)
    return archive, documents


def _listed(errand: Errand, directory: str) -> list[_Document]:
    """Return the documents of a directory: of `changes.csv`, else of `index.txt`."""
    base = errand.place(directory)
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
                f"{directory}{row[0]}{SUFFIX}",
            )
            for row in rows
            if row[0].endswith(".json")
        ]
    raise FetchError(f"{shown(directory)}: neither changes.csv nor index.txt", "tell them")


def _archive(
    errand: Errand, directory: str, listed: list[_Document], signatures: Signatures
) -> list[Part]:
    """Take the archive of all documents where there is one and it is worth it."""
    base = errand.place(directory)
    mark = f"archive {directory}"
    held = errand.state.marks.get(mark, "")
    part = Part(place=base + held, part=f"{errand.publisher.name}/{base}") if held else None
    news = len(_news(errand, directory, listed, signatures))
    proven = part and errand.shelf.has(part.place) and not signatures.wants(part.place)
    if part and proven and news < MOST_CHANGED:
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
    errand.take(
        base + latest,
        directory + latest,
        digests=digests,
        check=signatures.check(base + latest, directory + latest + SUFFIX),
        anew=signatures.wants(base + latest),
    )
    signatures.note(base + latest)
    errand.keep_data(base + "archive_latest.txt", name)
    if held and held != latest:
        _forget(errand, base + held)
    errand.shelf.keep_stamps(
        directory, {one.place: one.stamp for one in listed if one.stamp[:10] < dated[1]}
    )
    errand.mark(mark, latest)
    return [Part(place=base + latest, part=f"{errand.publisher.name}/{base}")]


def _news(
    errand: Errand, name: str, listed: list[_Document], signatures: Signatures
) -> list[_Document]:
    """Return what a list has that was not taken as it is now; without a date, that is all."""
    before = errand.shelf.stamps(name)
    return [
        one
        for one in listed
        if not one.stamp or before.get(one.place) != one.stamp or signatures.wants(one.place)
    ]


def _changed(
    errand: Errand, name: str, listed: list[_Document], archive: str, signatures: Signatures
) -> list[Part]:
    """Take the documents that changed; return all that are on the shelf and still listed."""
    news = _news(errand, name, listed, signatures)
    taken = errand.each(news, lambda one: _take(errand, one, signatures))
    stamps = errand.shelf.stamps(name)
    places = {one.place for one in listed}
    for place in stamps.keys() - places:
        _forget(errand, place)
    kept = {place: stamp for place, stamp in stamps.items() if place in places}
    errand.shelf.keep_stamps(name, kept | {one.place: one.stamp for one in taken})
    here = sorted(place for place in places if errand.digest_of(place))
    if archive:
        return [Part(place=place, part=archive, whole=False) for place in here]
    return [Part(place=place, part=f"{errand.publisher.name}/{place}") for place in here]


def _take(errand: Errand, one: _Document, signatures: Signatures) -> _Document:
    errand.take(
        one.place,
        one.url,
        digests=_digests(errand, one.place, one.digests),
        check=signatures.check(one.place, one.signature),
        anew=signatures.wants(one.place),
    )
    signatures.note(one.place)
    return one


def _forget(errand: Errand, place: str) -> None:
    errand.forget(place)
    errand.shelf.forget(place + SUFFIX)


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
    place = errand.place(url)
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
        signed = [link.href for link in entry.link if link.rel == "signature"]
        signature = joined(url, signed[0]) if signed else source + SUFFIX
        place = errand.place(source)
        found.append(_Document(place, source, entry.updated, hashes, signature))
    return found
