"""Which ecosystem, version scheme and package key belong together (rules.md 1, 3, 5, 13).

Two directions meet in one key: `of_osv` gives the place an OSV ecosystem name stands for, `keys_of`
the keys a component is looked up under, each with the version to compare.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Literal

from msgspec import Struct

from match.origin import rebuilt, source_of, stream_of, with_epoch
from sbom.distro import DISTROS, fold, judges
from sbom.model import Component, Distro
from sbom.purl import InvalidPurl, parse

Names = Literal["source", "binary", "language", "cpe"]


class Place(Struct, frozen=True, gc=False):
    """What an ecosystem name stands for. An empty `scheme`: known, but no package key can name it.

    type: purl type; names: what its records call packages by (`either` for the one that mixes).
    """

    type: str
    scheme: str
    names: Literal["source", "binary", "language", "either"]
    release: str = ""
    product: str = ""


class PackageKey(Struct, frozen=True, gc=False):
    """The key of the join, without product and stream, where unknown matches everything."""

    scheme: str
    release: str
    name: str
    names: Names


class Lookup(Struct, frozen=True, gc=False):
    """One key a component is looked up under, and the version to compare there.

    stream: module stream `name:stream`; empty: not modular; None: unknown, so every stream.
    whole: the release is unknown, and `key.release` names only the distribution (`debian`):
        every release that `covers` it counts.
    """

    key: PackageKey
    version: str
    stream: str | None = ""
    whole: bool = False


class Language(Struct, frozen=True):
    """A language ecosystem: version scheme, how names are spelled for the join, and their prefix.

    The prefix keeps apart the names of ecosystems that share a scheme.
    """

    scheme: str
    spell: Callable[[str], str] = str
    prefix: str = ""


def _pypi(name: str) -> str:
    """PEP 503: runs of `-`, `_` and `.` are one hyphen, letters are lower case."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _golang(name: str) -> str:
    """A module path, in lower case as the purl type definition has it; `std` is the library."""
    return "stdlib" if name == "std" else name.lower()


def _repository(name: str) -> str:
    """Spell `https://github.com/Owner/Name.git` as `github.com/owner/name`."""
    return name.lower().removeprefix("https://").removesuffix(".git").strip("/")


def _action(name: str) -> str:
    """The action's repository, `owner/name`: a folder in it is released with it."""
    return "/".join(name.lower().split("/")[:2])


def _extension(name: str) -> str:
    """Spell `publisher.name` as `publisher/name`, as its purl has it."""
    lower = name.lower()
    return lower if "/" in lower else lower.replace(".", "/", 1)


LANGUAGES: dict[str, Language] = {
    "bioconductor": Language("cran", str, "bioconductor/"),
    "bitnami": Language("bitnami", str.lower),
    "cargo": Language("cargo"),
    "cocoapods": Language("gem", str, "cocoapods/"),
    "composer": Language("composer", str.lower),
    "conan": Language("conan", str.lower),
    "cran": Language("cran"),
    "gem": Language("gem"),
    "generic": Language("generic"),
    "githubactions": Language("semver", _action, "githubactions/"),
    "golang": Language("golang", _golang),
    "hackage": Language("hackage"),
    "hex": Language("semver", str.lower, "hex/"),
    "julia": Language("pub", str, "julia/"),
    "k8s": Language("semver", str, "k8s/"),
    "maven": Language("maven"),
    "npm": Language("npm"),
    "nuget": Language("nuget", str.lower),
    "opam": Language("dpkg", str, "opam/"),
    "pub": Language("pub"),
    "pypi": Language("pep440", _pypi),
    "swift": Language("semver", _repository, "swift/"),
    "vscode-extension": Language("semver", _extension, "vscode-extension/"),
}
"""By purl type. opam orders versions as Debian does, CocoaPods as RubyGems does; build metadata
counts for Julia (its VersionNumber, `1.2.3+0` < `1.2.3+1`) as it does for pub."""

OWN_SPELLINGS = frozenset({"bitnami", "gem"})
GO_RELEASES = frozenset({"std", "stdlib", "toolchain"})
"""Types, and names of Go's own, whose versions hold more than their advisories' do."""
TYPE_ALIASES = {"alpine": "apk", "github": "githubactions", "vscode": "vscode-extension"}
"""Other purl types under which the same packages are written."""

RUNTIMES = {
    "jruby": PackageKey("gem", "", "runtime/jruby", "language"),
    "mruby": PackageKey("gem", "", "runtime/mruby", "language"),
    "node": PackageKey("node", "", "node", "language"),
    "nodejs": PackageKey("node", "", "node", "language"),
    "rubinius": PackageKey("gem", "", "runtime/rubinius", "language"),
    "ruby": PackageKey("gem", "", "runtime/ruby", "language"),
    "truffleruby": PackageKey("gem", "", "runtime/truffleruby", "language"),
}
"""By the name of a `pkg:generic` purl: what the advisories of its own project call it."""

SCHEMES = {"deb": "dpkg", "rpm": "rpm", "apk": "apk"}
"""The version schemes of distribution packages, by purl type."""

PRODUCT_TYPES = frozenset({"bitnami", "conan", "generic"})
"""The purl types whose names are the projects' own: nobody else publishes under them."""

OSV_LANGUAGES = {
    "Bioconductor": "bioconductor",
    "Bitnami": "bitnami",
    "CocoaPods": "cocoapods",
    "ConanCenter": "conan",
    "CRAN": "cran",
    "crates.io": "cargo",
    "GitHub Actions": "githubactions",
    "Go": "golang",
    "Hackage": "hackage",
    "Hex": "hex",
    "Julia": "julia",
    "Kubernetes": "k8s",
    "kubernetes": "k8s",
    "Maven": "maven",
    "npm": "npm",
    "NuGet": "nuget",
    "opam": "opam",
    "OSS-Fuzz": "generic",
    "Packagist": "composer",
    "Pub": "pub",
    "PyPI": "pypi",
    "RubyGems": "gem",
    "SwiftURL": "swift",
    "VSCode": "vscode-extension",
}

OSV_DISTRIBUTIONS: dict[str, tuple[str, str, Literal["source", "binary", "either"]]] = {
    "AlmaLinux": ("rpm", "almalinux", "binary"),
    "Alpaquita": ("apk", "alpaquita", "source"),
    "Alpine": ("apk", "alpine", "source"),
    "Amazon Linux": ("rpm", "amazon", "binary"),
    "Azure Linux": ("rpm", "azurelinux", "source"),
    "BellSoft Hardened Containers": ("apk", "bellsoft-hardened-containers", "source"),
    "Chainguard": ("apk", "chainguard", "source"),
    "CleanStart": ("apk", "cleanstart", "source"),
    "Debian": ("deb", "debian", "source"),
    "Echo": ("deb", "echo", "source"),
    "Mageia": ("rpm", "mageia", "source"),
    "MinimOS": ("apk", "minimos", "source"),
    "openEuler": ("rpm", "openeuler", "source"),
    "openSUSE": ("rpm", "opensuse", "either"),
    "Oracle Linux": ("rpm", "oracle", "binary"),
    "Photon OS": ("rpm", "photon", "source"),
    "Red Hat": ("rpm", "rhel", "binary"),
    "Rocky Linux": ("rpm", "rocky", "either"),
    "SUSE": ("rpm", "sles", "either"),
    "Ubuntu": ("deb", "ubuntu", "source"),
    "Wolfi": ("apk", "wolfi", "source"),
}
"""OSV name: purl type, os-release ID, and what its records call packages by.

SUSE and openSUSE name the source package and list its binaries; `match.feeds.osv` reads these, and
where there are none the name may be either's. Rocky names sources, but converted records of it name
binaries too. Amazon and Oracle have no OSV
ecosystem of their own; converted records use these names.
"""

OSV_UNMATCHABLE = frozenset(
    {
        "Android",
        "Docker Hardened Images",
        "FreeBSD",
        "GHC",
        "GIT",
        "Linux",
        "Root",
        "TuxCare",
        "UVI",
    }
)
"""Ecosystems OSV defines whose packages no component of an image can be looked up under."""

BOTH_NAMES = frozenset(
    {"leap-micro", "opensuse-leap", "opensuse-tumbleweed", "rocky", "sle-micro", "sles"}
)
BINARY_NAMES = frozenset(d for _, d, names in OSV_DISTRIBUTIONS.values() if names == "binary") | {
    "centos",
    "fedora",
}
"""What the records of a distribution name packages by, where it is not the source (rules.md 1)."""
ROLLING = frozenset(distro for distro, (parts, _, _) in DISTROS.items() if not parts)
"""Distributions that have no releases: their id is the whole key."""


@lru_cache(maxsize=4096)
def of_osv(ecosystem: str) -> Place | None:
    """Return the place an OSV ecosystem name stands for, or None where it is not known.

    `Debian:12`, `Ubuntu:Pro:22.04:LTS`, `Red Hat:enterprise_linux:9::baseos`, `Packagist:https://…`:
    what follows the first colon is a release, a product or a repository.
    """
    title, _, suffix = ecosystem.partition(":")
    if title in OSV_LANGUAGES:
        type_ = OSV_LANGUAGES[title]
        return Place(type_, LANGUAGES[type_].scheme, "language", product=suffix)
    if title in OSV_DISTRIBUTIONS:
        type_, distro, names = OSV_DISTRIBUTIONS[title]
        from match.records import suffixes

        release, product = suffixes.OWN.get(title, suffixes.plain)(distro, suffix)
        return Place(type_, SCHEMES[type_], names, release, product)
    return Place("", "", "language") if title in OSV_UNMATCHABLE else None


def name_of(type_: str, name: str) -> str:
    """Spell a package's name as in the key: `name` is whole (`group:artifact`, `@scope/name`)."""
    language = LANGUAGES.get(type_)
    return language.prefix + language.spell(name) if language else name


def keys_of(
    component: Component, distro: Distro | None = None, covered: Mapping[str, int] | None = None
) -> tuple[Lookup, ...]:
    """Return what a component is looked up under; empty where no feed could speak for it.

    Args:
        component: its purl decides; without one there is no key.
        distro: the release of the image, where the component states none itself.
        covered: the releases the set has records of, when known, and of how many packages (0: by
            single findings alone): chooses who judges (CentOS by its own feed, else by RHEL's).
    """
    parts = _split(component.purl)
    if parts is None:
        return ()
    type_, name, version, query = parts
    if type_ in SCHEMES:
        if "epoch=" in query and ":" not in version:
            version = with_epoch(version, query)
        namespace, _, name = name.rpartition("/")
        return _distribution_keys(component, distro, covered, (type_, namespace, name, version))
    language = LANGUAGES.get(type_)
    if language is None:
        return ()
    if type_ == "maven":
        name = ":".join(name.rsplit("/", 1))
    elif type_ == "conan":
        name = name.rpartition("/")[2]
    version = version or component.version
    if type_ in OWN_SPELLINGS or name in GO_RELEASES:
        from match.spellings import spelled

        version = spelled(type_, version)
    key = PackageKey(language.scheme, "", language.prefix + language.spell(name), "language")
    if type_ not in PRODUCT_TYPES:
        return (Lookup(key, version),)
    from match.cpe.products import products_of

    own = (Lookup(RUNTIMES[name], version),) if type_ == "generic" and name in RUNTIMES else ()
    upstream = version
    if type_ == "bitnami":
        from match.spellings import unrevised

        upstream = unrevised(version)
    return (*own, Lookup(key, version), *_products(products_of(name), upstream))


def area_of(scheme: str, release: str, name: str) -> str:
    """Return what a feed speaks for: the release (`debian:12`) or the ecosystem (`npm`, `hex`)."""
    if release:
        return release
    if scheme in SHARED_SCHEMES:
        prefix = name.partition("/")[0]
        if prefix in LANGUAGES and LANGUAGES[prefix].prefix and LANGUAGES[prefix].scheme == scheme:
            return prefix
    return AREAS.get(scheme, scheme)


SHARED_SCHEMES = frozenset(x.scheme for x in LANGUAGES.values() if x.prefix)
"""Schemes by which alone a language is not known."""
AREAS = {x.scheme: type_ for type_, x in LANGUAGES.items() if not x.prefix}


def _split(purl: str) -> tuple[str, str, str, str] | None:
    """Take a purl apart: type, namespace/name, version, qualifiers. None where it is none.

    Canonical purls without escapes, nearly all, are cut by hand: this runs for each component.
    """
    if "%" in purl or "//" in purl or not purl.startswith("pkg:") or purl[4:5] == "/":
        try:
            p = parse(purl)
        except InvalidPurl:
            return None
        query = "&".join(f"{k}={v}" for k, v in p.qualifiers)
        name = f"{p.namespace}/{p.name}" if p.namespace else p.name
        return TYPE_ALIASES.get(p.type, p.type), name, p.version, query
    query = ""
    if "?" in purl or "#" in purl:
        purl, _, query = purl.partition("#")[0].partition("?")
    type_, _, path = purl.partition("/")
    name, at, version = path.rpartition("@")
    if not at or "/" in version:
        name, version = path, ""
    if not name or name[-1] == "/":
        return None
    type_ = type_[4:]
    return TYPE_ALIASES.get(type_, type_), name, version, query


def _distribution_keys(
    component: Component,
    distro: Distro | None,
    covered: Mapping[str, int] | None,
    parts: tuple[str, str, str, str],
) -> tuple[Lookup, ...]:
    type_, namespace, name, version = parts
    version = version or component.version
    releases = _releases(component.distro or distro, namespace)
    if not releases:
        return ()
    own = releases[0]
    if covered is not None:
        own = next((r for r in releases if covered.get(r)), own)
    distribution = own.partition(":")[0]
    stream = stream_of(component.stream, version) if type_ == "rpm" else ""
    if stream != "" and own != releases[0]:
        version = rebuilt(version)
    names: list[tuple[str, str, Names]] = []
    if distribution not in BINARY_NAMES or distribution in BOTH_NAMES:
        names.append((*source_of(component, type_, name, version), "source"))
    if distribution in BINARY_NAMES or distribution in BOTH_NAMES:
        names.append((name, version, "binary"))
    scheme = SCHEMES[type_]
    # A release without a version is either all there is (Wolfi) or not known (every release).
    whole = own == distribution and distribution not in ROLLING
    more = () if own == distribution else (distribution,)
    if own != releases[0]:  # Single findings on it count, whichever release judges.
        more = (*more, releases[0], releases[0].partition(":")[0])
    own_records = tuple(
        Lookup(PackageKey(scheme, release, n, kind), v, stream, whole)
        for release in (own, *(r for r in more if covered is None or r in covered))
        for n, v, kind in names
    )
    vendor = component.vendor
    if not vendor:
        return own_records
    from match.cpe.products import third_party_products, upstream_version

    mapped = third_party_products(name, version, vendor)
    return own_records + _products(mapped, upstream_version(version)) if mapped else own_records


def _products(products: Sequence[str], version: str) -> tuple[Lookup, ...]:
    """Return the products of NVD's a package is mapped to, the last to be asked."""
    return tuple(Lookup(PackageKey("cpe", "", each, "cpe"), version) for each in products)


@lru_cache(maxsize=1024)
def _releases(distro: Distro | None, namespace: str) -> tuple[str, ...]:
    """Return the releases that may judge: by os-release, else the namespace's distribution."""
    if distro is not None and distro.id:
        return judges(distro) or (fold(distro.id),)
    return (fold(namespace),) if namespace else ()
