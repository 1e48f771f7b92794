"""The rules of schemes whose comparator Debian does not carry, read step by step.

Slow and close to the specification, and written without the encoding: token by token where
the keys are built at once. None means that the rule refuses one of the two.
"""

import re
from collections.abc import Callable
from itertools import zip_longest
from typing import Any

DIGIT, LETTER, SUFFIX, SUFFIX_NUMBER, HASH, REVISION, END, INVALID = range(8)
INITIAL = -1
PRE = ["alpha", "beta", "pre", "rc"]
POST = ["cvs", "svn", "git", "hg", "p"]


def sign(a: Any, b: Any) -> int:
    return (a > b) - (a < b)


def apk(a: str, b: str) -> int | None:
    """Read a token of each side in turn, as apk-tools' version.c does, then rule 14."""
    kind_a = kind_b = INITIAL - 1
    while True:
        kind_a, value_a, rest_a = _apk_token(kind_a, a)
        kind_b, value_b, rest_b = _apk_token(kind_b, b)
        if kind_a != kind_b:
            return _apk_kinds(kind_a, value_a, kind_b, value_b)
        if kind_a == END:
            return 0
        if kind_a == INVALID:
            return _natural(a, b)
        if order := _apk_values(kind_a, value_a, value_b):
            return order
        a, b = rest_a, rest_b


def _apk_token(before: int, text: str) -> tuple[int, str, str]:
    if before == INITIAL - 1:
        found = re.match("[0-9]+", text)
        return (INITIAL, found[0], text[found.end() :]) if found else (INVALID, "", text)
    if not text:
        return END, "", ""
    for kind, allowed, pattern in (
        (LETTER, before <= DIGIT, "([a-z])"),
        (DIGIT, before <= DIGIT, r"\.([0-9]+)"),
        (SUFFIX_NUMBER, before == SUFFIX, "([0-9]+)"),
        (SUFFIX, before <= SUFFIX_NUMBER, "_([a-z]+)"),
        (HASH, before < HASH, "~([0-9a-f]+)"),
        (REVISION, before < REVISION, "-r([0-9]+)"),
    ):
        found = re.match(pattern, text) if allowed else None
        if found and (kind != SUFFIX or found[1] in PRE + POST):
            return kind, found[1], text[found.end() :]
    return INVALID, "", text


def _apk_kinds(kind_a: int, value_a: str, kind_b: int, value_b: str) -> int:
    if kind_a == SUFFIX and value_a in PRE:
        return -1
    if kind_b == SUFFIX and value_b in PRE:
        return 1
    return sign(kind_b, kind_a)


def _apk_values(kind: int, a: str, b: str) -> int:
    if a == b:
        return 0
    if kind == SUFFIX:
        return sign((PRE + POST).index(a), (PRE + POST).index(b))
    if kind in {LETTER, HASH} or (kind == DIGIT and "0" in {a[0], b[0]}):
        return sign(a, b)
    return sign(int(a), int(b))


def _natural(a: str, b: str) -> int:
    if a[:1] == "-" or b[:1] == "-":
        return sign(a[:1] != "-", b[:1] != "-")
    pieces_a, pieces_b = (re.findall("[0-9]+|[^0-9]", text) for text in (a, b))
    for mine, other in zip_longest(pieces_a, pieces_b, fillvalue=""):
        both = mine[:1].isdigit() and other[:1].isdigit()
        x, y = (int(mine), int(other)) if both else (mine, other)
        if not both and mine[:1].isdigit() and other:
            x, y = "0", other
        elif not both and other[:1].isdigit() and mine:
            x, y = mine, "0"
        if x != y:
            return sign(x, y)
    return 0


def legacy(a: str, b: str) -> int | None:
    """Compare the tuples of parts; only of two versions that PEP 440 refuses."""
    from packaging.version import InvalidVersion, Version

    for text in (a, b):
        try:
            Version(text)
        except InvalidVersion:
            continue
        return None
    return sign(_legacy_parts(a), _legacy_parts(b))


def _legacy_parts(text: str) -> list[str]:
    replaced = {"pre": "c", "preview": "c", "-": "final-", "rc": "c", "dev": "@"}
    parts: list[str] = []
    for found in [*re.split("([0-9]+|[a-z]+|[.]|-)", text.strip().lower()), "final"]:
        part = replaced.get(found, found)
        if not part or part == ".":
            continue
        part = part.zfill(8) if part[0].isdigit() else "*" + part
        if part[0] == "*":
            while part < "*final" and parts and parts[-1] == "*final-":
                parts.pop()
            while parts and parts[-1] == "00000000":
                parts.pop()
        parts.append(part)
    return parts


def nuget(a: str, b: str) -> int | None:
    """Compare four numbers, then a release above a pre-release, then label by label."""
    left, right = _nuget_parts(a), _nuget_parts(b)
    if not left or not right:
        return None
    if left[0] != right[0]:
        return sign(left[0], right[0])
    if not left[1] or not right[1]:
        return sign(not left[1], not right[1])
    return _labels(left[1], right[1])


def _nuget_parts(text: str) -> tuple[list[int], list[str]] | None:
    labels = "[0-9A-Za-z-]+(?:[.][0-9A-Za-z-]+)*"
    found = re.fullmatch(rf"([0-9]+(?:[.][0-9]+){{0,3}})(?:-({labels}))?(?:[+]{labels})?", text)
    if not found:
        return None
    numbers = [int(digits) for digits in found[1].split(".")]
    return numbers + [0] * (4 - len(numbers)), found[2].upper().split(".") if found[2] else []


def _labels(left: list[str], right: list[str]) -> int:
    for mine, other in zip_longest(left, right):
        if mine is None or other is None:
            return -1 if mine is None else 1
        if mine.isdigit() and other.isdigit():
            order = sign(int(mine), int(other))
        elif mine.isdigit() or other.isdigit():
            order = -1 if mine.isdigit() else 1
        else:
            order = sign(mine, other)
        if order:
            return order
    return 0


def cran(a: str, b: str) -> int | None:
    """Compare lists of integers."""
    if not all(re.fullmatch("[0-9]+([.-][0-9]+)*", text) for text in (a, b)):
        return None
    left, right = ([int(digits) for digits in re.split("[.-]", text)] for text in (a, b))
    return sign(left, right)


REFERENCES: dict[str, tuple[str, Callable[[str, str], int | None]]] = {
    "apk": ("apk", apk),
    "legacy": ("pep440", legacy),
    "nuget": ("nuget", nuget),
    "cran": ("cran", cran),
}
