"""One session of fuzzing in a process of its own: one target, so many inputs, bounded time and memory.

usage: session.py TARGET SEED COUNT SECONDS FOLDER   (started by run.py, or by hand to repeat one)

What reaches new lines of ours is kept and changed further. The input in hand lies in FOLDER/current,
so that it is there even if the process ends; what was wrong is written to FOLDER/found-*.
"""

import hashlib
import mmap
import os
import re
import resource
import signal
import sys
import time
import traceback
from pathlib import Path
from random import Random

from mutations import LARGEST, changed
from targets import TESTS, targets

OURS = str(TESTS.parent / "sbom")
SLOWEST = 5
"""Seconds of the processor that one input may take; the largest has 128 KiB."""
MEMORY = 768 << 20
"""Bytes that one input may make the process grow by."""
TRACED = 0.2
LONGEST_SHRINK = 400


class TooSlow(BaseException):
    """An input took longer than `SLOWEST`; no `except Exception` of ours may hide that."""


def main(name: str, seed: str, count: int, seconds: float, folder: Path) -> None:
    """Run the session; print inputs, lines reached, and the slowest input."""
    target = targets()[name]
    chance = Random(f"{name} {seed}")  # noqa: S311 (it shall be repeatable)
    signal.signal(signal.SIGPROF, _too_slow)
    pool, reached = list(target.seeds), set()
    for data in target.seeds:
        reached |= traced(target, data)
    bound_memory()
    current = _shared(folder / "current")
    slowest, done, end = 0.0, 0, time.monotonic() + seconds
    while done < count and time.monotonic() < end:
        done += 1
        try:
            data = changed(chance.choice(pool), chance, pool)
        except MemoryError:  # of the change itself
            continue
        current[:8] = len(data).to_bytes(8, "little")
        current[8 : 8 + len(data)] = data
        start = time.process_time()
        fault = wrong(target, data)
        slowest = max(slowest, time.process_time() - start)
        if fault:
            report(target, data, fault, folder)
        elif chance.random() < TRACED and (new := traced(target, data) - reached):
            reached |= new
            pool.append(data)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{name}: {done} inputs, {len(reached)} lines, slowest {slowest:.2f} s, {grown} MB")


def wrong(target, data: bytes) -> str:
    """Return what is wrong with us for an input, empty where all is well."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    signal.setitimer(signal.ITIMER_PROF, SLOWEST)
    try:
        target.run(data)
    except BaseException as error:
        signal.setitimer(signal.ITIMER_PROF, 0)
        if isinstance(error, KeyboardInterrupt):
            raise
        return "".join(traceback.format_exception(error)[-6:])
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return f"memory grew by {grown // 1024} MB" if grown * 1024 > MEMORY // 2 else ""


def report(target, data: bytes, fault: str, folder: Path) -> None:
    """Write down the smallest input that is wrong in the same way."""
    kind = _kind(fault)
    if (seen := folder / f"seen-{kind}").exists():
        return
    seen.touch()
    small = shrunk(target, data, kind)
    name = f"found-{target.name.replace(' ', '-')}-{hashlib.sha256(small).hexdigest()[:8]}"
    (folder / name).write_bytes(small)
    (folder / f"{name}.txt").write_text(fault)
    print(f"FOUND {target.name}: {fault.strip().splitlines()[-1][:200]} ({folder / name})")


def shrunk(target, data: bytes, kind: str) -> bytes:
    """Leave out parts of an input while it stays wrong in the same way."""
    tries, step = 0, len(data) // 2
    while step and tries < LONGEST_SHRINK and "TooSlow" not in kind:
        at = 0
        while at < len(data) and tries < LONGEST_SHRINK:
            tries += 1
            less = data[:at] + data[at + step :]
            if _kind(wrong(target, less)) == kind:
                data = less
            else:
                at += step
        step //= 2
    return data


def traced(target, data: bytes) -> set[tuple[str, int]]:
    """Return the lines of ours that an input reaches."""
    lines = set()

    def inside(frame, event, _argument):
        if event == "line":
            lines.add((frame.f_code.co_filename, frame.f_lineno))
        return inside

    def entered(frame, _event, _argument):
        return inside if frame.f_code.co_filename.startswith(OURS) else None

    signal.setitimer(signal.ITIMER_PROF, 20 * SLOWEST)
    sys.settrace(entered)
    try:
        target.run(data)
    finally:
        sys.settrace(None)
        signal.setitimer(signal.ITIMER_PROF, 0)
    return lines


def bound_memory() -> None:
    """Let the process grow by no more than `MEMORY` from here on."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * os.sysconf("SC_PAGE_SIZE") + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _kind(fault: str) -> str:
    """Name what is wrong by its place and its type, whatever the values."""
    places = re.findall(r'File "[^"]*/(\w+)\.py", line (\d+)', fault)[-1:]
    last = fault.strip().splitlines()[-1] if fault else ""
    words = [*(part for place in places for part in place), last.partition(":")[0]]
    return re.sub(r"\W+", "-", " ".join(words))[:80] if fault else ""


def _shared(path: Path) -> mmap.mmap:
    path.write_bytes(bytes(8 + LARGEST))
    with path.open("r+b") as file:
        return mmap.mmap(file.fileno(), 0)


def _too_slow(_number, _frame):
    raise TooSlow(f"more than {SLOWEST} s")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), Path(sys.argv[5]))
