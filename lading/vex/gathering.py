"""VEX documents from where they are: named files, folders and addresses; discovered by a subject.

What the caller names is the caller's word, and what cannot be read of it ends the run. What is
discovered beside a subject needs a trusted key (rule 20), and what cannot be read of it is told.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from gate.model import Statement
from sbom.digest import digest_of
from sbom.errors import InputError, LadingError
from sbom.model import Problem, Sbom
from sbom.text import plain

if TYPE_CHECKING:
    from gate.statements.repository import Package
    from lading.subject import Reading
    from sbom.signing.trust import Trusted
    from sbom.web.access import Access

LARGEST = 64 * 1024 * 1024
"""Bytes of a document that is fetched."""
MOST_FILES = 10_000
"""Documents of one folder that are read."""
SUFFIXES = (".json", ".xml", ".jsonl")
SOURCE = "vex"


class Source(Struct, frozen=True, kw_only=True):
    """A document as it was found.

    discovered: nobody named it. among: it is one of a folder's, where others may be no VEX.
    """

    name: str
    data: bytes
    discovered: bool = False
    among: bool = False


class Gathered(Struct, frozen=True, kw_only=True):
    """What was read: the statements of each document, its name and digest, and what was lost."""

    documents: tuple[tuple[Statement, ...], ...] = ()
    named: tuple[tuple[str, str], ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def statements(self) -> tuple[Statement, ...]:
        """Every statement, in the order of the documents."""
        return tuple(each for document in self.documents for each in document)


def gather(
    names: Sequence[str], key: str, subject: str, sbom: Sbom, reading: "Reading", *, discover: bool
) -> Gathered:
    """Read all that is to be applied to a subject: what is named, and what is discovered.

    Args:
        names: files, folders and addresses that the caller names.
        key: a public key or a trust file; empty for none.
        subject: what the SBOM was read from.
        sbom: the subject's.
        reading: how it was read.
        discover: whether to look beside the subject too.

    Raises:
        InputError: where what is named cannot be read, or there is a key and nothing to weigh.
    """
    if not (names or discover):
        if key:
            raise InputError("--vex-key is about VEX, and none is asked for", "add --vex-discover")
        return Gathered()
    from lading.reaching import reach
    from sbom.signing.trust import read_trust

    access = reach(insecure=reading.insecure, ca_file=reading.ca_file)
    keys = read_trust(key) if key else ()
    found = list(named(names, access, sbom))
    if discover:
        platform = reading.platform or sbom.subject.platform
        found += discovered(subject, platform, access)
    return read_sources(found, keys)


def read_sources(sources: Iterable[Source | Problem], keys: Sequence["Trusted"] = ()) -> Gathered:
    """Read documents, and weigh who signed them.

    Raises:
        InputError: where one that was named cannot be used.
    """
    documents, named, problems = [], [], []
    for source in sources:
        if isinstance(source, Problem):
            problems.append(source)
            continue
        try:
            statements, lost = _read(source, keys)
        except LadingError as error:
            if not (source.discovered or source.among):
                raise
            problems.append(_problem(source.name, error.message))
            continue
        if statements is not None:
            documents.append(statements)
            named.append((source.name, digest_of(source.data)))
            problems += lost
    return Gathered(documents=tuple(documents), named=tuple(named), problems=tuple(problems))


def named(
    names: Sequence[str], access: "Access | None" = None, sbom: Sbom | None = None
) -> Iterator[Source | Problem]:
    """Yield the documents that the caller names; of a repository those about the SBOM's packages.

    Raises:
        InputError: where there is nothing at a name.
        FetchError: where an address cannot be had.
    """
    for name in names:
        if name.startswith(("https://", "http://")):
            yield Source(name=name, data=_fetched(name, access))
        elif os.path.isdir(name):
            yield from _folder(name, sbom)
        else:
            yield Source(name=name, data=_file(name))


def discovered(subject: str, platform: str, access: "Access") -> Iterator[Source | Problem]:
    """Yield what is found beside a subject: an SBOM's file, or an image in a registry."""
    from lading.subject import is_document
    from sbom.sources import in_registry

    if not subject.startswith("sha256:") and is_document(subject):
        yield Source(name=subject, data=_file(subject), discovered=True)
        yield from _beside(subject)
    elif not subject.startswith("sha256:") and in_registry(subject):
        from sbom.registry.vex import Found, attached_vex

        for each in attached_vex(subject, platform=platform, access=access):
            if isinstance(each, Found):
                yield Source(name=f"{subject}: {each.digest}", data=each.data, discovered=True)
            else:
                yield each
    else:
        told = f"lading: {plain(subject)}: nothing is beside it where VEX could be discovered\n"
        sys.stderr.write(told)


def _read(
    source: Source, keys: Sequence["Trusted"]
) -> tuple[tuple[Statement, ...] | None, tuple[Problem, ...]]:
    """Read one document; None where a discovered one says nothing of the kind."""
    from gate.statements.trust import weighed
    from gate.statements.wrapped import opened
    from gate.vex import read, speaks

    inner = opened(source.data, source.name, [each.verifier for each in keys])
    if source.discovered and not speaks(inner.data):
        return None, ()
    statements, lost = read(inner.data, source.name)
    found_at = source.name if source.discovered else ""
    return weighed(statements, inner, keys, found_at=found_at), lost


def _folder(path: str, sbom: Sbom | None) -> Iterator[Source | Problem]:
    """Yield the documents of a folder: by its index where it is a repository, else all of them."""
    from gate.statements.repository import INDEX, decoded, is_index, located

    index = os.path.join(path, INDEX)
    if os.path.isfile(index) and is_index(found := decoded(_file(index), index)):
        for location in located(found, index, _packages(sbom)):
            if isinstance(location, Problem):
                yield location
            elif _within(path, location):
                yield Source(name=os.path.join(path, location), data=_file(f"{path}/{location}"))
            else:
                yield _problem(index, f"{location} is not a file in the repository")
        return
    names = list(_files(path))
    if not names:
        raise InputError(f"{path}: no document is in it", f"they end in {', '.join(SUFFIXES)}")
    for name in names:
        yield Source(name=name, data=_file(name), among=True)


def _packages(sbom: Sbom | None) -> "frozenset[Package] | None":
    from gate.statements.repository import packages_of

    if sbom is None:
        return None
    root = [sbom.root.purl] if sbom.root else []
    return packages_of([*(each.purl for each in sbom.components), *root])


def _within(folder: str, location: str) -> bool:
    """Tell whether a location, links followed, is a file in the folder."""
    real = os.path.realpath(os.path.join(folder, location))
    inside = os.path.commonpath([os.path.realpath(folder), real]) == os.path.realpath(folder)
    return inside and os.path.isfile(real)


def _files(folder: str) -> Iterator[str]:
    count = 0
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if name.endswith(SUFFIXES):
                count += 1
                if count > MOST_FILES:
                    raise InputError(f"{folder}: more than {MOST_FILES} documents", "name fewer")
                yield os.path.join(place, name)


def _beside(path: str) -> Iterator[Source | Problem]:
    """Yield the files next to an SBOM that are named for it (`NAME.vex.json`), and of `vex/`."""
    import re

    folder, name = os.path.split(path)
    stem = re.sub(r"(\.(cdx|spdx|spdx3|bom|sbom|cyclonedx))?\.(json|xml|spdx)$", "", name)
    own = re.compile(
        rf"{re.escape(stem)}\.([\w-]+\.)*(vex|openvex|csaf)(\.[\w-]+)*\.(json|xml|jsonl)"
    )
    beside = [each for each in sorted(os.listdir(folder or ".")) if own.fullmatch(each)]
    found = [os.path.join(folder, each) for each in beside if each != name]
    inner = os.path.join(folder, "vex")
    if os.path.isdir(inner):
        found += _files(inner)
    for each in found:
        try:
            yield Source(name=each, data=_file(each), discovered=True)
        except LadingError as error:
            yield _problem(each, error.message)


def _fetched(url: str, access: "Access | None") -> bytes:
    """Fetch a document; without encryption only from this machine, or where that is allowed."""
    from urllib.parse import urlsplit

    from match.fetch.client import Client
    from sbom.web.addresses import is_loopback

    insecure = access is not None and access.insecure
    if url.startswith("http://") and not (insecure or is_loopback(urlsplit(url).hostname or "")):
        raise InputError(f"{url}: anybody on the way could change it", "use https, or --insecure")
    return Client(url, access).document(url, LARGEST)


def _file(path: str) -> bytes:
    if not os.path.isfile(path):
        raise InputError(f"{path}: no such file", "name a VEX document, a folder or a URL")
    with open(path, "rb") as stream:
        return stream.read()


def _problem(where: str, what: str) -> Problem:
    text = what.removeprefix(f"{where}: ")
    return Problem(source=SOURCE, where=where, what=text, effect="source_lost")
