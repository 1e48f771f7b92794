"""Which publishers are asked, and for what: what the stored SBOMs need, or what is named."""

from collections.abc import Iterable
from functools import lru_cache

from msgspec import Struct

from match.ecosystems import OSV_DISTRIBUTIONS, OSV_LANGUAGES, SCHEMES, TYPE_ALIASES
from match.fetch.publishers import PUBLISHERS, named
from match.fetch.update import Order
from sbom.distro import from_qualifier, judges
from sbom.errors import InputError
from sbom.model import Component, Distro
from sbom.purl import InvalidPurl, parse

USUAL = (
    "AlmaLinux", "Alpine:v3.20", "Alpine:v3.21", "Alpine:v3.22", "Alpine:v3.23", "crates.io",
    "Debian", "Go", "Maven", "npm", "NuGet", "Packagist", "PyPI", "Rocky Linux", "RubyGems",
    "Ubuntu", "Wolfi",
)  # fmt: skip
"""What is fetched where no SBOM says what is needed."""
NOT_PUBLISHED = frozenset({"Amazon Linux", "Oracle Linux", "BellSoft Hardened Containers"})
"""Ecosystems that converted records name and OSV has no database of."""
BY_TYPE = {"k8s": "Kubernetes"}
OF_TYPE = {type_: title for title, type_ in sorted(OSV_LANGUAGES.items(), reverse=True)} | BY_TYPE
OF_DISTRO = {distro: title for title, (_, distro, _) in OSV_DISTRIBUTIONS.items()} | {
    "opensuse-leap": "openSUSE",
    "opensuse-tumbleweed": "openSUSE",
    "sle-micro": "SUSE",
}
PREFIXED = frozenset({"alpine"})
"""Distributions whose releases publishers write with a `v`."""


class Needs(Struct, frozen=True):
    """areas: OSV ecosystems, with a release where its publisher has one file for each.

    serves: os-release ids and purl types, as `Publisher.serves` has them.
    """

    areas: frozenset[str]
    serves: frozenset[str]


def needs_of(components: Iterable[Component]) -> Needs:
    """Return what components need: of their distributions, and of the types of their purls."""
    areas: set[str] = set()
    serves: set[str] = set()
    for component in components:
        type_, named_in_purl = _about(component.purl or "")
        distro = component.distro or named_in_purl
        serves.add(type_)
        areas.add(OF_TYPE.get(type_, ""))
        for key in judges(distro) if distro else ():
            id_, _, release = key.partition(":")
            serves.add(id_)
            areas.add(_area(id_, release))
            if _is_published(id_):
                break
    return Needs(frozenset(areas) - {""}, frozenset(serves) - {""})


def needs_for(titles: Iterable[str]) -> Needs:
    """Return what OSV's names of ecosystems stand for (`PyPI`, `Alpine:v3.20`).

    Raises:
        InputError: where OSV has no such ecosystem.
    """
    areas = frozenset(titles)
    serves = set()
    for area in areas:
        title = area.partition(":")[0]
        if title in OSV_LANGUAGES:
            serves.add(OSV_LANGUAGES[title])
        elif title in OSV_DISTRIBUTIONS:
            serves.add(OSV_DISTRIBUTIONS[title][1])
        else:
            told = ", ".join(sorted(OSV_LANGUAGES.keys() | OSV_DISTRIBUTIONS.keys()))
            raise InputError(f"--ecosystem {area}: OSV has none of this name", f"one of {told}")
    return Needs(areas, frozenset(serves))


def orders_of(needs: Needs, names: Iterable[str] = ()) -> tuple[Order, ...]:
    """Return the publishers to ask: those named, else all that serve what is needed.

    Raises:
        InputError: where a name is neither a publisher's nor a feed's, or two have the same.
    """
    wanted = named(names)
    for name, publishers in wanted.items():
        if not publishers:
            known = ", ".join(publisher.name for publisher in PUBLISHERS)
            raise InputError(f"{name}: no such publisher or feed to fetch", f"one of {known}")
    chosen = {publisher.name for publishers in wanted.values() for publisher in publishers}
    for publisher in PUBLISHERS:
        if {publisher.name, publisher.within} <= chosen:
            told = f"{publisher.name}: {publisher.within} has the same records, and more"
            raise InputError(told, "name one of them")
    areas = tuple(sorted(needs.areas))
    osv = tuple(area for area in areas if area.partition(":")[0] not in NOT_PUBLISHED)
    return tuple(
        Order(publisher, osv if publisher.name == "osv" else areas)
        for publisher in PUBLISHERS
        if (publisher.name in chosen)
        or (
            not wanted
            and not publisher.unasked
            and (not publisher.serves or needs.serves.intersection(publisher.serves))
        )
    )


def _is_published(id_: str) -> bool:
    """Tell whether a distribution's own advisories can be had; else another's judge it."""
    own = OF_DISTRO.get(id_, "") not in NOT_PUBLISHED | {""}
    return own or any(id_ in publisher.serves for publisher in PUBLISHERS)


def _area(id_: str, release: str) -> str:
    """Return OSV's name for a distribution, with the release where each has its own file."""
    title = OF_DISTRO.get(id_, "")
    return f"{title}:v{release}" if id_ in PREFIXED and release else title


@lru_cache(maxsize=4096)
def _about(purl: str) -> tuple[str, Distro | None]:
    """Return a purl's type and the distribution it names."""
    try:
        parts = parse(purl)
    except InvalidPurl:
        return "", None
    type_ = TYPE_ALIASES.get(parts.type, parts.type)
    if type_ not in SCHEMES:
        return type_, None
    return type_, from_qualifier(parts.get("distro") or parts.namespace, parts.namespace, type_)
