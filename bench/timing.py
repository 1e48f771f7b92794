"""Times commands as whole processes, side by side: medians in seconds."""

import os
import statistics
import subprocess
import time


def wall(command, env):
    """Seconds one run of `command` takes; its output is thrown away, its exit code is its own."""
    start = time.perf_counter()
    done = subprocess.run(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env, check=False
    )
    if done.returncode < 0:
        raise RuntimeError(f"{command} ended by signal {-done.returncode}")
    return time.perf_counter() - start


def side_by_side(commands, runs=9, env=None):
    """Run the commands in turn, one warm-up and `runs` counted; return the median of each."""
    whole = {**os.environ, **(env or {})}
    times = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, command in commands.items():
            seconds = wall(command, whole)
            if turn:
                times[name].append(seconds)
    return {name: statistics.median(seconds) for name, seconds in times.items()}
