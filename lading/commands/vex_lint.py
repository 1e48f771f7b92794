"""Say what is wrong or doubtful in VEX documents: exit 1 where something is wrong."""

import sys
from typing import Annotated

from msgspec import Meta, Struct

ARGUMENTS = ("documents",)
WRONG = 1


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading vex lint`."""

    documents: Annotated[tuple[str, ...], Meta(description="VEX documents of any known format.")]
    strict: Annotated[bool, Meta(description="Doubtful is wrong too.")] = False


def run(options: Options) -> int:
    """Print each remark as `FILE: LEVEL: PLACE: WHAT`."""
    from gate.statements.lint import lint
    from gate.statements.wrapped import opened
    from sbom.text import plain

    code = 0
    for path in options.documents:
        with open(path, "rb") as stream:
            remarks = lint(opened(stream.read(), path).data, path)
        for each in remarks:
            place = f"{each.place}: " if each.place else ""
            line = f"{path}: {each.level}: {place}{each.what}"
            sys.stdout.write(plain(line) + "\n")
        if not remarks:
            sys.stdout.write(f"{path}: nothing to remark\n")
        if any(options.strict or each.level == "wrong" for each in remarks):
            code = WRONG
    return code
