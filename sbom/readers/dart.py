"""Dart and Flutter packages: pub's lock file.

Compiled programs hold no list of their packages, so the lock file is all there is; what it names is
optional (rule 5). Packages of a folder, a repository or an SDK are not published, and left out.
"""

import re
from collections.abc import Iterator

from sbom.model import Found, Problem

GLOBS = ("**/pubspec.lock",)
MAGIC: tuple[bytes, ...] = ()

# pub writes two spaces for each level, and quotes what could be taken for a number.
NAME = re.compile(r" {2}\"?([A-Za-z0-9_]+)\"?:[ \t]*")
FIELD = re.compile(r" {4}(source|version):[ \t]*\"?([^\"\s]+)\"?[ \t]*")
CACHE = ".pub-cache"


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the published packages of a lock file, in its order."""
    if CACHE in path.split("/"):
        return
    packages: dict[str, dict[str, str]] = {}
    inside, name = False, ""
    for line in data.decode("utf-8-sig", "replace").splitlines():
        if line[:1] not in {"", " ", "#"}:
            inside, name = line.startswith("packages:"), ""
        elif inside and (head := NAME.fullmatch(line)):
            name = head[1]
            packages.setdefault(name, {})
        elif name and (field := FIELD.fullmatch(line)):
            packages[name].setdefault(field[1], field[2])
    for name, fields in packages.items():
        if fields.get("source") != "hosted":
            continue
        if "version" in fields:
            yield Found(type="pub", name=name, version=fields["version"], scope="optional")
        else:
            what = f"package {name!r} has no version"
            where = f"{path}: packages[{name!r}]"
            yield Problem(source="dart", where=where, what=what, effect="record_lost")
