"""Python distributions: the metadata that installers leave beside the code.

Core metadata (`METADATA`, `PKG-INFO`) is a block of headers up to the first empty line; only that
is read. Debian's dist-packages and copies in a `_vendor` folder are distributions like any other.
"""

import re
from collections.abc import Iterator

from sbom.model import Found, Problem

GLOBS = (
    "**/*.dist-info/METADATA",
    "**/*.egg-info/PKG-INFO",
    "**/*.egg-info",
    "**/EGG-INFO/PKG-INFO",
)
MAGIC: tuple[bytes, ...] = ()

WANTED = frozenset(
    {
        "name",
        "version",
        "license-expression",
        "license",
        "classifier",
        "author",
        "author-email",
        "maintainer",
    }
)
# `NAME-VERSION.dist-info`, where hyphens of the name are written as underscores.
FOLDER = re.compile(
    r"(?:.*/)?([^/-]+)-([^/]+?)(?:-py[0-9.]+(?:-[^/]*)?)?\.(?:dist|egg)-info(?:/.*)?"
)
UNSAID = frozenset({"", "UNKNOWN", "NONE"})


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the distribution that a metadata file describes."""
    fields = _headers(data)
    name, version = fields.get("name", [""])[0], fields.get("version", [""])[0]
    if not (name and version):
        from_folder = FOLDER.fullmatch(path)
        lost = "field_lost" if from_folder else "record_lost"
        what = (
            f"the metadata of {name or 'a distribution'!r} has no {'version' if name else 'name'}"
        )
        yield Problem(source="python", where=path, what=what, effect=lost)
        if not from_folder:
            return
        name, version = name or from_folder[1], version or from_folder[2]
    yield Found(
        type="pypi",
        name=name,
        version=version,
        vendor=_vendor(fields),
        licenses=_licenses(fields),
    )


def _headers(data: bytes) -> dict[str, list[str]]:
    """Return the wanted headers up to the first empty line, names folded, texts of one line."""
    end = min(at for at in (data.find(b"\n\n"), data.find(b"\r\n\r\n"), len(data)) if at >= 0)
    fields: dict[str, list[str]] = {}
    for line in data[:end].decode("utf-8-sig", "replace").splitlines():
        name, colon, value = line.partition(":")
        folded = name.lower()
        if colon and folded in WANTED:
            fields.setdefault(folded, []).append(value.strip())
    return fields


def _vendor(fields: dict[str, list[str]]) -> str:
    said = (fields.get(key, [""])[0] for key in ("author", "author-email", "maintainer"))
    return next((text for text in said if text.upper() not in UNSAID), "")


def _licenses(fields: dict[str, list[str]]) -> tuple[str, ...]:
    """The expression is the standard's own word; the free text may be a whole licence."""
    for key in ("license-expression", "license"):
        text = fields.get(key, [""])[0]
        if text.upper() not in UNSAID:
            return (text,)
    parts = [text.split(" :: ") for text in fields.get("classifier", ())]
    return tuple(part[-1] for part in parts if part[0] == "License" and len(part) > 1)
