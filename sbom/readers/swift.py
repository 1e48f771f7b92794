"""Swift packages: `Package.resolved` of the Swift package manager, versions 1 to 3.

Compiled programs hold no list of their packages; what the file names is optional (rule 5). A purl's
namespace is the repository's host and owner.
"""

import re
from collections.abc import Iterator

from msgspec import Raw, Struct, field
from msgspec.json import Decoder

from sbom.model import Found, Problem
from sbom.readers import decoded

GLOBS = ("**/Package.resolved",)
MAGIC: tuple[bytes, ...] = ()

# `https://HOST/OWNER/NAME.git`, `ssh://git@HOST:22/OWNER/NAME`, `git@HOST:OWNER/NAME.git`.
REPOSITORY = re.compile(r"(?:[a-z+]+://)?(?:[^@/\s]*@)?([^:/\s]+)(?::\d+(?=/))?[:/]+(\S+)")


class State(Struct, gc=False):
    """What was resolved: a version, or a branch and revision alone."""

    version: str | None = None


class Pin(Struct, rename={"repository_url": "repositoryURL"}, gc=False):
    """An entry; version 1 calls the address `repositoryURL`."""

    location: str = ""
    repository_url: str = ""
    kind: str = ""
    state: State = field(default_factory=State)


class Pins(Struct):
    """The list of entries."""

    pins: list[Raw] = field(default_factory=list)


class Resolved(Struct):
    """The file; version 1 has the list under `object`."""

    pins: list[Raw] = field(default_factory=list)
    object: Pins = field(default_factory=Pins)


RESOLVED, PIN = Decoder(Resolved), Decoder(Pin)


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the packages that were resolved to a version."""
    document = decoded.whole(RESOLVED, data, "swift", path, "lock file")
    if isinstance(document, Problem):
        yield document
        return
    # What was checked out into `.build` brought its lock file along for its makers.
    if ".build" in path.split("/"):
        return
    for number, raw in enumerate(document.pins or document.object.pins):
        where = f"{path}: pins[{number}]"
        pin = decoded.entry(PIN, raw, "swift", where, "package")
        if isinstance(pin, Problem):
            yield pin
        elif pin.state.version and pin.kind != "registry":
            yield _found(pin.location or pin.repository_url, pin.state.version, where)


def _found(address: str, version: str, where: str) -> Found | Problem:
    parts = REPOSITORY.fullmatch(address)
    segments = parts[2].removesuffix(".git").strip("/").split("/") if parts else []
    if parts is None or not all(segments):
        what = f"{address[:200]!r} is no address of a repository"
        return Problem(source="swift", where=where, what=what, effect="record_lost")
    space = "/".join([parts[1].lower(), *segments[:-1]])
    return Found(
        type="swift", namespace=space, name=segments[-1], version=version, scope="optional"
    )
