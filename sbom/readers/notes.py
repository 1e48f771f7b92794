"""ELF files that name their package (`.note.package`), where no package owns them.

The note is JSON (systemd, "Package Metadata for Executable Files"): type, name and version of the
source or binary package, as its distribution's build wrote it. Copied into an image without its
package database, the file still tells.
"""

import struct
from collections.abc import Iterator

from msgspec import Struct
from msgspec.json import Decoder

from sbom.model import Found, Problem
from sbom.readers import decoded, elf

GLOBS: tuple[str, ...] = ()
MAGIC = (elf.MAGIC,)

SECTION, OWNER, KIND = ".note.package", b"FDO\0", 0xCAFE1A7E
LARGEST = 1 << 16


class Note(Struct, gc=False):
    """What a note says; an application's own build may leave out the type."""

    type: str = ""
    name: str = ""
    version: str = ""


NOTE = Decoder(Note)


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the package that the note names; as a stand-in, for a package database names more."""
    text = _note(data)
    if text is None:
        return
    note = decoded.whole(NOTE, text, "notes", f"{path}: {SECTION}", "note")
    if isinstance(note, Problem):
        yield note
    elif note.name and note.version:
        yield Found(type="generic", namespace=note.type, name=note.name, version=note.version)


def _note(data: bytes) -> bytes | None:
    """Return the text of the first note of our kind (gABI 5, "Note Section")."""
    area = elf.section(data, SECTION)
    if area is None or area.size > LARGEST:
        return None
    order = "<" if data[5] == 1 else ">"
    at = area.offset
    while at + 12 <= area.end:
        name, size, kind = struct.unpack_from(order + "III", data, at)
        start = at + 12 + (name + 3) // 4 * 4
        if kind == KIND and data[at + 12 : at + 12 + name] == OWNER and start + size <= area.end:
            return data[start : start + size].rstrip(b"\0")
        at = start + (size + 3) // 4 * 4
    return None
