"""Lists of paths that are packed as they grow: a million take a few megabytes."""

from collections.abc import Iterable, Iterator

from isal import isal_zlib

PACK = 1 << 14
"""Texts that are packed at once."""


class Packed:
    """A growing list of paths."""

    def __init__(self) -> None:
        self._open: list[bytes] = []
        self._done: list[bytes] = []

    def add(self, *texts: bytes) -> None:
        """Add paths at the end."""
        self._open += texts
        if len(self._open) >= PACK:
            self._close()

    def result(self) -> tuple[bytes, ...]:
        """Return the list; `unpack` reads it."""
        if self._open:
            self._close()
        return tuple(self._done)

    def _close(self) -> None:
        self._done.append(isal_zlib.compress(b"\0".join(self._open), 1))
        self._open = []


def unpack(packed: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Yield the parts of a packed list."""
    for part in packed:
        yield isal_zlib.decompress(part).split(b"\0")
