"""Alpine, Wolfi and Chainguard packages: the database of installed packages of apk-tools.

Virtual packages (`.python-rundeps`) are packages like any other (rule 5).
"""

from collections.abc import Iterator

from sbom.model import Found, Problem

GLOBS = ("lib/apk/db/installed", "usr/lib/apk/db/installed")
MAGIC: tuple[bytes, ...] = ()

# A path is joined from a folder and a name: a real package's paths are about as long as its
# paragraph, while a hostile one could name one long folder for a million files.
MOST_JOINED = 8


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield one package for each paragraph; fields are one letter, a colon and the value."""
    text = data.decode("utf-8", "replace").replace("\r\n", "\n")
    for number, paragraph in enumerate(text.split("\n\n"), 1):
        if not paragraph.strip():
            continue
        lines = paragraph.split("\n")
        # Letters differ by case (`P` the name, `p` what it provides); only F and R are repeated.
        fields = {line[0]: line[2:] for line in lines if line[1:2] == ":"}
        name, version = fields.get("P", ""), fields.get("V", "")
        where = f"{path}: paragraph {number}"
        if not (name and version):
            what = f"package {name!r} has no {'version' if name else 'name'}"
            yield Problem(source="apk", where=where, what=what, effect="record_lost")
            continue
        owned, most = [], MOST_JOINED * len(paragraph)
        for file in _files(lines):
            most -= len(file)
            owned.append(file)
            if most < 0:
                what = f"the file names of {name} are longer than it could state"
                yield Problem(source="apk", where=where, what=what, effect="field_lost")
                owned = []
                break
        yield _found(name, version, fields, tuple(owned))


def _found(name: str, version: str, fields: dict[str, str], owned: tuple[str, ...]) -> Found:
    """Return the package; its origin (`o`) is always built at the package's own version."""
    origin, licence = fields.get("o", ""), fields.get("L", "")
    return Found(
        type="apk",
        name=name,
        version=version,
        arch=fields.get("A", ""),
        source=origin if origin != name else "",
        vendor=fields.get("m", ""),
        licenses=(licence,) if licence else (),
        owns=owned,
    )


def _files(lines: list[str]) -> Iterator[str]:
    """Each `R:` names a file in the folder of the `F:` before it; the root folder is empty."""
    folder = ""
    for line in lines:
        if line.startswith("F:"):
            folder = line[2:]
        elif line.startswith("R:"):
            yield f"{folder}/{line[2:]}" if folder else line[2:]
