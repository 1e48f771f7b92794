"""What a document states, element by element, in its own words; `sbom.elements.check` judges it.

An `Sbom` holds what is in the image; a sheet also holds what the document says of itself, and keeps
apart what is not said, what is said to be unknown and what is said to be withheld. Documents are
another's: any member may have any type, and what has the wrong one is not said.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

Words = tuple[str, ...]
"""What is stated for one element; empty where nothing is."""

# fmt: off
DOCUMENT = (
    "format", "format-version", "format-and-version", "author", "author-contact", "tool",
    "tool-version", "timestamp", "context", "serial", "version", "signature", "uri", "product",
    "components", "top-level",
)
"""What a document may state of itself, by our names."""
COMPONENT = (
    "name", "version", "producer", "producer-contact", "identifier", "purl", "cpe", "hash",
    "hash-algorithm", "hash-deployable", "license", "dependency", "filename", "executable",
    "archive", "structured", "source-uri", "deployable-uri",
)
"""What it may state of each component."""
# fmt: on
UNKNOWN = frozenset({"noassertion", "unknown", "not known", "unspecified", "(unknown)"})
WITHHELD = frozenset({"withheld", "redacted", "(withheld)", "(redacted)"})
"""Words that say openly that something is not told (CISA 2026 keeps the two apart)."""
CONTACT = re.compile(r"[^\s@<>()]{1,128}@[^\s@<>()]{1,253}|https?://[^\s<>()]+")
DEEPEST = 64
"""Components within components; real ones have a few."""


class Row(Struct, frozen=True, kw_only=True):
    """One component: how people find it in the document, and its words by `COMPONENT`."""

    label: str
    told: Mapping[str, Words]


class Sheet(Struct, frozen=True, kw_only=True):
    """A document: its words by `DOCUMENT`, and its components."""

    told: Mapping[str, Words]
    rows: tuple[Row, ...]


def member(value: Any, *path: str) -> Any:
    """Return what lies at a path of members, None where there is nothing."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def objects(value: Any, *path: str) -> list[dict[str, Any]]:
    """Return the objects of the list at a path; one that stands alone counts as a list of it."""
    found = member(value, *path)
    found = [found] if isinstance(found, dict) else found
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def words(*values: Any) -> Words:
    """Return the texts and numbers among values, those of lists one by one, each once."""
    return tuple(dict.fromkeys(_texts(values)))


def word(value: Any) -> str:
    """Return the one text that a value is, or the first of its list; empty for anything else."""
    return next(iter(words(value)), "")


def contacts(stated: Words) -> Words:
    """Return the e-mail and web addresses in texts, also those written `Name <address>`."""
    return words(*(found for text in stated for found in CONTACT.findall(text)))


def _texts(values: Any) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            if text := value.strip():
                yield text
        elif isinstance(value, int | float):
            yield str(value)
        elif isinstance(value, list | tuple):
            yield from (one.strip() for one in value if isinstance(one, str) and one.strip())
