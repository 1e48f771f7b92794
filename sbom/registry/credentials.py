"""Logins as the user's container tools keep them: Docker's `config.json`, podman's `auth.json`.

A registry's own credential helper comes first, then the default store, then what stands in the
file. Programs `docker-credential-NAME` are asked by the protocol of docker-credential-helpers.
"""

import base64
import os
import re
import subprocess
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from sbom.errors import FetchError, InputError
from sbom.registry.reference import HUB, Reference

HUB_KEY = "https://index.docker.io/v1/"
HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
TOKEN_USER = "<token>"  # noqa: S105 (the helpers' word for: the secret is an identity token)
NOT_FOUND = b"credentials not found"
HELPER_SECONDS = 60
MOST_BYTES = 16 << 20


class Credentials(Struct, frozen=True, gc=False):
    """A login: user and password, or an identity token, or a ready registry token."""

    user: str = ""
    password: str = ""
    identity: str = ""
    token: str = ""

    def __repr__(self) -> str:
        return f"Credentials({self.user!r}, …)"


class Auth(Struct, frozen=True):
    """One entry of `auths`."""

    auth: str = ""
    username: str = ""
    password: str = ""
    identitytoken: str = ""
    registrytoken: str = ""


class File(Struct, frozen=True, rename="camel"):
    """What of `config.json` is of use here."""

    auths: dict[str, Auth | None] | None = None
    cred_helpers: dict[str, str] | None = None
    creds_store: str = ""


class Answer(Struct, frozen=True, rename="pascal"):
    """What a credential helper prints."""

    username: str = ""
    secret: str = ""


def credentials_for(reference: Reference) -> Credentials | None:
    """Return the login for a repository, or None for anonymous access.

    Raises InputError where a file cannot be read, FetchError where a helper fails.
    """
    for path in _files():
        if os.path.isfile(path):
            found = _of_file(_decoded(path), path, reference)
            if found is not None:
                return found
    return None


def _files() -> Iterator[str]:
    """Yield the files that may hold logins; a stated one is the only one."""
    if stated := os.environ.get("REGISTRY_AUTH_FILE"):
        yield stated
        return
    if folder := os.environ.get("DOCKER_CONFIG"):
        yield os.path.join(folder, "config.json")
        return
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        yield os.path.join(runtime, "containers", "auth.json")
    yield os.path.join(os.path.expanduser("~"), ".docker", "config.json")


def _decoded(path: str) -> File:
    with open(path, "rb") as stream:
        data = stream.read(MOST_BYTES)
    try:
        return msgspec.json.decode(data, type=File)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        # The decoder's own message may quote a secret, so it is not passed on.
        told = f"{path}: it is no file of registry logins"
        raise InputError(told, "mend it, or log in again with docker or podman") from None


def _of_file(file: File, path: str, reference: Reference) -> Credentials | None:
    helpers = {_folded(key): name for key, name in (file.cred_helpers or {}).items()}
    for key in _keys(reference):
        if key in helpers:
            return _of_helper(helpers[key], _server(reference, key), path)
    if file.creds_store:
        found = _of_helper(file.creds_store, _server(reference, reference.registry), path)
        if found is not None:
            return found
    entries = {_folded(key): entry for key, entry in (file.auths or {}).items() if entry}
    for key in _keys(reference):
        if key in entries:
            return _of_entry(entries[key], path)
    return None


def _keys(reference: Reference) -> Iterator[str]:
    """Yield the names that may stand for a repository, the longest first (containers-auth.json)."""
    parts = [reference.registry, *reference.repository.split("/")]
    for count in range(len(parts), 0, -1):
        yield "/".join(parts[:count])
    if reference.registry == HUB:
        yield _folded(HUB_KEY)


def _folded(key: str) -> str:
    """Return a key of `auths` without what old versions of Docker wrote around it."""
    bare = key.removeprefix("https://").removeprefix("http://").rstrip("/")
    return bare.removesuffix("/v1").removesuffix("/v2")


def _server(reference: Reference, key: str) -> str:
    """Return what a helper calls a registry: Docker Hub has kept the address of its first age."""
    return HUB_KEY if reference.registry == HUB and "/" not in key else key


def _of_entry(entry: Auth, path: str) -> Credentials | None:
    user, password = entry.username, entry.password
    if entry.auth:
        try:
            text = base64.b64decode(entry.auth, validate=False).decode().rstrip("\0")
        except (ValueError, UnicodeError):
            raise InputError(f"{path}: an `auth` in it is no base64", "log in again") from None
        user, _, password = text.partition(":")
    if not (user or entry.identitytoken or entry.registrytoken):
        return None
    return Credentials(user, password, entry.identitytoken, entry.registrytoken)


def _of_helper(name: str, server: str, path: str) -> Credentials | None:
    if not HELPER.match(name):
        raise InputError(f"{path}: {name!r} is no name of a credential helper", "mend the file")
    program = f"docker-credential-{name}"
    try:
        done = subprocess.run(  # noqa: S603 (the user's own configuration names the program)
            [program, "get"],
            input=server.encode(),
            capture_output=True,
            timeout=HELPER_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        told = f"{path}: it names the credential helper {program}, which is not installed"
        raise FetchError(told, "install it, or log in without it") from None
    except subprocess.TimeoutExpired:
        told = f"{program}: no answer in {HELPER_SECONDS} seconds"
        raise FetchError(told, f"try: echo {server} | {program} get") from None
    if done.returncode:
        if NOT_FOUND in done.stdout + done.stderr:
            return None
        # What the helper printed may hold secrets, so only its failure is told.
        told = f"{program}: it failed for {server} with exit code {done.returncode}"
        raise FetchError(told, f"try: echo {server} | {program} get")
    try:
        answer = msgspec.json.decode(done.stdout, type=Answer)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        told = f"{program}: its answer for {server} is no login"
        raise FetchError(told, "update the helper") from None
    if answer.username == TOKEN_USER:
        return Credentials(identity=answer.secret)
    return Credentials(answer.username, answer.secret) if answer.username else None
