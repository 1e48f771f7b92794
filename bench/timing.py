"""Times commands as whole processes, side by side, and prints medians and their ratio."""

import os
import resource
import statistics
import subprocess
import time


def wall(command, env=None):
    """Seconds one run of `command` takes, its output thrown away; any exit code but a signal's."""
    start = time.perf_counter()
    code = subprocess.run(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env, check=False
    ).returncode
    assert code >= 0, command
    return time.perf_counter() - start


def side_by_side(commands, runs=9, env=None):
    """Run the commands in turn, one warm-up and `runs` counted; return each one's median seconds."""
    whole = {**os.environ, **(env or {})}
    times = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, command in commands.items():
            seconds = wall(command, whole)
            if turn:
                times[name].append(seconds)
    return {name: statistics.median(seconds) for name, seconds in times.items()}


def peak_memory(command):
    """Peak resident memory of `command` in MB."""
    code = (
        "import resource, subprocess, sys;"
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    import sys

    out = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, check=True)
    unit = 1 if resource.getpagesize() == 0 else 1024
    return int(out.stdout) * unit / 1e6
