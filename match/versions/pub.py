"""Dart's order: Semantic Versioning in which build metadata counts, after all else."""

from match.versions import semver
from match.versions.encoding import InvalidVersion

_NO_BUILD = "\x00"
_BUILD = "\x01"


def key(version: str) -> bytes:
    """Return the key: precedence, then the build's identifiers; none is below any."""
    text, build = semver.precedence(version, "pub")
    if not build:
        return (text + _NO_BUILD).encode("latin-1")
    if not build.isascii() or "\x00" in build:
        raise InvalidVersion("pub", version)
    return (text + _BUILD + semver.identifiers(build)).encode("latin-1")
