"""Engines as programs (edge: subprocess): `podman` and `ctr`, what they print, in bounds.

Their messages are a line for people; nothing of an image is in them but names and digests.
"""

import subprocess
import tempfile
from collections.abc import Iterator, Sequence

from sbom.errors import FetchError
from sbom.text import plain

STEP = 1 << 18
LONGEST_MESSAGE = 300


def output(command: Sequence[str], most: int) -> bytes:
    """Return what a program prints, at most so many bytes; raise FetchError where it fails."""
    parts, length = [], 0
    for block in blocks(command):
        length += len(block)
        if length > most:
            told = f"{command[0]}: it prints more than {most} bytes"
            raise FetchError(told, f"try: {' '.join(command)}")
        parts.append(block)
    return b"".join(parts)


def blocks(command: Sequence[str], skip: int = 0) -> Iterator[bytes]:
    """Yield what a program prints, as it comes, but for the first bytes.

    A program whose reader leaves is ended. Raises FetchError where it fails, after what it printed.
    """
    with tempfile.TemporaryFile() as told:
        try:
            process = subprocess.Popen(  # noqa: S603 (fixed programs; names were looked at)
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=told
            )
        except OSError as error:
            what = f"{command[0]}: it cannot be started: {error.strerror}"
            raise FetchError(what, "install it, or save the image to a file") from None
        with process:
            try:
                while block := process.stdout.read(STEP) if process.stdout else b"":
                    if skip < len(block):
                        yield block[skip:]
                    skip = max(0, skip - len(block))
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            told.seek(0)
            raise _failed(command, told.read(1 << 16), process.returncode)


def _failed(command: Sequence[str], told: bytes, code: int) -> FetchError:
    lines = told.decode("utf-8", "replace").strip().splitlines()
    message = plain(lines[-1])[:LONGEST_MESSAGE] if lines else f"exit code {code}"
    name = command[0]
    message = message.removeprefix(f"{name}: ").removeprefix("Error: ")
    return FetchError(f"{name}: {message}", f"try: {' '.join(command)}")
