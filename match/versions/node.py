"""The order in which Node.js' own range strings are read: SemVer's, pre-releases apart.

node-semver's `satisfies` finds no pre-release in a range of releases, and Node's advisories are
written for it (rules.md 13). So here every pre-release is below every release, and within each of
the two the order is SemVer's.
"""

from match.versions import semver

_PRERELEASE, _RELEASE = "\x01", "\x02"
_SEMVER_RELEASE = "\x03"
"""The last letter of SemVer's key of a release, and of no other."""


def key(version: str) -> bytes:
    """Return the key: whether it is a release, then SemVer's key."""
    text, _ = semver.precedence(version, "node")
    kind = _RELEASE if text.endswith(_SEMVER_RELEASE) else _PRERELEASE
    return (kind + text).encode("latin-1")
