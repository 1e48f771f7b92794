"""Components that a gate leaves out unless its policy says otherwise (docs: rules 5 and 15).

An image runs on its host's kernel: what a kernel source package is behind (headers, tools, images)
is reported and does not count; nor do names in a lock file that are not known to be installed.
"""

from typing import Literal

from sbom.model import Component

Class = Literal["", "kernel", "optional"]

KERNEL_SOURCES = frozenset(
    {"kernel", "kernel-rt", "kernel-uek", "linux", "linux-headers", "linux-lts", "linux-virt"}
)
"""Source packages whose advisories are the kernel's."""
KERNEL_NAMES = frozenset({"bpftool", "kernel-headers", "linux-libc-dev", "perf", "python3-perf"})
KERNEL_PREFIXES = (
    "kernel-",
    "linux-aws",
    "linux-azure",
    "linux-gcp",
    "linux-headers-",
    "linux-hwe",
    "linux-image-",
    "linux-modules-",
    "linux-oracle",
    "linux-signed",
)
UNPACKAGED = ("pkg:generic/linux@", "pkg:generic/linux/")
"""A kernel and its modules that no package installed (`sbom/readers/kernel.py`)."""
DISTRIBUTION = ("pkg:apk/", "pkg:deb/", "pkg:rpm/")
KERNEL = "the running kernel is the host's"
OPTIONAL = "named in a lock file, not known to be installed"


def class_of(component: Component) -> Class:
    """Return the class of a component; most have none."""
    if component.scope == "optional":
        return "optional"
    if component.purl.startswith(UNPACKAGED):
        return "kernel"
    if not component.purl.startswith(DISTRIBUTION):
        return ""
    source = component.source or component.name
    if source in KERNEL_SOURCES or component.name in KERNEL_NAMES:
        return "kernel"
    if source.startswith(KERNEL_PREFIXES) or component.name.startswith(KERNEL_PREFIXES):
        return "kernel"
    return ""
