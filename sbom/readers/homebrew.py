"""Homebrew packages: the receipt in each package's folder, `Cellar/NAME/VERSION`.

The version ends in Homebrew's own revision (`1.2_3`). The tap is told where it is not the default.
"""

from collections.abc import Iterator

from msgspec import Struct, field
from msgspec.json import Decoder

from sbom.model import Found, Problem
from sbom.readers import decoded

GLOBS = ("**/Cellar/*/*/INSTALL_RECEIPT.json",)
MAGIC: tuple[bytes, ...] = ()

DEFAULT_TAP = "homebrew/core"


class Source(Struct, gc=False):
    """Where a package came from."""

    tap: str | None = None


class Receipt(Struct, gc=False):
    """The part of a receipt that the folder's name does not say."""

    source: Source = field(default_factory=Source)
    arch: str | None = None


RECEIPT = Decoder(Receipt)


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the package of a receipt; a damaged one costs only the tap."""
    receipt = decoded.whole(RECEIPT, data, "homebrew", path, "receipt")
    tap = ""
    if isinstance(receipt, Problem):
        yield receipt
    else:
        tap = receipt.source.tap or ""
    name, version = path.split("/")[-3:-1]
    space = "" if tap == DEFAULT_TAP else tap
    yield Found(type="brew", namespace=space, name=name, version=version)
