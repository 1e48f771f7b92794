"""A package as people name it (`pkg:pypi/django`, `PyPI/django`) as OSV names it.

OSV's own names are made from the tables that read them, so that what is written is read back.
"""

from typing import NamedTuple

from match.ecosystems import LANGUAGES, OSV_DISTRIBUTIONS, OSV_LANGUAGES, SCHEMES, of_osv
from sbom.distro import fold, from_qualifier, release_key
from sbom.errors import InputError
from sbom.purl import InvalidPurl, Parts, build, parse

HINT = "a purl (pkg:pypi/django, pkg:deb/debian/curl?distro=debian-12) or PyPI/django"
EXAMPLE = "Red Hat:enterprise_linux:9::baseos/bash"
TYPES = {type_: title for title, type_ in OSV_LANGUAGES.items() if title != "kubernetes"}
"""OSV's ecosystem of a purl type."""
GROUPED = {"maven": ":"}
"""What stands between namespace and name in OSV's names; a slash elsewhere."""


class Package(NamedTuple):
    """A package as an OSV record names it; `purl` is empty where none can be made."""

    ecosystem: str
    name: str
    purl: str = ""


def package(text: str) -> Package:
    """Read a package.

    Raises:
        InputError: where it is none, or in an ecosystem that no SBOM could be matched by.
    """
    if text.startswith("pkg:"):
        return _of_purl(text)
    ecosystem, _, name = text.partition("/")
    place = of_osv(ecosystem)
    if place is None or not place.scheme or not name.strip():
        raise InputError(f"{text}: no package of a known ecosystem", HINT)
    return Package(ecosystem, name, _purl(place.type, name) if not place.release else "")


def _of_purl(text: str) -> Package:
    try:
        parts = parse(text)
    except InvalidPurl as error:
        raise InputError(f"{text}: {error}", HINT) from None
    if parts.version:
        raise InputError(f"{text}: a package is named without a version", "the range is --range")
    if parts.type in TYPES:
        joint = GROUPED.get(parts.type, "/")
        name = f"{parts.namespace}{joint}{parts.name}" if parts.namespace else parts.name
        if parts.type == "golang" and parts.subpath:
            name = f"{name}/{parts.subpath}"
        return Package(TYPES[parts.type], name, _purl(parts.type, name))
    return Package(_distribution(parts, text), parts.name)


def _distribution(parts: Parts, text: str) -> str:
    """Return OSV's name of a distribution's release, by the purl's namespace and `distro`."""
    if parts.type not in SCHEMES:
        raise InputError(f"{text}: no ecosystem of OSV has this type of purl", HINT)
    distro = from_qualifier(parts.get("distro"), parts.namespace, parts.type)
    wanted = release_key(distro) if distro else fold(parts.namespace)
    release = wanted.partition(":")[2]
    for title, (type_, id_, _) in OSV_DISTRIBUTIONS.items():
        if type_ != parts.type or id_ != wanted.partition(":")[0]:
            continue
        for suffix in ("", f":v{release}" if title == "Alpine" else f":{release}"):
            place = of_osv(title + suffix)
            if place and place.release == wanted:
                return title + suffix
    raise InputError(f"{text}: OSV's name of this release is not known", f"write it so: {EXAMPLE}")


def _purl(type_: str, name: str) -> str:
    """Return the purl of a language package by its OSV name, or an empty text."""
    if type_ not in LANGUAGES:
        return ""
    joint = GROUPED.get(type_, "/")
    namespace, _, last = name.rpartition(joint)
    try:
        return build(type_, namespace, last)
    except InvalidPurl:
        return ""
