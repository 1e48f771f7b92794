"""What a packed file holds: gzip, Zstandard, bzip2 and xz as publishers use them, within bounds.

A file is what its first bytes say it is, whatever its name.
"""

import io
import lzma
import zlib
from io import BytesIO
from typing import IO, TYPE_CHECKING, cast

from isal import igzip, igzip_lib

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

HEAD_BYTES = 65_536
GZIP = b"\x1f\x8b"
ZSTANDARD = b"\x28\xb5\x2f\xfd"
"""RFC 8878, section 3.1.1."""
BZIP2 = b"BZh"
XZ = b"\xfd7zXZ\0"
ZIP = b"PK\x03\x04"
LARGEST_WINDOW = 1 << 27
"""Memory that a packed file may ask for; `zstd --long` and `xz -9` ask for no more."""
CHUNK = 1 << 16


def unpacked(path: str) -> IO[bytes]:
    """Open a file for reading, decompressed if it is packed."""
    with open(path, "rb") as file:
        magic = file.read(6)
    if magic.startswith(GZIP):
        # isal states no types for its files; they are binary files as gzip's are.
        return cast("IO[bytes]", igzip.open(path, "rb"))  # type: ignore[no-untyped-call]
    if magic.startswith(ZSTANDARD):
        return _unzstd(open(path, "rb"))
    if magic.startswith(BZIP2):
        import bz2

        return cast("IO[bytes]", bz2.open(path, "rb"))
    if magic == XZ:
        return cast("IO[bytes]", io.BufferedReader(_Xz(open(path, "rb"))))
    return open(path, "rb")


def beginning(head: bytes) -> bytes:
    """Return the beginning of what a packed file, or a zip archive's first member, holds.

    Args:
        head: its first bytes, at most `HEAD_BYTES`.
    """
    try:
        if head.startswith(ZSTANDARD):
            return _unzstd(BytesIO(head)).read(HEAD_BYTES)
        if head.startswith(GZIP):
            return zlib.decompressobj(47).decompress(head, HEAD_BYTES)
        if head.startswith(BZIP2):
            import bz2

            return bz2.BZ2Decompressor().decompress(head, HEAD_BYTES)
        if head.startswith(XZ):
            return _unxz().decompress(head, HEAD_BYTES)
        if head.startswith(ZIP) and len(head) > 30:
            return _first_member(head)
    except damages():
        pass
    return head


def damages() -> tuple[type[Exception], ...]:
    """Return what reading a damaged file raises; asked for where something was raised."""
    from zstandard import ZstdError

    isal_error = cast("type[Exception]", igzip_lib.IsalError)
    return OSError, EOFError, zlib.error, lzma.LZMAError, isal_error, ZstdError


def _first_member(head: bytes) -> bytes:
    """Return the beginning of a zip archive's first member (APPNOTE.TXT 4.3.7)."""
    name, extra = int.from_bytes(head[26:28], "little"), int.from_bytes(head[28:30], "little")
    data = head[30 + name + extra :]
    return zlib.decompressobj(-15).decompress(data, HEAD_BYTES) if head[8] == 8 else data


def _unzstd(file: IO[bytes]) -> IO[bytes]:
    """Return what a file packed with Zstandard holds, as a file."""
    from zstandard import ZstdDecompressor

    unpack = ZstdDecompressor(max_window_size=LARGEST_WINDOW)
    return cast("IO[bytes]", unpack.stream_reader(file, closefd=True, read_across_frames=True))


def _unxz() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=LARGEST_WINDOW)


class _Xz(io.RawIOBase):
    """What an xz file holds; the standard library's own reader has no bound on its memory."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._unpack = file, _unxz()

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()
        super().close()

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer).cast("B")
        while not self._unpack.eof:
            packed = self._file.read(CHUNK) if self._unpack.needs_input else b""
            if self._unpack.needs_input and not packed:
                raise EOFError("the file ends before its end is marked")
            data = self._unpack.decompress(packed, len(view))
            if data:
                view[: len(data)] = data
                return len(data)
        return 0
