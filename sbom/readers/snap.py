"""Snaps, unpacked: the description at the root of each (`meta/snap.yaml`).

Only texts at the first level are wanted, one line each, so no YAML parser meets a hostile file.
"""

import re
from collections.abc import Iterator

from sbom.model import Found, Problem

GLOBS = ("**/meta/snap.yaml",)
MAGIC: tuple[bytes, ...] = ()

FIELD = re.compile(
    r"^(name|version|license|architectures)[ \t]*:[ \t]*(\"[^\"\n]*\"|'[^'\n]*'|[^\s#'\"][^#\n]*)",
    re.MULTILINE,
)


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the snap; one whose version comes from elsewhere (`adopt-info`) has none."""
    fields: dict[str, str] = {}
    for key, value in FIELD.findall(data.decode("utf-8-sig", "replace")):
        fields.setdefault(key, value.strip().strip("\"'").strip())
    name, version = fields.get("name", ""), fields.get("version", "")
    if not (name and version):
        what = f"snap {name!r} has no {'version' if name else 'name'}"
        yield Problem(source="snap", where=path, what=what, effect="record_lost")
        return
    license_ = fields.get("license", "")
    yield Found(
        type="generic",
        namespace="snap",
        name=name,
        version=version,
        licenses=(license_,) if license_ not in {"", "unset"} else (),
    )
