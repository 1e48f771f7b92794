"""Portage packages (Gentoo and its family): the records of what is installed.

A package's record is a folder of small files, `var/db/pkg/CATEGORY/NAME-VERSION`; the folder's name
says all that a component needs (Package Manager Specification, 3.1 and 3.2).
"""

import re
from collections.abc import Iterator

from sbom.model import Found, Problem

GLOBS = ("var/db/pkg/*/*/PF", "var/db/pkg/*/*/CONTENTS")
MAGIC: tuple[bytes, ...] = ()

NAME_VERSION = re.compile(r"(.+?)-(\d+(?:\.\d+)*[a-z]?(?:_(?:alpha|beta|pre|rc|p)\d*)*(?:-r\d+)?)")
# An installation that was broken off leaves its record under this prefix.
UNFINISHED = "-MERGING-"
LONGEST = 512


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the package of a record (`PF`), or its files (`CONTENTS`)."""
    category, folder, file = path.split("/")[-3:]
    named = NAME_VERSION.fullmatch(folder[:LONGEST])
    if folder.startswith(UNFINISHED):
        return
    if named is None:
        if file == "PF":
            what = f"the folder {folder!r} is no NAME-VERSION"
            yield Problem(source="portage", where=path, what=what, effect="record_lost")
        return
    if file == "PF":
        yield Found(type="generic", namespace=category, name=named[1], version=named[2])
        return
    text = data.decode("utf-8", "surrogateescape")
    owns = tuple(name for line in text.split("\n") if (name := _owned(line)))
    if owns:
        yield Found(type="generic", namespace=category, name=named[1], version="", owns=owns)


def _owned(line: str) -> str:
    """Return the path in `obj PATH MD5 TIME` and `sym PATH -> TARGET TIME`; folders are shared."""
    kind, _, rest = line.partition(" ")
    if kind == "obj":
        return rest.rsplit(" ", 2)[0].lstrip("/")
    return rest.partition(" -> ")[0].lstrip("/") if kind == "sym" else ""
