"""What a plan may do: take its publisher's files to the shelf, read small ones, note how far it is.

A plan that is stopped anywhere leaves a shelf it can go on from; a file is replaced as a whole.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from threading import Lock
from typing import TypeVar
from urllib.parse import quote, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from match.feeds import SILENT, Source, walk
from match.fetch import archives
from match.fetch.client import Client, NotThereError
from match.fetch.download import Wanted, copy, digest, download
from match.fetch.publishers import Publisher
from match.fetch.shelf import Entry, Shelf, place_of, write
from sbom.errors import FetchError
from sbom.web.transport import address

AT_ONCE = 8
"""Requests at a time to one publisher."""
SAVED_EVERY, SAVED_SHARE = 64, 8
"""The state is kept after so many files, and an eighth of all: writing it costs their number."""
SAVED_BYTES = 1 << 20
"""After a file of this length it is always kept."""
INDEX_BYTES = 256 << 20

Report = Callable[[int, int, str], None]
"""Called with what is done, the total (0: unknown), and what is being worked on."""
Item = TypeVar("Item")
Result = TypeVar("Result")


class Patch(Struct, frozen=True):
    """What changed of a file since it had the digest `base`: the records in the file `path`."""

    base: str
    path: str


class Part(Struct, frozen=True, kw_only=True):
    """A file of the shelf to import. part, whole: as `match.set.importer.Brought` has them.

    sure: the publisher was asked now, and what is here is what it has; else it is what it had.
    """

    place: str
    part: str = ""
    whole: bool = True
    patch: Patch | None = None
    sure: bool = True


Stages = tuple[tuple[Part, ...], ...]
"""What a plan has on the shelf, in the order in which it must be imported: older files first."""


class Errand:
    """One plan at work. mirror: address or directory that stands for all publishers, or empty.

    accepted: fingerprints of keys that the user says are the publisher's.
    faults: what failed. notes: what else is to be told; both by the plan.
    confirmed: the files, by `record.part`, that the store has as the publisher has them.
    """

    def __init__(
        self,
        publisher: Publisher,
        shelf: Shelf,
        client: Client,
        *,
        learned: str,
        areas: tuple[str, ...] = (),
        mirror: str = "",
        accepted: frozenset[str] = frozenset(),
        told: Report | None = None,
    ) -> None:
        self.publisher, self.shelf, self.client = publisher, shelf, client
        self.learned, self.areas, self.mirror = learned, areas, mirror
        self.accepted = accepted
        self.state = shelf.load()
        self.faults: list[str] = []
        self.notes: list[str] = []
        self.changed = self.answered = 0
        self.confirmed: frozenset[str] = frozenset()
        self.told = told or (lambda *_: None)
        self._lock = Lock()
        self._unsaved = 0

    def url(self, place: str, upstream: str = "") -> str:
        """Return where a file is had: in the mirror at its place, else where the publisher is."""
        if self.mirror:
            below = f"{self.publisher.name}/{place}"
            return f"{self.mirror.rstrip('/')}/{quote(below) if '://' in self.mirror else below}"
        return upstream or self.publisher.base + quote(place)

    def place(self, url: str) -> str:
        """Return where a file of an address lies: by its path, on another host below its name.

        Raises:
            FetchError: where it is no address, or would lie out of the publisher's folder.
        """
        parts, own = address(url), urlsplit(self.publisher.base)
        path = parts.path.lstrip("/")
        place = path if parts.netloc == own.netloc else f"{parts.hostname}/{path}"
        place_of(place.rstrip("/"))
        return place

    def take(
        self,
        place: str,
        upstream: str = "",
        *,
        digests: Mapping[str, str] | None = None,
        index: bool = False,
        mirrored: str = "",
        check: Callable[[str], str] | None = None,
        anew: bool = False,
    ) -> bool:
        """Take a file to the shelf if it changed; tell whether it did.

        Args:
            place: where the file lies on the shelf and in a mirror.
            upstream: its address, where the publisher's base and the place do not make it.
            digests: what it must have, by algorithm.
            index: it holds no advisories, so any form is right.
            mirrored: its place in a mirror, where that is another.
            check: says what else is wrong with a file that came, or nothing.
            anew: take it whether it changed or not.

        Raises:
            NotThereError: where there is no such file.
            FetchError: where it cannot be had whole and sound; the shelf stays as it was.
        """
        wanted = Wanted(
            url=self.url(mirrored or place, upstream),
            part=self.shelf.part(place),
            most=INDEX_BYTES if index else self.publisher.most,
            digests=digests or {},
            fault=(lambda _: "") if index else lambda path: self._fault(path, check),
        )
        entry = self._had(wanted, None if anew else self._known(place), place)
        with self._lock:
            self.answered += 1
        if entry is None:
            return False
        self.keep(place, wanted.part, entry)
        return True

    def keep(self, place: str, part: str, entry: Entry) -> None:
        """Move a part to its place on the shelf and note what it is."""
        found = digest(part, "sha256")
        size = os.path.getsize(part)
        self.shelf.settle(part, place)
        with self._lock:
            before = self.state.entries.get(place)
            self.changed += before is None or before.sha256 != found
            self.state.entries[place] = replace(
                entry, sha256=found, size=size, fetched=self.learned
            )
            self._unsaved += 1
        many = max(SAVED_EVERY, len(self.state.entries) // SAVED_SHARE)
        if size >= SAVED_BYTES or self._unsaved >= many:
            self.save()

    def keep_data(self, place: str, data: bytes) -> None:
        """Keep what was put together here as a file of the shelf."""
        part = self.shelf.part(place)
        write(part, data)
        self.keep(place, part, Entry(url=""))

    def sign(self, place: str, signer: str) -> None:
        """Note by which key a file of the shelf is signed; empty: it has no signature."""
        with self._lock:
            entry = self.state.entries[place]
            self.state.entries[place] = replace(entry, signed=signer, unsigned=not signer)

    def forget(self, place: str) -> None:
        """Remove a file from the shelf."""
        self.shelf.forget(place)
        with self._lock:
            self.state.entries.pop(place, None)

    def text(self, place: str, upstream: str = "", most: int = INDEX_BYTES) -> bytes:
        """Return a small document without keeping it; raises as `take` does."""
        url = self.url(place, upstream)
        if "://" in url:
            return self.client.document(url, most)
        try:
            with open(url, "rb") as file:
                data = file.read(most + 1)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise NotThereError(f"{url}: there is no such file", "check the mirror") from None
        except OSError as error:
            raise FetchError(f"{url}: {error.strerror}", "check the mirror") from None
        if len(data) > most:
            raise FetchError(f"{url}: it has more than {most} bytes", "check the mirror")
        return data

    def each(
        self,
        items: Iterable[Item],
        do: Callable[[Item], Result],
        faults: list[str] | None = None,
    ) -> list[Result]:
        """Do the same for several at a time; what fails becomes a fault, and the rest goes on."""
        told = self.faults if faults is None else faults
        todo = list(items)
        results: list[Result] = []

        def one(item: Item) -> None:
            try:
                result = do(item)
            except FetchError as error:
                with self._lock:
                    told.append(str(error))
                return
            with self._lock:
                results.append(result)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            for number, _ in enumerate(pool.map(one, todo), 1):
                if len(todo) > 1:
                    self.told(number, len(todo), f"{number} of {len(todo)}")
        return results

    def mark(self, name: str, value: str) -> None:
        """Note how far the plan has come, and keep the state."""
        with self._lock:
            self.state.marks[name] = value
        self.save()

    def save(self) -> None:
        """Keep the publisher's state, so that what is here need not be fetched again."""
        with self._lock:
            self.shelf.save(self.state)
            self._unsaved = 0

    def digest_of(self, place: str) -> str:
        """Return the digest of a file on the shelf; nothing where there is none."""
        entry = self.state.entries.get(place)
        return entry.sha256 if entry else ""

    def staged(self, name: str, data: bytes) -> str:
        """Keep what changed of a file, until it is imported; return the path."""
        path = self.shelf.part(f"changed/{sha256(name.encode()).hexdigest()[:16]}.json")
        write(path, data)
        return path

    def _known(self, place: str) -> Entry | None:
        return self.state.entries.get(place) if self.shelf.has(place) else None

    def _had(self, wanted: Wanted, known: Entry | None, place: str) -> Entry | None:
        if urlsplit(wanted.url).scheme in {"http", "https"}:
            return download(
                self.client,
                wanted,
                known,
                lambda here, total: self.told(here, total, place),
            )
        try:
            return copy(wanted.url, wanted, known)
        except (FileNotFoundError, NotADirectoryError):
            raise NotThereError(
                f"{wanted.url}: there is no such file", "check the mirror"
            ) from None
        except OSError as error:
            raise FetchError(f"{wanted.url}: {error.strerror}", "check the mirror") from None

    def _fault(self, path: str, check: Callable[[str], str] | None) -> str:
        return (check(path) if check else "") or self._form_fault(path)

    def _form_fault(self, path: str) -> str:
        """Say that a file is not what its publisher has there: a login page, an empty file."""
        if damage := archives.fault(path):
            return damage
        source: Source = next(walk(path))
        if source.feed == self.publisher.feed or source.why == SILENT:
            return ""
        found = f"a file of {source.feed}" if source.feed else source.why
        return f"it is not in the form of {self.publisher.feed}: {found}"
