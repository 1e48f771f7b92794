"""Blobs as streams: iterators of `bytes` that are unpacked and checked, never whole in memory.

Compression is told by the first bytes, not by a name or media type.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import IO, cast

from isal import isal_zlib
from msgspec import Struct

from sbom.errors import InputError
from sbom.limits import Limits, exceeded, size
from sbom.model import Digest

GzipError = cast("type[Exception]", isal_zlib.error)
CHUNK = 1 << 20
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
FOREIGN = {b"BZh": "bzip2", b"\xfd7zXZ\0": "xz", b"PK\x03\x04": "zip", b"LZIP": "lzip"}
ZSTD_WINDOW = 1 << 27
"""zstd's own bound on what a decoder must hold (`zstd --long`, 128 MiB)."""
RATIO_FROM = 256 << 20
"""Below this a layer may be packed as tightly as it likes: it costs nothing."""
DIGEST = re.compile(r"(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})\Z")
BROKEN = "get the image again, its file is damaged"


class Meter(Struct):
    """What has passed so far: packed bytes in, unpacked bytes out."""

    packed: int = 0
    unpacked: int = 0


def valid(digest: str) -> bool:
    """Tell whether a text is a digest of an algorithm that OCI registers."""
    return DIGEST.match(digest) is not None


def verified(stream: Iterator[bytes], digest: Digest, where: str) -> Iterator[bytes]:
    """Pass a stream on; raise InputError at its end if its digest is another one."""
    algorithm, _, expected = digest.partition(":")
    hasher = hashlib.new(algorithm)
    for block in stream:
        hasher.update(block)
        yield block
    if hasher.hexdigest() != expected:
        found = f"{algorithm}:{hasher.hexdigest()}"
        raise InputError(f"{where}: its bytes are {found}, not {digest}", BROKEN)


def metered(
    stream: Iterator[bytes], meter: Meter, tick: Callable[[int], None] | None
) -> Iterator[bytes]:
    """Pass packed bytes on and count them; `tick` is told each block's size."""
    for block in stream:
        meter.packed += len(block)
        if tick is not None:
            tick(len(block))
        yield block


def bounded(stream: Iterator[bytes], meter: Meter, limits: Limits, where: str) -> Iterator[bytes]:
    """Pass unpacked bytes on; raise InputError when there are too many of them."""
    for chunk in stream:
        meter.unpacked += len(chunk)
        if meter.unpacked > limits.layer_bytes:
            most = size(limits.layer_bytes)
            raise exceeded(where, f"it unpacks to more than {most} (layer_bytes)", "layer_bytes")
        if meter.unpacked > max(RATIO_FROM, meter.packed * limits.layer_ratio):
            told = f"it unpacks to {size(meter.unpacked)} from {size(meter.packed)}"
            most = f"more than {limits.layer_ratio} times its size (layer_ratio)"
            raise exceeded(where, f"{told}, {most}", "layer_ratio")
        yield chunk


def unpacked(stream: Iterator[bytes], where: str) -> Iterator[bytes]:
    """Undo gzip (of any number of members) or zstd (of any number of frames), else pass on."""
    first = b""
    for block in stream:
        first += block
        if len(first) >= 6:
            break
    if first.startswith(GZIP):
        yield from _gunzip(_chain(first, stream), where)
    elif first.startswith(ZSTD) or _skippable(first):
        yield from _unzstd(_chain(first, stream), where)
    elif foreign := next((name for magic, name in FOREIGN.items() if first.startswith(magic)), ""):
        raise InputError(f"{where}: it is {foreign}", "gzip, zstd and plain tar are read")
    else:
        yield from _chain(first, stream)


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest


def _skippable(first: bytes) -> bool:
    """A zstd stream may begin with a frame to skip (RFC 8878, 3.1.2), as zstd:chunked does."""
    return first[1:4] == b"\x2a\x4d\x18" and 0x50 <= first[0] <= 0x5F


def _gunzip(stream: Iterator[bytes], where: str) -> Iterator[bytes]:
    """RFC 1952: members follow each other; zeros after the last are padding."""
    inflate = isal_zlib.decompressobj(wbits=31)
    begun = False
    try:
        for block in stream:
            rest = block if begun else block.lstrip(b"\0")
            while rest:
                begun = True
                if chunk := inflate.decompress(rest, CHUNK):
                    yield chunk
                rest = inflate.unconsumed_tail
                if inflate.eof:
                    rest = inflate.unused_data.lstrip(b"\0")
                    inflate, begun = isal_zlib.decompressobj(wbits=31), bool(rest)
        while begun and not inflate.eof and (chunk := inflate.decompress(b"", CHUNK)):
            yield chunk
    except GzipError as error:
        raise InputError(f"{where}: its gzip data is damaged: {error}", BROKEN) from None
    if begun and not inflate.eof:
        raise InputError(f"{where}: its gzip data ends too early", BROKEN)


def _unzstd(stream: Iterator[bytes], where: str) -> Iterator[bytes]:
    import zstandard

    unzip = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW)
    source = cast("IO[bytes]", _Readable(stream))
    with unzip.stream_reader(source, read_size=CHUNK, read_across_frames=True) as reader:
        try:
            while chunk := reader.read(CHUNK):
                yield chunk
        except zstandard.ZstdError as error:
            raise InputError(f"{where}: its zstd data is damaged: {error}", BROKEN) from None


class _Readable:
    """A stream as the object with `read(size)` that zstandard wants."""

    def __init__(self, stream: Iterator[bytes]) -> None:
        self._stream = stream
        self._rest = b""

    def read(self, size: int) -> bytes:
        block = self._rest or next(self._stream, b"")
        self._rest = block[size:]
        return block[:size] if self._rest else block
