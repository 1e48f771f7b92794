"""PEAR and PECL packages: PEAR's registry, a file of PHP's own serialisation for each package.

Only texts at known keys are wanted, so the file is searched, not unserialised.
"""

import re
from collections.abc import Iterator

from sbom.model import Found, Problem

GLOBS = ("**/php/.registry/*.reg", "**/php/.registry/.channel.*/*.reg")
MAGIC: tuple[bytes, ...] = ()

# s:4:"name";s:4:"XDEB"; the version of the release is the first text of the array `version`.
NAME = re.compile(r's:4:"name";s:\d+:"([^"]+)";')
CHANNEL = re.compile(r's:7:"channel";s:\d+:"([^"]+)";')
VERSION = re.compile(r's:7:"version";a:\d+:\{[^{}]*?s:7:"release";s:\d+:"([^"]+)";')
LICENSE = re.compile(
    r's:7:"license";(?:a:\d+:\{.{0,500}?s:8:"_content";)?s:\d+:"([^"]+)";', re.DOTALL
)
LARGEST = 4 << 20
DEFAULT = "pear.php.net"


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the package of a registry file."""
    text = data[:LARGEST].decode("utf-8", "replace")
    name, version = NAME.search(text), VERSION.search(text)
    if not (name and version):
        what = f"the record has no {'version' if name else 'name'}"
        yield Problem(source="pear", where=path, what=what, effect="record_lost")
        return
    channel, license_ = CHANNEL.search(text), LICENSE.search(text)
    yield Found(
        type="pear",
        namespace=channel[1] if channel else DEFAULT,
        name=name[1],
        version=version[1],
        licenses=(license_[1],) if license_ else (),
    )
