"""The shape of an OSV record (OSV schema 1.7), as far as it is read; every field may be null."""

from msgspec import Raw, Struct
from msgspec.json import Decoder


class Event(Struct, gc=False):
    """One event of a range; it should have one of these."""

    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None
    limit: str | None = None


class Range(Struct, gc=False):
    """A range: its kind (`GIT`, `SEMVER`, `ECOSYSTEM`) and its events."""

    type: str | None = None
    events: list[Event] | None = None


class Package(Struct, gc=False):
    """A package by its ecosystem's name for it."""

    ecosystem: str | None = None
    name: str | None = None


class Rating(Struct, gc=False):
    """One entry of `severity`."""

    type: str | None = None
    score: str | float | None = None


class Block(Struct, gc=False):
    """One entry of `affected`; many are alike, so that their ranges are read apart."""

    package: Package | None = None
    ranges: Raw = Raw()
    versions: Raw = Raw()
    severity: list[Rating] | None = None
    ecosystem_specific: Raw = Raw()
    database_specific: Raw = Raw()


class Osv(Struct, gc=False):
    """One record."""

    id: str
    aliases: list[str] | None = None
    upstream: list[str] | None = None
    related: list[str] | None = None
    affected: list[Block] | None = None
    severity: list[Rating] | None = None
    summary: str | None = None
    details: str | None = None
    published: str | None = None
    modified: str | None = None
    withdrawn: str | None = None
    database_specific: Raw = Raw()


class Specific(Struct, gc=False):
    """What databases add that decides: severity words, and binaries where names are sources."""

    severity: str | float | list[object] | dict[str, object] | None = None
    urgency: str | None = None
    informational: str | None = None
    binaries: Raw = Raw()


read_osv = Decoder(Osv).decode
read_ranges = Decoder(list[Range] | None).decode
read_versions = Decoder(list[str] | None).decode
read_specific = Decoder(Specific).decode
read_binaries = Decoder(list[dict[str, str]]).decode
NOTHING = Specific()
