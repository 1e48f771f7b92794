"""Note that somebody disputes a house advisory, or that the dispute is settled."""

from typing import Annotated

from msgspec import Meta

from lading.house.advising import Changing, Id, change

ARGUMENTS = ("id",)


class Options(Changing, frozen=True, kw_only=True):
    """Options of `lading advisory dispute`; by whom and why is part of the record."""

    id: Id
    by: Annotated[str, Meta(description="Who disputes it: the maintainers, a vendor …")] = ""
    url: Annotated[str, Meta(description="Where they say so.")] = ""
    settle: Annotated[bool, Meta(description="It is settled: --why says how.")] = False


def run(options: Options) -> int:
    """A disputed advisory still matches, and says everywhere that it is disputed."""
    from match.house.lifecycle import dispute, settle

    if options.settle:
        change(options, options.id, settle)
    else:
        change(options, options.id, lambda e, made: dispute(e, options.by, options.url, made))
    return 0
