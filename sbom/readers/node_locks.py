"""Not a reader: the lock files of npm (all versions), Yarn (both forms) and pnpm.

A lock file names what an installer would install; every name in it is optional (rule 5). Entries
that point at a folder or a repository in place of a published version are left out.
"""

import re
from collections.abc import Iterator

from msgspec import DecodeError, Raw, Struct, field
from msgspec.json import Decoder

from sbom.model import Found, Problem

NPM = ("package-lock.json", "npm-shrinkwrap.json")
NAMES = (*NPM, "yarn.lock", "pnpm-lock.yaml")

# npm nests the dependencies of version 1 as deep as the folders are.
DEEPEST = 50
YARN_VERSION = re.compile(r'^ {2}version:? "?([^"\s]+)"?[ \t]*$', re.MULTILINE)
YARN_NAME = re.compile(r'"?((?:@[^/@\s"]+/)?[^@\s"]+)@(?:npm:((?:@[^/@\s"]+/)?[^@\s"]+)@)?')
YARN_LOCAL = re.compile(r'^ {2}resolution: "[^"]*@(?:workspace|link|portal|file):', re.MULTILINE)
# `/name/1.0.0:`, `/name@1.0.0(peer):`, `'@scope/name@1.0.0':` and `name@1.0.0:`, by age.
# Its parts are possessive: a line without an end is read once, not once for each of its letters.
PNPM_KEY = re.compile(
    r"^ {2}'?/?((?:@[^/@\s']++/)?[^@/\s'(]++)[@/](\d[^_():'/\s]*+)[^:\n]*+:[ \t]*(?:\{\})?$",
    re.MULTILINE,
)
PNPM_PACKAGES = re.compile(r"^packages:[ \t]*\n((?:[ \t#][^\n]*\n|\n)*)", re.MULTILINE)


class Entry(Struct, gc=False):
    """One entry of npm's: under `packages` of version 2 and 3, `dependencies` of version 1."""

    name: str = ""
    version: str = ""
    link: bool = False
    dependencies: dict[str, Raw] = field(default_factory=dict)


class Lock(Struct):
    """The lock file of npm; its entries are read one by one."""

    packages: dict[str, Raw] | None = None
    dependencies: dict[str, Raw] = field(default_factory=dict)


LOCK, ENTRY = Decoder(Lock), Decoder(Entry)


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield every name and version that a lock file states, each as optional."""
    if path.endswith(NPM):
        yield from _npm(data, path)
        return
    text = data.decode("utf-8", "replace").replace("\r\n", "\n")
    pairs = _yarn(text) if path.endswith("yarn.lock") else _pnpm(text)
    for name, version in pairs:
        yield from _found(name, version)


def _npm(data: bytes, path: str) -> Iterator[Found | Problem]:
    try:
        lock = LOCK.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (DecodeError, UnicodeError, RecursionError) as fault:
        what = f"unreadable lock file: {fault}"
        yield Problem(source="node", where=path, what=what, effect="source_lost")
        return
    if lock.packages is None:
        yield from _nested(lock.dependencies, f"{path}: dependencies", 1)
        return
    for place, raw in lock.packages.items():
        # "" is the application itself; a path without node_modules is one of its workspaces.
        _, is_package, name = place.rpartition("node_modules/")
        if is_package:
            entry = _entry(raw, f"{path}: packages[{place!r}]")
            yield from (
                [entry] if isinstance(entry, Problem) else _published(entry.name or name, entry)
            )


def _nested(entries: dict[str, Raw], where: str, depth: int) -> Iterator[Found | Problem]:
    for name, raw in entries.items():
        place = f"{where}[{name!r}]"
        entry = _entry(raw, place)
        if isinstance(entry, Problem):
            yield entry
            continue
        yield from _published(name, entry)
        if entry.dependencies and depth < DEEPEST:
            yield from _nested(entry.dependencies, place, depth + 1)


def _entry(raw: Raw, where: str) -> Entry | Problem:
    try:
        return ENTRY.decode(raw)
    except (DecodeError, UnicodeError, RecursionError) as fault:
        what = f"unreadable entry: {fault}"
        return Problem(source="node", where=where, what=what, effect="record_lost")


def _published(name: str, entry: Entry) -> Iterator[Found]:
    version = entry.version
    # An alias of version 1 has the real name in its version: `npm:NAME@VERSION`.
    if version.startswith("npm:"):
        name, _, version = version[4:].rpartition("@")
    if version and not entry.link and ":" not in version:
        yield from _found(name, version)


def _yarn(text: str) -> Iterator[tuple[str, str]]:
    """Read blocks: a line of ranges (`name@^1, name@~1:`), then the fields with two spaces."""
    for block in text.split("\n\n"):
        head = next((line for line in block.split("\n") if line and line[0] not in "# "), "")
        name, version = YARN_NAME.match(head), YARN_VERSION.search(block)
        if name and version and not YARN_LOCAL.search(block):
            yield name[2] or name[1], version[1]


def _pnpm(text: str) -> Iterator[tuple[str, str]]:
    """Read the keys of `packages`; each is a name, a version and what it was resolved with."""
    section = PNPM_PACKAGES.search(text)
    for key in PNPM_KEY.finditer(section[1]) if section else ():
        yield key[1], key[2]


def _found(name: str, version: str) -> Iterator[Found]:
    scope, _, bare = name.rpartition("/")
    if bare:
        yield Found(type="npm", namespace=scope, name=bare, version=version, scope="optional")
