"""Debian packages: dpkg's status file, the `status.d` of distroless images, and the file lists.

A package counts when its files are there, whatever dpkg was asked to do with it next (rule 5).
"""

from collections.abc import Iterator

from sbom.model import Found, Problem

GLOBS = (
    "var/lib/dpkg/status",
    "var/lib/dpkg/status.d/*",
    "var/lib/dpkg/info/*.list",
)
MAGIC: tuple[bytes, ...] = ()

# dpkg(1), package states: in these two nothing of the package but its configuration is left.
ABSENT = frozenset({"not-installed", "config-files"})
WANTED = frozenset(
    {"package", "status", "version", "architecture", "source", "origin", "maintainer"}
)


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the packages of a status file, or one package's files from its file list."""
    if path.endswith(".list"):
        yield from _file_list(data, path)
    elif path.endswith(".md5sums"):
        yield from _sums(data, path)
    else:
        yield from _status(data, path)


def _status(data: bytes, path: str) -> Iterator[Found | Problem]:
    text = data.decode("utf-8", "replace").replace("\r\n", "\n")
    for number, paragraph in enumerate(text.split("\n\n"), 1):
        fields = _fields(paragraph)
        if not fields:
            if paragraph.strip():
                yield _lost(path, number, "no field of a package in it")
            continue
        state = fields.get("status", "").split()
        if state and state[-1] in ABSENT:
            continue
        name, version = fields.get("package", ""), fields.get("version", "")
        if name and version:
            yield _found(name, version, fields)
        else:
            yield _lost(path, number, f"package {name!r} has no {'version' if name else 'name'}")


def _fields(paragraph: str) -> dict[str, str]:
    """Return the wanted fields; their names are folded (deb-control(5)), the values one line."""
    fields = {}
    for line in paragraph.split("\n"):
        name, colon, value = line.partition(":")
        folded = name.lower()
        if folded in WANTED and colon:
            fields[folded] = value.strip()
    return fields


def _found(name: str, version: str, fields: dict[str, str]) -> Found:
    source, _, source_version = fields.get("source", "").partition("(")
    source, source_version = source.strip(), source_version.rstrip(") ")
    return Found(
        type="deb",
        name=name,
        version=version,
        arch=fields.get("architecture", ""),
        source=source if source != name else "",
        source_version=source_version if source_version != version else "",
        vendor=fields.get("origin") or fields.get("maintainer", ""),
    )


def _file_list(data: bytes, path: str) -> Iterator[Found]:
    """`info/NAME.list` or `info/NAME:ARCH.list`: one absolute path a line, folders first."""
    lines = data.decode("utf-8", "replace").split("\n")
    after = [*lines[1:], ""]
    owned = tuple(
        line.lstrip("/")
        for line, following in zip(lines, after, strict=True)
        if len(line) > 2 and not following.startswith(line + "/")
    )
    yield from _ownership(path, ".list", owned)


def _sums(data: bytes, path: str) -> Iterator[Found]:
    """`status.d/NAME.md5sums`: 32 digits, two spaces, a path without a leading slash."""
    lines = data.decode("utf-8", "replace").split("\n")
    owned = tuple(line[34:].lstrip("/") for line in lines if len(line) > 34)
    yield from _ownership(path, ".md5sums", owned)


def _ownership(path: str, suffix: str, owned: tuple[str, ...]) -> Iterator[Found]:
    name, _, arch = path.rpartition("/")[2].removesuffix(suffix).partition(":")
    if name and owned:
        yield Found(type="deb", name=name, version="", arch=arch, owns=owned)


def _lost(path: str, number: int, what: str) -> Problem:
    return Problem(
        source="dpkg", where=f"{path}: paragraph {number}", what=what, effect="record_lost"
    )
