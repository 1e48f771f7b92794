"""Make a CVE the alias of a house advisory: findings bear the CVE, and keep their first date."""

from typing import Annotated

from msgspec import Meta

from lading.house.advising import Changing, Id, change

ARGUMENTS = ("id", "cve")


class Options(Changing, frozen=True, kw_only=True):
    """Options of `lading advisory link-cve`."""

    id: Id
    cve: Annotated[str, Meta(description="The CVE, as CVE-2026-1234.")]


def run(options: Options) -> int:
    """Link it; where it covers only a part, split the advisory instead."""
    from match.house.lifecycle import link_cve

    change(options, options.id, lambda entry, made: link_cve(entry, options.cve, made))
    return 0
