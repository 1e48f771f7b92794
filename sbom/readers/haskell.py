"""Haskell packages: GHC's package databases, and the lock files of Stack and Cabal.

Each installed package has a file of fields in a `package.conf.d` or `package.db` folder. What only
a lock file names is optional (rule 5).
"""

import re
from collections.abc import Iterator

from sbom.model import Found, Problem

FREEZE = "cabal.project.freeze"
GLOBS = (
    "**/package.conf.d/*.conf",
    "**/package.db/*.conf",
    "**/stack.yaml.lock",
    f"**/{FREEZE}",
)
MAGIC: tuple[bytes, ...] = ()

FIELD = re.compile(
    r"^(name|version|license|visibility):[ \t]*(?:\n[ \t]+)?([^\s][^\n]*)", re.MULTILINE
)
LOCKED = {
    FREEZE: re.compile(r"\bany\.([A-Za-z0-9][A-Za-z0-9-]*)[ \t]*==[ \t]*(\d+(?:\.\d+)*)"),
    "stack.yaml.lock": re.compile(
        r"^[ \t]*hackage:[ \t]*([A-Za-z0-9-]+)-(\d+(?:\.\d+)*)(?=@|[ \t]*$)", re.MULTILINE
    ),
}


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield an installed package, or the names in a lock file."""
    text, file = data.decode("utf-8", "replace"), path.rpartition("/")[2]
    if file in LOCKED:
        for name, version in dict.fromkeys(LOCKED[file].findall(text)):
            yield Found(type="hackage", name=name, version=version, scope="optional")
        return
    fields = {key: value.strip() for key, value in FIELD.findall(text)}
    name, version = fields.get("name", ""), fields.get("version", "")
    if not (name and version):
        what = f"package {name!r} has no {'version' if name else 'name'}"
        yield Problem(source="haskell", where=path, what=what, effect="record_lost")
        return
    # A library inside a package has a name of GHC's making; the package is named beside it.
    if name.startswith("z-"):
        return
    license_ = fields.get("license", "")
    yield Found(
        type="hackage", name=name, version=version, licenses=(license_,) if license_ else ()
    )
