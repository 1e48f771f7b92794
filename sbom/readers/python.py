"""Python distributions: the metadata that installers leave beside the code.

Core metadata (`METADATA`, `PKG-INFO`) is a block of headers up to the first empty line; only that
is read. Debian's dist-packages and copies in a `_vendor` folder are distributions like any other.
"""

import re
from collections.abc import Iterator

from sbom.model import Found, Problem
from sbom.readers import python_locks, zipped

GLOBS = (
    "**/*.dist-info/METADATA",
    "**/*.egg-info/PKG-INFO",
    "**/*.egg-info",
    "**/EGG-INFO/PKG-INFO",
    "**/*.egg",
    *(f"**/{name}" for name in python_locks.NAMES),
)
MAGIC: tuple[bytes, ...] = ()

NAME, VERSION, EXPRESSION, LICENSE = "name", "version", "license-expression", "license"
CLASSIFIER, MAKERS = "classifier", ("author", "author-email", "maintainer", "maintainer-email")
WANTED = frozenset({NAME, VERSION, EXPRESSION, LICENSE, CLASSIFIER, *MAKERS})
# `NAME-VERSION.dist-info`; the hyphens of the name are written as underscores.
FOLDER = re.compile(r"([^/-]+)-([^/-]+)(?:-py[0-9.]+)?\.(?:dist|egg)-info")
UNSAID = frozenset({"", "UNKNOWN", "NONE"})
# Data of a package's own tests is not installed, though it lies among what is.
TEST_DATA = re.compile(r"/(?:site|dist)-packages/(?:[^/]+/)+tests?/")
LARGEST_TEXT = 4 << 20


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the distribution of a metadata file or a zipped egg, or the names in a lock file."""
    if path.endswith(python_locks.NAMES):
        yield from python_locks.read(data, path)
        return
    folders = path.split("/")
    # pip renames what it is about to remove so that it begins with a tilde; pip does not list it.
    if TEST_DATA.search(f"/{path}") or any(name.startswith("~") for name in folders[-2:]):
        return
    if path.endswith(".egg"):
        yield from _egg(data, path)
        return
    fields = _headers(data)
    name, version = fields.get(NAME, [""])[0], fields.get(VERSION, [""])[0]
    if not (name and version):
        said = next((found for part in folders[-2:] if (found := FOLDER.fullmatch(part))), None)
        what = f"the metadata has no {'version' if name else 'name'}"
        yield Problem(
            source="python",
            where=path,
            what=what,
            effect="field_lost" if said else "record_lost",
        )
        if said is None:
            return
        name, version = name or said[1], version or said[2]
    yield Found(
        type="pypi",
        name=name,
        version=version,
        vendor=_vendor(fields),
        licenses=_licenses(fields),
    )


def _egg(data: bytes, path: str) -> Iterator[Found | Problem]:
    try:
        inside = [e for e in zipped.entries(data) if e.name == b"EGG-INFO/PKG-INFO"]
        texts = [zipped.content(data, entry, LARGEST_TEXT) for entry in inside[:1]]
    except zipped.ZipError as fault:
        what = f"unreadable egg: {fault}"
        yield Problem(source="python", where=path, what=what, effect="source_lost")
        return
    for text in texts:
        yield from read(text, f"{path}!/EGG-INFO/PKG-INFO")


def _headers(data: bytes) -> dict[str, list[str]]:
    """Return the wanted headers up to the first empty line, names folded, texts of one line."""
    ends = (data.find(b"\n\n"), data.find(b"\r\n\r\n"))
    end = min((at for at in ends if at >= 0), default=len(data))
    fields: dict[str, list[str]] = {}
    for line in data[:end].decode("utf-8-sig", "replace").splitlines():
        name, colon, value = line.partition(":")
        folded = name.lower()
        if colon and folded in WANTED:
            fields.setdefault(folded, []).append(value.strip())
    return fields


def _vendor(fields: dict[str, list[str]]) -> str:
    said = (fields.get(key, [""])[0] for key in MAKERS)
    return next((text for text in said if text.upper() not in UNSAID), "")


def _licenses(fields: dict[str, list[str]]) -> tuple[str, ...]:
    """Return the expression, else the text (the first line of one), else the classifiers."""
    for key in (EXPRESSION, LICENSE):
        text = fields.get(key, [""])[0]
        if text.upper() not in UNSAID:
            return (text,)
    parts = [text.split(" :: ") for text in fields.get(CLASSIFIER, ())]
    return tuple(part[-1] for part in parts if part[0] == "License" and len(part) > 1)
