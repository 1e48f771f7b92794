"""Verify an evidence bundle offline: every file, and who signed it."""

import sys
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

ARGUMENTS = ("folder",)
WRONG = 1


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading evidence verify`."""

    folder: Annotated[str, Meta(description="The bundle.")]
    key: Annotated[str, Meta(description="A public key (PEM), or a trust file (YAML).")] = ""
    unsigned: Annotated[
        bool, Meta(description="Check the files alone: anybody may have written them.")
    ] = False
    output: Annotated[Literal["text", "json"], Meta(description="text or json.")] = "text"


def run(options: Options) -> int:
    """Exit 0 where it is what was signed, 1 where it is not, 2 where it cannot be read."""
    from gate.evidence.verify import verify
    from lading.evidencing import listed, read_file
    from sbom.errors import InputError
    from sbom.signing.trust import read_trust
    from sbom.text import plain

    if bool(options.key) == options.unsigned:
        raise InputError("whose signature?", "name --key KEY, or say --unsigned")
    verified = verify(
        listed(options.folder),
        lambda path: read_file(options.folder, path),
        None if options.unsigned else read_trust(options.key),
    )
    if options.output == "json":
        sys.stdout.buffer.write(msgspec.json.encode(verified, order="sorted") + b"\n")
    else:
        word = "right" if verified.passes else "wrong"
        lines = [f"{word}: {plain(verified.because)}, of {verified.created}, {verified.period}"]
        lines += [f"  {plain(each.place)}: {plain(each.what)}" for each in verified.faults]
        sys.stdout.write("\n".join(lines) + "\n")
    return 0 if verified.passes else WRONG
