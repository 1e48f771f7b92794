"""The single records of a file, however they are packed: zip, tar, list, a record a line, or one.

Lists are cut into records without being read, so that one bad record costs that record only.
"""

import re
from collections.abc import Callable, Iterator
from typing import IO, Literal, TypeVar

from msgspec import DecodeError, Raw
from msgspec.json import Decoder

from match.records.archive import Member, members, unknown
from match.records.known import BadArchive, Known
from match.records.tarball import HEAD_BYTES, files, is_tar, unknown_files
from sbom.model import Problem

RECORD_BYTES = 16 << 20
"""No advisory is longer; one that is, is not read."""
LIST_BYTES = 256 << 20
"""A list is held whole while it is read; a zip and one record a line are not."""
UNREADABLE = (DecodeError, RecursionError, UnicodeError, ValueError)
"""What reading foreign JSON raises."""

ENDING, INDEX = ".json", "index/"
"""How the names of records in a zip end, and how those of Go's indexes beside them begin."""

CUT = Decoder(list[Raw]).decode

Effect = Literal["source_lost", "record_lost", "field_lost"]
Place = tuple[str, bytes | Raw | Problem]
Document = tuple[str, bytes | Raw | Problem, bytes]
"""The last is a digest (`archive.Member.raw`), or empty."""
Record = TypeVar("Record")


def documents(
    source: str, path: str, file: IO[bytes], known: Known | None = None
) -> Iterator[Document]:
    """Yield (place, bytes, digest) of each record, or a problem in its stead.

    Args:
        source: the feed, for problems.
        path: the file's name; `.jsonl` and `.ndjson` have one record a line.
        file: decompressed bytes, seekable if it is a zip.
        known: says which members of a zip are passed over, and need not be read.
    """
    start = file.read(2)
    if start == b"PK":
        yield from _zipped(source, path, file, known)
        return
    for place, data in _listed(source, path, start, file):
        yield place, data, b""


def _listed(source: str, path: str, start: bytes, file: IO[bytes]) -> Iterator[Place]:
    if path.endswith((".jsonl", ".ndjson")):
        yield from _lines(source, path, start, file)
    else:
        data = whole(file, start)
        if data is None:
            what = f"the file is longer than {LIST_BYTES >> 20} MiB"
            yield path, problem(source, path, what, "source_lost")
        elif data.lstrip()[:1] == b"[":
            yield from cut(source, path, data)
        else:
            yield path, data


def single_files(
    source: str, path: str, file: IO[bytes], wanted: re.Pattern[str]
) -> Iterator[Place]:
    """Yield (place, bytes) of each file of a repository, or a problem in its stead.

    Args:
        source: the feed, for problems.
        path: a zip or tar archive of the repository, or one of its files.
        file: its decompressed bytes, seekable if it is a zip.
        wanted: which names in an archive are records; its other files are passed over.
    """
    for place, data, _ in _unknown_files(source, path, file, wanted, None):
        yield place, data


def single_records(
    source: str,
    path: str,
    file: IO[bytes],
    wanted: re.Pattern[str],
    decode: Callable[[bytes], Record],
) -> Iterator[tuple[str, Record | Problem]]:
    """Yield (place, record) of each file of a repository, or a problem in its stead.

    The arguments are those of `single_files`, and `decode`, which makes a record of a file's bytes;
    what it raises of `UNREADABLE` is that file's problem.
    """
    for place, record, _ in unknown_records(source, path, file, wanted, decode, None):
        yield place, record


def unknown_records(
    source: str,
    path: str,
    file: IO[bytes],
    wanted: re.Pattern[str],
    decode: Callable[[bytes], Record],
    known: Known | None,
) -> Iterator[tuple[str, Record | Problem, bytes]]:
    """Yield what `single_records` does, but for files that are known, each with its digest.

    known: asked of JSON files of an archive that are named by their id, in capitals or not.
    """
    for place, data, raw in _unknown_files(source, path, file, wanted, known):
        if isinstance(data, Problem):
            yield place, data, raw
            continue
        try:
            record = decode(bytes(data))
        except UNREADABLE as error:
            yield place, problem(source, place, f"it cannot be read: {error}", "record_lost"), raw
        else:
            yield place, record, raw


def whole(file: IO[bytes], start: bytes = b"") -> bytes | None:
    """Return all of a file, or None where it is too long to be held."""
    data = start + file.read(LIST_BYTES + 1 - len(start))
    return None if len(data) > LIST_BYTES else data


def cut(source: str, path: str, data: bytes | Raw) -> Iterator[Place]:
    """Yield the elements of a JSON list, unread."""
    try:
        records = CUT(data)
    except UNREADABLE as error:
        yield path, problem(source, path, f"it is no JSON list: {error}", "source_lost")
        return
    for number, record in enumerate(records):
        yield f"{path}: [{number}]", record


def problem(source: str, where: str, what: str, effect: Effect) -> Problem:
    """Return a problem of one feed's file."""
    return Problem(source=source, where=where, what=what[:400], effect=effect)


def _unknown_files(
    source: str, path: str, file: IO[bytes], wanted: re.Pattern[str], known: Known | None
) -> Iterator[Document]:
    def id_of(name: str) -> str:
        return _id(name).upper() if wanted.search(name) else ""

    head = file.read(HEAD_BYTES)
    if head[:4] == b"PK\x03\x04":
        found = members(file) if known is None else unknown(file, known, id_of)
        yield from _archived(source, path, found, wanted)
    elif is_tar(head):
        found = files(path, head, file)
        found = found if known is None else unknown_files(found, known, id_of)
        yield from _archived(source, path, found, wanted)
    else:
        data = whole(file, head)
        if data is None:
            what = f"the file is longer than {LIST_BYTES >> 20} MiB"
            yield path, problem(source, path, what, "source_lost"), b""
        else:
            yield path, data, b""


def _archived(
    source: str, path: str, found: Iterator[Member], wanted: re.Pattern[str]
) -> Iterator[Document]:
    try:
        for name, data, fault, raw in found:
            place = f"{path}!{name}"
            if not wanted.search(name):
                continue
            yield place, problem(source, place, fault, "record_lost") if fault else data, raw
    except BadArchive as error:
        yield path, problem(source, path, f"the archive is damaged: {error}", "source_lost"), b""


def _zipped(source: str, path: str, file: IO[bytes], known: Known | None) -> Iterator[Document]:
    found = members(file) if known is None else unknown(file, known, _id)
    try:
        for name, data, fault, raw in found:
            place = f"{path}!{name}"
            if fault:
                yield place, problem(source, place, fault, "record_lost"), raw
            elif not name.endswith(ENDING):
                what = "the member is no JSON file"
                yield place, problem(source, place, what, "record_lost"), raw
            elif not name.startswith(INDEX):
                yield place, data, raw
    except BadArchive as error:
        yield path, problem(source, path, f"the archive is damaged: {error}", "source_lost"), b""


def _id(name: str) -> str:
    """Return the id that a member's name stands for; empty where it is no record's."""
    if not name.endswith(ENDING) or name.startswith(INDEX):
        return ""
    return name[name.rfind("/") + 1 : -len(ENDING)]


def _lines(source: str, path: str, start: bytes, file: IO[bytes]) -> Iterator[Place]:
    number = 0
    while line := start + file.readline(RECORD_BYTES + 1):
        number, start = number + 1, b""
        place = f"{path}: line {number}"
        if len(line) > RECORD_BYTES:
            yield path, problem(source, place, "the line is too long to be a record", "source_lost")
            return
        if line.strip():
            yield place, line
