"""RPM's order: `[epoch:]version[-release]` by rpmvercmp.

An epoch is only the digits before the first colon; otherwise the whole text is the version.
Without a release a version is below the same with any release, an empty one included.
"""

import re

from match.versions.encoding import ANY_EPOCH, InvalidVersion, number

_EPOCH = re.compile("([0-9]*):")
_SEGMENTS = re.compile("[0-9]+|[A-Za-z]+|[~^]")

# In the order of the classes where the next segment is due: `~`, the end, `^`, letters, digits.
_TILDE = "\x01"
_END = "\x02"
_CARET = "\x03"
_TEXT_END = "\x00"
_NO_RELEASE = "\x00"


def key(version: str) -> bytes:
    """Return the key: `NUM` of the epoch (0 where absent), the version's segments, the release's.

    Every other character only separates segments, so any text that is not empty has a key.
    """
    if not version or version.isspace() or version.startswith(ANY_EPOCH):
        raise InvalidVersion("rpm", version)
    epoch = _EPOCH.match(version)
    rest = version[epoch.end() :] if epoch else version
    name, dash, release = rest.rpartition("-")
    text = number(epoch[1] if epoch else "")
    if dash:
        text += _segments(name) + _segments(release)
    else:
        text += _segments(rest) + _NO_RELEASE
    return text.encode("latin-1")


def _segments(part: str) -> str:
    out = ""
    for segment in _SEGMENTS.findall(part):
        first = segment[0]
        if first <= "9":
            out += number(segment)
        elif first == "~":
            out += _TILDE
        elif first == "^":
            out += _CARET
        else:
            out += segment + _TEXT_END
    return out + _END
