"""Numbers between dots or hyphens, the longer above its own beginning: CRAN and Hackage.

R's `package_version` and Haskell's `Data.Version` compare the numbers in turn and nothing else.
"""

import re

from match.versions.encoding import InvalidVersion, number

_VERSION = re.compile("[0-9]+(?:[.-][0-9]+)*")
_END = "\x00"


def key(version: str) -> bytes:
    """Return the key: each number, then the end, which is below any number."""
    text = version.strip()
    if not _VERSION.fullmatch(text):
        raise InvalidVersion("dotted", version)
    out = ""
    for digits in text.replace("-", ".").split("."):
        out += number(digits)
    return (out + _END).encode("latin-1")
