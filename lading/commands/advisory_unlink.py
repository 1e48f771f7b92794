"""Take back an alias of a house advisory that was wrong; that it was there stays in the history."""

from typing import Annotated

from msgspec import Meta

from lading.house.advising import Changing, Id, change

ARGUMENTS = ("id", "other")


class Options(Changing, frozen=True, kw_only=True):
    """Options of `lading advisory unlink`."""

    id: Id
    other: Annotated[str, Meta(description="The CVE or other id that is not the same.")]


def run(options: Options) -> int:
    """Unlink it."""
    from match.house.lifecycle import unlink

    change(options, options.id, lambda entry, made: unlink(entry, options.other, made))
    return 0
