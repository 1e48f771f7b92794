"""Fuzz every reader, document format and archive, in turn, for as long as is asked.

usage: run.py [--minutes N] [--only WORD] [--first SEED] [--into FOLDER]

Each session is a process of its own (`session.py`), one at a time. What was found lies in FOLDER as
`found-*`; put it into `tests/fuzz/corpus/TARGET/`, where it stays as a test. Exit code 1: some was.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

from targets import targets

HERE = Path(__file__).resolve().parent
COUNT, SECONDS, GRACE = 4000, 20, 60


def main() -> int:
    """Run sessions until the time is up, and say what was found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--only", default="")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--into", type=Path, default=Path("build/fuzz"))
    options = parser.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    names = [name for name in targets() if options.only in name]
    end = time.monotonic() + 60 * options.minutes
    seed = options.first
    while time.monotonic() < end:
        for name in names:
            if time.monotonic() < end:
                session(name, seed, options.into)
        seed += 1
    found = sorted(options.into.glob("found-*.txt"))
    for path in found:
        print(path.stem, path.read_text().strip().splitlines()[-1][:200])
    print(f"{len(found)} found; seeds {options.first} to {seed - 1}")
    return 1 if found else 0


def session(name: str, seed: int, folder: Path) -> None:
    """Run one session; where it does not come to its end, keep the input that it had in hand."""
    command = [sys.executable, HERE / "session.py", name, seed, COUNT, SECONDS, folder]
    try:
        done = subprocess.run(
            [*map(str, command)],
            timeout=SECONDS + GRACE,
            capture_output=True,
            text=True,
            check=False,
        )
        print(done.stdout, end="", flush=True)
        why = f"exit code {done.returncode}\n{done.stderr[-2000:]}" if done.returncode else ""
    except subprocess.TimeoutExpired:
        why = f"no end after {SECONDS + GRACE} s"
    if why:
        current = (folder / "current").read_bytes()
        stem = f"found-{name.replace(' ', '-')}-ended-{seed}"
        (folder / stem).write_bytes(current[8 : 8 + int.from_bytes(current[:8], "little")])
        (folder / f"{stem}.txt").write_text(why)
        print(f"FOUND {name}, seed {seed}: {why}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
