"""rpm.labelCompare over pairs on standard input: -1, 0, 1, or x where it refuses one."""

import re
import sys

import rpm


def split(text: str) -> tuple[str, str, str | None]:
    """Split as rpm's parseEVR does; an absent epoch is 0 (rule 5)."""
    epoch = re.match("([0-9]*):", text)
    rest = text[epoch.end() :] if epoch else text
    version, dash, release = rest.rpartition("-")
    number = epoch[1] if epoch else ""
    return (number or "0", version, release) if dash else (number or "0", rest, None)


for line in sys.stdin:
    a, b = line.rstrip("\n").split("\t")
    try:
        print(rpm.labelCompare(split(a), split(b)))
    except ValueError:
        print("x")
