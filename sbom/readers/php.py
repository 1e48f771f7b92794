"""PHP packages: what Composer has installed (`installed.json`), and its lock file.

What only the lock file names is optional: it is not known to be installed (rule 5).
"""

from collections.abc import Iterator
from typing import Any

from msgspec import DecodeError, Raw, Struct, field
from msgspec.json import Decoder

from sbom.model import Found, Problem

GLOBS = ("**/vendor/composer/installed.json", "**/composer.lock")
MAGIC: tuple[bytes, ...] = ()


class Package(Struct, gc=False):
    """The part of a package's entry that says what it is."""

    name: str
    version: str
    license: Any = None


class Lists(Struct, rename={"packages_dev": "packages-dev"}):
    """`installed.json` of Composer 2, and `composer.lock`; Composer 1 writes a bare list."""

    packages: list[Raw] = field(default_factory=list)
    packages_dev: list[Raw] = field(default_factory=list)


DOCUMENT: Decoder[Lists | list[Raw]] = Decoder(Lists | list[Raw])
PACKAGE = Decoder(Package)


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the packages in the order of the file."""
    try:
        document = DOCUMENT.decode(data)
    except (DecodeError, UnicodeError, RecursionError) as fault:
        what = f"unreadable: {fault}"
        yield Problem(source="php", where=path, what=what, effect="source_lost")
        return
    lists = Lists(packages=document) if isinstance(document, list) else document
    locked = path.endswith(".lock")
    # A package that lies under another's folder brought its lock file along for its makers.
    if locked and "vendor" in path.split("/"):
        return
    for key, entries in (("packages", lists.packages), ("packages-dev", lists.packages_dev)):
        for number, entry in enumerate(entries):
            yield _found(entry, f"{path}: {key}[{number}]", locked=locked)


def _found(entry: Raw, where: str, *, locked: bool) -> Found | Problem:
    try:
        package = PACKAGE.decode(entry)
    except (DecodeError, UnicodeError, RecursionError) as fault:
        what = f"unreadable package: {fault}"
        return Problem(source="php", where=where, what=what, effect="record_lost")
    vendor, _, name = package.name.rpartition("/")
    if not (name and package.version):
        what = f"package {package.name!r} has no {'version' if name else 'name'}"
        return Problem(source="php", where=where, what=what, effect="record_lost")
    licenses = package.license if isinstance(package.license, list) else [package.license]
    return Found(
        type="composer",
        namespace=vendor,
        name=name,
        version=package.version,
        licenses=tuple(text for text in licenses if isinstance(text, str) and text),
        scope="optional" if locked else "required",
    )
