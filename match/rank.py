"""Who speaks for a component, and which record decides (rules.md 6, 11, 12).

The distribution speaks for what it made. Packages of third-party repositories are not its own,
whatever their names say (docs/decisions/0004-precedence-and-groups.md).
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal

from msgspec import Struct

from match import because
from match.ecosystems import Lookup, keys_of
from match.ids import order
from match.judge import UNCOMPARED, judge
from match.set.store import AdvisorySet, Spoken
from sbom.distro import fold, from_qualifier
from sbom.model import Component, Distro, Purl, Sbom

# fmt: off
RPM_VENDORS = {
    "almalinux": ("almalinux",), "amazon": ("amazon",), "azurelinux": ("microsoft",),
    "centos": ("centos", "red hat"), "fedora": ("fedora project",), "mageia": ("mageia",),
    "openeuler": ("openeuler", "http://openeuler"), "opensuse-leap": ("opensuse", "suse"),
    "opensuse-tumbleweed": ("opensuse", "suse"), "oracle": ("oracle america",),
    "photon": ("vmware", "broadcom"), "rhel": ("red hat",), "rocky": ("rocky",),
    "sle-micro": ("suse",), "sles": ("suse", "opensuse"),
}
"""How the Vendor tag of a distribution's own rpm packages begins, in lower case.

SLES has packages of openSUSE's in Package Hub, which SUSE's records name.
"""
THIRD_PARTY_DOMAINS = frozenset({
    "adoptium.net", "azul.com", "bell-sw.com", "chef.io", "confluent.io", "couchbase.com",
    "crowdsec.net", "datadoghq.com", "docker.com", "dotdeb.org", "elastic.co", "f5.com",
    "gitlab.com", "grafana.com", "haproxy.com", "hashicorp.com", "influxdata.com",
    "jenkins-ci.org", "k8s.io", "kubernetes.io", "mariadb.com", "mariadb.org", "mongodb.com",
    "neo4j.com", "netdata.cloud", "nginx.com", "nodesource.com", "opensearch.org",
    "oss.oracle.com", "percona.com", "pgdg.org", "pivotal.io", "proxysql.com", "puppet.com",
    "puppetlabs.com", "rabbitmq.com", "redis.com", "redis.io", "saltproject.io", "saltstack.com",
    "sury.org", "sysdig.com", "timescale.com", "treasure-data.com", "varnish-software.com",
    "yarnpkg.com", "zabbix.com",
})
"""Mail domains of those who publish deb packages in repositories of their own.

Maintainers of Debian's own packages write from any domain, so the others say nothing.
"""
DEB_MARKS = (
    (r"pgdg", "the PostgreSQL project's repository"),
    (r"nodesource", "NodeSource"),
    (r"deb\.sury\.org|\+0~\d{8}\.\d+\+debian", "the deb.sury.org repository"),
    (r"[~+]ppa\d|~ubuntu[\d.]+~ppa", "a personal package archive"),
)
"""What third-party repositories put into versions; their maintainers are Debian's at times.

The patterns are compiled when the first package of Debian's kind is there: 0.3 ms.
"""
# fmt: on
MAIL_DOMAIN = r"@([\w.-]+)>?\s*$"
OWN_DATABASES = {"golang": "GO", "pep440": "PYSEC", "cargo": "RUSTSEC"}
"""The ids of an ecosystem's own advisory database, by version scheme."""


class Match(Struct, frozen=True, gc=False):
    """A version that lies in a range of a claim, or may: `why` says what keeps it uncertain."""

    slot: int
    pid: int
    product: str
    cid: int
    place: int
    how: int
    why: str
    spoken: Spoken

    @property
    def undecided(self) -> bool:
        """Whether it is not certain that the version is affected."""
        return bool(self.why) or self.how == UNCOMPARED or self.spoken.claim.claim == "unknown"


Pair = tuple[str, int]
"""A component's purl (or ref) and the number of a vulnerability."""
Held = list[tuple[int, Match]]
"""Components by their numbers, each with a claim whose range holds its version, or may."""


class Owner(Struct, frozen=True, gc=False):
    """The distribution package that owns files of language packages, and what is said of it.

    listed: whether the SBOM has it as a component, with findings of its own.
    said: by gid, each claim of the distribution and what it was looked up under.
    """

    purl: str
    release: str
    listed: bool
    said: dict[int, list[tuple[Lookup, Spoken]]]


class Word(Struct, frozen=True, gc=False):
    """What the distribution says of a vulnerability in a package it made."""

    verdict: Literal["affected", "cleared", "silent"]
    advisory: str = ""
    feed: str = ""
    because: str = ""


def third_party(component: Component, distribution: str, distro: Distro | None = None) -> str:
    """Return who made a distribution's kind of package instead of it; empty where it is its own.

    Where the SBOM states no origin the distribution counts as the maker. What CentOS made is its
    own too where RHEL's records judge it.

    Args:
        component: its vendor, or a deb's maintainer.
        distribution: the one whose records judge it.
        distro: the image's, where the component states none.
    """
    if component.purl.startswith("pkg:rpm/"):
        own = RPM_VENDORS.get(distribution)
        vendor = component.vendor.strip()
        if not own or not vendor or vendor.lower().startswith(own):
            return ""
        of = component.distro or distro
        judged = RPM_VENDORS.get(fold(of.id), ()) if of else ()
        return "" if vendor.lower().startswith(judged) else vendor
    if component.purl.startswith("pkg:deb/"):
        return _third_party_deb(component.version, component.vendor)
    return ""


def decide(matches: Sequence[Match], scheme: str) -> tuple[Match | None, Match | None]:
    """Return the match that decides a component's vulnerability, and what overrules it.

    Affected is what any record says is: the first of the pair. A record that speaks of this
    vulnerability alone and says `not_affected` overrules advisories of several, and older ones
    that speak of it alone, for the same product; then the first is None.
    """
    denying = [m for m in matches if m.spoken.claim.claim == "not_affected"]
    affirming = [m for m in matches if m.spoken.claim.claim != "not_affected"]
    if denying:
        affirming = [m for m in affirming if not any(_overrules(d, m) for d in denying)]
    if affirming:
        return min(affirming, key=lambda m: _rank(m, scheme)), None
    return None, min(denying, key=lambda m: _rank(m, scheme), default=None)


def owners_of(sbom: Sbom, makers: Iterable[str], advisories: AdvisorySet) -> dict[str, Owner]:
    """Return those of `makers` (purls) that are packages of the distribution's own."""
    wanted = sorted(set(makers))
    if not wanted:
        return {}
    releases = advisories.areas().releases
    listed = {component.purl: component for component in sbom.components}
    found: dict[str, Owner] = {}
    asked: list[tuple[Owner, Lookup]] = []
    for purl in wanted:
        maker = listed.get(Purl(purl)) or _component(purl)
        lookups = keys_of(maker, sbom.distro, releases)
        if not lookups or third_party(maker, distribution_of(lookups), sbom.distro):
            continue
        found[purl] = owner = Owner(purl, lookups[0].key.release, purl in listed, {})
        asked += ((owner, lookup) for lookup in lookups)
    packages = advisories.packages([lookup for _, lookup in asked])
    on = advisories.claims_on(package.pid for package in packages)
    claims = advisories.claims(cid for cids in on.values() for cid in cids)
    for package in packages:
        owner, lookup = asked[package.slot]
        for cid in on.get(package.pid, ()):
            spoken = claims[cid]
            for gid in spoken.groups if not spoken.claim.withdrawn else ():
                owner.said.setdefault(gid, []).append((lookup, spoken))
    return found


def word_of(owner: Owner, gid: int) -> Word:
    """Return what the distribution says of a vulnerability in the owner's package."""
    cleared = Word("silent")
    for lookup, spoken in owner.said.get(gid, ()):
        judgement = judge(lookup.version, lookup.key.scheme, spoken.claim)
        if judgement.verdict != "outside" and spoken.claim.claim != "not_affected":
            said = f"{spoken.advisory} ({spoken.feed}) says that it is affected"
            return Word("affected", spoken.advisory, spoken.feed, because.owned(owner.purl, said))
        if spoken.claim.claim == "not_affected" and judgement.verdict != "inside":
            continue
        said = because.not_affected(spoken, lookup, judgement)[1]
        cleared = Word("cleared", spoken.advisory, spoken.feed, because.owned(owner.purl, said))
    return cleared


def distribution_of(lookups: Sequence[Lookup]) -> str:
    """Return the distribution whose records are asked, empty for a language package."""
    return lookups[0].key.release.partition(":")[0] if lookups else ""


def _component(purl: str) -> Component:
    """Return the component that a purl alone names."""
    from sbom.purl import InvalidPurl, parse

    try:
        parts = parse(purl)
    except InvalidPurl:
        return Component(purl=Purl(purl), name="", version="")
    distro = from_qualifier(parts.get("distro"), parts.namespace, parts.type)
    source, _, version = parts.get("upstream").partition("@")
    return Component(
        purl=Purl(purl),
        name=parts.name,
        version=parts.version,
        namespace=parts.namespace,
        source=source if parts.type != "rpm" else "",
        source_version=version,
        distro=distro,
    )


@lru_cache(maxsize=4096)
def _third_party_deb(version: str, vendor: str) -> str:
    for mark, who in DEB_MARKS:
        if re.search(mark, version):
            return who
    found = re.search(MAIL_DOMAIN, vendor)
    if not found:
        return ""
    labels = found[1].lower().split(".")
    domains = {".".join(labels[i:]) for i in range(len(labels) - 1)}
    return vendor if domains & THIRD_PARTY_DOMAINS else ""


def _overrules(denying: Match, affirming: Match) -> bool:
    if denying.product not in {"", affirming.product} or len(denying.spoken.groups) > 1:
        return False
    if len(affirming.spoken.groups) > 1:
        return True
    return denying.spoken.dated > affirming.spoken.dated


def _rank(m: Match, scheme: str) -> tuple[object, ...]:
    """Put first what is certain, of the ecosystem's own database, about this one, with a fix."""
    spoken = m.spoken
    own = OWN_DATABASES.get(scheme)
    return (
        m.undecided,
        own is None or not spoken.advisory.startswith(own + "-"),
        len(spoken.groups) > 1,
        not spoken.claim.mends,
        order(spoken.advisory),
        spoken.feed,
        spoken.dated,
        spoken.claim.intervals,
    )
