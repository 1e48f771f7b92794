"""Semantic Versioning 2.0.0 precedence: npm, Cargo, and whatever has no order of its own.

Read as leniently as npm's loose mode and OSV's data ask for: a leading `v` or `=`, any count of
numbers (missing ones are 0), a pre-release without its hyphen or (a word that says so) behind a
point, identifiers with leading zeros. Build metadata does not count.
"""

import re

from match.versions.encoding import InvalidVersion, number

_VERSION = re.compile(
    r"[vV=]?\s*([0-9]+(?:\.[0-9]+)*)(?:-([0-9A-Za-z_-]+(?:\.[0-9A-Za-z_-]+)*))?(?:\+(\S*))?"
)
# Nearly all versions are of the form above. What is read besides is compiled when the first such
# one is there: that takes as long as reading a hundred versions.
_WITHOUT_HYPHEN = (
    r"[vV=]?\s*([0-9]+(?:\.[0-9]+)*)"
    r"(?:([A-Za-z][0-9A-Za-z_-]*(?:\.[0-9A-Za-z_-]+)*)"
    r"|\.((?i:alpha|beta|canary|dev|nightly|pre|preview|rc|snapshot)[0-9]*"
    # Of the hyphens the first alone separates: were each to, there would be 2^n ways to read n.
    r"(?:[.-][0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?))"
    r"(?:\+(\S*))?"
)
_EARLY = r"(?i:alpha|beta|pre|rc)"

# After the numbers comes one of these; both are below any further number.
_PRERELEASE = "\x02"
_RELEASE = "\x03"
# Where an identifier is due: the end, a numeric one, and letters, which stand for themselves.
_END = "\x01"
_NUMERIC = "\x02"
_TEXT_END = "\x00"


def key(version: str) -> bytes:
    """Return the key: the numbers without trailing zeros, then the pre-release's identifiers."""
    return precedence(version, "semver")[0].encode("latin-1")


def precedence(version: str, scheme: str) -> tuple[str, str]:
    """Return the key as text, and the build metadata as it stands, or raise `InvalidVersion`."""
    found = _VERSION.fullmatch(version.strip())
    release, prerelease, build = found.groups() if found else _without_hyphen(version, scheme)
    numbers = [digits.lstrip("0") for digits in release.split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    out = ""
    for digits in numbers:
        out += number(digits)
    out += _PRERELEASE + identifiers(prerelease) if prerelease else _RELEASE
    return out, build or ""


def _without_hyphen(version: str, scheme: str) -> tuple[str, str, str | None]:
    """Return release, pre-release and build metadata of a version that joins the first two."""
    found = re.fullmatch(_WITHOUT_HYPHEN, version.strip())
    if not found:
        raise InvalidVersion(scheme, version)
    release, attached, pointed, build = found.groups()
    if attached and "." not in release and not re.match(_EARLY, attached):
        # So begins a commit (`6dbd0d1…`), by which actions and Swift packages are pinned.
        raise InvalidVersion(scheme, version)
    return release, attached or pointed, build


def identifiers(text: str) -> str:
    """Encode dotted identifiers: numeric ones below others, fewer below more."""
    out = ""
    for identifier in text.split("."):
        if identifier.isdigit():
            out += _NUMERIC + number(identifier)
        else:
            out += identifier + _TEXT_END
    return out + _END
