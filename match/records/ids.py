"""What a record's ids say: which are its aliases, which CVEs it is about, which only stand by.

rules.md 6 and 7: a distribution's advisory, and any record that asserts several CVEs, is no member
of a group; it gives one finding for each CVE it names.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from match.ids import DISTRIBUTION_PREFIXES
from match.model import AdvisoryId

RELATED_NAMES = frozenset(
    {"ALBA", "ALEA", "ALSA", "RHBA", "RHEA", "RHSA", "RLBA", "RLEA", "RLSA", "RXSA"}
    | {"SUSE", "OPENSUSE", "OESA", "MGASA"}
)
"""Databases that list the CVEs an advisory is about under `related`."""
CVE = re.compile(r"CVE-\d{4}-\d{4,}")
CVE_IN_ID = re.compile(r"-(CVE-\d{4}-\d{4,})$")


class Ids(NamedTuple):
    """The ids of a record, sorted by what they are to it; see `match.model.Advisory`."""

    aliases: tuple[AdvisoryId, ...] = ()
    names: tuple[AdvisoryId, ...] = ()
    related: tuple[AdvisoryId, ...] = ()


def sort_ids(
    own: str, aliases: Sequence[str], upstream: Sequence[str], related: Sequence[str]
) -> Ids:
    """Sort the ids an OSV record gives under its three headings.

    A record that is itself a CVE's (by its id or one alias) is about that CVE: what is `upstream`
    of it is related. Others are about the CVEs upstream of them.
    """
    prefix = own.partition("-")[0].upper()
    distribution = prefix in DISTRIBUTION_PREFIXES
    asserted = {i for i in (own, *aliases) if CVE.fullmatch(i)}
    if not distribution and len(asserted) < 2 and (asserted or not upstream):
        return Ids(_unique(aliases, own), (), _unique((*upstream, *related), own))
    above = [cve_of(i) for i in upstream]
    names = {i for i in above if CVE.fullmatch(i)} | asserted
    if not names and prefix in RELATED_NAMES:
        names = {i for i in related if CVE.fullmatch(i)}
    if not names:
        inside = CVE_IN_ID.search(own)
        names = {inside[1]} if inside else set(above) - {own, *aliases}
    return Ids(
        () if distribution or len(asserted) > 1 else _unique(aliases, own),
        tuple(AdvisoryId(i) for i in sorted(names)),
        _unique((i for i in (*aliases, *upstream, *related) if i not in names), own),
    )


def cve_of(name: str) -> str:
    """Return the CVE in a distribution's name of it (`UBUNTU-CVE-2021-3782`), else the name."""
    inside = CVE_IN_ID.search(name)
    return inside[1] if inside else name


def _unique(ids: Iterable[str], own: str) -> tuple[AdvisoryId, ...]:
    return tuple(AdvisoryId(i) for i in dict.fromkeys(ids) if i and i != own)
