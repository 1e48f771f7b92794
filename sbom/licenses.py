"""Licences as the formats want them: which texts are SPDX ids, and which are expressions."""

from functools import lru_cache

import msgspec

OPERATORS = frozenset({"AND", "OR", "WITH"})


@lru_cache(maxsize=1)
def spdx_ids() -> frozenset[str]:
    """Return the ids of licences and exceptions that CycloneDX 1.6 admits."""
    from sbom.conform import official

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


def _is_id(word: str, known: frozenset[str]) -> bool:
    return word in known or word.removesuffix("+") in known or word.startswith("LicenseRef-")


def _is_balanced(text: str) -> bool:
    depth = 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return False
    return depth == 0
