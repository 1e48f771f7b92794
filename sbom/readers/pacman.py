"""pacman packages (Arch Linux and its family): `desc` and `files` of the local database.

Both files are blocks: a line `%NAME%`, its values, an empty line (alpm-db-desc, alpm-db-files).
"""

from collections.abc import Iterator

from sbom.model import Found, Problem

GLOBS = ("var/lib/pacman/local/*/desc", "var/lib/pacman/local/*/files")
MAGIC: tuple[bytes, ...] = ()

WANTED = frozenset({"NAME", "VERSION", "BASE", "ARCH", "LICENSE", "PACKAGER", "FILES"})


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the package of a description, or the file list of one."""
    blocks = _blocks(data.decode("utf-8", "surrogateescape"))
    if path.endswith("/files"):
        owns = tuple(name for name in blocks.get("FILES", ()) if not name.endswith("/"))
        if owns and (name := _package(path)):
            yield Found(type="alpm", name=name, version="", owns=owns)
        return
    name, version = (blocks.get(key, [""])[0] for key in ("NAME", "VERSION"))
    if not (name and version):
        what = f"package {name!r} has no {'version' if name else 'name'}"
        yield Problem(source="pacman", where=path, what=what, effect="record_lost")
        return
    base = blocks.get("BASE", [""])[0]
    yield Found(
        type="alpm",
        name=name,
        version=version,
        arch=blocks.get("ARCH", [""])[0],
        # A package is built with its base, of which it has the version.
        source=base,
        source_version=version if base else "",
        vendor=blocks.get("PACKAGER", [""])[0],
        licenses=tuple(blocks.get("LICENSE", ())),
    )


def _blocks(text: str) -> dict[str, list[str]]:
    blocks: dict[str, list[str]] = {}
    values: list[str] | None = None
    for line in text.split("\n"):
        if line.startswith("%") and line.endswith("%"):
            values = blocks.setdefault(line[1:-1], []) if line[1:-1] in WANTED else None
        elif line and values is not None:
            values.append(line)
    return {key: values for key, values in blocks.items() if values}


def _package(path: str) -> str:
    """Return the name in the folder's name, `NAME-VERSION-RELEASE`."""
    return path.split("/")[-2].rsplit("-", 2)[0]
