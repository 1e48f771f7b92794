"""The order of upstream versions as CPE names have them: numbers, letters, words for "not yet".

NVD states no order; this one is what the projects of `match/cpe/products.py` use. Numbers compare
as numbers and zeros at the end of them do not count; `alpha`, `beta`, `rc` and their like are below
what they precede; other letters are above it (OpenSSL's `1.0.2k`, OpenSSH's `7.2p2`, sudo's
`1.9.5p2`). `1.2!` is a version that can be no project's: just above `1.2`, below all that follows.
"""

import re

from match.versions.encoding import InvalidVersion, number

_VERSION = re.compile("[!-/:-~]*[0-9][!-~]*")
_PARTS = re.compile(r"([0-9]+)|([a-z]+)")
_WORDS = ("dev snapshot nightly", "alpha", "beta", "m milestone", "pre preview", "rc cr")
_EARLY = {word: chr(rank) for rank, words in enumerate(_WORDS, start=1) for word in words.split()}
"""Words of what is not released yet, by how near it is."""
_SHORT = {"a": "alpha", "b": "beta", "c": "rc"}
"""Letters that mean the same where a number follows (Python's `3.9.0b2`)."""
_PRERELEASE, _END, _LETTERS = "\x01", "\x02", "\x03"
_LETTERS_END = "\x00"
ABOVE = "!"


def key(version: str) -> bytes:
    """Return the key: runs of numbers without zeros at their end, and what stands between them."""
    text = version.strip().lower()
    if not _VERSION.fullmatch(text):
        raise InvalidVersion("cpe", version)
    parts = [m.groups() for m in _PARTS.finditer(text.removeprefix("v"))]
    out, zeros = "", ""
    for place, (digits, letters) in enumerate(parts):
        if digits is not None:
            token = number(digits)
            zeros += token
            if token != number(""):
                out, zeros = out + zeros, ""
            continue
        numbered = place + 1 < len(parts) and parts[place + 1][0] is not None
        word = _SHORT.get(letters, letters) if numbered else letters
        rank = _EARLY.get(word)
        out += _PRERELEASE + rank if rank else _LETTERS + letters + _LETTERS_END
        zeros = ""
    if text.endswith(ABOVE):
        out += _LETTERS + _LETTERS_END
    return (out + _END).encode("latin-1")
