"""NuGet's order: Semantic Versioning with up to four numbers; case does not count in labels."""

from match.versions import semver


def key(version: str) -> bytes:
    """Return the key with its letters in capitals, as NuGet compares its labels."""
    return semver.precedence(version, "nuget")[0].encode("latin-1").upper()
