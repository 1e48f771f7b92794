"""What an installed package was built of: its source, and the module stream (rules.md 1, 5)."""

import re

from match.versions.encoding import ANY_EPOCH
from sbom.model import Component

SIGNED_KERNEL = r"linux-signed((?:-.+?)??)(?:-(?:amd64|arm64|i386))?"
"""The source of Debian's and Ubuntu's signed kernel images; advisories name what these are of."""


def source_of(component: Component, type_: str, name: str, version: str) -> tuple[str, str]:
    """Return a package's source and the source's version, its own where these are not known.

    Args:
        component: what is known of its source.
        type_: its purl's type.
        name: its own name.
        version: its own version, with the epoch.
    """
    source = component.source
    if source.startswith("linux-signed"):
        # Its images are packed anew from that of Linux, and keep the numbers of that.
        signed = re.fullmatch(SIGNED_KERNEL, source)
        return f"linux{signed[1] if signed else ''}", version
    return source or name, _version(component.source_version, type_, version)


def stream_of(label: str, version: str) -> str | None:
    """Read `name:stream` from a modularity label; a modular version without one is unknown."""
    if ":" in label:  # rpm writes `(none)` where there is none.
        return ":".join(label.split(":")[:2])
    return None if ".module" in version else ""


def with_epoch(version: str, query: str) -> str:
    """Join the epoch, a qualifier in purls of rpm (rules.md 5) and some of deb, to the version."""
    epoch = next((p[6:] for p in query.split("&") if p.startswith("epoch=")), "")
    return f"{epoch}:{version}" if epoch else version


def rebuilt(version: str) -> str:
    """Return a modular version as one that is not before its like of any other build.

    A rebuild of RHEL keeps version and release, and counts the builds of its modules on its own.
    """
    return re.sub(r"\.module[+_].*", ".module+rebuilt", version)


def _version(known: str, type_: str, version: str) -> str:
    """Return the source's version; where it is unknown, the component's own.

    A Debian rebuild (`+b1`) needs no care there: it sorts just above the version it rebuilds. An
    rpm names its source without the epoch, which is its own where it has the source's version:
    `perl-Errno` 1.28 of perl 4:5.26 has another.
    """
    if not known:
        return version
    if type_ != "rpm" or ":" in known:
        return known
    return version if version.rpartition(":")[2] == known else f"{ANY_EPOCH}{known}"
