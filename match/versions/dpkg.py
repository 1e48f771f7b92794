"""Debian's order: `[epoch:]upstream[-revision]` as deb-version(7) and dpkg's comparison have it.

Each part is read as text, number, text, number …; in text `~` is below the end, letters are below
all other characters, and a missing number or revision is 0.
"""

import re

from match.versions.encoding import InvalidVersion, number

_VERSION = re.compile(r"(?:([0-9]+):)?(?:([!-~]+)-([!-,.-~]+)|([!-,.-~]+))")
_NUMBERS = re.compile("([0-9]+)")

_END = "\x02"
_NO_NUMBER = _END + number("")


def _text_order() -> dict[int, int]:
    """Map `~` below `_END`, then letters, then the rest, each by ASCII code."""
    printable = [chr(code) for code in range(0x21, 0x7F)]
    letters = [c for c in printable if c.isalpha()]
    others = [c for c in printable if not c.isalnum() and c != "~"]
    order = {ord("~"): 0x01}
    order.update((ord(c), 0x03 + rank) for rank, c in enumerate(letters + others))
    return order


_ORDER = _text_order()


def key(version: str) -> bytes:
    """Return the key: `NUM` of the epoch, then upstream version and revision as `_part` has them.

    What dpkg only warns of (an upstream version that starts with a letter, characters that the
    policy forbids) is ordered as dpkg orders it; what it refuses raises `InvalidVersion`.
    """
    found = _VERSION.fullmatch(version.strip())
    if not found or (not found[1] and ":" in version):
        raise InvalidVersion("dpkg", version)
    epoch, upstream, revision, native = found.groups("")
    text = number(epoch) + _part(upstream or native) + _part(revision)
    return text.encode("latin-1")


def _part(part: str) -> str:
    """Encode pairs of text and number; text ends with `_END`, and so does the part.

    Only the first text can be empty, so `_END` where a further text is due is the end of the part.
    """
    pieces = _NUMBERS.split(part)
    last = pieces.pop()
    out = ""
    for place in range(0, len(pieces), 2):
        text = pieces[place]
        out += (text and text.translate(_ORDER)) + _END + number(pieces[place + 1])
    if last or not pieces:
        out += last.translate(_ORDER) + _NO_NUMBER
    return out + _END
