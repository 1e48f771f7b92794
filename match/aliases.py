"""Which ids name one vulnerability, and what is known of it.

Groups are a partition of all ids, and none holds two CVEs. Ids are joined by asserted aliases
only, never by `related`. The result depends on the set of assertions alone, not on their order
(rule 7; docs/decisions/0004-precedence-and-groups.md).
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from match.ids import UNSTABLE_PREFIX, in_order, order
from match.model import AdvisoryId, Exploited, Severity, Vulnerability
from match.severity import pick

CVE_FEEDS = ("cve", "osv:CVE", "nvd", "nvd11")
"""The feeds whose record of a CVE is the CVE's own, the CNA's first: it says what was rejected."""


class Assertion(Struct, frozen=True, gc=False):
    """One record's word: `id` and `aliases` name the same vulnerability."""

    id: AdvisoryId
    aliases: tuple[AdvisoryId, ...] = ()


class Group(Struct, frozen=True, gc=False):
    """One vulnerability.

    ids: every id of it, the canonical one first, the others in canonical order.
    related: ids that were asserted as aliases and could not be joined to this group alone.
    """

    ids: tuple[AdvisoryId, ...]
    related: tuple[AdvisoryId, ...] = ()


def group(assertions: Iterable[Assertion]) -> tuple[Group, ...]:
    """Return the partition of all ids asserted.

    A record that asserts several CVEs joins nothing: it is `related` to each of them. Where the
    rest still ties several CVEs together, each other id joins the CVE nearest in alias steps, and
    one equally near to several is `related` to each.
    """
    graph, related = _graph(assertions)
    groups: list[set[AdvisoryId]] = []
    for component in _components(graph):
        if len(component) == 1:
            groups.append(component)
            continue
        cves = [id_ for id_ in component if is_cve(id_)]
        if len(cves) < 2:
            groups.append(component)
            continue
        groups += _part(component, cves, graph, related)
    return tuple(sorted((_group(ids, related) for ids in groups), key=lambda g: g.ids))


def is_cve(id_: str) -> bool:
    """Tell whether an id is a CVE's."""
    return id_.startswith("CVE-")


class Member(Struct, frozen=True, gc=False):
    """What an advisory tells of the vulnerability itself, apart from any package."""

    id: AdvisoryId
    feed: str
    related: tuple[AdvisoryId, ...] = ()
    severities: tuple[Severity, ...] = ()
    summary: str = ""
    published: str = ""
    withdrawn: str = ""
    disputed: bool = False
    ssvc: str = ""


def leads_to(group: Group) -> tuple[AdvisoryId, ...]:
    """Return the CVEs that an id of several leads to (rule 7); none for an id of its own group."""
    if len(group.ids) > 1 or is_cve(group.ids[0]):
        return ()
    cves = tuple(id_ for id_ in group.related if is_cve(id_))
    return cves if len(cves) > 1 else ()


def merge(
    group: Group,
    members: Sequence[Member],
    exploited: Sequence[Exploited],
    *,
    named: str,
    learned: str,
) -> Vulnerability:
    """Return what all feeds together know of one group; the order of the arguments is no matter.

    Args:
        group: its ids.
        members: the advisories whose id is in the group.
        exploited: what KEV says of its ids.
        named: when the first advisory that names it (rule 6) was published; it counts where no
            member tells when.
        learned: when the first record of it was learned.
    """
    told = list(members)
    if len(told) > 1:
        told.sort(key=lambda m: (order(m.id), m.feed, m.summary))
    standing = [m for m in told if not m.withdrawn]
    valid = standing or told
    severities = {s for m in valid for s in m.severities}
    shown = tuple(sorted(severities, key=_severity_order, reverse=True)) if severities else ()
    published = [m.published for m in valid if m.published]
    related = {id_ for m in valid for id_ in m.related} | set(group.related)
    return Vulnerability(
        id=group.ids[0],
        aliases=group.ids[1:],
        related=tuple(in_order(related.difference(group.ids))) if related else (),
        severity=pick(shown),
        severities=shown,
        summary=next((m.summary for m in valid if m.summary), ""),
        published=min(published, default=named),
        first_seen=learned,
        kev=min(exploited, key=lambda e: (e.added, e.id), default=None),
        ssvc=next((m.ssvc for m in valid if m.ssvc), ""),
        disputed=any(m.disputed for m in valid),
        rejected=_rejected(group.ids[0], told) if len(standing) < len(told) else "",
    )


def _rejected(id_: AdvisoryId, told: Sequence[Member]) -> str:
    """Return when a CVE was rejected, by the first feed that has a record of it."""
    for feed in CVE_FEEDS if is_cve(id_) else ():
        own = [m.withdrawn for m in told if m.id == id_ and m.feed == feed]
        if own:
            return max(own) if all(own) else ""
    return ""


def _severity_order(s: Severity) -> tuple[str, str, str, float, str]:
    return s.version, s.source, s.vector or "", s.score or 0.0, s.label


Links = dict[AdvisoryId, set[AdvisoryId]]


def _graph(assertions: Iterable[Assertion]) -> tuple[Links, Links]:
    """Return the alias graph without records that assert several CVEs, and what is `related`."""
    links: Links = {}
    torn: set[AdvisoryId] = set()
    related: Links = {}
    for assertion in assertions:
        own = links.setdefault(assertion.id, set())
        named = {id_ for id_ in (assertion.id, *assertion.aliases) if is_cve(id_)}
        for alias in assertion.aliases:
            links.setdefault(alias, set())
        if len(named) > 1:
            torn.add(assertion.id)
            for alias in assertion.aliases:
                _relate(related, assertion.id, alias)
            continue
        for alias in assertion.aliases:
            if _is_unstable(alias) != _is_unstable(assertion.id):
                _relate(related, assertion.id, alias)
            elif alias != assertion.id:
                own.add(alias)
                links[alias].add(assertion.id)
    _tear(torn, links, related)
    return links, related


def _tear(torn: set[AdvisoryId], links: Links, related: Links) -> None:
    """Take the ids of records that assert several CVEs out of the graph."""
    for id_ in torn:
        if is_cve(id_):  # A CVE keeps its own group; only the assertion is set aside.
            continue
        for other in links[id_]:
            links[other].discard(id_)
            _relate(related, id_, other)
        links[id_] = set()


def _is_unstable(id_: AdvisoryId) -> bool:
    return id_.startswith(f"{UNSTABLE_PREFIX}-")


def _relate(related: Links, one: AdvisoryId, other: AdvisoryId) -> None:
    if one != other:
        related.setdefault(one, set()).add(other)
        related.setdefault(other, set()).add(one)


def _components(graph: Links) -> Iterable[set[AdvisoryId]]:
    seen: set[AdvisoryId] = set()
    for start in graph:
        if start in seen:
            continue
        component = {start}
        if not graph[start]:
            yield component
            continue
        border = [start]
        while border:
            for id_ in graph[border.pop()]:
                if id_ not in component:
                    component.add(id_)
                    border.append(id_)
        seen |= component
        yield component


def _part(
    component: set[AdvisoryId], cves: list[AdvisoryId], graph: Links, related: Links
) -> Iterable[set[AdvisoryId]]:
    """Part a component of several CVEs; what was asserted across the parts is `related`."""
    parts: dict[AdvisoryId, set[AdvisoryId]] = {cve: {cve} for cve in cves}
    of = {cve: cve for cve in cves}
    for id_, labels in _nearest(graph, sorted(cves)).items():
        if len(labels) == 1:
            of[id_] = next(iter(labels))
            parts[of[id_]].add(id_)
        else:
            of[id_] = id_
            parts[id_] = {id_}
            for cve in labels:
                _relate(related, id_, cve)
    for id_ in component:
        for other in graph[id_]:
            if of[id_] != of[other]:
                _relate(related, id_, other)
    return parts.values()


def _nearest(graph: Links, cves: list[AdvisoryId]) -> dict[AdvisoryId, set[AdvisoryId]]:
    """Return for each other id the CVEs that are fewest alias steps away from it."""
    labels: dict[AdvisoryId, set[AdvisoryId]] = {cve: {cve} for cve in cves}
    border = list(cves)
    while border:
        reached: dict[AdvisoryId, set[AdvisoryId]] = {}
        for id_ in border:
            for other in graph[id_]:
                if other not in labels:
                    reached.setdefault(other, set()).update(labels[id_])
        labels |= reached
        border = list(reached)
    return {id_: near for id_, near in labels.items() if not is_cve(id_)}


def _group(ids: set[AdvisoryId], related: Links) -> Group:
    others = set().union(*(related.get(id_, ()) for id_ in ids)) - ids if related else set()
    return Group(
        tuple(in_order(ids) if len(ids) > 1 else ids),
        tuple(in_order(others)) if others else (),
    )
