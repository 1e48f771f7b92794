"""RPM packages: the headers in the rpm database, whichever of its three containers holds them.

`gpg-pubkey` headers are keys, not packages; an absent epoch is 0 (rule 5). Images of Azure Linux
and CBL-Mariner without rpm hold a list in place of the database.
"""

import struct
from collections.abc import Iterator

from msgspec import Struct, field

from sbom.model import Found, Problem
from sbom.readers import rpmdb
from sbom.readers.sqlite import Damage

FOLDERS = ("var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm")
NAMES = ("rpmdb.sqlite", "rpmdb.sqlite-wal", "Packages.db", "Packages")
LIST = "var/lib/rpmmanifest/container-manifest-2"
GLOBS = (*(f"{folder}/{name}" for folder in FOLDERS for name in NAMES), LIST)
MAGIC: tuple[bytes, ...] = ()

# Tags of rpm's header format (rpm's manual, "RPM Tags").
NAME, VERSION, RELEASE, EPOCH = 1000, 1001, 1002, 1003
VENDOR, LICENSE, PACKAGER, ARCH, SOURCERPM = 1011, 1014, 1015, 1022, 1044
OLDFILENAMES, DIRINDEXES, BASENAMES, DIRNAMES = 1027, 1116, 1117, 1118
MODULARITYLABEL = 5096
TEXTS = frozenset(
    {NAME, VERSION, RELEASE, VENDOR, LICENSE, PACKAGER, ARCH, SOURCERPM, MODULARITYLABEL}
)
ARRAYS = frozenset({BASENAMES, DIRNAMES, OLDFILENAMES})
NUMBERS = frozenset({EPOCH, DIRINDEXES})

# Types of header entries.
INT32, STRING, STRING_ARRAY, I18NSTRING = 4, 6, 8, 9
ENTRY = struct.Struct(">IIII")
# rpm's own limit: no header has more entries.
MOST_ENTRIES = 65_535
# Joined paths are shorter than the rest of what a real header says of its files; a hostile one
# could name one long folder for a million files.
MOST_JOINED = 4


class Header(Struct):
    """The wanted tags of one package header."""

    size: int
    texts: dict[int, str] = field(default_factory=dict)
    arrays: dict[int, list[str]] = field(default_factory=dict)
    numbers: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def text(self, tag: int) -> str:
        """Return a text; rpm writes the word `(none)` for one that was not given."""
        value = self.texts.get(tag, "")
        return "" if value == "(none)" else value


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the packages of a database in its sqlite, ndb or Berkeley DB form, or of a list."""
    if path.endswith("-wal"):
        yield from _write_ahead(data, path)
    elif path.endswith(LIST):
        yield from _list(data, path)
    else:
        yield from _database(data, path)


def _database(data: bytes, path: str) -> Iterator[Found | Problem]:
    for blob in rpmdb.blobs(data):
        where = f"{path}: {blob.place}"
        if isinstance(blob, Damage):
            yield Problem(
                source="rpm",
                where=where,
                what=blob.what,
                effect="source_lost" if blob.everything else "record_lost",
            )
            continue
        try:
            header = _header(blob.data)
            found = _found(header)
        except (struct.error, ValueError) as fault:
            what = f"unreadable package header: {fault}"
            yield Problem(source="rpm", where=where, what=what, effect="record_lost")
            continue
        if found.name == "gpg-pubkey":
            continue
        if BASENAMES in header.arrays and not found.owns:
            what = f"the file names of {found.name} are longer than it could state"
            yield Problem(source="rpm", where=where, what=what, effect="field_lost")
        yield found


def _write_ahead(data: bytes, path: str) -> Iterator[Problem]:
    """Say that changes wait in a write-ahead log: they belong to another file than this one."""
    if len(data) > 32:
        what = "the database has changes that were not written back to it; they are not read"
        yield Problem(source="rpm", where=path, what=what, effect="record_lost")


def _list(data: bytes, path: str) -> Iterator[Found | Problem]:
    """One package a line, by tabs: name, version-release, two times, vendor, …, source package."""
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        fields = line.split("\t")
        if len(fields) != 10 or not (fields[0] and fields[1]):
            where, what = f"{path}: line {number}", "it does not have the ten fields of a package"
            yield Problem(source="rpm", where=where, what=what, effect="record_lost")
            continue
        header = Header(0)
        version, _, release = fields[1].rpartition("-")
        tags = (NAME, VERSION, RELEASE, VENDOR, ARCH, SOURCERPM)
        said = (
            fields[0],
            version or release,
            release if version else "",
            *fields[4:8:3],
            fields[9],
        )
        header.texts = dict(zip(tags, said, strict=True))
        header.numbers = {EPOCH: (int(fields[8]),)} if fields[8].isdecimal() else {}
        if fields[0] != "gpg-pubkey":
            yield _found(header)


def _header(blob: bytes) -> Header:
    """Return the wanted tags; raise ValueError or struct.error where the blob is no header."""
    count, size = struct.unpack_from(">II", blob)
    start = 8 + 16 * count
    if count > MOST_ENTRIES or start + size > len(blob):
        raise ValueError(f"{count} entries and {size} bytes do not fit in it")
    header = Header(len(blob))
    for tag, kind, offset, number in ENTRY.iter_unpack(blob[8:start]):
        if offset > size:
            continue
        at = start + offset
        if tag in TEXTS and kind in {STRING, I18NSTRING}:
            header.texts.setdefault(tag, _text(blob, at))
        elif tag in ARRAYS and kind in {STRING, STRING_ARRAY} and tag not in header.arrays:
            header.arrays[tag] = _texts(blob, at, number)
        elif tag in NUMBERS and kind == INT32 and number <= size // 4:
            header.numbers.setdefault(tag, struct.unpack_from(f">{number}I", blob, at))
    return header


def _text(blob: bytes, at: int) -> str:
    return blob[at : max(at, blob.find(b"\0", at))].decode("utf-8", "replace")


def _texts(blob: bytes, at: int, count: int) -> list[str]:
    """Return `count` texts, each ended by a zero byte; fewer where the header ends before."""
    texts = blob[at:].split(b"\0", count)[:count] if count <= len(blob) else []
    return [text.decode("utf-8", "replace") for text in texts]


def _found(header: Header) -> Found:
    name, version, release = header.text(NAME), header.text(VERSION), header.text(RELEASE)
    if not (name and version):
        raise ValueError(f"package {name!r} has no {'version' if name else 'name'}")
    full = f"{version}-{release}" if release else version
    epoch = next(iter(header.numbers.get(EPOCH, ())), 0)
    source_rpm = header.text(SOURCERPM)
    source, source_version = _source(source_rpm)
    licence = header.text(LICENSE)
    qualifiers = (("epoch", str(epoch) if epoch else ""), ("upstream", source_rpm))
    return Found(
        type="rpm",
        name=name,
        version=full,
        qualifiers=tuple(pair for pair in qualifiers if pair[1]),
        arch=header.text(ARCH),
        source=source if source != name else "",
        source_version=source_version if source_version != full else "",
        stream=header.text(MODULARITYLABEL),
        vendor=header.text(VENDOR) or header.text(PACKAGER),
        licenses=(licence,) if licence else (),
        owns=_owned(header),
    )


def _source(source_rpm: str) -> tuple[str, str]:
    """`bash-5.1.8-4.el9.src.rpm` is bash at 5.1.8-4.el9; the name may hold hyphens."""
    stem = source_rpm.removesuffix(".rpm").rpartition(".")[0]
    parts = stem.rsplit("-", 2)
    return (parts[0], f"{parts[1]}-{parts[2]}") if len(parts) == 3 else ("", "")


def _owned(header: Header) -> tuple[str, ...]:
    """Return the paths of the files: base names, each with the number of its folder's name."""
    paths = [path.lstrip("/") for path in header.arrays.get(OLDFILENAMES, ())]
    folders = [folder.lstrip("/") for folder in header.arrays.get(DIRNAMES, ())]
    names, places = header.arrays.get(BASENAMES, ()), header.numbers.get(DIRINDEXES, ())
    left = MOST_JOINED * header.size
    for name, place in zip(names, places, strict=False):
        if place < len(folders):
            left -= len(name) + len(folders[place])
            if left < 0:
                return ()
            paths.append(folders[place] + name)
    return tuple(paths)
