"""Say what to look at in exceptions: ended, without an end, over-broad, refused by a policy."""

import sys
from typing import Annotated

from msgspec import Meta, Struct

ARGUMENTS = ("files",)
REMARKED = 1


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading exception lint`."""

    files: Annotated[tuple[str, ...], Meta(description="Files of exceptions.")]
    policy: Annotated[str, Meta(description="The policy on whose terms they have to hold.")] = (
        "default"
    )
    now: Annotated[str, Meta(description="The day they are held against, not the clock's.")] = ""


def run(options: Options) -> int:
    """Exit 1 where there is anything to look at, 2 where a file is no valid one."""
    from gate.exceptions.files import load_all
    from gate.exceptions.lint import remarks
    from gate.policy.reading import load
    from lading.clock import now
    from sbom.text import plain

    policy, day = load(options.policy), now(options.now)
    lines = [
        f"{each.where}: {each.id}: {what}"
        for each in load_all(options.files).exceptions
        for what in remarks(each, policy, day)
    ]
    for told in lines or ["nothing to remark"]:
        sys.stdout.write(plain(told) + "\n")
    return REMARKED if lines else 0
