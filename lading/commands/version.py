"""Print the version of Lading."""

import sys
from importlib.metadata import version

from msgspec import Struct

ARGUMENTS: tuple[str, ...] = ()


class Options(Struct, frozen=True, kw_only=True):
    """None."""


def run(_options: Options) -> int:
    """Print `lading VERSION`."""
    sys.stdout.write(f"lading {version('lading')}\n")
    return 0
