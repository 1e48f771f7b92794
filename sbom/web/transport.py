"""HTTP (edge): one pool of connections, proxies, certificates, guarded addresses.

A name is resolved here and the connection made to the address that was looked at, so that a name
server cannot show one address to the check and another to the connection.
"""

import os
import re
import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from threading import Lock
from urllib.parse import SplitResult, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore

from sbom.errors import FetchError, InputError
from sbom.web.access import Access
from sbom.web.addresses import is_address, is_inside, is_loopback, refusal

CONNECT_SECONDS, IDLE_SECONDS = 20.0, 60.0
MOST_CONNECTIONS = 64
SMALL = 1 << 14
"""Bytes of an answer nobody wants that are cheaper to read than a new connection is."""
AGENT = "lading"
PORTS = {"http": 80, "https": 443}

LENGTH = re.compile(r"[0-9]{1,18}\Z")

Headers = Mapping[str, str]


class Interrupted(Exception):  # noqa: N818 (it becomes a FetchError where trying again is no use)
    """The connection broke off, or nothing came; it may go better next time."""


class NoTlsError(FetchError):
    """The other side does not speak TLS."""


class Answer:
    """A response whose body is still to come. Read it to its end, or close it."""

    def __init__(self, response: httpcore.Response, url: str, method: str) -> None:
        self._response = response
        self._begun, self._bodiless = False, method == "HEAD"
        self._body: bytes | None = None
        self.url = url
        self.status = response.status
        self.headers: dict[str, str] = {}
        self.challenges: list[str] = []
        for name, value in response.headers:
            key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            if key == "www-authenticate":
                self.challenges.append(text)
            self.headers[key] = text

    def blocks(self) -> Iterator[bytes]:
        """Yield the body as it comes; raise Interrupted where it breaks off."""
        self._begun = True
        with _told(self.url):
            yield from self._response.iter_stream()

    @property
    def length(self) -> int | None:
        """The number of bytes that the body should have, as far as it is stated."""
        stated = self.headers.get("content-length", "")
        return int(stated) if LENGTH.match(stated) else None

    def kept(self, most: int) -> "Answer":
        """Read the body now, so that a break in it is one of the request."""
        self._body = self.read(most)
        return self

    def read(self, most: int) -> bytes:
        """Return the body, and close; raise FetchError where it has more than `most` bytes."""
        if self._body is not None:
            return self._body
        parts, length = [], 0
        try:
            for block in self.blocks():
                length += len(block)
                if length > most:
                    told = f"{shown(self.url)}: its answer has more than {most} bytes"
                    raise FetchError(told, "this is no sane server")
                parts.append(block)
        finally:
            self.close()
        return b"".join(parts)

    def close(self) -> None:
        """Give the connection back; close it where more than a little of the body is unread."""
        little = self._bodiless or (self.length is not None and self.length <= SMALL)
        if little and not self._begun:
            with suppress(Interrupted, FetchError):
                for _ in self.blocks():
                    pass
        self._response.close()


class Transport:
    """Sends requests.

    home: the host the user named, which may be anywhere; patience: seconds without a byte;
    socket: the file of a Unix socket that is asked instead of any host.
    """

    def __init__(
        self, home: str, access: Access, patience: float = IDLE_SECONDS, socket: str = ""
    ) -> None:
        self._access = access
        self._socket = socket
        self._timeouts = {"connect": CONNECT_SECONDS, "read": patience, "write": patience}
        self._backend = _Guarded(_name(home), access.allow)
        self._pools: dict[tuple[str, bool], httpcore.ConnectionPool] = {}
        self._lock = Lock()

    def send(self, method: str, url: str, headers: Headers, body: bytes = b"") -> Answer:
        """Send one request and return its answer, whatever its status.

        Raises Interrupted where it may go better next time, else FetchError.
        """
        parts = address(url)
        host = parts.hostname or ""
        proxy = "" if self._socket else _proxy(parts.scheme, host)
        if proxy:
            self._backend.check_literal(host)
        sent = {
            "Host": parts.netloc.rpartition("@")[2],
            "User-Agent": AGENT,
            "Accept": "*/*",
            **headers,
        }
        if body or method in {"POST", "PUT"}:
            sent["Content-Length"] = str(len(body))
        request = httpcore.Request(
            method,
            url,
            headers=list(sent.items()),
            content=body,
            extensions={"timeout": self._timeouts},
        )
        with _told(url):
            response = self._pool(proxy, parts.scheme == "https").handle_request(request)
            return Answer(response, url, method)

    def __del__(self) -> None:
        for pool in self._pools.values():
            pool.close()

    def _pool(self, proxy: str, secure: bool) -> httpcore.ConnectionPool:  # noqa: FBT001
        with self._lock:
            if (proxy, secure) not in self._pools:
                self._pools[proxy, secure] = httpcore.ConnectionPool(
                    ssl_context=_certificates(self._access) if secure else None,
                    proxy=_proxied(proxy, self._access) if proxy else None,
                    max_connections=MOST_CONNECTIONS,
                    uds=self._socket or None,
                    network_backend=httpcore.SyncBackend() if proxy else self._backend,
                )
            return self._pools[proxy, secure]


def shown(url: str) -> str:
    """Return an address for people: without user, password and query, which may hold secrets."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def joined(base: str, place: str) -> str:
    """Return the address that a server's word leads to from another one (RFC 3986, 5)."""
    try:
        return urljoin(base, place)
    except ValueError:
        return place  # `address` says what is wrong with it


def address(url: str) -> SplitResult:
    """Return the parts of an address that a server told us; raise FetchError where it is none."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in PORTS and parts.hostname and parts.port != 0
    except ValueError:
        sound, parts = None, urlsplit("")
    if not sound or not url.isascii() or not url.isprintable() or " " in url:
        told = f"it names {url.partition('?')[0][:200]!r}, which is no http address"
        raise FetchError(told, "ask who runs that server")
    return parts


class _Guarded(httpcore.SyncBackend):
    """Connects to addresses that were looked at."""

    def __init__(self, home: str, allow: Iterable[str]) -> None:
        self._home = home
        self._allowed = frozenset({home, *allow})
        self._inside = is_loopback(home) or (is_address(home) and is_inside(home))

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of a host that answers, if all of them may be reached."""
        addresses = _resolved(host, port)
        if host == self._home:
            self._inside = any(is_inside(address) for address in addresses)
        for address in addresses:
            self._check(host, address)
        for address in addresses[:-1]:
            try:
                return super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return super().connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to a socket's file, after a look: the engine leaves its own half-open."""
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(timeout)
                probe.connect(path)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        return super().connect_unix_socket(path, timeout, socket_options)

    def check_literal(self, host: str) -> None:
        """Look at a host that is written as an address: behind a proxy that is all we see."""
        if is_address(host):
            self._check(host, host)

    def _check(self, host: str, address: str) -> None:
        if host in self._allowed:
            return
        why = refusal(address, inside=self._inside)
        if why:
            told = f"{self._home} sends us to {host} ({address}), {why}"
            raise FetchError(told, f"if this is right, set LADING_ALLOW_HOSTS={host}")


class _told:  # noqa: N801 (used as a function is)
    """Turns the engine's errors into ours: what may pass by itself, and what will not."""

    def __init__(self, url: str) -> None:
        self._where = shown(url)

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, httpcore.ConnectError):
            raise _unreachable(self._where, error) from None
        if isinstance(error, httpcore.ProxyError):
            told = f"{self._where}: the proxy refuses: {error}"
            raise FetchError(told, "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY") from None
        if isinstance(error, httpcore.TimeoutException):
            raise Interrupted(f"{self._where}: no answer in time") from None
        if isinstance(error, httpcore.NetworkError | httpcore.RemoteProtocolError):
            raise Interrupted(f"{self._where}: the connection broke off") from None
        if isinstance(error, httpcore.ProtocolError | httpcore.UnsupportedProtocol):
            told = f"{self._where}: this cannot be asked: {type(error).__name__}"
            raise FetchError(told, "check the address") from None


def _unreachable(where: str, error: Exception) -> FetchError:
    cause: BaseException = error
    while not isinstance(cause, OSError) and cause.__context__ is not None:
        cause = cause.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        told = f"{where}: its certificate cannot be trusted: {cause.verify_message}"
        return FetchError(told, "give its authority by --ca-file or SSL_CERT_FILE")
    if isinstance(cause, ssl.SSLError):
        told = f"{where}: it does not speak TLS ({cause.reason or 'broken off'})"
        return NoTlsError(told, "--insecure allows http where you trust the network")
    reason = getattr(cause, "strerror", None) or str(cause)
    return FetchError(f"{where}: cannot connect: {reason}", "check the name, network and proxy")


def _resolved(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        told = f"{host}: no such host: {getattr(error, 'strerror', None) or 'no name of a host'}"
        raise FetchError(told, "check the name, and DNS or the proxy") from None
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _name(host: str) -> str:
    return urlsplit(f"//{host}").hostname or host


def _proxy(scheme: str, host: str) -> str:
    """Return the proxy that the environment states for a host, or nothing."""
    if is_loopback(host) or proxy_bypass(host):
        return ""
    proxies = getproxies()
    return proxies.get(scheme, "") or proxies.get("all", "")


def _proxied(proxy: str, access: Access) -> httpcore.Proxy:
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    if not host or parts.scheme not in PORTS:
        # What cannot be taken apart is not repeated: a password may be anywhere in it.
        told = "the proxy that the environment names is no http or https address"
        raise InputError(told, "set HTTPS_PROXY=http://HOST:PORT")
    return httpcore.Proxy(
        httpcore.URL(
            scheme=parts.scheme,
            host=host,
            port=port or PORTS[parts.scheme],
            target="/",
        ),
        auth=(parts.username, parts.password or "") if parts.username else None,
        ssl_context=_certificates(access) if parts.scheme == "https" else None,
    )


def _certificates(access: Access) -> ssl.SSLContext:
    """Trust the system's authorities (SSL_CERT_FILE and SSL_CERT_DIR say where) and the stated."""
    context = ssl.create_default_context()
    known = ssl.get_default_verify_paths()
    stated = os.environ.get(known.openssl_cafile_env, "")
    if not (stated or known.cafile or known.capath):
        import certifi

        context.load_verify_locations(cafile=certifi.where())
    for path in filter(None, (stated, access.ca_file)):
        try:
            context.load_verify_locations(cafile=path)
        except OSError as error:
            told = f"{path}: no certificates can be read: {error.strerror or error}"
            raise InputError(told, "name a file of PEM certificates") from None
    if access.certificate:
        try:
            context.load_cert_chain(access.certificate, access.key or None)
        except OSError as error:
            told = f"{access.certificate}: it cannot be used: {error.strerror or error}"
            raise InputError(told, "name a certificate and its key, both PEM") from None
    if access.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
