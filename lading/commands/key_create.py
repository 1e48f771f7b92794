"""Make a key pair to sign verdicts, SBOMs and evidence with: NAME.key and NAME.pub."""

import os
import sys
from typing import Annotated

from msgspec import Meta, Struct

ARGUMENTS = ("name",)


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading key create`."""

    name: Annotated[str, Meta(description="Where to write: NAME.key and NAME.pub.")] = "lading"


def run(options: Options) -> int:
    """Write both files, or none; a key that is there is never written over."""
    from lading.keys import password
    from lading.output import write_file
    from sbom.errors import InputError
    from sbom.signing.keys import generate

    private, public = f"{options.name}.key", f"{options.name}.pub"
    for path in (private, public):
        if os.path.lexists(path):
            raise InputError(f"{path}: is there already", "name another, or move it away")
    secret = password("Password for the new key (empty for none): ")
    signer = generate()
    before = os.umask(0o077)
    try:
        write_file(private, signer.pem(secret))
    finally:
        os.umask(before)
    write_file(public, signer.public().pem())
    note = "" if secret else " (not encrypted: the password was empty)"
    sys.stdout.write(f"wrote {private}{note} and {public}\n{signer.id}\n")
    return 0
