"""Make reports again from a stored run or verdict, the same bytes as at the time."""

from typing import Annotated

from msgspec import Meta, Struct

from lading.judging import OUTPUTS
from lading.keeping import read_stored

ARGUMENTS = ("file",)


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading report`."""

    file: Annotated[
        str, Meta(description="A stored run (`-o run=FILE`), or the digest of a stored verdict.")
    ]
    output: Annotated[tuple[str, ...], Meta(description=OUTPUTS)] = ("table",)
    all: Annotated[bool, Meta(description="Show also what was looked at and dismissed.")] = False
    db: Annotated[str, Meta(description="The store (or LADING_DB).")] = ""


def run(options: Options) -> int:
    """Exit 0 whatever the verdict in it was: a report is a reading, no gate."""
    from gate.reports.run import read
    from lading.judging import write_reports

    data = read_stored(options.file, options.db)
    write_reports(read(data, options.file), options.output, everything=options.all)
    return 0
