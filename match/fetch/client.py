"""One publisher's server (edge: it waits): asked again where that may help, at the pace it allows.

A key goes to the publisher's own host and to nobody it sends us to; no message holds one.
"""

import time
import zlib
from collections import deque
from collections.abc import Callable, Mapping
from threading import Event, Lock
from urllib.parse import urlsplit

from msgspec import Struct

from sbom.errors import FetchError
from sbom.web.access import Access
from sbom.web.patience import ATTEMPTS, MOST_REDIRECTS, REDIRECTS, patiently, pause, redirected
from sbom.web.transport import Answer, Transport, shown

MISSING = frozenset({404, 410})
HINT = "try again later; what was fetched before stays in use"


class Temper(Struct, frozen=True, kw_only=True):
    """How patient we are.

    idle: seconds without a byte until a connection counts as broken.
    window, slowest: a body that brings fewer than `slowest` bytes in `window` seconds is too slow.
    clock: seconds since some moment.
    sleep: waits so many seconds; None: until an update is stopped at most.
    """

    idle: float = 60.0
    window: float = 30.0
    slowest: int = 16_384
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] | None = None


class Pace(Struct, frozen=True):
    """At most `most` requests in `seconds`."""

    most: int
    seconds: float


class NotThereError(FetchError):
    """The server says that there is no such thing."""


class Client:
    """Asks the host of `home`, an address, and those it sends us to.

    key: headers for that host alone. stop: set by whoever wants no more of this.
    """

    def __init__(
        self,
        home: str,
        access: Access | None = None,
        *,
        temper: Temper | None = None,
        pace: Pace | None = None,
        key: Mapping[str, str] | None = None,
        stop: Event | None = None,
    ) -> None:
        self.temper = temper or Temper()
        self._home = urlsplit(home)
        self._transport = Transport(self._home.netloc, access or Access(), self.temper.idle)
        self._key = dict(key or {})
        self._pace = pace
        self._stop = stop or Event()
        self._rest = self.temper.sleep or self._stop.wait
        self._asked: deque[float] = deque()
        self._lock = Lock()

    def once(self, url: str, headers: Mapping[str, str]) -> Answer:
        """Send one GET and go where it leads; the caller reads or closes the answer."""
        self._keep_pace()
        self.check()
        for _ in range(MOST_REDIRECTS + 1):
            sent = {"Accept-Encoding": "identity", **headers, **self._key_for(url)}
            answer = self._transport.send("GET", url, sent)
            place = answer.headers.get("location", "")
            if answer.status not in REDIRECTS or not place:
                return answer
            answer.close()
            url = redirected(url, place)
        raise FetchError(f"{shown(url)}: more than {MOST_REDIRECTS} redirects", HINT)

    def document(self, url: str, most: int) -> bytes:
        """Return a whole small document.

        Raises:
            NotThereError: where there is none.
            FetchError: where it cannot be had, or has more than `most` bytes.
        """

        def send() -> Answer:
            answer = self.once(url, {})
            return answer.kept(most) if answer.status == 200 else answer

        answer = patiently(send, self.wait)
        if answer.status != 200:
            raise refused(answer, url)
        data = answer.read(most)
        packed = answer.headers.get("content-encoding", "identity").lower() == "gzip"
        return _unpacked(data, most, url) if packed else data

    def wait(self, attempt: int, wished: str = "") -> None:
        """Wait before the next attempt."""
        self._rest(pause(attempt, wished))

    def check(self) -> None:
        """Raise FetchError where the update was stopped."""
        if self._stop.is_set():
            raise FetchError("it was stopped", "the next update goes on from here")

    def _key_for(self, url: str) -> Mapping[str, str]:
        parts = urlsplit(url)
        own = (parts.scheme, parts.netloc) == (self._home.scheme, self._home.netloc)
        return self._key if own else {}

    def _keep_pace(self) -> None:
        """Wait until a request more is within the publisher's limit; threads wait in turn."""
        if not self._pace:
            return
        with self._lock:
            now = self.temper.clock()
            if len(self._asked) >= self._pace.most:
                rest = self._asked.popleft() + self._pace.seconds - now
                if rest > 0:
                    self._rest(rest)
            self._asked.append(self.temper.clock())


def refused(answer: Answer, url: str) -> FetchError:
    """Return the error of an answer that is none, and close it."""
    answer.close()
    if answer.status in MISSING:
        return NotThereError(f"{shown(url)}: there is no such file", "check the name or mirror")
    if answer.status in {401, 403}:
        return FetchError(f"{shown(url)}: access is refused ({answer.status})", HINT)
    if answer.status == 429 or answer.status >= 500:
        return FetchError(f"{shown(url)}: it answers {answer.status}, {ATTEMPTS} times", HINT)
    return FetchError(f"{shown(url)}: it answers {answer.status}", HINT)


def _unpacked(data: bytes, most: int, url: str) -> bytes:
    """Return what a body packed against our wish holds."""
    unpack = zlib.decompressobj(47)
    try:
        plain = unpack.decompress(data, most + 1)
    except zlib.error:
        raise FetchError(f"{shown(url)}: its body is no gzip, as it says", HINT) from None
    if len(plain) > most or not unpack.eof:
        told = f"{shown(url)}: its body is damaged or has more than {most} bytes unpacked"
        raise FetchError(told, HINT)
    return plain
