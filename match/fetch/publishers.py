"""The publishers that are fetched: where each is, and for which images it is asked.

A publisher's name is its folder in the cache and in a mirror.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlsplit

from sbom.errors import InputError
from sbom.web.addresses import is_loopback

MIB = 1 << 20
HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.\-]{0,252})(?::\d{1,5})?\Z")
PROVIDERS = "csaf-"
"""How the names of providers begin that a user named."""


class Publisher(NamedTuple):
    """One publisher.

    name: its folder. feed: what reads its files. plan: the file of this folder that asks it.
    base: the address its places are below, with a slash at the end.
    items: places, each with its address where the base and the place do not make it.
    serves: os-release ids and purl types it is asked for; empty: for every image.
    most: bytes of its longest file, with room to grow. unasked: fetched only when it is named.
    within: another that has all its records, of which only one can be asked.
    metadata: the address of a CSAF provider's `provider-metadata.json`, for the keys it names.
    """

    name: str
    feed: str
    plan: str
    base: str
    items: tuple[tuple[str, str], ...] = ()
    serves: tuple[str, ...] = ()
    most: int = 512 * MIB
    unasked: bool = False
    within: str = ""
    metadata: str = ""


GITHUB = "https://github.com/"
RAW = "https://raw.githubusercontent.com/"

# fmt: off
PUBLISHERS = (
    Publisher("kev", "kev", "whole", "https://www.cisa.gov/", (
        ("sites/default/files/feeds/known_exploited_vulnerabilities.json", ""),
    ), most=64 * MIB),
    Publisher("epss", "epss", "epss", "https://epss.empiricalsecurity.com/", most=64 * MIB),
    Publisher("nvd", "nvd", "nvd", "https://services.nvd.nist.gov/", most=256 * MIB),
    Publisher("osv", "osv", "osv", "https://osv-vulnerabilities.storage.googleapis.com/",
        most=2048 * MIB),
    Publisher("debian", "debian", "whole",
        "https://salsa.debian.org/security-tracker-team/security-tracker/-/raw/master/", (
        ("data/DSA/list", ""), ("data/DLA/list", ""), ("data/DTSA/list", ""),
    ), ("debian",)),
    Publisher("debian-tracker", "tracker", "whole", "https://security-tracker.debian.org/", (
        ("tracker/data/json", ""),
    ), ("debian",)),
    Publisher("ubuntu-vex", "ubuntu", "whole", "https://security-metadata.canonical.com/", (
        ("vex/vex-all.tar.xz", ""),
    ), ("ubuntu",), most=2048 * MIB, unasked=True),
    Publisher("alpine", "secdb", "secdb", "https://secdb.alpinelinux.org/", (), ("alpine",)),
    Publisher("wolfi", "secdb", "whole", "https://packages.wolfi.dev/", (
        ("os/security.json", ""),
    ), ("wolfi",)),
    Publisher("chainguard", "secdb", "whole", "https://packages.cgr.dev/", (
        ("chainguard/security.json", ""),
    ), ("chainguard",)),
    Publisher("azurelinux", "azurelinux", "whole",
        RAW + "microsoft/AzureLinuxVulnerabilityData/main/", (
        ("azurelinux-3.0-oval.xml", ""), ("cbl-mariner-2.0-oval.xml", ""),
        ("cbl-mariner-1.0-oval.xml", ""),
    ), ("azurelinux",)),
    Publisher("amazon", "amazon", "repomd", "https://cdn.amazonlinux.com/", (
        ("2/core/updateinfo.xml", "2/core/latest/x86_64/mirror.list"),
        ("al2023/core/updateinfo.xml", "al2023/core/mirrors/latest/x86_64/mirror.list"),
    ), ("amazon",)),
    Publisher("oracle", "oracle", "whole", "https://linux.oracle.com/", (
        ("security/oval/com.oracle.elsa-all.xml.bz2", ""),
    ), ("oracle",)),
    Publisher("photon", "photon", "whole",
        "https://packages.broadcom.com/photon/photon_cve_metadata/", tuple(
        (f"cve_data_photon{release}.json", "") for release in ("1.0", "2.0", "3.0", "4.0", "5.0")
    ), ("photon",)),
    Publisher("redhat", "csaf", "csaf", "https://security.access.redhat.com/", (
        ("data/csaf/v2/vex/", ""),
    ), ("rhel",), most=8192 * MIB,
        metadata="https://security.access.redhat.com/data/csaf/v2/provider-metadata.json"),
    Publisher("suse", "csaf", "csaf", "https://ftp.suse.com/", (
        ("pub/projects/security/csaf-vex/", ""),
    ), ("sles", "sle-micro", "opensuse-leap", "opensuse-tumbleweed"), most=8192 * MIB,
        metadata="https://www.suse.com/.well-known/csaf/provider-metadata.json"),
    Publisher("rubysec", "rubysec", "whole", GITHUB, (
        ("ruby-advisory-db-master.tar.gz",
         GITHUB + "rubysec/ruby-advisory-db/archive/refs/heads/master.tar.gz"),
    ), ("gem",)),
    Publisher("friendsofphp", "friendsofphp", "whole", GITHUB, (
        ("security-advisories-master.tar.gz",
         GITHUB + "FriendsOfPHP/security-advisories/archive/refs/heads/master.tar.gz"),
    ), ("composer",)),
    Publisher("nodejs", "nodejs", "whole", GITHUB, (
        ("security-wg-main.tar.gz", GITHUB + "nodejs/security-wg/archive/refs/heads/main.tar.gz"),
    ), ("npm", "generic")),
    Publisher("retirejs", "retirejs", "whole", RAW + "RetireJS/retire.js/master/", (
        ("repository/jsrepository-v4.json", ""),
    ), ("npm",)),
    Publisher("vulnrichment", "cve", "whole", GITHUB, (
        ("vulnrichment-develop.tar.gz",
         GITHUB + "cisagov/vulnrichment/archive/refs/heads/develop.tar.gz"),
    ), most=4096 * MIB, unasked=True, within="cvelist"),
    Publisher("cvelist", "cve", "cvelist", RAW + "CVEProject/cvelistV5/main/", (
        ("releases.json", "https://api.github.com/repos/CVEProject/cvelistV5/releases?per_page=30"),
    ), most=4096 * MIB, unasked=True),
)
# fmt: on
"""In the order in which they are told of."""


def provider(text: str) -> Publisher:
    """Return the CSAF provider of a domain, or of the address of its `provider-metadata.json`.

    Raises:
        InputError: where the text is neither, or the address is open to anybody.
    """
    parts = urlsplit("")
    with suppress(ValueError):
        parts = urlsplit(text if "://" in text else f"https://{text}")
    host = parts.hostname or ""
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    if not HOST.match(parts.netloc) or not safe or parts.query or parts.fragment:
        told = f"{text[:200]}: neither a domain nor an https address"
        raise InputError(told, "write example.com, or https://example.com/…/provider-metadata.json")
    name = f"{PROVIDERS}{parts.netloc.replace(':', '-')}"
    base = f"{parts.scheme}://{parts.netloc}/"
    stated = text if parts.path.strip("/") else ""
    return Publisher(name, "csaf", "provider", base, (("", stated),), most=8192 * MIB)


def named(names: Iterable[str]) -> dict[str, tuple[Publisher, ...]]:
    """Return the publishers that each name stands for: its own, or a feed's, which is several."""
    return {
        name: tuple(p for p in PUBLISHERS if p.name == name)
        or tuple(p for p in PUBLISHERS if p.feed == name and not p.within)
        for name in names
    }
