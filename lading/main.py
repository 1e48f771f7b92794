"""The program's entry: from words to a command, from an error to one line and an exit code.

A well-formed call is parsed by `lading.quick` and runs at once; help, completion and wrong usage go
to typer, which costs more to import than most commands cost to run. Both read the same `Options`.
"""

import gc
import os
import sys

from sbom.errors import LadingError
from sbom.text import plain

DENIED = 1
NO_ANSWER = 2
INTERRUPTED = 130
CUT_OFF = 141
"""What a shell says of a program whose reader went away."""
COLLECT_EVERY = 1_000_000


def run() -> None:
    """Console script `lading`: run the arguments and exit with the code of the contract.

    A command lives for a moment and its values have no cycles, so that the collector need not look
    at them every 700 new ones; nor at what imports make, so they come after it is told. At the end
    the system takes all memory back at once, faster than Python would piece by piece. Together that
    is a fifth of a cold `lading match`.
    """
    gc.set_threshold(COLLECT_EVERY)
    code = main(sys.argv[1:])
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        _silence_stdout()
    os._exit(code)


def main(argv: list[str]) -> int:
    """Run one command line and return its exit code (0 done, 1 denied or wrong, 2 no answer)."""
    try:
        return _dispatch(argv)
    except KeyboardInterrupt:
        _fail("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # Nobody read the answer to its end, and what comes after it was not done: no pass.
        _silence_stdout()
        return CUT_OFF
    except Exception as error:
        if os.environ.get("LADING_DEBUG"):
            raise
        return _fail(_in_a_line(error))


def _in_a_line(error: Exception) -> str:
    if isinstance(error, LadingError):
        return str(error)
    if isinstance(error, MemoryError):
        return "out of memory (lower the limits with --limit, or use a larger machine)"
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}"
    what = f"{type(error).__name__}: {error}"
    return f"a fault of Lading's own: {what} (LADING_DEBUG=1 shows where; please report it)"


def _dispatch(argv: list[str]) -> int:
    import lading.start  # noqa: F401  (before anything that imports msgspec)
    from lading import quick
    from lading.commands import command_of, load
    from lading.configuration import stated

    found = command_of(argv)
    if found:
        name, rest = found
        command = load(name)
        options = quick.parse(rest, command, stated(name, command))
        if options is not None:
            return int(command.run(options))
    from lading.cli import run_typer

    return run_typer(argv)


def _fail(line: str) -> int:
    """Print one line for people, whatever control characters a hostile name brought along."""
    sys.stderr.write(f"lading: {plain(line)}\n".encode(errors="replace").decode())
    return NO_ANSWER


def _silence_stdout() -> None:
    """Keep Python from complaining at exit when the reader of our output went away."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
