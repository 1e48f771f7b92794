"""`-o FORMAT[=FILE]`: what was rendered goes whole to its file, or (also by `-`) to stdout."""

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from sbom.errors import InputError

Wanted = tuple[str, str]
"""A format and the file it goes to; an empty file is standard output."""


def wanted(texts: Sequence[str], known: Sequence[str]) -> tuple[Wanted, ...]:
    """Read the values of `-o`; unknown formats and two for standard output are an InputError."""
    outputs = []
    for text in texts:
        name, equals, file = text.partition("=")
        if name not in known:
            raise InputError(f"-o {text}: unknown format {name}", f"one of {', '.join(known)}")
        if equals and not file:
            raise InputError(f"-o {text}: no file name after =", f"write -o {name}=FILE")
        outputs.append((name, "" if file == "-" else file))
    if sum(not file for _, file in outputs) > 1:
        raise InputError(
            "two outputs for standard output", "give all but one a file: -o FORMAT=FILE"
        )
    return tuple(outputs)


def write_all(outputs: Sequence[Wanted], render: Callable[[str, bool], bytes]) -> None:
    """Render every output before the first is written, so that nothing is left half-written.

    `render(format, to_terminal)` gives the bytes; `to_terminal` is true for standard output only.
    """
    put([(file, render(name, not file)) for name, file in outputs])


def put(rendered: Sequence[tuple[str, bytes]]) -> None:
    """Write what was rendered: (file, bytes), files first; an empty name is standard output."""
    for file, data in rendered:
        if file:
            write_file(file, data)
    for file, data in rendered:
        if not file:
            sys.stdout.flush()
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()


def write_file(path: str, data: bytes) -> None:
    """Write `data` beside `path` and move it there; an existing file stays whole until then."""
    if os.path.exists(path) and not os.path.isfile(path):  # /dev/stderr, a pipe
        with open(path, "wb") as stream:
            stream.write(data)
        return
    scratch = f"{path}.{os.getpid()}.part"
    try:
        with open(scratch, "wb") as stream:
            stream.write(data)
        os.replace(scratch, path)
    except OSError as error:
        with suppress(OSError):
            os.unlink(scratch)
        raise InputError(f"{path}: cannot write ({error.strerror})", "name another file") from error
