"""Go's order: Semantic Versioning with `v`, pseudo-versions and `+incompatible` as it stands.

The toolchain's own versions (`go1.21rc2`) are read the way the Go vulnerability database writes
them (`1.21.0-rc.2`).
"""

import re

from match.versions import semver
from match.versions.encoding import InvalidVersion

_TOOLCHAIN = r"(?:go)?([0-9]+(?:\.[0-9]+)*)(?:(beta|rc)([0-9]+))?(?:[-+ ].*)?"


def key(version: str) -> bytes:
    """Return the key; `+incompatible` and `+dirty` are build metadata and do not count."""
    if version.startswith("go"):
        version = release(version)
    return semver.precedence(version, "golang")[0].encode("latin-1")


def release(version: str) -> str:
    """Return a release of Go, with `go` or without, as Go's database writes it.

    Raises:
        InvalidVersion: where it is none.
    """
    found = re.fullmatch(_TOOLCHAIN, version)
    if not found:
        raise InvalidVersion("golang", version)
    numbers, stage, count = found.groups()
    return f"{numbers}-{stage}.{count}" if stage else numbers
