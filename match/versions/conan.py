"""Conan's order: dotted items, a pre-release after `-` below its release, a build after `+` above.

Items compare as numbers if both are, else as text, and zeros at the end do not count. Numbers
and texts mixed are not transitive (`2` < `10` < `1a` < `2`) unless the text starts above any digit:
others are not `exact`, and `compare` settles them.
"""

import re
from itertools import zip_longest

from match.versions.encoding import InvalidVersion, number

_VERSION = re.compile("[!-~]+")

_BUILD_NONE = "\x00"
_BUILD = "\x01"
_PRERELEASE = "\x02"
_RELEASE = "\x03"
_END = "\x01"
_TEXT = "\xff"
_TEXT_END = "\x00"

Items = tuple[str, ...]


def key(version: str) -> bytes:
    """Return the key: the items, then pre-release or release, then the build's items."""
    items, prerelease, build = _split(version)
    out = _items(items)
    out += _RELEASE if prerelease is None else _PRERELEASE + _items(prerelease)
    out += _BUILD_NONE if build is None else _BUILD + _items(build)
    return out.encode("latin-1")


def exact(version: str) -> bool:
    """Say whether each item is a number, or text that starts above any digit."""
    items, prerelease, build = _split(version)
    return all(
        item.isdigit() or item[:1] > "9" for item in items + (prerelease or ()) + (build or ())
    )


def compare(a: str, b: str) -> int:
    """Compare as Conan's `Version` does: -1, 0 or 1."""
    left, left_pre, left_build = _split(a)
    right, right_pre, right_build = _split(b)
    order = _compare_items(left, right)
    if order or (left_pre is None) != (right_pre is None):
        return order or (1 if left_pre is None else -1)
    order = _compare_items(left_pre or (), right_pre or ())
    if order or (left_build is None) != (right_build is None):
        return order or (-1 if left_build is None else 1)
    return _compare_items(left_build or (), right_build or ())


def _compare_items(left: Items, right: Items) -> int:
    for mine, other in zip_longest(left, right):
        if mine is None or other is None:
            return -1 if mine is None else 1
        x: str = mine
        y: str = other
        if mine.isdigit() and other.isdigit():
            x, y = number(mine), number(other)
        if x != y:
            return -1 if x < y else 1
    return 0


def _items(items: Items) -> str:
    out = ""
    for item in items:
        out += number(item) if item.isdigit() else _TEXT + item + _TEXT_END
    return out + _END


def _split(version: str) -> tuple[Items, Items | None, Items | None]:
    """Split off the build behind the last `+`, then the pre-release behind the first `-`."""
    text = version.strip().lower()
    if not _VERSION.fullmatch(text):
        raise InvalidVersion("conan", version)
    rest, plus, build = text.rpartition("+")
    main, dash, prerelease = (rest if plus else build).partition("-")
    return (
        _significant(main),
        _significant(prerelease) if dash else None,
        _significant(build) if plus else None,
    )


def _significant(text: str) -> Items:
    """Split at dots; leading zeros of a number, and zeros at the end, do not count."""
    items = [item.lstrip("0") or "0" if item.isdigit() else item for item in text.split(".")]
    while items and items[-1] == "0":
        items.pop()
    return tuple(items)
