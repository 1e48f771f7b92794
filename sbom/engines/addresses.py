"""Where engines listen, as their own command-line tools find them.

What the user states (`DOCKER_HOST`, `CONTAINER_HOST`, a Docker context) is the only place that is
asked; without it the usual sockets are, the user's own before the system's.
"""

import os
from hashlib import sha256
from typing import TypeVar

import msgspec
from msgspec import Struct

from sbom.errors import InputError

DOCKER_SOCKET = "unix:///var/run/docker.sock"
PODMAN_SOCKET = "unix:///run/podman/podman.sock"
CONTAINERD_SOCKETS = ("/run/containerd/containerd.sock", "/run/k3s/containerd/containerd.sock")
MOST_BYTES = 1 << 20
T = TypeVar("T")


class Settings(Struct, frozen=True, rename="camel"):
    """What of Docker's `config.json` is of use here."""

    current_context: str = ""


class Endpoint(Struct, frozen=True, rename="pascal"):
    """Where one service of a context is."""

    host: str = ""


class Context(Struct, frozen=True, rename="pascal"):
    """One of Docker's contexts (`meta.json`)."""

    endpoints: dict[str, Endpoint] = {}


def docker() -> list[str]:
    """Return the addresses at which Docker may be."""
    if stated := os.environ.get("DOCKER_HOST"):
        return [stated]
    if host := _context():
        return [host]
    home = os.path.expanduser("~")
    mine = [f"unix://{home}/.docker/run/docker.sock", f"unix://{home}/.docker/desktop/docker.sock"]
    return [*_runtime("docker.sock"), DOCKER_SOCKET, *mine]


def podman() -> list[str]:
    """Return the addresses at which podman may be."""
    if stated := os.environ.get("CONTAINER_HOST"):
        return [stated]
    return [*_runtime("podman/podman.sock"), PODMAN_SOCKET]


def containerd() -> list[str]:
    """Return the sockets at which containerd may be."""
    stated = os.environ.get("CONTAINERD_ADDRESS", "")
    return [stated.removeprefix("unix://")] if stated else list(CONTAINERD_SOCKETS)


def docker_certificates() -> tuple[str, str, str]:
    """Return authority, certificate and key for a TCP address; empty where TLS is not asked for."""
    folder = os.environ.get("DOCKER_CERT_PATH", "")
    if not (folder or os.environ.get("DOCKER_TLS_VERIFY")):
        return "", "", ""
    folder = folder or _settings_folder()
    authority, certificate, key = (
        os.path.join(folder, f"{name}.pem") for name in ("ca", "cert", "key")
    )
    return authority, certificate, key


def _runtime(name: str) -> list[str]:
    folder = os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    return [f"unix://{folder}/{name}"]


def _settings_folder() -> str:
    return os.environ.get("DOCKER_CONFIG") or os.path.join(os.path.expanduser("~"), ".docker")


def _context() -> str:
    """Return the host of the context in use; empty for the default one."""
    folder = _settings_folder()
    settings = _read(os.path.join(folder, "config.json"), Settings)
    name = os.environ.get("DOCKER_CONTEXT") or (settings.current_context if settings else "")
    if name in {"", "default"}:
        return ""
    place = os.path.join(folder, "contexts", "meta", sha256(name.encode()).hexdigest())
    context = _read(os.path.join(place, "meta.json"), Context)
    host = context.endpoints.get("docker", Endpoint()).host if context else ""
    if not host:
        raise InputError(f"Docker's context {name} names no host", "docker context ls shows them")
    return host


def _read(path: str, shape: type[T]) -> T | None:
    """Return a file of Docker's settings; None where there is none."""
    if not os.path.isfile(path):
        return None
    with open(path, "rb") as stream:
        data = stream.read(MOST_BYTES)
    try:
        return msgspec.json.decode(data, type=shape)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise InputError(f"{path}: it cannot be read as Docker's settings", "mend it") from None
