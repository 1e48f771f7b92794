"""Maven's order: `ComparableVersion` of Maven 3.8.7 to 3.9 (Maven's POM reference, version order).

A version is read as lists in lists: a hyphen, and each change between digits and letters, opens a
list within the last one; nothing follows it there. Zeros and release words at the end of a list do
not count. The real order is not transitive where a word stands between dots (`3.7.0.rc.3`) or where
lists open lists (`0-rc`): those versions are not `exact`, and `compare` settles them.
"""

import re

from match.versions.encoding import InvalidVersion, number, raw

_PIECES = re.compile(r"[0-9]+|[^0-9.-]+|[.-]")
_NUMBERS = re.compile(r"[0-9]+(?:\.[0-9]+)*")

# A word that Maven knows, or the tag of one that it does not, before the word's text. The end of
# the version stands in the place of the empty word's class: words below it make a pre-release.
_WORDS = {
    "alpha": "\x10",
    "beta": "\x11",
    "milestone": "\x12",
    "rc": "\x13",
    "cr": "\x13",
    "snapshot": "\x14",
    "": "\x16",
    "ga": "\x16",
    "final": "\x16",
    "release": "\x16",
    "sp": "\x17",
}
_SHORT = {"a": "alpha", "b": "beta", "m": "milestone"}
_UNKNOWN = "\x18"
_TEXT_END = "\x00"
_RELEASE = "\x16"
_ZERO = "\x80"
_NULLS = (_RELEASE, _ZERO)

# A list that begins with a pre-release word is below the end, any other list is above it.
_OPEN_BELOW = "\x02"
_END = "\x15"
_OPEN_ABOVE = "\x40"


def key(version: str) -> bytes:
    """Return the key, by which two exact versions compare as Maven compares them."""
    if _NUMBERS.fullmatch(version):
        numbers = [digits.lstrip("0") for digits in version.split(".")]
        while numbers and not numbers[-1]:
            numbers.pop()
        return ("".join([number(digits) for digits in numbers]) + _END).encode("latin-1")
    lists = _lists(version)
    out = "".join(lists[0])
    for items in lists[1:]:
        out += _OPEN_BELOW if items and items[0] < _END else _OPEN_ABOVE
        out += "".join(items)
    return (out + _END).encode("latin-1")


def exact(version: str) -> bool:
    """Say whether words stand only at the start of a list, and lists only after an item.

    Of versions of that form the order is total (docs/versions.md shows why). A list that begins
    with a list is exact too, if what it comes to is above the end.
    """
    if _NUMBERS.fullmatch(version):
        return True
    if not (version.isascii() and version.isprintable()):
        return False
    lists = _lists(version)
    opens = False
    for items in lists:
        if any(item < _ZERO for item in items[1:]) or (opens and items and items[0] < _END):
            return False
        opens = not items
    return True


def compare(a: str, b: str) -> int:
    """Compare as `ComparableVersion.compareTo` does: -1, 0 or 1."""
    left, right = _flat(a), _flat(b)
    for mine, other in zip(left, right, strict=False):
        if mine != other:
            return -1 if mine < other else 1
    shared = min(len(left), len(right))
    return _sign([left[shared:]]) - _sign([right[shared:]])


def _flat(version: str) -> list[str]:
    """List all items with a mark where a list opens, above each word and below each number."""
    lists = _lists(version)
    out = list(lists[0])
    for items in lists[1:]:
        out.append(_OPEN_ABOVE)
        out += items
    return out


def _sign(lists: list[list[str]]) -> int:
    """Compare what is left of one version with the end of the other: its first item that counts."""
    for items in lists:
        for item in items:
            if item not in _NULLS and item != _OPEN_ABOVE:
                return -1 if item < _END else 1
    return 0


def _lists(version: str) -> list[list[str]]:
    """Read the encoded items, list by list from the outermost in, without trailing nulls."""
    text = version.strip().lower()
    if not text or "\x00" in text:
        raise InvalidVersion("maven", version)
    lists = _parse(text)
    for items in lists:
        while items and items[-1] in _NULLS:
            items.pop()
    while len(lists) > 1 and not lists[-1]:
        lists.pop()
    return lists


def _parse(text: str) -> list[list[str]]:
    """Split into lists; `pending` is the digits or letters whose end has not been seen yet."""
    items: list[str] = []
    lists = [items]
    pending = ""
    for piece in _PIECES.findall(text):
        if piece in ".-":
            items.append(_item(pending) if pending else _ZERO)
            pending = ""
            if piece == "-":
                lists.append(items := [])
            continue
        if pending:
            if "0" <= pending[0] <= "9":
                items.append(number(pending))
            else:
                if items:
                    lists.append(items := [])
                items.append(_word(_SHORT.get(pending, pending)))
            lists.append(items := [])
        pending = piece
    if pending:
        if items and not "0" <= pending[0] <= "9":
            lists.append(items := [])
        items.append(_item(pending))
    return lists


def _item(text: str) -> str:
    return number(text) if "0" <= text[0] <= "9" else _word(text)


def _word(word: str) -> str:
    return _WORDS.get(word) or _UNKNOWN + raw(word) + _TEXT_END
