"""Asking a registry (edge: it waits): login, redirects, and asking again where that may help.

One client speaks for one repository. What it says of a failure holds no secret: addresses lose
their query, answers of the other side are told by their error codes only.
"""

import re
import time
from collections.abc import Callable, Mapping
from threading import Lock
from urllib.parse import SplitResult

import msgspec
from msgspec import Struct

from sbom.errors import FetchError
from sbom.registry.challenge import authorization
from sbom.registry.credentials import Credentials, credentials_for
from sbom.registry.reference import Reference
from sbom.web.access import Access
from sbom.web.addresses import is_loopback
from sbom.web.patience import (
    AGAIN,
    ATTEMPTS,
    MOST_REDIRECTS,
    REDIRECTS,
    patiently,
    pause,
    redirected,
)
from sbom.web.transport import (
    PORTS,
    Answer,
    Interrupted,
    NoTlsError,
    Transport,
    address,
    joined,
    shown,
)

MOST_ERROR_BYTES, MOST_TOKEN_BYTES = 1 << 16, 1 << 20
CODE = re.compile(r"[A-Z][A-Z_]{1,40}\Z")

Pause = Callable[[float], None]


class Fault(Struct, frozen=True):
    """One error of a registry's answer."""

    code: str = ""


class Faults(Struct, frozen=True):
    """The body of a registry's refusal (distribution specification, "Error Codes")."""

    errors: list[Fault] | None = None


class Client:
    """Speaks with one repository of a registry. actions: `pull`, or `pull,push`."""

    def __init__(
        self,
        reference: Reference,
        access: Access | None = None,
        *,
        actions: str = "pull",
        pause: Pause = time.sleep,
    ) -> None:
        self.reference = reference
        self._access = access or Access()
        self._scope = f"repository:{reference.repository}:{actions}"
        self._transport = Transport(reference.host, self._access)
        self._pause = pause
        self._lock = Lock()
        self._authorization = ""
        self._credentials: Credentials | None = None
        self._base = ""

    def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        accept: tuple[int, ...] = (200,),
        most: int = 0,
    ) -> Answer:
        """Ask for a path below `/v2/NAME/`, or for an address that the registry gave us.

        Returns the answer where its status is one of `accept`; the caller reads or closes it.
        most: bytes of a document, which is read here and asked for again where it breaks off.
        Raises FetchError, after several attempts where trying again may help.
        """
        url = joined(f"{self._origin()}/v2/{self.reference.repository}/", path)

        def send() -> Answer:
            answer = self._followed(method, url, headers or {}, body)
            return answer.kept(most) if most and answer.status in accept else answer

        answer = self._patiently(send)
        if answer.status not in accept:
            raise self._refused(method, answer)
        return answer

    def wait(self, attempt: int, told: str = "") -> None:
        """Wait before the next attempt; `told` is the other side's own wish in seconds."""
        self._pause(pause(attempt, told))

    def _refused(self, method: str, answer: Answer) -> FetchError:
        """Return the error of an answer that is none, and close it."""
        codes = _codes(answer)
        where, registry = shown(answer.url), self.reference.registry
        if answer.status in {401, 403}:
            return FetchError(f"{where}: access is refused{codes}", f"docker login {registry}")
        if answer.status == 404 and method == "GET":
            told = f"{self.reference}: there is no such image{codes}"
            return FetchError(
                told, f"check name and tag; a private one wants docker login {registry}"
            )
        if answer.status in AGAIN:
            told = f"{where}: it answers {answer.status} each of {ATTEMPTS} times{codes}"
            return FetchError(told, "try again later")
        return FetchError(
            f"{where}: it answers {answer.status}{codes}", "ask who runs the registry"
        )

    def _patiently(self, send: Callable[[], Answer]) -> Answer:
        """Send until there is an answer that is more than `later`."""
        return patiently(send, self.wait)

    def _followed(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send one request, log in where asked, and go where it leads."""
        for _ in range(MOST_REDIRECTS + 1):
            answer = self._sent(method, url, headers, body)
            place = answer.headers.get("location", "")
            if answer.status not in REDIRECTS or not place:
                return answer
            answer.close()
            url = self._redirected(method, url, place)
        raise FetchError(f"{shown(url)}: more than {MOST_REDIRECTS} redirects", "check the name")

    def _sent(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send one request; the login goes to the registry itself and to nobody else."""
        if not self._is_home(url):
            return self._transport.send(method, url, headers, body)
        used = self._authorization
        answer = self._transport.send(method, url, _with(headers, used), body)
        if answer.status != 401:
            return answer
        answer.close()
        renewed = self._login(answer, used)
        return self._transport.send(method, url, _with(headers, renewed), body)

    def _login(self, answer: Answer, used: str) -> str:
        """Return a login; of several threads that were refused, the first gets it for all."""
        with self._lock:
            if self._authorization == used:
                self._credentials = self._credentials or credentials_for(self.reference)
                self._authorization = authorization(
                    answer.challenges,
                    self._credentials,
                    self._scope,
                    (self._base, self.reference.registry),
                    lambda *asked: self._patiently(
                        lambda: self._transport.send(*asked).kept(MOST_TOKEN_BYTES)
                    ),
                )
            return self._authorization

    def _redirected(self, method: str, url: str, place: str) -> str:
        target = redirected(url, place)
        if method not in {"GET", "HEAD"} and not self._is_home(target):
            host = address(target).hostname
            raise FetchError(f"{shown(url)}: it sends what is pushed to {host}", "push there")
        return target

    def _is_home(self, url: str) -> bool:
        return _origin(address(url)) == _origin(address(self._origin()))

    def _origin(self) -> str:
        """Return scheme and host; where http is allowed, find out which of the two it speaks."""
        with self._lock:
            if not self._base:
                self._base = self._found_origin()
            return self._base

    def _found_origin(self) -> str:
        host = self.reference.host
        secure, plain = f"https://{host}", f"http://{host}"
        if is_loopback(address(secure).hostname or ""):
            # Nobody is between us and this machine, so asking in the open first gives nothing away.
            return plain if self._speaks(plain) else secure
        if not self._access.insecure:
            return secure
        try:
            return secure if self._speaks(secure) else plain
        except NoTlsError:
            return plain

    def _speaks(self, origin: str) -> bool:
        """Ask without a login whether a registry speaks by this scheme."""
        try:
            answer = self._transport.send("GET", f"{origin}/v2/", {})
        except Interrupted:
            return False
        answer.close()
        return answer.status != 400


def _with(headers: Mapping[str, str], login: str) -> Mapping[str, str]:
    return {**headers, "Authorization": login} if login else headers


def _origin(parts: SplitResult) -> tuple[str, str | None, int]:
    return parts.scheme, parts.hostname, parts.port or PORTS[parts.scheme]


def _codes(answer: Answer) -> str:
    """Return the error codes of an answer; its free text is a stranger's and left out."""
    try:
        faults = msgspec.json.decode(answer.read(MOST_ERROR_BYTES), type=Faults).errors or []
    except (Interrupted, FetchError, msgspec.DecodeError, UnicodeError, RecursionError):
        return ""
    codes = sorted({fault.code for fault in faults if CODE.match(fault.code)})
    return f" ({', '.join(codes[:3])})" if codes else ""
