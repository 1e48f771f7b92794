"""One file from a publisher to its part: only if it changed, gone on where it broke off, verified.

A part is gone on with only while the server vouches, by a strong entity tag or a date, that the
file is still the same one (RFC 9110, 13.1.5); else it begins anew.
"""

import os
import re
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import new as hash_of
from typing import cast

import msgspec
from isal import igzip, igzip_lib
from msgspec import Struct

from match.fetch.client import Client, refused
from match.fetch.shelf import Entry, write
from sbom.errors import FetchError
from sbom.web.patience import AGAIN, ATTEMPTS, retry_after
from sbom.web.transport import Answer, Interrupted, shown

BLOCK = 1 << 20
PROGRESS = 1 << 20
"""An attempt that brought so many bytes does not count as one that failed."""
UNPACKED = 60
"""No feed packs better than this; what does is made to exhaust us."""
UNPACKED_FREE = 64 << 20
RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(?:\d{1,18}|\*)\Z")
AGAIN_HINT = "try again later; what was fetched before stays in use"

Told = Callable[[int, int], None]
"""Called with the bytes that are here, and in all (0: unknown)."""


class Wanted(Struct, frozen=True, kw_only=True):
    """A file to bring.

    part: where it grows. most: bytes it may have. digests: what it must have, by algorithm.
    fault: says what is wrong with a file that came, or nothing.
    """

    url: str
    part: str
    most: int
    digests: Mapping[str, str] = {}
    fault: Callable[[str], str] = lambda _: ""


class _Begun(Struct, frozen=True):
    """Beside a part: of what it is the beginning."""

    url: str
    etag: str = ""
    modified: str = ""


def download(client: Client, wanted: Wanted, known: Entry | None, told: Told) -> Entry | None:
    """Bring a file to its part; None where the server says that it is as `known` has it.

    Raises:
        NotThereError: where there is no such file.
        FetchError: where it cannot be had whole and sound; a part that may be gone on with stays.
    """
    entry = _brought(client, wanted, known, told)
    if entry is None:
        return None
    fault = _fault(wanted)
    if fault:
        # It may have been exchanged while we read it; what comes anew decides.
        discard(wanted.part)
        entry = _brought(client, wanted, None, told)
        fault = _fault(wanted)
    if fault or entry is None:
        discard(wanted.part)
        raise FetchError(f"{shown(wanted.url)}: {fault or 'it is not sent'}", AGAIN_HINT)
    with suppress(FileNotFoundError):
        os.unlink(_beside(wanted.part))
    return entry


def copy(path: str, wanted: Wanted, known: Entry | None) -> Entry | None:
    """Bring a file of a mirror that is a directory; None where it is as `known` has it.

    Raises:
        FetchError: as `download` does.
    """
    about = os.stat(path)
    version = f"{about.st_size}-{about.st_mtime_ns}"
    if known and (known.url, known.etag) == (wanted.url, version):
        return None
    if about.st_size > wanted.most:
        raise _too_long(wanted)
    with open(path, "rb") as source, open(wanted.part, "wb") as target:
        while block := source.read(BLOCK):
            target.write(block)
    if fault := _fault(wanted):
        discard(wanted.part)
        raise FetchError(f"{path}: {fault}", "copy it to the mirror again")
    return Entry(url=wanted.url, etag=version)


def digest(path: str, algorithm: str) -> str:
    """Return a file's digest in hexadecimal."""
    found = hash_of(algorithm)
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            found.update(block)
    return found.hexdigest()


def discard(part: str) -> None:
    """Remove a part and what is known of it."""
    for path in (part, _beside(part)):
        with suppress(FileNotFoundError):
            os.unlink(path)


def _brought(client: Client, wanted: Wanted, known: Entry | None, told: Told) -> Entry | None:
    """Ask until the whole file is here, going on where the last attempt broke off."""
    attempt = 0
    while True:
        before = _size(wanted.part)
        wished = ""
        try:
            answer = client.once(wanted.url, _conditions(wanted, known))
            if answer.status not in AGAIN:
                return _received(client, wanted, answer, told)
            wished, error = retry_after(answer.headers), refused(answer, wanted.url)
        except Interrupted as broken:
            error = FetchError(f"{broken}, {ATTEMPTS} times", AGAIN_HINT)
        attempt = 0 if _size(wanted.part) - before >= PROGRESS else attempt + 1
        if attempt >= ATTEMPTS:
            raise error
        client.wait(attempt, wished)


def _conditions(wanted: Wanted, known: Entry | None) -> dict[str, str]:
    """Return the headers that ask for what is not here yet."""
    begun, length = _begun(wanted), _size(wanted.part)
    if begun and length:
        return {"Range": f"bytes={length}-", "If-Range": begun.etag or begun.modified}
    if known and known.url == wanted.url:
        asked = {"If-None-Match": known.etag, "If-Modified-Since": known.modified}
        return {name: value for name, value in asked.items() if value}
    return {}


def _received(client: Client, wanted: Wanted, answer: Answer, told: Told) -> Entry | None:
    """Take an answer's body to the part; Interrupted where it does not come to its end."""
    if answer.status == 304:
        answer.close()
        return None
    if answer.status == 416 or (answer.status == 206 and not _continues(wanted, answer)):
        answer.close()
        discard(wanted.part)
        raise Interrupted(f"{shown(wanted.url)}: it has become another file")
    if answer.status not in {200, 206}:
        raise refused(answer, wanted.url)
    start = _size(wanted.part) if answer.status == 206 else 0
    total = start + answer.length if answer.length is not None else 0
    if total > wanted.most:
        answer.close()
        raise _too_long(wanted)
    if not start:
        _begin(wanted, answer)
    _append(client, wanted, answer, start, lambda here: told(here, total))
    headers = answer.headers
    return Entry(
        url=wanted.url,
        etag=headers.get("etag", ""),
        modified=headers.get("last-modified", ""),
    )


def _continues(wanted: Wanted, answer: Answer) -> bool:
    """Tell whether a part of a file begins where ours ends, and is of the same file."""
    begun, found = _begun(wanted), RANGE.match(answer.headers.get("content-range", ""))
    if not begun or not found or int(found[1]) != _size(wanted.part):
        return False
    return not begun.etag or answer.headers.get("etag", begun.etag) == begun.etag


def _begin(wanted: Wanted, answer: Answer) -> None:
    """Begin a part; note of what it is, if the server can tell that again."""
    discard(wanted.part)
    etag = answer.headers.get("etag", "")
    strong = "" if etag.startswith("W/") else etag
    begun = _Begun(wanted.url, strong, answer.headers.get("last-modified", ""))
    if begun.etag or begun.modified:
        write(_beside(wanted.part), msgspec.json.encode(begun))


def _append(
    client: Client, wanted: Wanted, answer: Answer, start: int, told: Callable[[int], None]
) -> None:
    temper, here = client.temper, start
    since, mark = temper.clock(), start
    try:
        with open(wanted.part, "r+b" if start else "wb") as file:
            file.seek(start)
            for block in answer.blocks():
                here += len(block)
                if here > wanted.most:
                    raise _too_long(wanted)
                file.write(block)
                told(here)
                client.check()
                if temper.clock() - since >= temper.window:
                    if here - mark < temper.slowest:
                        raise Interrupted(f"{shown(wanted.url)}: it comes too slowly")
                    since, mark = temper.clock(), here
    finally:
        answer.close()


def _too_long(wanted: Wanted) -> FetchError:
    discard(wanted.part)
    told = f"{shown(wanted.url)}: it has more than {wanted.most >> 20} MiB"
    return FetchError(told, "no file of this feed should; ask who publishes it")


def _fault(wanted: Wanted) -> str:
    """Say what is wrong with a file that came to its end, or nothing."""
    for algorithm, stated in wanted.digests.items():
        if digest(wanted.part, algorithm) != stated.lower():
            return f"its {algorithm} is not the published one"
    return _packing_fault(wanted.part) or wanted.fault(wanted.part)


def _packing_fault(path: str) -> str:
    """Say what is wrong with a gzip file: cut short, damaged, or made to exhaust us."""
    with open(path, "rb") as file:
        if file.read(2) != b"\x1f\x8b":
            return ""
    most = max(UNPACKED_FREE, UNPACKED * os.path.getsize(path))
    length = 0
    try:
        with igzip.open(path, "rb") as file:  # type: ignore[no-untyped-call]
            while block := file.read(BLOCK):
                length += len(block)
                if length > most:
                    return f"it unpacks to more than {UNPACKED} times its length"
    except (OSError, EOFError, zlib.error, cast("type[Exception]", igzip_lib.IsalError)):
        return "it is damaged or cut short"
    return ""


def _begun(wanted: Wanted) -> _Begun | None:
    """Return of what a part is the beginning, if it is of this file and can be gone on with."""
    try:
        with open(_beside(wanted.part), "rb") as file:
            begun = msgspec.json.decode(file.read(), type=_Begun)
    except (FileNotFoundError, msgspec.DecodeError, UnicodeError):
        return None
    return begun if begun.url == wanted.url else None


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except FileNotFoundError:
        return 0


def _beside(part: str) -> str:
    return part + ".begun"
