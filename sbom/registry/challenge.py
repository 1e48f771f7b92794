"""Logging in to a registry: what a 401 asks for, and the `Authorization` that answers it.

`WWW-Authenticate` as RFC 7235 has it; `Bearer` by Docker's token specification and its OAuth 2
form (a refresh token); `Basic` by RFC 7617.
"""

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from sbom.errors import FetchError
from sbom.registry.credentials import Credentials
from sbom.web.transport import Answer, address, shown

LONGEST = 8192
"""Characters of a header that are looked at: a real one has a few hundred."""
PART = re.compile(
    r"(?<![A-Za-z_])(?:([A-Za-z]+)[ \t]+)?([A-Za-z_]+)[ \t]*=[ \t]*"
    r'(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))'
)
LONE = re.compile(r"\s*([A-Za-z]+)\s*\Z")
TOKEN = re.compile(r"[\x21-\x7e]+\Z")
CLIENT = "lading"

Ask = Callable[[str, str, Mapping[str, str], bytes], Answer]
"""method, URL, headers, body → answer whose body was read: how a token is asked for."""


class Challenge(Struct, frozen=True, gc=False):
    """One way to log in."""

    scheme: str
    realm: str = ""
    service: str = ""
    scope: str = ""


class Token(Struct, frozen=True):
    """What a token server gives; both names are in use."""

    token: str = ""
    access_token: str = ""


def authorization(
    headers: Sequence[str],
    credentials: Credentials | None,
    scope: str,
    where: tuple[str, str],
    ask: Ask,
) -> str:
    """Return the `Authorization` that answers a 401.

    headers: the values of WWW-Authenticate. scope: used where the registry states none.
    where: the registry's address, whose scheme decides whether a token server may be asked by
    http, and the registry's name.
    Raises FetchError where the login fails or there is none.
    """
    offered = {each.scheme: each for header in headers for each in challenges(header)}
    origin, host = where
    if "bearer" in offered:
        if credentials and credentials.token:
            return f"Bearer {credentials.token}"
        challenge = offered["bearer"]
        _check_realm(challenge.realm, origin, host)
        return f"Bearer {_token(challenge, credentials, challenge.scope or scope, ask, host)}"
    if "basic" in offered:
        if credentials is None or not credentials.user:
            raise FetchError(f"{host}: it wants a login", f"log in: docker login {host}")
        return basic(credentials)
    raise FetchError(f"{host}: it refuses, and names no way to log in", "check the name")


def challenges(header: str) -> list[Challenge]:
    """Read one WWW-Authenticate; parameters belong to the scheme before them."""
    found: list[tuple[str, dict[str, str]]] = []
    header = header[:LONGEST]
    if lone := LONE.match(header):
        return [Challenge(lone[1].lower())]
    for scheme, name, quoted, bare in PART.findall(header):
        if scheme:
            found.append((scheme.lower(), {}))
        if found:
            value = re.sub(r"\\(.)", r"\1", quoted) if quoted else bare
            found[-1][1].setdefault(name.lower(), value)
    known = ("realm", "service", "scope")
    return [Challenge(scheme, *(values.get(n, "") for n in known)) for scheme, values in found]


def basic(credentials: Credentials) -> str:
    """Return the header of user and password."""
    both = f"{credentials.user}:{credentials.password}".encode()
    return "Basic " + base64.b64encode(both).decode()


def _check_realm(realm: str, where: str, host: str) -> None:
    """A registry reached by TLS may not have the password sent in the open."""
    parts = address(realm)
    usual = parts.scheme == "https" or where.startswith("http://")
    if not usual or "@" in parts.netloc:
        told = f"it wants a login at {shown(realm)}, which is no https address"
        raise FetchError(f"{host}: {told}", "ask who runs the registry")


def _token(
    challenge: Challenge, credentials: Credentials | None, scope: str, ask: Ask, host: str
) -> str:
    wanted = {"service": challenge.service, "scope": scope}
    fields = [(name, value) for name, value in wanted.items() if value]
    if credentials and credentials.identity:
        grant = [("grant_type", "refresh_token"), ("refresh_token", credentials.identity)]
        form = urlencode([*grant, ("client_id", CLIENT), *fields]).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = ask("POST", challenge.realm, headers, form)
    else:
        headers = {"Authorization": basic(credentials)} if credentials else {}
        mark = "&" if "?" in challenge.realm else "?"
        url = challenge.realm + (mark + urlencode(fields) if fields else "")
        answer = ask("GET", url, headers, b"")
    body = answer.read(0)
    where = shown(challenge.realm)
    if answer.status in {400, 401, 403}:
        who = f"the login of {credentials.user or 'a token'}" if credentials else "anonymous access"
        raise FetchError(f"{where}: it refuses {who}", f"log in: docker login {host}")
    if answer.status != 200:
        raise FetchError(f"{where}: it answers {answer.status}", "try again later")
    try:
        given = msgspec.json.decode(body, type=Token)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise FetchError(f"{where}: its answer is no token", "ask who runs it") from None
    token = given.token or given.access_token
    if not TOKEN.match(token):
        raise FetchError(f"{where}: its answer holds no token", "ask who runs it")
    return token
