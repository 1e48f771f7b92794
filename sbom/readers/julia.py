"""Julia packages: the project file of each installed one, and manifests.

Julia installs into `packages/NAME/SLUG`. What only a manifest names is optional (rule 5); entries
without a version are of Julia's standard library, or lie in a folder.
"""

import re
from collections.abc import Iterator

from msgspec.structs import replace

from sbom.model import Found, Problem
from sbom.readers import toml_tables

GLOBS = ("**/packages/*/*/Project.toml", "**/Manifest.toml")
MAGIC: tuple[bytes, ...] = ()

FIELD = re.compile(r"^(name|uuid|version)[ \t]*=[ \t]*\"([^\"\n]*)\"", re.MULTILINE)
TABLE = re.compile(r"^[ \t]*\[", re.MULTILINE)
PREFIX = "deps."


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield an installed package, or the names of a manifest."""
    folders = path.split("/")
    if path.endswith("Project.toml"):
        yield from _project(data.decode("utf-8-sig", "replace"), path, folders[-3])
    elif "packages" not in folders:
        # A manifest inside an installed package served its makers.
        for key, texts in toml_tables.tables(data):
            if texts.get("version") and texts.get("uuid") and "path" not in texts:
                name = key.removeprefix(PREFIX).strip(' "') or key
                yield replace(_found(name, texts["version"], texts["uuid"]), scope="optional")


def _project(text: str, path: str, folder: str) -> Iterator[Found | Problem]:
    table = TABLE.search(text)
    fields = dict(reversed(FIELD.findall(text[: table.start()] if table else text)))
    if fields.get("name") != folder or not fields.get("uuid"):
        return
    if fields.get("version"):
        yield _found(folder, fields["version"], fields["uuid"])
    else:
        what = f"package {folder!r} has no version"
        yield Problem(source="julia", where=path, what=what, effect="record_lost")


def _found(name: str, version: str, uuid: str) -> Found:
    return Found(type="julia", name=name, version=version, qualifiers=(("uuid", uuid),))
