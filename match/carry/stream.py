"""Rows as bytes: batches of msgpack, each with its length before it, compressed as one zstd frame.

What is read back may be hostile: a batch, the whole and the memory of unpacking are bounded, and
what does not fit the form is one InputError.
"""

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import IO, cast

import msgspec
from msgspec import msgpack

from match.carry.form import Body, Row
from sbom.errors import InputError

LEVEL = 7
BATCH_BYTES = 1 << 20
MOST_BATCH = 1 << 28
"""Bytes of one batch: one of more than a megabyte holds a single record."""
MOST_RAW = 1 << 37
RATIO, RATIO_FROM = 400, 1 << 26
"""Rows are some ten times their compressed size; a frame of more than 64 MiB is held to this."""
MOST_WINDOW = 1 << 23
STEP = 1 << 18
LENGTH = 4
ROWS = msgpack.Decoder(list[Row])
HINT = "fetch it or make it again"


def write(rows: Iterable[Row], put: Callable[[bytes], object]) -> Body:
    """Compress rows into `put`, block by block; return what came of it."""
    from zstandard import ZstdCompressor

    packer = ZstdCompressor(level=LEVEL).compressobj()
    digest, size, raw = sha256(), 0, 0
    for batch in _batches(rows):
        raw += len(batch)
        block = packer.compress(batch)
        digest.update(block)
        size += len(block)
        put(block)
    block = packer.flush()
    digest.update(block)
    put(block)
    return Body(sha256=digest.hexdigest(), size=size + len(block), raw=raw)


def read(blocks: Iterable[bytes], body: Body, where: str) -> Iterator[Row]:
    """Yield the rows of compressed blocks.

    Raises:
        InputError: where they are not what `body` says, which is known at their end, or no rows.
    """
    if body.raw > min(MOST_RAW, max(RATIO_FROM, RATIO * body.size)):
        raise InputError(f"{where}: it would unpack to {body.raw} bytes", HINT)
    buffer = bytearray()
    for chunk in _unpacked(blocks, body, where):
        buffer += chunk
        at = 0
        while len(buffer) - at >= LENGTH:
            size = int.from_bytes(buffer[at : at + LENGTH], "big")
            if size > MOST_BATCH:
                raise InputError(f"{where}: a batch of {size} bytes", HINT)
            if len(buffer) - at < LENGTH + size:
                break
            yield from _rows(bytes(buffer[at + LENGTH : at + LENGTH + size]), where)
            at += LENGTH + size
        del buffer[:at]
    if buffer:
        raise InputError(f"{where}: it ends within a batch", HINT)


def _batches(rows: Iterable[Row]) -> Iterator[bytes]:
    """Yield batches with their length; the size of a batch follows from its rows alone."""
    held: list[bytes] = []
    size = 0
    encode = msgpack.Encoder().encode
    for row in rows:
        held.append(encode(row))
        size += len(held[-1])
        if size >= BATCH_BYTES:
            yield _batch(held)
            held, size = [], 0
    if held:
        yield _batch(held)


def _batch(rows: list[bytes]) -> bytes:
    """Return an array of encoded rows (msgpack, array 32) behind its length."""
    body = b"\xdd" + len(rows).to_bytes(4, "big") + b"".join(rows)
    return len(body).to_bytes(LENGTH, "big") + body


def _rows(batch: bytes, where: str) -> list[Row]:
    try:
        return ROWS.decode(batch)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise InputError(f"{where}: a row is damaged ({error})", HINT) from error


def _unpacked(blocks: Iterable[bytes], body: Body, where: str) -> Iterator[bytes]:
    """Unpack one frame, small piece by small piece, and hold it to what was said of it."""
    from zstandard import ZstdDecompressor, ZstdError

    unpacker = ZstdDecompressor(max_window_size=MOST_WINDOW)
    counted = _Counted(blocks, body, where)
    raw = 0
    try:
        with unpacker.stream_reader(cast("IO[bytes]", counted), read_size=STEP) as reader:
            while chunk := reader.read(STEP):
                raw += len(chunk)
                if raw > body.raw:
                    raise InputError(f"{where}: it unpacks to more than it says", HINT)
                yield chunk
    except (ZstdError, MemoryError) as error:
        raise InputError(f"{where}: its compression is damaged ({error})", HINT) from error
    counted.finish()
    if raw != body.raw:
        raise InputError(f"{where}: it unpacks to less than it says", HINT)


class _Counted:
    """Blocks as a file, with their digest; what is too much is never read."""

    def __init__(self, blocks: Iterable[bytes], body: Body, where: str) -> None:
        self._blocks, self._body, self._where = iter(blocks), body, where
        self._digest, self._size, self._rest = sha256(), 0, b""

    def read(self, number: int = -1) -> bytes:
        """Return up to so many bytes, none at the end."""
        while not self._rest:
            block = next(self._blocks, None)
            if block is None:
                return b""
            self._digest.update(block)
            self._size += len(block)
            if self._size > self._body.size:
                raise InputError(f"{self._where}: it is longer than it says", HINT)
            self._rest = block
        number = len(self._rest) if number < 0 else number
        block, self._rest = self._rest[:number], self._rest[number:]
        return block

    def finish(self) -> None:
        """Compare what was read with what was said."""
        while self._rest or self.read(STEP):
            self._rest = b""
        if self._digest.hexdigest() != self._body.sha256:
            raise InputError(f"{self._where}: its bytes are not those its manifest names", HINT)
