"""Version orders: one file per scheme, each with `key(version) -> bytes` (see `encoding`).

A scheme whose real order is no total order also has `exact(version)` and `compare(a, b)`; one whose
versions stand for several, where they are the last that is meant, has `past(version)`.
"""

from functools import cache
from importlib import import_module
from typing import Protocol, cast

from match.versions.encoding import InvalidVersion

__all__ = ["SCHEMES", "InvalidVersion", "Scheme", "compare", "exact", "key", "scheme"]

SCHEMES = {
    "dpkg": "dpkg",
    "rpm": "rpm",
    "apk": "apk",
    "pep440": "pep440",
    "semver": "semver",
    "npm": "semver",
    "node": "node",
    "cargo": "semver",
    "golang": "golang",
    "maven": "maven",
    "gem": "gem",
    "composer": "composer",
    "nuget": "nuget",
    "pub": "pub",
    "cran": "dotted",
    "hackage": "dotted",
    "conan": "conan",
    "bitnami": "bitnami",
    "generic": "semver",
    "cpe": "cpe",
}
"""Name of the scheme to the file that orders it."""


class Scheme(Protocol):
    """What a scheme's file offers."""

    def key(self, version: str) -> bytes:
        """Return bytes whose order is the versions' order, or raise `InvalidVersion`."""
        ...


class _Partial(Scheme, Protocol):
    def exact(self, version: str) -> bool: ...

    def compare(self, a: str, b: str) -> int: ...


@cache
def scheme(name: str) -> Scheme:
    """Import the file of the scheme `name`; `KeyError` for a name that is not in `SCHEMES`."""
    return cast("Scheme", import_module(f"match.versions.{SCHEMES[name]}"))


def key(name: str, version: str) -> bytes:
    """Return the key of `version` in the scheme `name`, or raise `InvalidVersion`."""
    return scheme(name).key(version)


def exact(name: str, version: str) -> bool:
    """Say whether the key of `version` may be trusted against other exact keys.

    False only where the scheme's real order is no total order; a comparison with such a version
    is settled by `compare`.
    """
    module = scheme(name)
    return cast("_Partial", module).exact(version) if hasattr(module, "exact") else True


def compare(name: str, a: str, b: str) -> int:
    """Compare as the scheme's own tool does: below 0, 0, or above 0 as `a` is before `b`."""
    module = scheme(name)
    if hasattr(module, "compare"):
        return cast("_Partial", module).compare(a, b)
    left, right = module.key(a), module.key(b)
    return (left > right) - (left < right)
