"""Python's order: PEP 440, and below every version of it the legacy ones.

A legacy version, which PEP 440 refuses, is ordered by the rule of setuptools' old `pkg_resources`.
"""

import re

from match.versions.encoding import InvalidVersion, number, raw

_VERSION = re.compile(
    r"v?(?:([0-9]+)!)?([0-9]+(?:\.[0-9]+)*)"
    r"(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?([0-9]*))?"
    r"(?:-([0-9]+)|[-_.]?(post|rev|r)[-_.]?([0-9]*))?"
    r"(?:[-_.]?(dev)[-_.]?([0-9]*))?"
    r"(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?"
)
_LOCAL_SEPARATORS = re.compile("[-_.]")

# One tag for each of pre-release, post-release, development release and local version, in the
# order in which PEP 440 puts their presence and absence.
_DEV_ALONE = "\x08"
_PRE = {"a": "\x20", "alpha": "\x20", "b": "\x21", "beta": "\x21"}
_CANDIDATE = "\x22"
_NO_PRE = "\x30"
_NO_POST = "\x10"
_POST = "\x20"
_DEV = "\x10"
_NO_DEV = "\x20"
_NO_LOCAL = "\x00"
_LOCAL_END = "\x01"
_TEXT_END = "\x00"
_FINAL = _NO_PRE + _NO_POST + _NO_DEV + _NO_LOCAL

_LEGACY = "\x00"
_LEGACY_PARTS = re.compile(r"[0-9]+|[a-z]+|\.|-|[^0-9a-z.-]+")
_LEGACY_WORDS = {"pre": "c", "preview": "c", "-": "final-", "rc": "c", "dev": "@"}
_LEGACY_ZERO = "00000000"


def key(version: str) -> bytes:
    """Return the key: epoch, release without trailing zeros, then the four tags in turn."""
    text = version.strip().lower()
    found = _VERSION.fullmatch(text) if text.isascii() else None
    if not found:
        return _legacy(text, version).encode("latin-1")
    epoch, release, pre, pre_number, post, post_word, post_number, dev, dev_number, local = (
        found.groups()
    )
    out = number(epoch or "")
    numbers = [part.lstrip("0") for part in release.split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    for digits in numbers:
        out += number(digits)
    if found.lastindex == 2:
        return (out + _FINAL).encode("latin-1")
    is_post = bool(post or post_word)
    if pre:
        out += _PRE.get(pre, _CANDIDATE) + number(pre_number)
    else:
        out += _DEV_ALONE if dev and not is_post else _NO_PRE
    out += _POST + number(post or post_number or "") if is_post else _NO_POST
    out += _DEV + number(dev_number) if dev else _NO_DEV
    out += _local(local) if local else _NO_LOCAL
    return out.encode("latin-1")


def _local(local: str) -> str:
    """Encode the segments: words below numbers, and the shorter sequence below the longer."""
    out = ""
    for segment in _LOCAL_SEPARATORS.split(local):
        out += number(segment) if segment.isdigit() else segment + _TEXT_END
    return out + _LOCAL_END


def _legacy(text: str, version: str) -> str:
    """Encode the old rule's parts: numbers padded to eight digits, words behind a `*`."""
    if not text or "\x00" in text:
        raise InvalidVersion("pep440", version)
    parts: list[str] = []
    for piece in _LEGACY_PARTS.findall(text):
        part = _LEGACY_WORDS.get(piece, piece)
        if part == ".":
            continue
        if part[0] in "0123456789":
            parts.append(part.zfill(8))
        else:
            _append_word(parts, "*" + part)
    _append_word(parts, "*final")
    return _LEGACY + "".join(raw(part) + _TEXT_END for part in parts) + _TEXT_END


def _append_word(parts: list[str], word: str) -> None:
    """Add a word; it takes away the zeros before it, and a `-` before it if it is a pre-release."""
    if word < "*final":
        while parts and parts[-1] == "*final-":
            parts.pop()
    while parts and parts[-1] == _LEGACY_ZERO:
        parts.pop()
    parts.append(word)
