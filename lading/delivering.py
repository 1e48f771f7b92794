"""Events of a re-match to a file or a webhook: each at least once, in order, under its own id."""

import fcntl
import hmac
import os
from collections.abc import Callable, Sequence
from hashlib import sha256
from threading import Event as Waiting
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.json import Encoder, decode

from lading.clock import now
from match.stock.events import Event, advance, after, place_of
from sbom.errors import FetchError, InputError
from sbom.store import open_store

if TYPE_CHECKING:
    from sbom.web.access import Access
    from sbom.web.transport import Answer

Take = Callable[[Sequence[Event]], None]
"""Brings events to whoever wants them; raises where that fails."""

AT_ONCE = 100
"""Events of one delivery."""
SECRET = "LADING_WEBHOOK_SECRET"  # noqa: S105 (where it is found)
SIGNATURE = "X-Lading-Signature-256"
TAIL = 1 << 16
NO_HOME = "--webhook"
PATIENCE = 20.0
"""Seconds without a byte until a webhook counts as broken."""
MOST_ANSWER = 1 << 20
ENCODE = Encoder(order="sorted").encode


class Delivery(Struct, frozen=True, kw_only=True):
    """The body of one request to a webhook. sent: when, RFC 3339 in UTC."""

    schema: Literal["lading-events/1"]
    sent: str
    events: tuple[Event, ...]


def deliver(url: str, receiver: str, take: Take) -> int:
    """Bring a receiver all events that it has not had yet; return how many these were.

    Its place is noted after each delivery: what fails, or is killed, is brought again.
    """
    told = 0
    while True:
        with open_store(url, write=False) as database:
            waiting = after(database, place_of(database, receiver), AT_ONCE)
        if not waiting:
            return told
        take([event for _, event in waiting])
        told += len(waiting)
        with open_store(url, write=True) as database:
            advance(database, receiver, waiting[-1][0])


def file_receiver(path: str) -> tuple[str, Take]:
    """Return the name of a file as receiver, and what appends events to it (JSON lines).

    Raises:
        InputError: where it cannot be a file. That is told at once, not with the first event.
    """
    full = os.path.abspath(path)
    if os.path.isdir(full):
        raise InputError(f"--events {path}: this is a folder", "name a file in it")
    if not os.path.isdir(os.path.dirname(full)):
        raise InputError(f"--events {path}: there is no such folder", "make it first")
    return f"file:{full}", lambda events: _append(full, events)


def webhook_receiver(url: str, access: "Access") -> tuple[str, Take]:
    """Return the name of a webhook as receiver, and what sends events to it.

    The name holds no part of the address that may be secret.

    Raises:
        InputError: where it is no http address.
    """
    from sbom.web.transport import address, shown

    try:
        address(url)
    except FetchError:
        told = "--webhook: no http address"
        raise InputError(told, "write https://HOST/PATH") from None
    name = f"webhook:{shown(url)} {sha256(url.encode()).hexdigest()[:12]}"
    return name, lambda events: _post(url, access, events)


def signature(secret: str, body: bytes) -> str:
    """Return what the header `X-Lading-Signature-256` holds: HMAC-SHA256 of the body, in hex."""
    return "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest()


def _append(path: str, events: Sequence[Event]) -> None:
    """Append whole lines under a lock; cut off what a broken-off write left, repeat nothing."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            last = _last_id(handle)
            ids = [event.id for event in events]
            new = events[ids.index(last) + 1 :] if last in ids else events
            data = b"".join(ENCODE(event) + b"\n" for event in new)
            while data:
                data = data[os.write(handle, data) :]
            if os.path.isfile(path):
                os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise InputError(f"{path}: cannot write events ({error.strerror})") from error


def _last_id(handle: int) -> str:
    """Return the id of the last whole event in a file, and cut off what stands behind it."""
    size = os.lseek(handle, 0, os.SEEK_END)
    tail, start = b"", size
    while start > 0 and tail.count(b"\n") < 2:
        step = min(TAIL, start)
        start -= step
        tail = os.pread(handle, step, start) + tail
    whole, newline, _ = tail.rpartition(b"\n")
    if len(whole) + len(newline) != len(tail):
        os.ftruncate(handle, start + len(whole) + len(newline))
    line = whole.rpartition(b"\n")[2]
    try:
        return str(decode(line)["id"])
    except (ValueError, KeyError, TypeError):
        return ""


def _post(url: str, access: "Access", events: Sequence[Event]) -> None:
    """Send one request, again where that may help; anything but 2xx is a failure."""
    from sbom.web.patience import patiently, pause
    from sbom.web.transport import Transport, shown

    body = ENCODE(Delivery(schema="lading-events/1", sent=now(), events=tuple(events)))
    headers = {"Content-Type": "application/json"}
    if secret := os.environ.get(SECRET, ""):
        headers[SIGNATURE] = signature(secret, body)
    # Nobody's home: an address inside a network has to be allowed by name (rule 25).
    transport = Transport(NO_HOME, access, PATIENCE)

    def send() -> "Answer":
        return transport.send("POST", url, headers, body).kept(MOST_ANSWER)

    def wait(attempt: int, wished: str) -> None:
        Waiting().wait(pause(attempt, wished))

    answer = patiently(send, wait)
    if not 200 <= answer.status < 300:
        raise FetchError(f"{shown(url)}: the webhook answered {answer.status}")
