"""XML documents read part by part, within bounds: no entities, no depth, no length without end."""

from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

from match.records.documents import LIST_BYTES

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

DEPTH = 64
"""The documents of publishers have about ten levels."""
LONGEST = 4 * LIST_BYTES
"""No part is kept once it is read, so a document may be longer than what is held whole."""


def parts(file: IO[bytes], level: int) -> Iterator["Element"]:
    """Yield each element `level` levels below the root as it ends, and let go of it.

    Raises:
        Exception: one of `unreadable()`, where the document cannot be read on.
    """
    from defusedxml.ElementTree import iterparse

    above: list[Element] = []
    for event, element in iterparse(_Bounded(file), events=("start", "end"), forbid_dtd=True):
        if event == "start":
            above.append(element)
            if len(above) > DEPTH:
                raise ValueError("it is nested too deeply")
            continue
        above.pop()
        if len(above) == level:
            yield element
            above[-1].remove(element)


def unreadable() -> tuple[type[Exception], ...]:
    """Return what reading foreign XML raises; asked for where something was raised."""
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException

    return ParseError, DefusedXmlException, ValueError, RecursionError


def local(element: "Element") -> str:
    """Return an element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def text_of(element: "Element", name: str) -> str:
    """Return the text of the first element of a name at any depth; empty where there is none."""
    found = next((e for e in element.iter() if local(e) == name), None)
    return (found.text or "").strip() if found is not None else ""


class _Bounded:
    """A file that ends, with an error, where it is too long."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._left = file, LONGEST

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise ValueError("the document is too long")
        return data
