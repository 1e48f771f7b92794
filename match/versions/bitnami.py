"""Bitnami's order: Semantic Versioning in which a number after the hyphen is a packaging revision.

A revision is above its version and above lower revisions; a word after the hyphen is a pre-release.
What is said of a version without a revision as the last one is said of all its revisions.
"""

import re

from match.versions import semver
from match.versions.encoding import number

_REVISED = re.compile(r"([vV]?[0-9]+(?:\.[0-9]+)*)-([0-9]+)(?:\+\S*)?")


def key(version: str) -> bytes:
    """Return the key: precedence without the revision, then `NUM` of the revision."""
    text, revision = _parts(version)
    return (text + number(revision)).encode("latin-1")


def past(version: str) -> bytes:
    """Return what is just above a version; of one without a revision, above all its revisions."""
    text, revision = _parts(version)
    return text.encode("latin-1") + b"\xff" if not revision else key(version) + b"\0"


def _parts(version: str) -> tuple[str, str]:
    found = _REVISED.fullmatch(version.strip())
    text, _ = semver.precedence(found[1] if found else version, "bitnami")
    return text, found[2] if found else ""
