"""Programs that GraalVM compiled ahead of time: the SBOM that native-image puts into them.

The symbols `sbom` and `sbom_length` say where a CycloneDX document lies, packed by gzip (GraalVM's
manual, "Software Bill of Materials in Native Image").
"""

import struct
import zlib
from collections.abc import Iterator

from msgspec import Raw, Struct, field
from msgspec.json import Decoder

from sbom import purl
from sbom.model import Found, Problem
from sbom.readers import decoded, elf

GLOBS: tuple[str, ...] = ()
MAGIC = (elf.MAGIC,)

PLACE, LENGTH = b"sbom", b"sbom_length"
# A symbol of a 64-bit file: place of its name, three small fields, value, size (gABI 4).
SYMBOL = 24
MOST_SYMBOLS = 1 << 20
LARGEST = 64 << 20


class Part(Struct, gc=False):
    """The part of a component that says what it is."""

    name: str = ""
    version: str = ""
    group: str = ""
    purl: str = ""


class Document(Struct):
    """A CycloneDX document; its components are read one by one."""

    components: list[Raw] = field(default_factory=list)


DOCUMENT, PART = Decoder(Document), Decoder(Part)


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the packages that were compiled in."""
    strings = elf.section(data, ".dynstr")
    if strings is None or data.find(b"\0" + LENGTH + b"\0", strings.offset, strings.end) < 0:
        return
    where = f"{path}: SBOM"
    try:
        text = _document(data, strings)
    except (struct.error, zlib.error, ValueError) as fault:
        yield Problem(
            source="graalvm", where=where, what=f"unreadable: {fault}", effect="source_lost"
        )
        return
    document = decoded.whole(DOCUMENT, text, "graalvm", where, "CycloneDX document")
    if isinstance(document, Problem):
        yield document
        return
    for number, raw in enumerate(document.components):
        place = f"{where}: components[{number}]"
        part = decoded.entry(PART, raw, "graalvm", place, "component")
        yield part if isinstance(part, Problem) else _found(part, place)


def _document(data: bytes, strings: elf.Area) -> bytes:
    """Unpack the document; raise ValueError, struct.error or zlib.error where it is damaged."""
    order = "<" if data[5] == 1 else ">"
    addresses = _addresses(data, strings, order)
    if not addresses.keys() >= {PLACE, LENGTH}:
        raise ValueError("its symbols are incomplete")
    (size,) = struct.unpack_from(order + "Q", data, _offset(data, addresses[LENGTH]))
    start = _offset(data, addresses[PLACE])
    if size > len(data) - start:
        raise ValueError("it does not lie in the file")
    unpack = zlib.decompressobj(31)
    text = unpack.decompress(data[start : start + size], LARGEST)
    if not unpack.eof:
        raise ValueError(f"it is cut short, or unpacks to more than {LARGEST >> 20} MiB")
    return text


def _addresses(data: bytes, strings: elf.Area, order: str) -> dict[bytes, int]:
    table = elf.section(data, ".dynsym")
    found: dict[bytes, int] = {}
    if table is None or data[4] != 2:
        return found
    wanted = {
        name: {at - strings.offset + 1 for at in _places(data, b"\0" + name + b"\0", strings)}
        for name in (PLACE, LENGTH)
    }
    last = min(table.end, table.offset + MOST_SYMBOLS * SYMBOL)
    for at in range(table.offset, last - SYMBOL + 1, SYMBOL):
        name, value = struct.unpack_from(order + "I4xQ", data, at)
        for word, places in wanted.items():
            if name in places:
                found.setdefault(word, value)
    return found


def _places(data: bytes, text: bytes, area: elf.Area) -> Iterator[int]:
    at = data.find(text, area.offset, area.end)
    while at >= 0:
        yield at
        at = data.find(text, at + 1, area.end)


def _offset(data: bytes, address: int) -> int:
    for area in elf.segments(data):
        if area.address <= address < area.address + area.size:
            return area.offset + address - area.address
    raise ValueError(f"address {address:#x} is in no part of the file")


def _found(part: Part, where: str) -> Found | Problem:
    try:
        parts = purl.parse(part.purl)
    except purl.InvalidPurl:
        parts = None
    if parts and parts.version:
        return Found(
            type=parts.type, namespace=parts.namespace, name=parts.name, version=parts.version
        )
    if part.name and part.version and part.group:
        return Found(type="maven", namespace=part.group, name=part.name, version=part.version)
    what = f"component {part.name!r} states no package URL and no group with a version"
    return Problem(source="graalvm", where=where, what=what, effect="record_lost")
