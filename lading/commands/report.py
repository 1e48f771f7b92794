"""Make reports again from a stored run (`-o run=FILE`), the same bytes as at the time."""

from typing import Annotated

from msgspec import Meta, Struct

from lading.judging import OUTPUTS

ARGUMENTS = ("file",)


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading report`."""

    file: Annotated[str, Meta(description="A stored run.")]
    output: Annotated[tuple[str, ...], Meta(description=OUTPUTS)] = ("table",)
    all: Annotated[bool, Meta(description="Show also what was looked at and dismissed.")] = False


def run(options: Options) -> int:
    """Exit 0 whatever the verdict in it was: a report is a reading, no gate."""
    from gate.reports.run import read
    from lading.judging import write_reports

    with open(options.file, "rb") as stream:
        stored = read(stream.read(), options.file)
    write_reports(stored, options.output, everything=options.all)
    return 0
