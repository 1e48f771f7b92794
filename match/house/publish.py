"""What is public, as files: one JSON record per id, `all.zip` as OSV lays it out, lists of dates.

The bytes are the same for the same records. What was public once stays: also what another store has
published into the same folder.
"""

import re
from collections.abc import Iterable, Mapping
from io import BytesIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from msgspec import DecodeError
from msgspec.json import decode

from match.house.entry import Entry
from match.house.ids import is_house, parse
from match.house.site import pages
from match.records.osv import Osv, read_osv
from sbom.documents.own_schema import schema_faults
from sbom.errors import InputError

RECORD_FILE = re.compile(r"(LDG-[A-Z0-9-]+)\.json")
ECOSYSTEMS = "ecosystems.txt"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first moment a zip archive can name (APPNOTE.TXT, 4.4.6)."""
READABLE = 0o644 << 16


def files(entries: Iterable[Entry], there: Mapping[str, bytes], *, site: bool) -> dict[str, bytes]:
    """Return every file of the public folder by its path, in the order to write them.

    Args:
        entries: the latest versions of all ids; what was never published is left out.
        there: records (`LDG-….json`) and `ecosystems.txt` that the folder holds already.
        site: whether pages are made too.

    Raises:
        InputError: where a record in the folder cannot be read.
    """
    records = _records(entries, there)
    read = {id_: _read(id_, data) for id_, data in records.items()}
    found = {f"{id_}.json": data for id_, data in records.items()}
    by_ecosystem: dict[str, list[str]] = {
        name: [] for name in there.get(ECOSYSTEMS, b"").decode(errors="replace").split("\n") if name
    }
    for id_, record in read.items():
        for ecosystem in _ecosystems(record):
            by_ecosystem.setdefault(ecosystem, []).append(id_)
    for ecosystem in sorted(by_ecosystem):
        found[f"{ecosystem}/all.zip"] = _archive(records, by_ecosystem[ecosystem])
    found["all.zip"] = _archive(records, records)
    dates = sorted((record.modified or "", id_) for id_, record in read.items())
    found["modified_id.csv"] = "".join(f"{at},{id_}\n" for at, id_ in reversed(dates)).encode()
    found[ECOSYSTEMS] = "".join(f"{name}\n" for name in sorted(by_ecosystem)).encode()
    return found | (pages(records) if site else {})


def _records(entries: Iterable[Entry], there: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the public records by id, in the order of ids; ours before what the folder holds."""
    records = {
        found[1]: data
        for name, data in there.items()
        if (found := RECORD_FILE.fullmatch(name)) and is_house(found[1])
    }
    records |= {entry.id: entry.public.encode() for entry in entries if entry.public}
    return dict(sorted(records.items(), key=lambda each: parse(each[0])))


def _read(id_: str, data: bytes) -> Osv:
    try:
        record = read_osv(data)
    except (DecodeError, RecursionError, UnicodeError, ValueError) as error:
        raise InputError(f"{id_}.json: {error}", "mend or remove what is in the folder") from None
    for fault in schema_faults(decode(data), "osv.schema.json"):
        raise InputError(
            f"{id_}.json: {fault.place}: {fault.what}", "mend or remove what is in the folder"
        )
    if record.id != id_:
        raise InputError(f"{id_}.json holds {record.id}", "mend or remove what is in the folder")
    return record


def _ecosystems(record: Osv) -> set[str]:
    """Return the ecosystems a record speaks of, without release: `Debian` of `Debian:12`."""
    named = (block.package for block in record.affected or ())
    titles = {(package.ecosystem or "").partition(":")[0] for package in named if package}
    return {title for title in titles if re.fullmatch(r"[A-Za-z][A-Za-z0-9. +_-]*", title)}


def _archive(records: Mapping[str, bytes], ids: Iterable[str]) -> bytes:
    """Return a zip of records; it is not compressed, so that its bytes depend on no library."""
    data = BytesIO()
    with ZipFile(data, "w", ZIP_STORED) as archive:
        for id_ in ids:
            member = ZipInfo(f"{id_}.json", EPOCH)
            member.create_system, member.external_attr = 3, READABLE
            archive.writestr(member, records[id_])
    return data.getvalue()
