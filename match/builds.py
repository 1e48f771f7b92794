"""Builds that stand apart from others of the same name and release, by marks in their versions.

Oracle's Ksplice and FIPS builds, Ubuntu's FIPS builds, those for a service pack of openEuler and of
Amazon's extra repositories are numbered on their own: held against another build's number they
would tell nothing.
"""

import re
from collections.abc import Callable, Collection

KSPLICE = r"\.ksplice\d*\."
FIPS = "fips"
SERVICE_PACK = r"\.oe\d{4}(?:sp(\d+))?(?![\da-z])"
UEK = r"(?:\d+:)?\d+\.\d+\.\d+"
ALAS = r"ALAS(?:2023|2022|2)?(?P<topic>[A-Z][A-Z0-9.\-]*)?-\d{4}-\d+"
LINE = r"\d+(?:\.\d+)*\Z"
MACHINES = {
    "all": "", "any": "", "noarch": "", "nosrc": "", "source": "", "src": "",
    "amd64": "x86_64", "arm64": "aarch64",
}  # fmt: skip
"""Other words for architectures; empty for those that are every one, as what all are built of."""
STATED_PACK = r"\bSP(\d+)"
"""Texts, compiled where they are used: most runs meet no such build."""


def other_builds(release: str, product: str, version: str) -> bool:
    """Tell whether a product's records are about other builds than one of this version."""
    told = APART.get(release.partition(":")[0])
    return told is not None and told(product, version)


def other_machine(arches: Collection[str], arch: str) -> bool:
    """Tell whether records for these architectures are not about a package for `arch`.

    What is not known, or is for every machine, is among them.
    """
    return bool(arches and arch) and MACHINES.get(arch, arch) not in {*arches, ""}


def channel_of_oracle(version: str) -> str:
    """Return the channel whose builds a version of Oracle Linux is of; empty: the main one."""
    return "ksplice" if re.search(KSPLICE, version) else FIPS if FIPS in version.lower() else ""


def line_of_oracle(name: str, version: str) -> str:
    """Return the line of versions that a fix of a package is about; empty: all.

    Releases of the UEK stand side by side, each on one version of Linux, and are fixed each apart.
    """
    found = re.match(UEK, version) if name.startswith("kernel-uek") else None
    return found[0] if found else ""


def topic_of_amazon(id_: str) -> str:
    """Return the topic of an advisory's id, which is of an extra repository; empty: the core's."""
    stated = re.fullmatch(ALAS, id_)
    return (stated["topic"] or "").lower() if stated else ""


def line_of_amazon(topic: str, version: str) -> str:
    """Return the line of versions a topic is named after, with the epoch; empty: after none."""
    named = re.search(LINE, topic)
    epoch, colon, rest = version.rpartition(":")
    if not named or not re.match(rf"{re.escape(named[0])}[.\-]", rest):
        return ""
    return f"{epoch}{colon}{named[0]}"


def _oracle(product: str, version: str) -> bool:
    # The main channel's numbers hold for the others' builds too, which only add to them.
    return bool(product) and product != channel_of_oracle(version)


def _ubuntu(product: str, version: str) -> bool:
    return FIPS in product and FIPS not in version.lower()


def _open_euler(product: str, version: str) -> bool:
    """`.oe2203sp3` is LTS-SP3, `.oe2203` the release itself; `.oe1` may be any."""
    tag, stated = re.search(SERVICE_PACK, version), re.search(STATED_PACK, product)
    return tag is not None and tag[1] != (stated[1] if stated else None)


APART: dict[str, Callable[[str, str], bool]] = {
    "openeuler": _open_euler,
    "oracle": _oracle,
    "ubuntu": _ubuntu,
}
