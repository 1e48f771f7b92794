"""Small real files for the readers' tests: made byte by byte from the formats' specifications."""

import io
import sqlite3
import struct
import zipfile
import zlib

from sbom.model import Found, Problem
from sbom.readers import load

MODULES = dict(load())


def found(reader: str, data: bytes, path: str) -> list[Found]:
    """What a reader finds where nothing may be wrong."""
    things = list(MODULES[reader].read(data, path))
    assert not [thing for thing in things if isinstance(thing, Problem)], things
    return things


def both(reader: str, data: bytes, path: str) -> tuple[list[Found], list[Problem]]:
    """What a reader finds, and what it says was wrong."""
    things = list(MODULES[reader].read(data, path))
    return (
        [thing for thing in things if isinstance(thing, Found)],
        [thing for thing in things if isinstance(thing, Problem)],
    )


def archive(entries: dict[str, bytes | str], *, packed: bool = True) -> bytes:
    """A zip archive."""
    out = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(out, "w", method) as made:
        for name, data in entries.items():
            made.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def elf(sections: dict[str, bytes], *, order: str = "<", wide: bool = True, base: int = 0) -> bytes:
    """An ELF file with these sections, and one segment that loads all of them at `base`."""
    names = b"\0" + b"".join(name.encode() + b"\0" for name in [*sections, ".shstrtab"])
    header, places = (64, {}) if wide else (52, {})
    program = 56 if wide else 32
    body = b""
    for name, data in [*sections.items(), (".shstrtab", names)]:
        body += b"\0" * (-(header + program + len(body)) % 16)
        places[name] = (header + program + len(body), len(data))
        body += data
    body += b"\0" * (-len(body) % 8)
    end = header + program + len(body)
    table = [struct.pack(order + ("IIQQQQIIQQ" if wide else "10I"), *[0] * 10)]
    for name, (offset, size) in places.items():
        at = names.index(b"\0" + name.encode() + b"\0") + 1
        fields = (at, 1, 0, base + offset, offset, size, 0, 0, 1, 0)
        table.append(struct.pack(order + ("IIQQQQIIQQ" if wide else "10I"), *fields))
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2, 1]) + b"\0" * 9
    form = order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH")
    step = 64 if wide else 40
    head = (2, 62, 1, 0, header, end, 0, header, program, 1, step, len(table), len(table) - 1)
    load_all = (1, 6, 0, base, base, end, end, 16) if wide else (1, 0, base, base, end, end, 6, 16)
    segment = struct.pack(order + ("IIQQQQQQ" if wide else "8I"), *load_all)
    return ident + struct.pack(form, *head) + segment + body + b"".join(table)


def stripped_of_sections(data: bytes) -> bytes:
    """The same 64-bit ELF file without its table of sections."""
    return data[:40] + b"\0" * 8 + data[48:58] + b"\0" * 6 + data[64:]


def varint(number: int) -> bytes:
    """An unsigned number as Go's encoding/binary writes it."""
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def go_build_info(version: str, modules: str) -> bytes:
    """The build information of Go 1.18 and later; the modules stand between two marks."""
    text = b"m" * 16 + modules.encode() + b"k" * 16 if modules else b""
    counted = b"".join(varint(len(t)) + t for t in (version.encode(), text))
    return b"\xff Go buildinf:" + bytes([8, 2]) + b"\0" * 16 + counted


def crates(document: bytes) -> bytes:
    """A program of cargo-auditable."""
    return elf({".text": b"\x90" * 32, ".dep-v0": zlib.compress(document)})


def rpm_header(**tags: str | int | list[str] | list[int]) -> bytes:
    """An rpm header as it lies in the database; tags by name."""
    numbers = {
        "name": 1000,
        "version": 1001,
        "release": 1002,
        "epoch": 1003,
        "vendor": 1011,
        "license": 1014,
        "packager": 1015,
        "arch": 1022,
        "sourcerpm": 1044,
        "dirindexes": 1116,
        "basenames": 1117,
        "dirnames": 1118,
        "modularitylabel": 5096,
    }
    index, store = b"", b""
    for name, value in sorted(tags.items(), key=lambda pair: numbers[pair[0]]):
        values = value if isinstance(value, list) else [value]
        if isinstance(values[0], int):
            store += b"\0" * (-len(store) % 4)
            kind, data = 4, struct.pack(f">{len(values)}I", *values)
        else:
            kind, data = (8 if isinstance(value, list) else 6), "\0".join([*values, ""]).encode()
        index += struct.pack(">IIII", numbers[name], kind, len(store), len(values))
        store += data
    return struct.pack(">II", len(index) // 16, len(store)) + index + store


def rpm_sqlite(headers: list[bytes], *, page_size: int = 4096) -> bytes:
    """An rpm database in SQLite's form, made by SQLite."""
    database = sqlite3.connect(":memory:")
    database.execute(f"PRAGMA page_size = {page_size}")
    database.execute("CREATE TABLE Sigmd5 (key BLOB, hnum INTEGER)")
    database.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB)")
    database.executemany("INSERT INTO Packages (blob) VALUES (?)", [(h,) for h in headers])
    database.commit()
    data = database.serialize()
    database.close()
    return data


def rpm_ndb(headers: list[bytes]) -> bytes:
    """An rpm database in ndb's form."""
    slots, blobs = b"", b""
    for number, header in enumerate(headers, 1):
        size = 16 + len(header) + 12
        slots += struct.pack("<4sIII", b"Slot", number, (4096 + len(blobs)) // 16, -(-size // 16))
        blobs += struct.pack("<4sIII", b"BlbS", number, 1, len(header)) + header
        blobs += b"\0" * (-(size - 12) % 16 + 4) + b"BlbE" + b"\0" * 8
        blobs += b"\0" * (-len(blobs) % 16)
    head = struct.pack("<4sIIIII", b"RpmP", 0, 1, 1, len(headers) + 1, 0) + b"\0" * 8
    empty = struct.pack("<4sIII", b"Slot", 0, 0, 0)
    slots += empty * ((4096 - len(head) - len(slots)) // 16)
    return head + slots + blobs


def rpm_berkeley(headers: list[bytes], *, order: str = "<", size: int = 512) -> bytes:
    """An rpm database in Berkeley DB's hash form: large headers in chains, small ones inline."""
    pages: list[bytes] = [b""]

    def page(number: int, following: int, entries: int, used: int, kind: int, body: bytes) -> bytes:
        head = struct.pack(order + "QIIIHHBB", 0, number, 0, following, entries, used, 0, kind)
        return (head + body).ljust(size, b"\0")[:size]

    def chain(data: bytes) -> int:
        first, room = len(pages), size - 26
        parts = [data[at : at + room] for at in range(0, len(data), room)]
        for step, part in enumerate(parts):
            following = first + step + 1 if step + 1 < len(parts) else 0
            pages.append(page(first + step, following, 1, len(part), 7, part))
        return first

    pairs = [(b"\0\0\0\0", struct.pack(order + "I", len(headers) + 1))]
    pairs += [(struct.pack(order + "I", n), h) for n, h in enumerate(headers, 1)]
    for key, value in pairs:
        inline = len(value) < 200
        stored = b"\1" + value
        if not inline:
            stored = b"\3\0\0\0" + struct.pack(order + "II", chain(value), len(value))
        items = [b"\1" + key, stored]
        offsets, body, at = [], b"", size
        for item in items:
            at -= len(item)
            offsets.append(at)
            body = item + body
        index = struct.pack(order + "2H", *offsets)
        gap = size - 26 - len(index) - len(body)
        pages.append(page(len(pages), 0, 2, at, 13, index + b"\0" * gap + body))
    meta = struct.pack(order + "QIIIIBBBB", 0, 0, 0x061561, 9, size, 0, 8, 0, 0)
    pages[0] = meta.ljust(size, b"\0")
    return b"".join(pages)


def nix_database(*folders: str) -> bytes:
    """A store's database as Nix makes it."""
    made = sqlite3.connect(":memory:")
    made.execute("CREATE TABLE Other (a)")
    made.execute(
        "CREATE TABLE ValidPaths (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, "
        "path TEXT UNIQUE NOT NULL, hash TEXT NOT NULL, registrationTime INTEGER NOT NULL)"
    )
    rows = [(f"/nix/store/{'0' * 32}-{name}", "sha256:0", 1) for name in folders or ("a-1", "b-2")]
    made.executemany("INSERT INTO ValidPaths (path, hash, registrationTime) VALUES (?, ?, ?)", rows)
    made.commit()
    data = made.serialize()
    made.close()
    return data


BUNDLE = bytes.fromhex("8b1202b96a612038727b930214d7a03213f5b9e6efae3318ee3b2dce24b36aae")


def dotnet_bundle(
    document: bytes, *, major: int = 6, header: int | None = None, size: int | None = None
) -> bytes:
    """A .NET program of one file, as the host's tool lays it out: files, then the header."""
    program = elf({".text": b"\x90" * 64, ".data": b"\0" * 16 + BUNDLE})
    place = len(program)
    body = document + struct.pack("<IIi", major, 0, 1) + b"\x0cabcdefghijkl"
    body += struct.pack("<qqqqQ", place, len(document) if size is None else size, 0, 0, 0)
    at = struct.pack("<Q", place + len(document) if header is None else header)
    return program.replace(b"\0" * 8 + BUNDLE, at + BUNDLE) + body


def kernel_image(text: str) -> bytes:
    """A kernel image of x86 whose version stands at 0x400."""
    data = bytearray(0x400) + text.encode() + b"\0"
    data[:2] = b"MZ"
    data[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", data, 0x20E, 0x200)
    return bytes(data)


def package_note(
    text: bytes, owner: bytes = b"FDO\0", kind: int = 0xCAFE1A7E, order: str = "<"
) -> bytes:
    """A note of an ELF file, by default one that names a package."""
    padded = text + b"\0" * (-len(text) % 4)
    return struct.pack(order + "III", len(owner), len(text), kind) + owner + padded


def native_image(
    packed: bytes, *, length: int | None = None, names: bytes = b"\0sbom\0sbom_length\0"
) -> bytes:
    """A program of GraalVM's native-image whose symbols lead to a packed document."""
    mark, size = b"SBOM-AT-", len(packed) if length is None else length
    body = mark + struct.pack("<Q", size) + packed
    sections = {".dynstr": names, ".dynsym": b"\0" * 24 + b"N1......AAAAAAAA" + b"\0" * 8}
    sections[".dynsym"] += b"N2......BBBBBBBB" + b"\0" * 8
    data = elf({**sections, ".data": body})
    at = data.index(mark) + 8
    for place, name, value in ((b"N1", b"\0sbom\0", at + 8), (b"N2", b"\0sbom_length\0", at)):
        found = names.find(name) + 1
        start = data.index(place + b"......")
        data = data[:start] + struct.pack("<I4xQ", found, value) + data[start + 16 :]
    return data
