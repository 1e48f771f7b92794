r"""CPE 2.3 names as formatted strings (NISTIR 7695, section 6.2): thirteen parts between colons.

`*` is any value and `-` none; a character that is not alphanumeric may have a backslash before it.
"""

import re
from typing import NamedTuple

PART = re.compile(r"((?:\\.|[^:\\])*)(?::|\Z)", re.DOTALL)
ESCAPE = re.compile(r"\\(.)", re.DOTALL)
PARTS = 13
LONGEST = 1024
ANY, NONE = "*", "-"


class Name(NamedTuple):
    """What a CPE name says; `version` and `update` are unescaped, `*` and `-` stand for themselves.

    kind: `a` application, `o` operating system, `h` hardware.
    rest: edition, language, software edition, target software, target hardware, other.
    """

    kind: str
    product: str
    version: str
    update: str
    target: str
    rest: tuple[str, ...]


def parse(text: str) -> Name | None:
    """Read a name; None where it is none. `product` is `vendor:product`, both in lower case."""
    if not text.startswith("cpe:2.3:") or len(text) > LONGEST:
        return None
    parts = PART.findall(text)
    if parts and parts[-1] == "" and not text.endswith(":"):
        parts.pop()
    if len(parts) != PARTS:
        return None
    values = [ESCAPE.sub(r"\1", part) for part in parts]
    _, _, kind, vendor, product, version, update = values[:7]
    edition, language, software, target, hardware, other = values[7:]
    if kind not in {"a", "o", "h"} or not vendor or not product:
        return None
    rest = (edition, language, software, hardware, other)
    return Name(kind, f"{vendor}:{product}".lower(), version, update, target.lower(), rest)
