"""Composer's order: PHP's `version_compare`, after a leading `v`.

Runs of digits and of letters are the elements. Letters are known by how they begin and case
counts: `dev`, `a…`, `b…`, `RC…`/`rc…` in turn are below the end, `p…` is above any number,
and every other word is below `dev`.
"""

import re

from match.versions.encoding import ABOVE_NUMBERS, InvalidVersion, number

_VERSION = re.compile("[0-9A-Za-z][!-~]*")
_ELEMENTS = re.compile("[0-9]+|[A-Za-z]+")

_OTHER_WORD = "\x02"
_DEV = "\x03"
_ALPHA = "\x04"
_BETA = "\x05"
_CANDIDATE = "\x06"
_END = "\x07"


def key(version: str) -> bytes:
    """Return the key: each element's number or class, then the end.

    Numbers are compared at any size (PHP stops at its largest integer), and a separator at the end
    does not count (PHP finds such a version unequal to itself).
    """
    text = version.strip()
    if text[:1] in {"v", "V"}:
        text = text[1:]
    if not _VERSION.fullmatch(text):
        raise InvalidVersion("composer", version)
    out = ""
    for element in _ELEMENTS.findall(text):
        out += number(element) if element[0] <= "9" else _word(element)
    return (out + _END).encode("latin-1")


def _word(word: str) -> str:
    first = word[0]
    if first == "a":
        return _ALPHA
    if first == "b":
        return _BETA
    if first == "p":
        return ABOVE_NUMBERS
    if word.startswith(("RC", "rc")):
        return _CANDIDATE
    return _DEV if word.startswith("dev") else _OTHER_WORD
