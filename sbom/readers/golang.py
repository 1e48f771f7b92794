"""Go programs: the build information that the linker leaves in every executable, stripped or not.

The format is that of Go's `debug/buildinfo`. A `replace` is followed: what was built in counts.
"""

import struct
from collections.abc import Iterator
from struct import unpack_from

from sbom.model import Found, Problem
from sbom.readers import elf

GLOBS: tuple[str, ...] = ()
MAGIC = (
    elf.MAGIC,
    b"MZ",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
)

MARK = b"\xff Go buildinf:"
# The linker puts the mark at the start of its section and at a multiple of 16.
ALIGN = 16
# A module list of a million bytes would be some ten thousand modules.
LONGEST = 4 << 20
DEVEL = "(devel)"


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the standard library, the main module and every module that was built in."""
    at = _mark(data)
    if at is None:
        return
    try:
        version, modules = _build_info(data, at)
    except (struct.error, ValueError, IndexError) as fault:
        what = f"unreadable Go build information: {fault}"
        yield Problem(source="golang", where=path, what=what, effect="source_lost")
        return
    yield from _standard_library(version, path)
    yield from _modules(modules, path)


def _mark(data: bytes) -> int | None:
    """Return the place of the build information: in its section, else in a segment."""
    if not data.startswith(elf.MAGIC):
        return _find(data, 0, len(data))
    section = elf.section(data, ".go.buildinfo")
    areas = [section] if section else []
    if not areas and elf.sections(data) is None:
        # Section headers may be stripped off; the segments are what the program runs from.
        areas = elf.segments(data)
    for area in areas:
        at = _find(data, area.offset, area.end)
        if at is not None:
            return at
    return None


def _find(data: bytes, start: int, end: int) -> int | None:
    at = data.find(MARK, start, end)
    while at >= 0:
        if (at - start) % ALIGN == 0:
            return at
        at = data.find(MARK, at + 1, end)
    return None


def _build_info(data: bytes, at: int) -> tuple[str, str]:
    """Return the Go version and the module list; raise ValueError where they are damaged."""
    width, flags = data[at + 14], data[at + 15]
    if flags & 2:
        # Go 1.18 and later: both follow at 32, each after its length.
        version, at = _counted(data, at + 32)
        modules, _ = _counted(data, at)
    else:
        order = ">" if flags & 1 else "<"
        if width not in {4, 8}:
            raise ValueError(f"pointers of {width} bytes")
        version, modules = (_pointed(data, order, width, at + 16 + width * n) for n in (0, 1))
    # The list stands between two marks of 16 bytes, which may hold any byte.
    inner = modules[16:-16] if len(modules) >= 33 and modules[-17:-16] == b"\n" else b""
    return version.decode("utf-8", "replace"), inner.decode("utf-8", "replace")


def _counted(data: bytes, at: int) -> tuple[bytes, int]:
    """Read a length (a varint of Go's encoding/binary) and as many bytes."""
    length, shift = 0, 0
    while True:
        byte = data[at]
        length |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            break
        if shift > 35:
            raise ValueError("a length without an end")
    return _bounded(data, at, length), at + length


def _pointed(data: bytes, order: str, width: int, at: int) -> bytes:
    """Follow a pointer to a Go string, which is a pointer to its bytes and their number."""
    word = order + ("Q" if width == 8 else "I")
    (header,) = unpack_from(word, data, at)
    place = _offset(data, header)
    start, length = unpack_from(word + word[1], data, place)
    return _bounded(data, _offset(data, start), length) if length else b""


def _offset(data: bytes, address: int) -> int:
    for area in elf.segments(data):
        if area.address <= address < area.address + area.size:
            return area.offset + address - area.address
    raise ValueError(f"address {address:#x} is in no part of the file")


def _bounded(data: bytes, at: int, length: int) -> bytes:
    if length > LONGEST or at + length > len(data):
        raise ValueError(f"a text of {length} bytes")
    return data[at : at + length]


def _standard_library(version: str, path: str) -> Iterator[Found | Problem]:
    """`go1.26.8`, `go1.22.5 (Red Hat …)`, `devel go1.18-2e9e4ff Fri …`."""
    words = [word for word in version.split() if word.startswith("go") and word[2:3].isdigit()]
    if words:
        yield Found(type="golang", name="stdlib", version=words[0][2:])
    else:
        what = f"the Go version {version[:80]!r} is not understood"
        yield Problem(source="golang", where=path, what=what, effect="field_lost")


def _modules(text: str, path: str) -> Iterator[Found | Problem]:
    """Read `mod`, `dep` and `=>` lines: kind, module path, version, checksum, by tabs."""
    lines = [line.split("\t") for line in text.split("\n")]
    for number, (kind, *fields) in enumerate(lines):
        if kind not in {"mod", "dep"}:
            continue
        after = lines[number + 1] if number + 1 < len(lines) else [""]
        built = _replaced(fields, after[1:]) if after[0] == "=>" else fields
        namespace, _, name = built[0].rpartition("/") if built else ("", "", "")
        if name:
            version = built[1] if len(built) > 1 and built[1] else DEVEL
            yield Found(type="golang", namespace=namespace, name=name, version=version)
        else:
            where = f"{path}: build information, line {number + 1}"
            what = "a module without a name"
            yield Problem(source="golang", where=where, what=what, effect="record_lost")


def _replaced(fields: list[str], by: list[str]) -> list[str]:
    """Return the module that was built instead; a folder has no name, so the module keeps its own.

    The paths of folders begin with `./`, `../` or `/` (Go Modules Reference, "replace directive").
    """
    is_folder = not by or not by[0] or by[0][0] in {".", "/"} or ":" in by[0]
    return [*fields[:1], DEVEL] if is_folder else by
