"""P1: what a command costs before it works, beside a bare Python.

usage: startup.py
"""

import sys
from pathlib import Path

from timing import side_by_side

LADING = str(Path(sys.executable).with_name("lading"))


def main():
    bare = [sys.executable, "-c", "pass"]
    commands = {
        "bare python": bare,
        "lading --help": [LADING, "--help"],
        "lading match --help": [LADING, "match", "--help"],
        "lading version": [LADING, "version"],
        "lading policy show": [LADING, "policy", "show"],
        "lading feeds list": [LADING, "feeds", "list"],
    }
    times = side_by_side(commands)
    for name, seconds in times.items():
        ratio = seconds / times["bare python"]
        print(f"{name:22} {seconds * 1000:7.1f} ms   {ratio:5.1f} x bare python")


main()
