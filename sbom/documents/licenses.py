"""Licences as the formats want them: which texts are SPDX ids, and which are expressions."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

import msgspec

from sbom.documents.decoding import unique

OPERATORS = frozenset({"AND", "OR", "WITH"})


@lru_cache(maxsize=1)
def spdx_ids() -> frozenset[str]:
    """Return the ids of licences and exceptions that CycloneDX 1.6 admits."""
    from sbom.documents.conform import official

    schema = msgspec.json.decode(official("spdx.SNAPSHOT.schema.json"), type=dict[str, object])
    return frozenset(msgspec.convert(schema["enum"], list[str]))


def is_expression(text: str, known: frozenset[str]) -> bool:
    """Tell whether a text is an SPDX expression of known ids (`MIT OR Apache-2.0`)."""
    words = text.replace("(", " ").replace(")", " ").split()
    ids, operators = words[::2], words[1::2]
    return (
        bool(operators)
        and len(ids) == len(operators) + 1
        and set(operators) <= OPERATORS
        and all(_is_id(word, known) for word in ids)
        and _is_balanced(text)
    )


def spdx_expression(texts: Iterable[str], refs: Mapping[str, str]) -> str:
    """Return one SPDX expression for all of several licences.

    Args:
        texts: ids, expressions or names.
        refs: what `extracted` returned for them.
    """
    terms = dict.fromkeys(texts)
    if len(terms) == 1:
        return next(refs.get(term, term) for term in terms)
    return " AND ".join(refs.get(t) or (f"({t})" if " " in t else t) for t in terms)


def extracted(texts: Iterable[str]) -> dict[str, str]:
    """Return a `LicenseRef-…` for each text that is neither SPDX id nor expression of such."""
    known = spdx_ids()
    refs: dict[str, str] = {}
    taken: set[str] = set()
    numbers: dict[str, int] = {}
    for text in sorted(set(texts)):
        if text in known or (is_expression(text, known) and "LicenseRef-" not in text):
            continue
        letters = (x if x.isascii() and x.isalnum() else "-" for x in text[:60])
        name = "".join(letters).strip("-") or "unnamed"
        refs[text] = unique(f"LicenseRef-{name}", taken, numbers)
    return refs


def _is_id(word: str, known: frozenset[str]) -> bool:
    return word in known or word.removesuffix("+") in known or word.startswith("LicenseRef-")


def _is_balanced(text: str) -> bool:
    depth = 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return False
    return depth == 0
