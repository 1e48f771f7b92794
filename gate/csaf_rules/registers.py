"""Tests against public registers: weaknesses (CWE) and languages (BCP 47, RFC 5646)."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sbom.model import Fault

Node = dict[str, Any]
CWE = "third_party/csaf/cwe.txt"
SUBTAGS = "third_party/csaf/language-subtags.txt"
PRIVATE = "x"
ORDER = ("extlang", "script", "region", "variant")
"""What may follow a language, in this order; extlangs and variants more than once."""
EXTENSION = re.compile(r"[0-9a-wy-z]\Z")


def unknown_weaknesses(document: Node) -> Iterator[Fault]:
    """6.1.11: a CWE exists, and the name is one it has or had: 2.0 does not state a version."""
    for place, cwe in _stated(document):
        names = _weaknesses().get(cwe["id"])
        if names is None:
            yield Fault(place=f"{place}.id", what=f"{cwe['id']} does not exist")
        elif cwe["name"] not in names:
            yield Fault(place=f"{place}.name", what=f"{cwe['id']} is {names[-1]!r}")


def _stated(document: Node) -> Iterator[tuple[str, Node]]:
    """Yield (place, weakness): one of a vulnerability in 2.0, a list in 2.1."""
    for index, each in enumerate(document.get("vulnerabilities", ())):
        if "cwe" in each:
            yield f"vulnerabilities[{index}].cwe", each["cwe"]
        for number, cwe in enumerate(each.get("cwes", ())):
            yield f"vulnerabilities[{index}].cwes[{number}]", cwe


def unknown_languages(document: Node) -> Iterator[Fault]:
    """6.1.12: languages are tags whose every part is registered."""
    for field in ("lang", "source_lang"):
        tag = document["document"].get(field)
        if tag is not None and not is_language(tag):
            yield Fault(place=f"document.{field}", what=f"{tag!r} is no language")


def is_language(tag: str) -> bool:
    """Tell whether `tag` is well-formed and all its subtags are registered (RFC 5646, 2.2.9)."""
    tag = tag.lower()
    if _registered("grandfathered", tag):
        return True
    first, *rest = tag.split("-")
    if first == PRIVATE:
        return bool(rest)
    return _registered("language", first) and _follows(rest)


def _follows(rest: list[str]) -> bool:
    """Tell whether the subtags may follow a language."""
    kinds = list(ORDER)
    for position, subtag in enumerate(rest):
        if subtag == PRIVATE or EXTENSION.match(subtag):
            return len(rest) > position + 1
        while kinds and not _registered(kinds[0], subtag):
            kinds.pop(0)
        if not kinds:
            return False
        if kinds[0] in {"script", "region"}:
            kinds.pop(0)
    return True


def _registered(kind: str, subtag: str) -> bool:
    single, ranges = _subtags()[kind]
    return subtag in single or any(
        low <= subtag <= high and len(subtag) == len(low) for low, high in ranges
    )


@lru_cache
def _weaknesses() -> dict[str, tuple[str, ...]]:
    from schemas import text

    rows = (line.split("\t") for line in text(CWE).splitlines() if not line.startswith("#"))
    return {f"CWE-{number}": tuple(names) for number, *names in rows}


@lru_cache
def _subtags() -> dict[str, tuple[frozenset[str], tuple[tuple[str, str], ...]]]:
    from schemas import text

    found = {}
    for line in text(SUBTAGS).splitlines():
        kind, *words = line.split()
        if kind != "#":
            ranges = tuple(
                (low, high) for low, dots, high in (w.partition("..") for w in words) if dots
            )
            found[kind] = frozenset(words), ranges
    return found
