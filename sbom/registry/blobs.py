"""Blobs of a repository as streams: what breaks off goes on from where it was, by Range.

Nothing is kept of a blob but the block at hand; whoever reads it compares its digest.
"""

import re
from collections.abc import Iterator
from contextlib import suppress

from sbom.errors import FetchError
from sbom.model import Digest
from sbom.registry.client import Client
from sbom.web.transport import Answer, Interrupted

MOST_BREAKS = 5
"""Breaks in a row without a byte between them."""
MOST_RESUMED = 100
"""Breaks of one blob in all: a server that gives a byte each time would never end."""
RANGE = re.compile(r"bytes ([0-9]{1,19})-")


class Blob:
    """A blob as a place to read from (`sbom.image.members.Place`).

    It is read forwards in one response. Reading at another place, as a second pass over a layer
    does, asks anew from there.
    """

    def __init__(self, client: Client, digest: Digest, size: int) -> None:
        self._client, self._digest, self._size = client, digest, size
        self._answer: Answer | None = None
        self._blocks: Iterator[bytes] = iter(())
        self._rest = memoryview(b"")
        self._offset = 0
        self._resumed = 0

    def at(self, number: int, offset: int) -> bytes:
        """Return up to so many bytes from a place on; nothing at the end of the blob."""
        if offset != self._offset:
            self._leave(offset)
        if not self._rest:
            self._rest = memoryview(self._next())
        block = self._rest[:number].tobytes()
        self._rest = self._rest[number:]
        self._offset += len(block)
        if self._offset >= self._size:
            self._finish()
        return block

    def _next(self) -> bytes:
        """Return the next bytes of the response; open it first, again where it breaks off."""
        for attempt in range(MOST_BREAKS):
            if self._answer is None:
                self._open()
            try:
                block = next(self._blocks, b"")
            except Interrupted:
                block = b""
            if block:
                return block
            # Also an end in good order is a break: `at` is not asked for more than there should be.
            self._leave(self._offset)
            self._resumed += 1
            if self._resumed > MOST_RESUMED:
                break
            self._client.wait(attempt)
        told = f"{self._client.reference}: {self._digest} breaks off again and again"
        raise FetchError(f"{told} at {self._offset} of {self._size} bytes", "try again later")

    def _open(self) -> None:
        headers = {"Range": f"bytes={self._offset}-"} if self._offset else {}
        path = f"blobs/{self._digest}"
        self._answer = answer = self._client.ask("GET", path, headers, accept=(200, 206))
        part = (
            RANGE.match(answer.headers.get("content-range", "")) if answer.status == 206 else None
        )
        start = int(part[1]) if part else 0
        length = answer.length
        if start > self._offset or (length is not None and start + length != self._size):
            told = f"{self._client.reference}: {self._digest} should have {self._size} bytes,"
            what = f"{length} are offered from {start} on"
            raise FetchError(f"{told} {what}", "ask who runs the registry")
        self._blocks = _after(answer.blocks(), self._offset - start)

    def _finish(self) -> None:
        """See the response's end, so that its connection can be used again."""
        with suppress(Interrupted):
            next(self._blocks, b"")
        self._leave(self._offset)

    def _leave(self, offset: int) -> None:
        """Be at another place, with nothing open."""
        if self._answer is not None:
            self._answer.close()
        self._answer, self._blocks, self._rest = None, iter(()), memoryview(b"")
        self._offset = offset


def _after(blocks: Iterator[bytes], number: int) -> Iterator[bytes]:
    """Pass over what we have: where a registry knows no Range, it begins anew."""
    for block in blocks:
        if number < len(block):
            yield block[number:]
        number = max(0, number - len(block))
