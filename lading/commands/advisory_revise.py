"""Change what a house advisory states; every earlier version is kept."""

from lading.house.advising import Id, change
from lading.house.stating import Stating, drafted, remark

ARGUMENTS = ("id",)


class Options(Stating, frozen=True, kw_only=True):
    """Options of `lading advisory revise`."""

    id: Id


def run(options: Options) -> int:
    """Replace what is given, keep what is not."""
    entry = change(options, options.id, lambda entry, made: drafted(options, entry, made))
    remark(entry, options)
    return 0
