"""The cache: a publisher's files where it has them, and what is known of each.

`feeds/PUBLISHER/PLACE` holds files only, so that the folder is a mirror as it stands; `state/` says
what came when, `parts/` holds what is half here. Everything is written beside and moved there.
"""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal
from urllib.parse import quote

import msgspec
from msgspec import Struct

from sbom.errors import FetchError, InputError

Signed = Literal["", "verified", "partly", "unverified"]
PLACE = re.compile(r"[^\x00-\x1f\x7f\\]{1,512}\Z")


class Entry(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What is known of a file: the server's words for its version, its digest, when it came.

    signed: the fingerprint of the OpenPGP key that signed it, as was verified; empty where it was
        not. unsigned: its publisher had no signature of it.
    """

    url: str
    etag: str = ""
    modified: str = ""
    sha256: str = ""
    size: int = 0
    fetched: str = ""
    signed: str = ""
    unsigned: bool = False


class Held(Struct, frozen=True, gc=False):
    """What a store has of a file: its digest, and under which name of a snapshot."""

    sha256: str
    part: str


class State(Struct, kw_only=True, omit_defaults=True):
    """What is known of a publisher.

    attempted, succeeded: when it was last asked, and when it last answered in full.
    failure: why not, since `succeeded`; empty where it did.
    marks: how far a plan has come, in the plan's own words.
    imported: by store, what it has of each file.
    reached: by store, the state that its set was in then: what was `imported` is there as long as
        the set's history has that state, and not where the set was replaced since.
    keys: the OpenPGP keys whose signatures count, by fingerprint: where their files lie.
    promised: the publisher says that it signs everything.
    signed: how much of what is here has a signature that was verified; empty where nothing is
        known to be signed.
    """

    attempted: str = ""
    succeeded: str = ""
    failure: str = ""
    entries: dict[str, Entry] = msgspec.field(default_factory=dict)
    marks: dict[str, str] = msgspec.field(default_factory=dict)
    imported: dict[str, dict[str, Held]] = msgspec.field(default_factory=dict)
    reached: dict[str, str] = msgspec.field(default_factory=dict)
    keys: dict[str, str] = msgspec.field(default_factory=dict)
    promised: bool = False
    signed: Signed = ""


def default_cache(stated: str) -> str:
    """Return the cache's folder: `--cache`, else `lading` in the user's cache directory."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return stated or os.path.join(base, "lading")


def place_of(text: str) -> str:
    """Return a place that a publisher names, below a folder of ours.

    Raises:
        FetchError: where it would lead out of it.
    """
    parts = text.split("/")
    if not PLACE.match(text) or any(part in {"", ".", ".."} for part in parts):
        raise FetchError(f"it names {text[:80]!r}, which is no place below its own", "tell them")
    return text


class Shelf:
    """The part of a cache that belongs to one publisher."""

    def __init__(self, root: str, publisher: str) -> None:
        self.root = root
        self.publisher = publisher
        self._state = os.path.join(root, "state", f"{publisher}.json")

    def path(self, place: str) -> str:
        """Return where a file lies, once it is here."""
        return os.path.join(self.root, "feeds", self.publisher, *place_of(place).split("/"))

    def part(self, place: str) -> str:
        """Return where a file grows until it is here; its folder is there."""
        path = os.path.join(self.root, "parts", self.publisher, *place_of(place).split("/"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def has(self, place: str) -> bool:
        """Whether a file is here."""
        return os.path.isfile(self.path(place))

    def read(self, place: str) -> bytes:
        """Return a file; nothing where it is not here."""
        try:
            with open(self.path(place), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return b""

    def settle(self, part: str, place: str) -> None:
        """Move what has grown to its place; what was there is replaced as a whole."""
        path = self.path(place)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(part, "rb") as file:
            os.fsync(file.fileno())
        os.replace(part, path)

    def forget(self, place: str) -> None:
        """Remove a file."""
        with suppress(FileNotFoundError):
            os.unlink(self.path(place))

    def stamps(self, name: str) -> dict[str, str]:
        """Return what was last brought up to date by a list: when each of its records changed."""
        try:
            with open(self._stamps(name), "rb") as file:
                return msgspec.json.decode(file.read(), type=dict[str, str])
        except (FileNotFoundError, msgspec.DecodeError, UnicodeError):
            return {}

    def keep_stamps(self, name: str, stamps: dict[str, str]) -> None:
        """Note what was brought up to date by a list."""
        write(self._stamps(name), msgspec.json.encode(stamps))

    def _stamps(self, name: str) -> str:
        return os.path.join(
            self.root, "state", self.publisher, f"{quote(name, safe=' ')[:200]}.json"
        )

    def load(self) -> State:
        """Return the publisher's state; a damaged one counts as none, and costs a fetch."""
        try:
            with open(self._state, "rb") as file:
                return msgspec.json.decode(file.read(), type=State)
        except (FileNotFoundError, msgspec.DecodeError, UnicodeError):
            return State()

    def save(self, state: State) -> None:
        """Keep the publisher's state."""
        write(self._state, msgspec.json.format(msgspec.json.encode(state, order="sorted")))


def write(path: str, data: bytes) -> None:
    """Write a file of ours, as a whole or not at all."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    scratch = f"{path}.{os.getpid()}.new"
    with open(scratch, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(scratch, path)


def known(root: str) -> dict[str, State]:
    """Return the state of each publisher that was ever asked, by name."""
    try:
        names = sorted(os.listdir(os.path.join(root, "state")))
    except OSError:
        return {}
    publishers = [name.removesuffix(".json") for name in names if name.endswith(".json")]
    return {name: Shelf(root, name).load() for name in publishers}


@contextmanager
def locked(root: str) -> Iterator[None]:
    """Hold the cache for one update; a second is told so, and one that was killed holds nothing.

    Raises:
        InputError: where another update is at work, or the cache cannot be written.
    """
    try:
        os.makedirs(root, exist_ok=True)
        file = open(os.path.join(root, "lock"), "wb")  # noqa: SIM115 (closed below)
    except OSError as error:
        told = f"{error.filename or root}: cannot write ({error.strerror})"
        raise InputError(told, "name another folder with --cache") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            told = f"{root}: another update is at work"
            raise InputError(told, "wait for it to end") from None
        yield
