"""Distributions: os-release(5), their names in purls, and whose advisories judge which release.

`docs/rules.md` 1 and 3: one table maps every spelling of a distribution and its release to one
release key (`debian:12`, `alpine:3.16`, `rhel:8`, `wolfi`).
"""

from functools import lru_cache

from sbom.model import Distro

DISTRIBUTION_TYPES = frozenset({"alpm", "apk", "deb", "rpm"})
"""The purl types of distributions' own packages."""

# fmt: off
DISTROS: dict[str, tuple[int, str, tuple[str, ...]]] = {
    # id: (how many parts of VERSION_ID make the release, purl namespace, other spellings of the id)
    "almalinux": (1, "almalinux", ("alma", "alma linux")),
    "alpaquita": (1, "alpaquita", ("alpaquita linux",)),
    "alpine": (2, "alpine", ("alpine linux", "alpinelinux")),
    "amazon": (1, "amzn", ("amzn", "amazonlinux", "amazon linux", "amazon linux ami")),
    "arch": (0, "arch", ("archlinux", "arch linux")),
    "azurelinux": (2, "azurelinux", (
        "mariner", "cbl-mariner", "azure-linux", "azure linux", "azl",
        "common base linux mariner",
    )),
    "bellsoft-hardened-containers": (1, "bellsoft-hardened-containers", (
        "bellsoft hardened containers",
    )),
    "bottlerocket": (2, "bottlerocket", ()),
    "centos": (1, "centos", ("centos linux", "centos stream", "centos-stream")),
    "chainguard": (0, "chainguard", ()),
    "circle": (1, "circle", ("circle linux",)),
    "cleanstart": (0, "cleanstart", ()),
    "cloudlinux": (1, "cloudlinux", ()),
    "debian": (1, "debian", ("distroless", "debian gnu/linux")),
    "echo": (0, "echo", ()),
    "eurolinux": (1, "eurolinux", ()),
    "fedora": (1, "fedora", ("fedora linux", "fedoraproject")),
    "gentoo": (0, "gentoo", ()),
    "leap-micro": (2, "opensuse", ("opensuse-leap-micro", "opensuse leap micro")),
    "mageia": (1, "mageia", ()),
    "minimos": (0, "minimos", ()),
    "miraclelinux": (1, "miraclelinux", ()),
    "openeuler": (2, "openeuler", ()),
    "opensuse-leap": (2, "opensuse", ("opensuse", "opensuse.leap", "opensuse leap")),
    "opensuse-tumbleweed": (0, "opensuse", (
        # MicroOS is installed of Tumbleweed's own packages.
        "opensuse.tumbleweed", "opensuse tumbleweed", "opensuse-microos", "opensuse microos",
    )),
    "oracle": (1, "oracle", (
        "ol", "oraclelinux", "oracle linux", "oracle linux server", "oracle-linux",
    )),
    "photon": (2, "photon", ("photon os", "vmware photon os")),
    "raspbian": (1, "raspbian", ("raspberry pi os",)),
    "rhel": (1, "redhat", (
        "redhat", "red hat", "red-hat", "red hat enterprise linux",
        "red hat enterprise linux server", "rhel server", "ubi",
    )),
    "rocky": (1, "rocky", ("rockylinux", "rocky linux", "rocky-linux")),
    "scientific": (1, "scientific", ("scientific linux",)),
    "sle-micro": (2, "suse", ("slem", "sl-micro", "suse linux enterprise micro")),
    "sles": (2, "suse", (
        "sled", "sles_sap", "sle_hpc", "sle", "suse", "suse linux enterprise",
        "suse linux enterprise server", "suse linux enterprise desktop",
    )),
    "ubuntu": (2, "ubuntu", ()),
    "virtuozzo": (1, "virtuozzo", ()),
    "wolfi": (0, "wolfi", ()),
}

LIKE: dict[str, str] = {
    # Who judges where a distribution's own advisories do not cover the release. Other derivatives
    # (Raspbian, CloudLinux, EuroLinux) patch and number their packages on their own: no feed.
    "almalinux": "rhel", "centos": "rhel", "oracle": "rhel", "rocky": "rhel",
    "chainguard": "wolfi",
}

DEBIAN = {
    "buzz": "1.1", "rex": "1.2", "bo": "1.3", "hamm": "2.0", "slink": "2.1", "potato": "2.2",
    "woody": "3.0", "sarge": "3.1", "etch": "4", "lenny": "5", "squeeze": "6", "wheezy": "7",
    "jessie": "8", "stretch": "9", "buster": "10", "bullseye": "11", "bookworm": "12",
    "trixie": "13", "forky": "14", "duke": "15", "sid": "sid", "unstable": "sid",
}
UBUNTU = {
    "warty": "4.10", "hoary": "5.04", "breezy": "5.10", "dapper": "6.06", "edgy": "6.10",
    "feisty": "7.04", "gutsy": "7.10", "hardy": "8.04", "intrepid": "8.10", "jaunty": "9.04",
    "karmic": "9.10", "lucid": "10.04", "maverick": "10.10", "natty": "11.04",
    "oneiric": "11.10", "precise": "12.04", "quantal": "12.10", "raring": "13.04",
    "saucy": "13.10", "trusty": "14.04", "utopic": "14.10", "vivid": "15.04", "wily": "15.10",
    "xenial": "16.04", "yakkety": "16.10", "zesty": "17.04", "artful": "17.10",
    "bionic": "18.04", "cosmic": "18.10", "disco": "19.04", "eoan": "19.10", "focal": "20.04",
    "groovy": "20.10", "hirsute": "21.04", "impish": "21.10", "jammy": "22.04",
    "kinetic": "22.10", "lunar": "23.04", "mantic": "23.10", "noble": "24.04",
    "oracular": "24.10", "plucky": "25.04", "questing": "25.10", "resolute": "26.04",
}
CODENAMES = {"debian": DEBIAN, "raspbian": DEBIAN, "ubuntu": UBUNTU}
ROLLING_BRANCHES = {
    "alpaquita": "stream", "alpine": "edge", "bellsoft-hardened-containers": "stream",
}
"""The branch without a number of distributions that have releases too."""

TAGS = {"amzn": "amazon", "azl": "azurelinux", "cm": "azurelinux", "el": "rhel", "fc": "fedora",
        "ol": "oracle", "ph": "photon"}
"""The dist tags of rpm releases (`1.el8`), which some tools write instead of the distribution."""
# fmt: on

IDS = {spelling: id_ for id_, (_, _, others) in DISTROS.items() for spelling in (id_, *others)}
LONGEST_ID = max(map(len, IDS))
OS_RELEASE_BYTES = 65_536
"""No os-release is longer; a file that is, is not read further."""


def read_os_release(data: bytes) -> Distro | None:
    """Read an os-release(5) file; None where it states no ID."""
    stated: dict[str, str] = {}
    for line in data[:OS_RELEASE_BYTES].decode("utf-8", "replace").splitlines():
        key, equals, value = line.strip().partition("=")
        if equals and not key.startswith("#"):
            stated[key] = _unquote(value)
    if not stated.get("ID"):
        return None
    return Distro(
        id=stated["ID"].lower(),
        version=stated.get("VERSION_ID", ""),
        codename=stated.get("VERSION_CODENAME", "") or stated.get("UBUNTU_CODENAME", ""),
        name=stated.get("PRETTY_NAME", "") or stated.get("NAME", ""),
    )


def fold(id: str) -> str:  # noqa: A002 (os-release's word)
    """Return the one id of a distribution that goes by several (`redhat` is `rhel`)."""
    text = id.lower().strip()
    return IDS.get(text) or IDS.get(text.replace("_", "-"), text)


def namespace(distro: Distro) -> str:
    """Return the purl namespace of the distribution's packages (`redhat`, `debian`)."""
    id_ = distro.id.lower()
    row = DISTROS.get(fold(id_))
    if row is None or id_ in {"ol", "mariner"}:
        # These keep the spelling that every tool writes.
        return id_
    return row[1]


def qualifier(distro: Distro) -> str:
    """Return the value of the purl qualifier `distro` (`debian-12`, `debian-trixie`, `arch`)."""
    release = distro.version or distro.codename
    return f"{distro.id}-{release}" if release else distro.id


@lru_cache(maxsize=1024)
def from_qualifier(value: str, namespace: str, type: str) -> Distro | None:  # noqa: A002
    """Read the purl qualifier `distro` in any spelling; None where it names no distribution.

    Args:
        value: the qualifier, decoded: `debian-12`, `bookworm`, `3.16`, `el8`, `cbl-mariner-1.0`.
        namespace: the purl's namespace, which completes a bare VERSION_ID.
        type: the purl's type.
    """
    text = " ".join(value.split()).lower()
    if not text:
        return None
    return (
        _known_id(text)
        or _codename(text, namespace)
        or _bare_version(text, namespace, type)
        or _dist_tag(text, namespace)
        or _unknown_id(text)
    )


def read_name(name: str, version: str) -> Distro:
    """Read a distribution as documents name it, `debian` or `Debian GNU/Linux`, `12 (bookworm)`."""
    id_, version = " ".join(name.split()).lower(), version.strip()
    row = fold(id_)
    id_ = row if " " in id_ or "/" in id_ else id_
    number = _number(version) or version
    named = _named(row, number)
    return Distro(id=id_, version=named or number, codename=number if named else "")


@lru_cache(maxsize=1024)
def release_key(distro: Distro) -> str:
    """Return the release of the package key (`debian:12`, `wolfi`).

    Where the release is unknown it is the distribution alone (`debian`): any of its releases.
    """
    id_ = fold(distro.id)
    parts = DISTROS[id_][0] if id_ in DISTROS else 2
    if not parts:
        return id_
    release = _release(id_, parts, distro.version.strip().lower()) or _named(id_, distro.codename)
    return f"{id_}:{release}" if release else id_


@lru_cache(maxsize=1024)
def judges(distro: Distro) -> tuple[str, ...]:
    """Return the release keys whose advisories judge the distribution, the first that has any."""
    own = release_key(distro)
    id_, colon, release = own.partition(":")
    return (own, f"{LIKE[id_]}{colon}{release}") if id_ in LIKE else (own,)


def _unquote(value: str) -> str:
    """Undo the shell quoting that os-release(5) allows."""
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] == "'":
        return value[1:-1]
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]
    pieces = value.split("\\\\")
    return "\\".join(piece.replace("\\", "") for piece in pieces)


def _known_id(text: str) -> Distro | None:
    """Read `ID-VERSION` with the longest id that is known: ids hold hyphens themselves."""
    for end in _ends(text):
        id_, version = text[:end], text[end + 1 :]
        if fold(id_) not in DISTROS:
            continue
        named = _named(fold(id_), version)
        number = _number(version)
        return Distro(id=id_, version=named or number or version, codename=version if named else "")
    return None


def _ends(text: str) -> list[int]:
    """Return where an id may end: the whole text, or before a separator, longest first."""
    ends = [i for i, letter in enumerate(text[: LONGEST_ID + 1]) if letter in "-: "]
    return [len(text), *reversed(ends)]


def _codename(text: str, namespace: str) -> Distro | None:
    own = fold(namespace)
    for id_ in sorted(CODENAMES, key=lambda id_: (id_ != own, id_)):
        version = _named(id_, text)
        if version:
            return Distro(id=id_, version=version, codename=text)
    return None


def _bare_version(text: str, namespace: str, type_: str) -> Distro | None:
    """Complete a bare VERSION_ID from the namespace (`3.16` of `pkg:apk/alpine`)."""
    version = text.removeprefix("v")
    branch = ROLLING_BRANCHES.get(fold(namespace), "edge") if type_ == "apk" else None
    if not version[:1].isdigit() and version != branch:
        return None
    id_ = "rhel" if namespace == "redhat" else namespace
    return Distro(id=id_, version=version) if id_ else None


def _dist_tag(text: str, namespace: str) -> Distro | None:
    letters = text.lstrip(".").rstrip("0123456789._")
    id_, version = TAGS.get(letters, ""), text.lstrip(".")[len(letters) :]
    if not id_ or not version[:1].isdigit():
        return None
    # A rebuild keeps the tags of what it rebuilds (`.el8`), and is judged under its own name.
    own = fold(namespace)
    id_ = own if own in DISTROS else id_
    version = version.replace("_", ".")
    return Distro(id=id_, version=f"{version}.0" if id_ in {"azurelinux", "photon"} else version)


def _unknown_id(text: str) -> Distro:
    """Split what the table does not know at the hyphen before the first digit."""
    for i in range(len(text) - 1):
        if text[i] == "-" and text[i + 1].isdigit():
            return Distro(id=text[:i], version=text[i + 1 :])
    return Distro(id=text)


def _named(id_: str, codename: str) -> str:
    """Return the release of a codename; of `trixie/sid` the first."""
    return CODENAMES.get(id_, {}).get(codename.strip().lower().partition("/")[0], "")


def _number(text: str) -> str:
    """Return the version in a description (`2 (Karoo)`, `AMI release 2018.03`, `stream9`)."""
    words = text.replace("(", " ").split()
    return next((w for w in words if w[0].isdigit()), "") if len(words) > 1 else ""


def _release(id_: str, parts: int, version: str) -> str:
    """Cut a VERSION_ID to what names the release."""
    version = version.removeprefix("v")
    if id_ in CODENAMES and version in CODENAMES[id_]:
        return CODENAMES[id_][version]
    if version == ROLLING_BRANCHES.get(id_) or (id_ == "alpine" and "_" in version):
        # Only Alpine's rolling branch has pre-release versions (`3.23_alpha20250612`).
        return ROLLING_BRANCHES[id_]
    if id_ in {"sles", "sle-micro"}:
        number, _, pack = version.partition("sp")
        version = f"{number.rstrip('-_. ')}.{pack.lstrip()}" if pack else version
    if id_ == "centos":
        version = version.removeprefix("stream")
    if not version[:1].isdigit():
        return ""
    if id_ == "amazon" and version.startswith("201"):
        # The dated releases (2010.11 to 2018.03) are Amazon Linux 1.
        return "1"
    if id_ in DISTROS:
        # `22.04-lts`, `24.03-lts-sp1`, `8-8`: what follows the number names no other release.
        version = version[: len(version) - len(version.lstrip("0123456789."))]
    numbers = version.rstrip(".").split(".")
    if id_ == "debian" and numbers[0] in {"1", "2", "3"}:
        parts = 2
    if id_ in {"azurelinux", "photon"} and len(numbers) == 1:
        numbers.append("0")
    return ".".join(numbers[:parts])
