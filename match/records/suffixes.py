"""What follows the first colon of an OSV ecosystem name: a release, and a channel or product.

Each function takes the distribution's os-release ID and the suffix, and returns the release key
(`debian:12`; the bare ID where no release is stated) and the product (empty: the main channel).
"""

import re
from collections.abc import Callable

from sbom.distro import release_key
from sbom.model import Distro

Suffix = Callable[[str, str], tuple[str, str]]


def plain(distro: str, suffix: str) -> tuple[str, str]:
    """`12`, `v3.19`, `8`: a release, and after a further colon a channel."""
    version, _, product = suffix.partition(":")
    return _release(distro, version), product


def _ubuntu(distro: str, suffix: str) -> tuple[str, str]:
    """`Pro:FIPS:22.04:LTS`: the channel stands before the version; LTS only says how long."""
    parts = suffix.split(":")
    version = next((p for p in parts if re.fullmatch(r"\d{1,2}\.\d\d", p)), "")
    channel = (p.lower() for p in parts if p not in {version, "LTS", ""})
    return _release(distro, version), ":".join(channel)


def _red_hat(distro: str, suffix: str) -> tuple[str, str]:
    """A CPE without its head: `enterprise_linux:9::baseos`, `rhel_eus:8.6::…`, `…:4.12::el8`."""
    found = re.search(r"::el(\d+)", suffix)
    rhel = r"(?:(?:enterprise_linux(?:_[a-z]+)?|rhel_[a-z0-9_]+):)?(\d+)\b"
    found = found or re.match(rhel, suffix)
    # What states no release of RHEL must not count for all of them.
    release = f"redhat:{suffix}" if suffix else distro
    return _release(distro, found[1]) if found else release, suffix


def _suse(distro: str, suffix: str) -> tuple[str, str]:
    """`Linux Enterprise Module for Basesystem 15 SP5` is a module of SLES 15.5.

    Products that are no operating system (Manager, Storage) have a release of their own, since
    their packages are built for another service pack than the one they run on.
    """
    if found := re.search(r"\bMicro (\d+(?:\.\d+)?)", suffix):
        return _release("sle-micro", found[1]), suffix
    product = r"(?:(?:SUSE )?Linux Enterprise|Package Hub|Real Time Module)\b.*?"
    found = re.match(rf"{product}\b(\d+)(?:[ .-]?(?:SP|\.)(\d+))?", suffix)
    if found:
        return _release(distro, f"{found[1]}.{found[2]}" if found[2] else found[1]), suffix
    return f"suse:{suffix.lower()}" if suffix else distro, suffix


def _opensuse(_distro: str, suffix: str) -> tuple[str, str]:
    """`Leap 15.5`, `Leap Micro 5.3`, `Tumbleweed`; `Backports SLE-15-SP5` is Leap 15.5's."""
    if found := re.match(r"Backports SLE-(\d+)-SP(\d+)", suffix):
        return _release("opensuse-leap", f"{found[1]}.{found[2]}"), suffix
    name, _, rest = suffix.partition(" ")
    if name == "Tumbleweed":
        return _release("opensuse-tumbleweed", ""), rest
    micro = rest.removeprefix("Micro ")
    version, _, product = micro.partition(" ")
    return _release("opensuse-leap" if micro == rest else "leap-micro", version), product


def _open_euler(distro: str, suffix: str) -> tuple[str, str]:
    """`22.03-LTS-SP1`: os-release has the first part only, so the service pack is the product."""
    version, _, product = suffix.partition("-")
    return _release(distro, version), product


OWN: dict[str, Suffix] = {
    "Ubuntu": _ubuntu,
    "Red Hat": _red_hat,
    "SUSE": _suse,
    "openSUSE": _opensuse,
    "openEuler": _open_euler,
}
"""The ecosystems whose suffix is more than a release."""


def _release(distro: str, version: str) -> str:
    """Spell a release as `sbom.distro` does; without a version it is the whole distribution."""
    return release_key(Distro(id=distro, version=version)) or distro
