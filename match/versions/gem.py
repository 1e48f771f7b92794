"""RubyGems' order: numbers and words in turn, a word below any number, a missing one is 0.

`-` stands for `.pre.`; zeros at the end of the leading numbers and of the whole do not count.
"""

import re

from match.versions.encoding import InvalidVersion, number

_VERSION = re.compile("[0-9][0-9A-Za-z.-]*")
_SEGMENTS = re.compile("[0-9]+|[A-Za-z]+")

# A version goes on with zeros for ever, so where a segment is due the order is: a word, zeros
# that lead to a word, the end, zeros that lead to a number, a number. A zero therefore has one of
# two tags, by what comes after the zeros.
_WORD = "\x01"
_ZERO_BEFORE_WORD = "\x02"
_END = "\x03"
_ZERO_BEFORE_NUMBER = "\x04"
_TEXT_END = "\x00"


def key(version: str) -> bytes:
    """Return the key: the canonical segments and the end."""
    text = version.strip()
    if not _VERSION.fullmatch(text):
        raise InvalidVersion("gem", version)
    if "-" in text:
        text = text.replace("-", ".pre.")
    out: list[str] = [_END]
    zero = ""
    for segment in reversed(_SEGMENTS.findall(text)):
        if segment[0] > "9":
            out.append(_WORD + segment + _TEXT_END)
            zero = _ZERO_BEFORE_WORD
            continue
        digits = segment.lstrip("0")
        if digits:
            out.append(number(digits))
            zero = _ZERO_BEFORE_NUMBER
        elif zero:
            out.append(zero)
    return _without_leading_zeros(out).encode("latin-1")


def _without_leading_zeros(reverse: list[str]) -> str:
    """Join the tokens, which come last first, without the zeros before the first word."""
    reverse.reverse()
    for place, token in enumerate(reverse):
        if token[0] == _WORD:
            first = place
            while first and reverse[first - 1] == _ZERO_BEFORE_WORD:
                first -= 1
            del reverse[first:place]
            break
    return "".join(reverse)
