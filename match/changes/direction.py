"""Which way a package went between two versions, by the order of its own ecosystem."""

from typing import Literal

from match.ecosystems import SCHEMES, keys_of
from match.versions import InvalidVersion, compare
from sbom.model import Component
from sbom.purl import InvalidPurl, parse

Direction = Literal["upgraded", "downgraded", "rebuilt", "changed"]


def direction(before: Component, after: Component) -> Direction:
    """Return how `after` stands to `before`, which is the same package.

    `rebuilt`: no version is higher, as where only the architecture or the source's version
    differs; `changed`: the versions have no order (other schemes, or none that is valid).
    """
    (old_scheme, old), (new_scheme, new) = _version(before), _version(after)
    if old == new:
        return "rebuilt"
    if not old_scheme or old_scheme != new_scheme:
        return "changed"
    try:
        order = compare(old_scheme, old, new)
    except InvalidVersion:
        return "changed"
    if order == 0:
        return "rebuilt"
    return "upgraded" if order < 0 else "downgraded"


def _version(component: Component) -> tuple[str, str]:
    """Return scheme and version of the package itself, never of its source; rpm's epoch before."""
    try:
        parts = parse(component.purl)
    except InvalidPurl:
        return "", component.version
    version = parts.version or component.version
    if parts.type in SCHEMES:
        epoch = dict(parts.qualifiers).get("epoch", "")
        return SCHEMES[
            parts.type
        ], f"{epoch}:{version}" if epoch and ":" not in version else version
    lookups = keys_of(component)
    return (lookups[0].key.scheme, lookups[0].version) if lookups else ("", version)
