"""What need not be read again: bytes that are known, and what they came to when they were read."""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol, TypeVar

from match.model import Advisory
from sbom.model import Problem

GROUP, GROUP_BYTES = 1024, 4 << 20
"""Of how many members it is asked at once whether they are known, and how long they may be."""

Known = Callable[[Sequence[tuple[str, bytes]]], Container[bytes]]
"""Called with members of an archive, the id that each has by its name and the digest of its bytes.

Returns digests: what they came to is known, and counts as read. Many are asked for at a time.
"""
Ids = Callable[[str], str]
"""The id of the record that a member's name stands for; empty where it stands for none."""


class Sole(NamedTuple):
    """A record that is all that its bytes come to, without any problem; `raw` is their digest."""

    record: Advisory
    raw: bytes


Read = Advisory | Problem | Sole
"""What a feed yields that passes over what is known; the last only where it is asked to."""


class BadArchive(ValueError):  # noqa: N818 (named as every `BadX` and `InvalidX` of the project is)
    """The file is no archive, or what says what it holds is damaged."""


class _Held(Protocol):
    @property
    def data(self) -> bytes: ...


Held = TypeVar("Held", bound=_Held)


def sole(raw: bytes, found: Iterable[Advisory | Problem]) -> Iterator[Read]:
    """Yield what bytes come to; with their digest, if there is one, where that is one record."""
    if not raw:
        yield from found
        return
    said = list(found)
    if len(said) == 1 and isinstance(said[0], Advisory):
        yield Sole(said[0], raw)
    else:
        yield from said


def grouped(found: Iterator[Held]) -> Iterator[list[Held]]:
    """Yield members group by group; those before a damage come before it is raised."""
    group: list[Held] = []
    held, damage = 0, None
    try:
        for each in found:
            group.append(each)
            held += len(each.data)
            if len(group) >= GROUP or held >= GROUP_BYTES:
                yield group
                group, held = [], 0
    except Exception as error:  # noqa: BLE001 (it is raised when what came before it is out)
        damage = error
    yield group
    if damage is not None:
        raise damage
