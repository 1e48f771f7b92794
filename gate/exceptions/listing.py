"""How exceptions stand on a day: lines for people, and the document of `exception list`."""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from gate.exceptions.holding import days_until, end_of, over
from gate.policy.model import HouseException

SCHEMA: Literal["lading-exception-list/1"] = "lading-exception-list/1"


class Standing(Struct, frozen=True, kw_only=True, gc=False):
    """One exception and how it stands.

    holds: whether it does on that day, as far as days tell; events are told by a run only.
    stands: when it ends, or why it does not hold, in words.
    days_left: until its last day; None where there is no such day, or it is past.
    """

    exception: HouseException
    holds: bool
    stands: str
    days_left: int | None = None


class Listing(Struct, frozen=True, kw_only=True, gc=False):
    """The document: exceptions by id, on a day, and the files they are from with their digests."""

    schema: Literal["lading-exception-list/1"]
    day: str
    files: tuple[tuple[str, str], ...]
    exceptions: tuple[Standing, ...]


def standing(exception: HouseException, day: str) -> Standing:
    """Return how an exception stands on a day."""
    gone, left = over(exception, day), days_until(exception, day)
    return Standing(
        exception=exception,
        holds=not gone,
        stands=gone or end_of(exception),
        days_left=left if left is not None and left >= 0 else None,
    )


def lines(listed: Iterable[Standing]) -> list[tuple[str, ...]]:
    """Return id, what it speaks of, owner, and how it stands, for each."""
    rows: list[tuple[str, ...]] = []
    for each in listed:
        exception, left = each.exception, each.days_left
        of = ", ".join(exception.vulnerabilities)
        if exception.packages:
            of += f" in {', '.join(exception.packages)}"
        days = f" ({left} {'day' if left == 1 else 'days'} left)"
        stands = each.stands + (days if each.holds and left is not None else "")
        rows.append((exception.id, of, exception.owner, stands))
    return rows
