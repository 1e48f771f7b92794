"""Bitnami's order: Semantic Versioning in which a number after the hyphen is a packaging revision.

A revision is above its version and above lower revisions; a word after the hyphen is a pre-release.
"""

import re

from match.versions import semver
from match.versions.encoding import number

_REVISED = re.compile(r"([vV]?[0-9]+(?:\.[0-9]+)*)-([0-9]+)(?:\+\S*)?")


def key(version: str) -> bytes:
    """Return the key: precedence without the revision, then `NUM` of the revision."""
    found = _REVISED.fullmatch(version.strip())
    text, _ = semver.precedence(found[1] if found else version, "bitnami")
    return (text + number(found[2] if found else "")).encode("latin-1")
