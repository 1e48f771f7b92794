"""List the exceptions in files: what was accepted, by whom, and how it stands today."""

import sys
from typing import Annotated

from msgspec import Meta, Struct

ARGUMENTS = ("files",)


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading exception list`."""

    files: Annotated[tuple[str, ...], Meta(description="Files of exceptions.")]
    now: Annotated[str, Meta(description="The day they are held against, not the clock's.")] = ""


def run(options: Options) -> int:
    """Print a line for each, by id."""
    from gate.exceptions.files import load_all
    from gate.exceptions.lint import line
    from lading.clock import now
    from lading.table import table

    day = now(options.now)
    rows = [line(each, day) for each in load_all(options.files)]
    sys.stdout.buffer.write(table(("ID", "ACCEPTS", "OWNER", "HOLDS"), rows))
    return 0
