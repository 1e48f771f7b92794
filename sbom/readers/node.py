"""Node packages: the `package.json` of each installed package, and what lock files name.

A `package.json` without a name or version is no package: Node uses such files to mark folders.
What only a lock file names is optional: it is not known to be installed (rule 5).
"""

import re
from collections.abc import Iterator
from typing import Any

from msgspec import DecodeError, Struct
from msgspec.json import Decoder

from sbom.model import Found, Problem
from sbom.readers import node_locks

GLOBS = ("**/package.json", *(f"**/{name}" for name in node_locks.NAMES))
MAGIC: tuple[bytes, ...] = ()

# Where npm, yarn, pnpm and Debian put packages: each in a folder of its own name, or in one below
# the folder of its scope.
HOMES = ("node_modules", "usr/share/nodejs", "usr/lib/nodejs")
DEBIAN = re.compile(r"usr/lib/[^/]+/nodejs")
# A package that lies in another's folder of tests or examples is data, not installed.
SAMPLES = frozenset(
    {
        *("test", "tests", "__tests__", "spec", "fixture", "fixtures", "__fixtures__"),
        *("example", "examples", "sample", "samples", "template", "templates", "doc", "docs"),
    }
)
# Folders of other installers; what their packages bring along was not installed by a Node tool.
FOREIGN = frozenset({"gems", "site-packages", "dist-packages", "vendor"})


class Package(Struct, gc=False):
    """The part of a `package.json` that says what it is; other people's types are never sure."""

    name: Any = None
    version: Any = None
    license: Any = None
    licenses: Any = None
    author: Any = None
    private: Any = None


PACKAGE = Decoder(Package)


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the package of a `package.json`, or the names in a lock file."""
    folders = path.split("/")[:-1]
    # What lies inside another package serves its makers and says nothing of what is installed.
    own = SAMPLES.union(FOREIGN).isdisjoint(folders) and not _is_inside(folders)
    if not path.endswith("package.json"):
        if own:
            yield from node_locks.read(data, path)
    elif (installed := _is_installed(folders)) or own:
        yield from _package(data, path, installed=installed)


def _is_installed(folders: list[str]) -> bool:
    home = folders[:-2] if len(folders) > 2 and folders[-2].startswith("@") else folders[:-1]
    if not _is_home(home):
        return False
    # Between two homes lies a package's folder; what is in its folder of tests is data.
    between = "/".join(home[:-1]).split("node_modules/")[1:]
    return all(SAMPLES.isdisjoint(_below_package(part.split("/"))) for part in between)


def _below_package(folders: list[str]) -> list[str]:
    """Leave out a package's own name; those of pnpm and of scopes take two folders."""
    return folders[2:] if folders[0][:1] in {"@", "."} else folders[1:]


def _is_home(folders: list[str]) -> bool:
    if folders[-1:] == ["node_modules"]:
        return True
    text = "/".join(folders)
    return text.endswith("nodejs") and (text in HOMES or bool(DEBIAN.fullmatch(text)))


def _is_inside(folders: list[str]) -> bool:
    text = "/".join(folders) + "/"
    return "node_modules" in folders or text.startswith(HOMES[1:]) or bool(DEBIAN.match(text))


def _package(data: bytes, path: str, *, installed: bool) -> Iterator[Found | Problem]:
    try:
        package = PACKAGE.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (DecodeError, UnicodeError, RecursionError) as fault:
        what = f"unreadable package: {fault}"
        yield Problem(source="node", where=path, what=what, effect="record_lost")
        return
    name, version, author = package.name, package.version, package.author
    if not (isinstance(name, str) and isinstance(version, str) and version):
        return
    scope, _, bare = name.rpartition("/")
    if not bare:
        return
    if isinstance(author, dict):
        author = author.get("name")
    yield Found(
        type="npm",
        namespace=scope,
        name=bare,
        version=version,
        vendor=author if isinstance(author, str) else "",
        licenses=_licenses(package.license or package.licenses),
        # An application that says it is private is not the package of its name in the registry.
        scope="optional" if package.private is True and not installed else "required",
    )


def _licenses(said: Any) -> tuple[str, ...]:
    """Read a text; in old packages an object with `type`, or a list of either."""
    if isinstance(said, str):
        return (said,)
    several = said if isinstance(said, list) else [said]
    texts = (one.get("type") if isinstance(one, dict) else one for one in several)
    return tuple(text for text in texts if isinstance(text, str) and text)
