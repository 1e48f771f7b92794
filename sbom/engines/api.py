"""Docker's HTTP API, as Docker and podman speak it: an image is asked for, then saved.

What is saved goes to a nameless file on disk: podman writes the manifest behind the layers. An
engine is trusted as far as its user is; what it saves is read as any stranger's archive.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from typing import TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec
from msgspec import Struct

from sbom.errors import FetchError, InputError
from sbom.image.members import OnDisk, spooled
from sbom.image.streams import valid
from sbom.limits import Limits, exceeded, size
from sbom.model import Digest
from sbom.text import plain
from sbom.web.access import Access
from sbom.web.transport import Answer, Interrupted, Transport, shown

PROMPTLY, PATIENTLY = 20.0, 900.0
"""Seconds without a byte: of an engine that is there, and of one that packs an image whole."""
MOST_BYTES = 16 << 20
LONGEST_MESSAGE = 300
VERSION = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4}){1,2}\Z")
CHOOSES_SINCE = (1, 48)
"""The version of Docker's API in which one platform of an image can be saved."""
T = TypeVar("T")


class Engine(Struct, frozen=True):
    """An engine that answered. version: of Docker's API; libpod: of podman's own, if it is it."""

    host: str
    certificates: tuple[str, str, str] = ("", "", "")
    version: str = ""
    libpod: str = ""

    @property
    def told(self) -> str:
        """Its address for people, without a login that may be in it."""
        return shown(self.host) if "@" in self.host else self.host


class Fault(Struct, frozen=True):
    """The body of a refusal."""

    message: str = ""


class Container(Struct, frozen=True, rename="pascal"):
    """What is asked of a container: the image it was made of."""

    image: str = ""


class Libpod(Struct, frozen=True, rename="pascal"):
    """What podman says of an image in its own API."""

    digest: str = ""


def answering(
    kind: str, hosts: Sequence[str], certificates: tuple[str, str, str] = ("", "", "")
) -> Engine:
    """Return the first engine that answers; raise FetchError with all that were tried."""
    tried = []
    for host in hosts:
        engine = Engine(host, certificates)
        try:
            return _reached(engine)
        except FetchError as error:
            reason = error.message.partition(": ")[2].removeprefix("cannot connect: ")
            reason = reason or error.message
            tried.append(f"{engine.told} ({reason})")
    told = f"no {kind} answers at {', '.join(tried)}"
    variable = "CONTAINER_HOST" if kind == "podman" else "DOCKER_HOST"
    raise FetchError(told, f"start it, set {variable}, or save the image to a file")


def saved(engine: Engine, name: str, platform: str | None, limits: Limits) -> OnDisk:
    """Return the archive that an engine saves of an image, of one platform if it can choose."""
    path = f"/images/{quote(name, safe='/:@')}"
    known = _asked(engine, f"{path}/json")
    if known.status == 404:
        raise _missing(engine, name)
    _read(engine, known)
    origin, transport = _opened(engine, PATIENTLY)
    try:
        answer = transport.send("GET", f"{origin}{path}/get{_chosen(engine, platform)}", {})
        with closing(answer):
            if answer.status != 200:
                _read(engine, answer)
            return kept(answer.blocks(), f"{engine.told}: {name}", limits)
    except Interrupted:
        told = f"{engine.told}: the connection broke off while {name} was saved"
        raise FetchError(told, "try again; the engine's log says why") from None


def kept(blocks: Iterable[bytes], where: str, limits: Limits) -> OnDisk:
    """Return what an engine saves as a nameless file, within the bound of an archive."""

    def bounded() -> Iterator[bytes]:
        total = 0
        for block in blocks:
            total += len(block)
            if total > limits.layer_bytes:
                told = f"it has more than {size(limits.layer_bytes)} (layer_bytes)"
                raise exceeded(where, told, "layer_bytes")
            yield block

    return spooled(bounded(), where)


def manifest_digest(engine: Engine, name: str) -> Digest | None:
    """Return the digest of the manifest that podman keeps of an image; None from others."""
    if not engine.libpod:
        return None
    answer = _asked(engine, f"/v{engine.libpod}/libpod/images/{quote(name, safe='/:@')}/json")
    found = _decoded(_read(engine, answer), Libpod)
    return Digest(found.digest) if found and valid(found.digest) else None


def _reached(engine: Engine) -> Engine:
    """Ask an address whether an engine is there, and what it speaks."""
    answer = _asked(engine, "/_ping")
    _read(engine, answer)
    versions = (answer.headers.get(n, "") for n in ("api-version", "libpod-api-version"))
    docker, libpod = (each if VERSION.match(each) else "" for each in versions)
    return Engine(engine.host, engine.certificates, docker, libpod)


def _asked(engine: Engine, path: str) -> Answer:
    """Return an answer that is small, and was read."""
    origin, transport = _opened(engine, PROMPTLY)
    try:
        return transport.send("GET", origin + path, {}).kept(MOST_BYTES)
    except Interrupted as error:
        raise FetchError(str(error), "try again; the engine's log says why") from None


def _opened(engine: Engine, patience: float) -> tuple[str, Transport]:
    """Return the address that paths stand behind, and what sends requests there."""
    try:
        parts = urlsplit(engine.host)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme == "unix":
        return "http://localhost", Transport("localhost", Access(), patience, parts.path)
    if parts.scheme not in {"tcp", "http", "https"} or not parts.netloc:
        told = f"{engine.told}: only unix:// and tcp:// can be asked"
        raise FetchError(told, "for ssh://, save the image there: docker save -o FILE")
    authority, certificate, key = engine.certificates
    secure = parts.scheme == "https" or bool(certificate)
    access = Access(ca_file=authority, certificate=certificate, key=key)
    return f"http{'s' if secure else ''}://{parts.netloc}", Transport(
        parts.netloc, access, patience
    )


def _read(engine: Engine, answer: Answer) -> bytes:
    """Return the body of an answer; raise FetchError with the engine's word where it refuses."""
    data = answer.read(MOST_BYTES)
    if answer.status == 200:
        return data
    fault = _decoded(data, Fault)
    message = f": {plain(fault.message)[:LONGEST_MESSAGE]}" if fault and fault.message else ""
    raise FetchError(f"{engine.told}: it answers {answer.status}{message}", "ask who runs it")


def _decoded(data: bytes, shape: type[T]) -> T | None:
    try:
        return msgspec.json.decode(data, type=shape)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _missing(engine: Engine, name: str) -> InputError:
    """Return the error of an image that is not there; a container's name has an image as well."""
    told = f"{engine.told}: there is no image {name}"
    answer = _asked(engine, f"/containers/{quote(name, safe='')}/json")
    container = _decoded(answer.read(MOST_BYTES), Container) if answer.status == 200 else None
    if container and container.image:
        return InputError(told, f"a container of this name was made of {plain(container.image)}")
    return InputError(told, "pull it first, or name it as in its registry to read it from there")


def _chosen(engine: Engine, platform: str | None) -> str:
    """Return the query that asks for one platform, where the engine knows it."""
    version = tuple(map(int, engine.version.split("."))) if engine.version else ()
    if platform is None or engine.libpod or version < CHOOSES_SINCE:
        return ""
    system, _, machine = platform.partition("/")
    architecture, _, variant = machine.partition("/")
    stated = {"os": system, "architecture": architecture, "variant": variant}
    chosen = {key: value for key, value in stated.items() if value}
    return "?" + urlencode({"platform": msgspec.json.encode(chosen).decode()})
