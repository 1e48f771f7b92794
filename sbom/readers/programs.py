"""Programs that no package installed: interpreters, servers and databases, by their own words.

A file is asked only if its name is known; its version is the one it would print. Where a package
owns the file, the package speaks for it (`sbom.build` drops what is found here).
"""

import re
from collections.abc import Iterator

from sbom.model import Found, Problem
from sbom.readers import elf
from sbom.readers.program_table import GROWING, PROGRAMS, Program

GLOBS: tuple[str, ...] = ()
MAGIC = (elf.MAGIC,)

# `python3.11`, `libpython3.11.so.1.0`, `libz.so.1.3`, `mysqld`: a name, maybe a version.
FILE_NAME = re.compile(r"([A-Za-z][A-Za-z_.-]*?)-?(\d+(?:\.\d+)*)?(\.so(?:\.\d+)*)?")
LONGEST_NAME = 64
# What lies there is named by its path, or by the record beside it.
OTHERS = re.compile(r"(?:^|/)(?:nix/store|gnu/store|Cellar|conda-meta|pkgs)/")
# Compilers put texts into the first, initialised variables into the second.
SECTIONS = (".rodata", ".data")
MOST_SEARCHED, MOST_VERSIONS = 256 << 20, 200
# OpenSSH and sudo count patches (`9.2p1`), which a CPE has in a field of its own.
PATCHED = re.compile(r"([\d.]+)(p\d+)")


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the program, if its name is known and it says one version."""
    file_name = path.rpartition("/")[2]
    named = FILE_NAME.fullmatch(file_name) if len(file_name) <= LONGEST_NAME else None
    program = PROGRAMS.get(named[1]) if named else None
    if named is None or program is None or OTHERS.search(path):
        return
    if named[3] and not named[1].startswith("lib"):
        # `openssl.so` is a module that some program loads, not what it is named after.
        return
    version = _version(data, program, named[2] or "")
    if version:
        yield Found(
            type="generic",
            name=program.name,
            version=version,
            cpes=(_cpe(program.cpe, version),),
        )


def _version(data: bytes, program: Program, hint: str) -> str:
    """Return the version that the file states; of several the one that its name begins."""
    versions: dict[str, None] = {}
    for start, end in _texts(data):
        for found in program.version.finditer(data, start, end):
            versions[found[1].decode("ascii")] = None
            if len(versions) > MOST_VERSIONS:
                return ""
    if program.name in GROWING and versions:
        return max(versions, key=lambda text: [int(part) for part in text.split(".")])
    if len(versions) > 1:
        versions = dict.fromkeys(v for v in versions if hint and v.startswith(hint + "."))
    return next(iter(versions)) if len(versions) == 1 else ""


def _texts(data: bytes) -> list[tuple[int, int]]:
    """Return where texts are; the whole file where its sections were stripped off."""
    areas = [area for name in SECTIONS if (area := elf.section(data, name))]
    # The zero byte before a section's first text stands in front of it.
    places = [(max(area.offset - 1, 0), area.end) for area in areas] or [(0, len(data))]
    return [(start, min(end, start + MOST_SEARCHED)) for start, end in places]


def _cpe(product: str, version: str) -> str:
    patched = PATCHED.fullmatch(version)
    number = f"{patched[1]}:{patched[2]}" if patched else f"{version}:*"
    return f"cpe:2.3:a:{product}:{number}:*:*:*:*:*:*"
