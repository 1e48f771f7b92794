"""Node packages: the `package.json` of each installed package, and npm's lock files.

A `package.json` with no name or version is no package: Node uses such files to mark folders.
"""

import re
from collections.abc import Iterator
from typing import Any

from msgspec import DecodeError, Struct, ValidationError, convert, field
from msgspec.json import Decoder

from sbom.model import Found, Problem

GLOBS = ("**/package.json", "**/package-lock.json", "**/npm-shrinkwrap.json")
MAGIC: tuple[bytes, ...] = ()

# Where npm, yarn, pnpm and Debian put installed packages: nothing deeper is one of its own.
INSTALLED = re.compile(
    r"(?:.*/)?(?:node_modules|usr/share/nodejs|usr/lib/nodejs)/(?:@[^/]+/)?[^/]+/[^/]+"
)
WITHIN = re.compile(r"(?:^|/)(?:node_modules|nodejs|gems|site-packages|dist-packages|vendor)/")
SAMPLES = re.compile(
    r"(?:^|/)(?:tests?|__tests__|fixtures?|__fixtures__|examples?|samples?|templates?|docs?|spec)/"
)
MOST_NESTED = 100


class Package(Struct, gc=False):
    """The part of a `package.json` that says what it is."""

    name: Any = None
    version: Any = None
    license: Any = None
    licenses: Any = None
    author: Any = None
    private: Any = None


class Locked(Struct, gc=False):
    """One entry of a lock file: `packages` of version 2 and 3, `dependencies` of version 1."""

    name: str = ""
    version: str = ""
    license: Any = None
    link: bool = False
    dependencies: Any = None


class Lock(Struct):
    """npm's lock file, in all its versions."""

    packages: dict[str, Any] | None = None
    dependencies: dict[str, Any] = field(default_factory=dict)


PACKAGE = Decoder(Package)
LOCK = Decoder(Lock)


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the package of a `package.json`, or the entries of a lock file as optional."""
    if path.endswith("package.json"):
        yield from _package(data, path)
    elif not WITHIN.search(path):
        # A lock file inside an installed package served its makers; nothing here came from it.
        yield from _lock(data, path)


def _package(data: bytes, path: str) -> Iterator[Found | Problem]:
    installed = INSTALLED.fullmatch(path)
    if not installed and (WITHIN.search(path) or SAMPLES.search(path)):
        return
    try:
        package = PACKAGE.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (DecodeError, UnicodeError, RecursionError) as fault:
        if installed:
            yield _lost(path, f"unreadable package: {fault}")
        return
    name, version = package.name, package.version
    if not (isinstance(name, str) and isinstance(version, str) and name and version):
        return
    # An application that says it is private is never in a registry: it is no package of npm's.
    if installed or package.private is not True:
        yield _found(name, version, _licenses(package.license or package.licenses), package.author)


def _found(name: str, version: str, licenses: tuple[str, ...], author: Any = None) -> Found:
    scope, _, bare = name.rpartition("/")
    if isinstance(author, dict):
        author = author.get("name")
    return Found(
        type="npm",
        namespace=scope,
        name=bare,
        version=version,
        vendor=author if isinstance(author, str) else "",
        licenses=licenses,
    )


def _licenses(said: Any) -> tuple[str, ...]:
    """A text; in old packages an object with `type`, or a list of either."""
    several = said if isinstance(said, list) else [said]
    texts = [one.get("type") if isinstance(one, dict) else one for one in several]
    return tuple(text for text in texts if isinstance(text, str) and text)


def _lock(data: bytes, path: str) -> Iterator[Found | Problem]:
    try:
        lock = LOCK.decode(data)
    except (DecodeError, UnicodeError, RecursionError) as fault:
        what = f"unreadable lock file: {fault}"
        yield Problem(source="node", where=path, what=what, effect="source_lost")
        return
    if lock.packages is not None:
        for place, entry in lock.packages.items():
            # "" is the application itself, a path without node_modules one of its workspaces.
            alias = place.rpartition("node_modules/")[2] if "node_modules/" in place else ""
            if alias:
                yield from _entry(alias, entry, f"{path}: packages[{place!r}]")
        return
    waiting = [(name, entry, 1) for name, entry in lock.dependencies.items()]
    for name, entry, depth in waiting:
        yield from _entry(name, entry, f"{path}: dependencies[{name!r}]")
        inner = entry.get("dependencies") if isinstance(entry, dict) else None
        if isinstance(inner, dict) and depth < MOST_NESTED:
            waiting += [(deeper, value, depth + 1) for deeper, value in inner.items()]


def _entry(alias: str, entry: Any, where: str) -> Iterator[Found | Problem]:
    try:
        locked = convert(entry, Locked)
    except ValidationError as fault:
        yield _lost(where, f"unreadable entry: {fault}")
        return
    name, version = locked.name or alias, locked.version
    # An alias in version 1 has the real name in its version: `npm:NAME@VERSION`.
    if version.startswith("npm:"):
        name, _, version = version[4:].rpartition("@")
    if locked.link or not version or ":" in version:
        return
    found = _found(name, version, _licenses(locked.license))
    yield _optional(found)


def _optional(found: Found) -> Found:
    return Found(
        type=found.type,
        namespace=found.namespace,
        name=found.name,
        version=found.version,
        licenses=found.licenses,
        scope="optional",
    )


def _lost(where: str, what: str) -> Problem:
    return Problem(source="node", where=where, what=what, effect="record_lost")
