"""Texts in the XML we write: what XML cannot hold, or its readers change, is told as `_xHHHH_`.

The way is that of ECMA-376 (part 1, 22.9.2.19): a character by its four hexadecimal digits; an
underscore that could be taken for the start of one is told that way too.
"""

import re

MARK = ("lading:xml", "_xHHHH_")
"""The property by which a document says that its texts are written so."""
UNSAFE = re.compile(r"^\s|\s$|[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4})")
TOLD = re.compile(r"_x([0-9A-Fa-f]{4})_")
CONTENT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
QUOTED = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\t": "&#9;"}
)


def content(text: str) -> str:
    """Return a text as the content of an element."""
    return _safe(text).translate(CONTENT)


def attribute(text: str) -> str:
    """Return a text as the value of an attribute, without its quotes."""
    return _safe(text).translate(QUOTED)


def plain(text: str) -> str:
    """Return what a text of a document with the mark says."""
    return TOLD.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _safe(text: str) -> str:
    return (
        UNSAFE.sub(lambda found: f"_x{ord(found[0]):04X}_", text) if UNSAFE.search(text) else text
    )
