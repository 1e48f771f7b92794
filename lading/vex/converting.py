"""What `vex merge` and `vex convert` have in common: VEX documents in, one out, losses told."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gate.model import Statement
from sbom.errors import InputError
from sbom.model import Problem

if TYPE_CHECKING:
    from gate.statements.heading import Heading

INCOMPLETE = 1


def read_all(
    paths: Sequence[str],
) -> tuple[tuple[tuple[Statement, ...], ...], tuple[Problem, ...]]:
    """Read the statements of the documents at each name, and all that could not be read."""
    from lading.vex.gathering import named, read_sources

    found = read_sources(named(paths))
    return found.documents, found.problems


def write_documents(
    output: Sequence[str],
    statements: Sequence[Statement],
    heading: "Heading",
    problems: Sequence[Problem],
) -> int:
    """Write the statements in every format asked for; print what was lost on standard error.

    Returns:
        1 where a whole statement was lost, else 0.

    Raises:
        InputError: where there is nothing to write, or nobody who states it.
    """
    from gate.vex import WRITTEN, write
    from lading.output import wanted, write_all
    from sbom.text import plain

    outputs = wanted(output, WRITTEN)
    if not statements:
        raise InputError("there are no statements to write", "see `lading vex lint`")
    if not heading.author:
        raise InputError("the author is missing", "name one: --author NAME")
    told = list(problems)

    def render(name: str, _: bool) -> bytes:  # noqa: FBT001
        data, lost = write(name, statements, heading)
        told.extend(lost)
        return data

    write_all(outputs, render)
    for each in dict.fromkeys(told):
        line = f"{each.where}: {each.what}" if each.where else each.what
        sys.stderr.write(plain(line) + "\n")
    return INCOMPLETE if any(each.effect == "record_lost" for each in told) else 0
