"""Print a shipped policy, to start one's own from."""

import sys
from typing import Annotated

from msgspec import Meta, Struct

ARGUMENTS = ("name",)


class Options(Struct, frozen=True, kw_only=True):
    """Options of `lading policy show`."""

    name: Annotated[str, Meta(description="Name of a shipped policy.")] = "default"


def run(options: Options) -> int:
    """Print its YAML as it is shipped."""
    from gate.policy.reading import shipped

    sys.stdout.write(shipped(options.name))
    return 0
