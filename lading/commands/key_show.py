"""Show what a key, or a trust file, is: ids, uses, and until when each key counts."""

import sys
from typing import Annotated

from msgspec import Meta, Struct

ARGUMENTS = ("file",)


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading key show`."""

    file: Annotated[str, Meta(description="A public key in PEM, or a trust file (YAML).")]


def run(options: Options) -> int:
    """Print one line for each key."""
    from lading.table import table
    from sbom.signing.trust import read_trust

    rows = [
        (
            each.name,
            each.verifier.id,
            ", ".join(each.uses),
            each.from_day or "-",
            each.until_day or "-",
            f"{each.revoked} {each.reason}".strip() or "-",
        )
        for each in read_trust(options.file)
    ]
    sys.stdout.buffer.write(table(("name", "id", "for", "from", "until", "revoked"), rows, ()))
    return 0
