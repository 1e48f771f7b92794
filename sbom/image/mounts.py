"""What is mounted below a folder, as Linux tells it (proc(5), `/proc/PID/mountinfo`)."""

import os
import re

TABLE = "/proc/self/mountinfo"
MOST_BYTES = 64 << 20
KERNEL = frozenset(
    {
        "autofs",
        "binfmt_misc",
        "bpf",
        "cgroup",
        "cgroup2",
        "configfs",
        "debugfs",
        "devpts",
        "devtmpfs",
        "efivarfs",
        "fuse.gvfsd-fuse",
        "fuse.lxcfs",
        "fuse.portal",
        "fusectl",
        "hugetlbfs",
        "mqueue",
        "nsfs",
        "proc",
        "pstore",
        "rpc_pipefs",
        "securityfs",
        "selinuxfs",
        "sysfs",
        "tracefs",
    }
)
"""File systems that show what the kernel or a desktop makes up, and never what is installed."""
MEMORY = frozenset({"ramfs", "tmpfs"})
"""File systems that are empty after the next start."""
OCTAL = re.compile(rb"\\([0-7]{3})")


def mounted(root: str) -> dict[bytes, str]:
    """Return the mount points below a folder (without a leading slash) and their kinds.

    Empty where the table cannot be read, or speaks of another root than the one that is meant.
    """
    real = os.path.realpath(root)
    try:
        if not os.path.samefile(root, real):
            return {}  # as /proc/PID/root, which leads to where its text does not
        with open(TABLE, "rb") as stream:
            lines = stream.read(MOST_BYTES).splitlines()
    except OSError:
        return {}
    start = os.path.join(os.fsencode(real), b"")
    found = {}
    for line in lines:
        words, _, kind = line.partition(b" - ")
        place = OCTAL.sub(_octet, b"".join(words.split(b" ")[4:5]))
        if place.startswith(start) and place != start:
            found[place[len(start) :]] = kind.partition(b" ")[0].decode("ascii", "replace")
    return found


def _octet(code: re.Match[bytes]) -> bytes:
    """Return the byte that a blank or the like in a name is written by."""
    return bytes([int(code[1], 8) & 255])
