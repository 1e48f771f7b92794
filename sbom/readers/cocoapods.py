"""CocoaPods: `Podfile.lock`; its pods are optional (rule 5).

A subspec, `POD/PART (VERSION)`, is a part of its pod and always of the pod's version.
"""

import re
from collections.abc import Iterator

from sbom.model import Found, Problem

GLOBS = ("**/Podfile.lock",)
MAGIC: tuple[bytes, ...] = ()

# The parts are possessive: a line of a million letters is read once, not once for each of them.
POD = re.compile(r" {2}- \"?([^\s/(\"]++)[^\s(]*+ \(([^()\s]++)\)\"?:?[ \t]*")


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the pods, each once, in the order of the file."""
    # Nothing here can be unreadable: a line is a pod or it is not.
    del path
    told: set[tuple[str, str]] = set()
    section = ""
    for line in data.decode("utf-8-sig", "replace").splitlines():
        section = line if line[:1] not in {"", " "} else section
        pod = POD.fullmatch(line) if section == "PODS:" else None
        if pod and (pod[1], pod[2]) not in told:
            told.add((pod[1], pod[2]))
            yield Found(type="cocoapods", name=pod[1], version=pod[2], scope="optional")
