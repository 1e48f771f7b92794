"""Not a reader: the lock files of Poetry, uv, PDM and Pipenv.

A lock file names what an installer would install; every name in it is optional (rule 5). Entries of
a folder, a repository or an address are no published versions, and are left out.
"""

from collections.abc import Iterator

from msgspec import Raw, Struct
from msgspec.json import Decoder

from sbom.model import Found, Problem
from sbom.readers import decoded, toml_tables

PIPENV = "Pipfile.lock"
NAMES = ("poetry.lock", "uv.lock", "pdm.lock", PIPENV)
FOLDERS = frozenset({"site-packages", "dist-packages"})

SECTIONS = frozenset({"_meta"})
"""What is no list of packages; every other key of Pipenv's file is one."""


class Entry(Struct, gc=False):
    """An entry of Pipenv's; `==VERSION` where it is of a published version."""

    version: str = ""


DOCUMENT: Decoder[dict[str, dict[str, Raw]]] = Decoder(dict[str, dict[str, Raw]])
ENTRY = Decoder(Entry)


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield every name and version that a lock file states."""
    # What lies among installed packages came with one of them and served its makers.
    if not FOLDERS.isdisjoint(path.split("/")):
        return
    if path.endswith(PIPENV):
        yield from _pipenv(data, path)
        return
    told: set[tuple[str, str]] = set()
    for table, texts in toml_tables.tables(data):
        pair = (texts.get("name", ""), texts.get("version", ""))
        if table == "package" and all(pair) and pair not in told and _published(texts):
            told.add(pair)
            yield _found(*pair)


def _published(texts: dict[str, str]) -> bool:
    """Tell by what uv (`source`), Poetry (`source.type`) and PDM (the rest) write of origins."""
    source = texts.get("source", "")
    if source.startswith("{") and "registry" not in source:
        return False
    unpublished = {"git", "path", "url"}.intersection(texts)
    return not unpublished and texts.get("source.type", "legacy") == "legacy"


def _pipenv(data: bytes, path: str) -> Iterator[Found | Problem]:
    document = decoded.whole(DOCUMENT, data, "python", path, "lock file")
    if isinstance(document, Problem):
        yield document
        return
    for section, entries in document.items():
        if section in SECTIONS:
            continue
        for name, raw in entries.items():
            entry = decoded.entry(ENTRY, raw, "python", f"{path}: {section}[{name!r}]", "package")
            if isinstance(entry, Problem):
                yield entry
            elif name and (version := entry.version.lstrip("=")) != entry.version and version:
                yield _found(name, version)


def _found(name: str, version: str) -> Found:
    return Found(type="pypi", name=name, version=version, scope="optional")
