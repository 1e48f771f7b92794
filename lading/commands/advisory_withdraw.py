"""Withdraw a house advisory: it matches no more, and stays readable with its reason."""

from lading.house.advising import Changing, Id, change

ARGUMENTS = ("id",)


class Options(Changing, frozen=True, kw_only=True):
    """Options of `lading advisory withdraw`; the reason is part of the record."""

    id: Id


def run(options: Options) -> int:
    """Withdraw it; the id is never given out again."""
    from match.house.lifecycle import withdraw

    change(options, options.id, withdraw)
    return 0
