"""Alpine's order, as apk-tools 3 has it: `digits{.digits}[letter]{_suffix[n]}[~hash][-r n]`.

Where apk-tools stops at an invalid token and both sides are equal so far, the remaining texts
compare naturally. What follows an invalid `-` is a broken revision, and all of these are equal.
"""

import re

from match.versions.encoding import InvalidVersion, number, raw

_SUFFIX = "_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)(?![a-z])[0-9]*"
_VERSION = re.compile(
    r"([0-9]+)((?:\.[0-9]+)*)([a-z]?)"
    rf"((?:{_SUFFIX})*)"
    r"(?:~([0-9a-f]+))?(?:-r([0-9]+))?"
)
_SUFFIXES = re.compile("_([a-z]+)([0-9]*)")
_NUMBERS = re.compile("([0-9]+)")

# In the order of the classes where the next token is due: a suffix of a pre-release, an invalid
# token, the end, a revision, a hash, a suffix's number, other suffixes, a letter (which stands for
# itself), a component that starts with zero (and compares as text), any other component.
_SUFFIX_TAGS = {
    "alpha": "\x01",
    "beta": "\x02",
    "pre": "\x03",
    "rc": "\x04",
    "cvs": "\x30",
    "svn": "\x31",
    "git": "\x32",
    "hg": "\x33",
    "p": "\x34",
}
_INVALID = "\x08"
_END = "\x10"
_REVISION = "\x18"
_HASH = "\x20"
_SUFFIX_NUMBER = "\x28"
_ZERO_TEXT = "\x7f"
_TEXT_END = "\x00"


def key(version: str) -> bytes:
    """Return the key: the tokens apk-tools would read, then the end or what it cannot read."""
    text = version.strip()
    if not text or "\x00" in text:
        raise InvalidVersion("apk", version)
    found = _VERSION.match(text)
    if not found:
        return _unreadable(text).encode("latin-1")
    first, components, letter, suffixes, commit, revision = found.groups()
    out = number(first)
    if components:
        for digits in components[1:].split("."):
            out += _ZERO_TEXT + digits + _TEXT_END if digits[0] == "0" else number(digits)
    out += letter
    if suffixes:
        for name, digits in _SUFFIXES.findall(suffixes):
            out += _SUFFIX_TAGS[name]
            if digits:
                out += _SUFFIX_NUMBER + number(digits)
    if commit:
        out += _HASH + commit + _TEXT_END
    if revision:
        out += _REVISION + number(revision)
    rest = text[found.end() :]
    out += _unreadable(rest) if rest else _END
    return out.encode("latin-1")


def _unreadable(text: str) -> str:
    """Encode in natural order: by characters, a run of digits as a number among them."""
    if text[0] == "-":
        return _INVALID + _TEXT_END
    pieces = _NUMBERS.split(raw(text))
    for place in range(1, len(pieces), 2):
        pieces[place] = "0" + number(pieces[place])
    return _INVALID + "".join(pieces) + _TEXT_END
