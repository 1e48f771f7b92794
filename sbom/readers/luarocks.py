"""Lua rocks: the rockspec that LuaRocks keeps of each rock it installs.

A rockspec is Lua code, but LuaRocks names its folders `rocks-5.4/NAME/VERSION`: these are read.
"""

import re
from collections.abc import Iterator

from sbom.model import Found, Problem

GLOBS = ("**/*.rockspec",)
MAGIC: tuple[bytes, ...] = ()

INSTALLED = re.compile(
    r"(?:^|.*/)rocks(?:-\d+\.\d+)?/([^/]+)/(\d[^/]*-\d+|(?:scm|dev|git)[^/]*-\d+)/\1-\2\.rockspec"
)
LICENSE = re.compile(r"""^[ \t]*license[ \t]*=[ \t]*(?:"([^"\n]+)"|'([^'\n]+)')""", re.MULTILINE)


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the rock of an installed rockspec; those of sources are passed."""
    installed = INSTALLED.fullmatch(path)
    if installed is None:
        return
    said = LICENSE.search(data.decode("utf-8", "replace"))
    yield Found(
        type="luarocks",
        name=installed[1],
        version=installed[2],
        licenses=(said[1] or said[2],) if said else (),
    )
