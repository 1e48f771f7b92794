"""NVD's configurations as claims on mapped products: which versions, and on what they run.

A configuration is one node, or several that have to hold together (`AND`): a product *on* an
operating system or device. On what no Linux container is (Windows, a router) it says nothing here;
on any other product it is not known whether it holds, and the claim is `unknown`. Names of another
target than the mapping's (`node.js`, `wordpress`), of an edition, or of hardware are another
product's.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct

from match.cpe.name import ANY, NONE, Name, parse
from match.cpe.products import PRODUCTS
from match.model import Affected, Interval
from match.versions.cpe import ABOVE

OPEN = frozenset({ANY, NONE, ""})
ON_LINUX = OPEN | {"linux", "linux_kernel", "unix", "docker", "container"}
"""Targets that say nothing against a container."""
NOT_LINUX = frozenset({"apple", "cisco", "google", "hp", "ibm", "juniper", "microsoft"})
"""Vendors whose operating systems no Linux container runs on."""


class Match(Struct, gc=False):
    """One name, and with bounds a range of its versions."""

    criteria: str = ""
    vulnerable: bool | None = None
    versionStartIncluding: str | None = None  # noqa: N815 (the API's word)
    versionStartExcluding: str | None = None  # noqa: N815
    versionEndIncluding: str | None = None  # noqa: N815
    versionEndExcluding: str | None = None  # noqa: N815


class Node(Struct, gc=False):
    """Names of which one has to be there (`OR`), or all (`AND`); `negate` turns that round."""

    operator: str | None = None
    negate: bool | None = None
    cpeMatch: list[Match] | None = None  # noqa: N815


class Configuration(Struct, gc=False):
    """Nodes, of which one has to hold or, under `AND`, all."""

    nodes: list[Node] | None = None
    operator: str | None = None


def claims(configurations: Sequence[Configuration]) -> tuple[tuple[Affected, ...], int]:
    """Return what configurations say of mapped products, and how many names say nothing here."""
    said: dict[tuple[str, bool], dict[Interval | str, None]] = {}
    unused = 0
    for configuration in configurations:
        nodes = [node for node in configuration.nodes or () if node.cpeMatch]
        for node in nodes:
            others = [n for n in nodes if n is not node] if configuration.operator == "AND" else []
            doubt = _doubt(node, others)
            for match in node.cpeMatch or ():
                if not match.vulnerable:
                    continue
                name = parse(match.criteria)
                held = _held(match, name) if name and doubt is not None else None
                if name is None or held is None:
                    unused += 1
                else:
                    said.setdefault((name.product, bool(doubt)), {})[held] = None
    return tuple(_claims(said)), unused


def _doubt(node: Node, others: Sequence[Node]) -> bool | None:
    """Tell whether it is open that a node holds in a container; None where it cannot."""
    if node.negate or any(other.negate for other in others):
        return None
    doubt = node.operator == "AND" and len(node.cpeMatch or ()) > 1
    for other in others:
        names = [parse(match.criteria) for match in other.cpeMatch or ()]
        known = [_runs(name) for name in names if name]
        if not any(each is not False for each in known):
            return None
        doubt = doubt or True not in known
    return doubt


def _runs(name: Name) -> bool | None:
    """Tell whether a container runs on a product; None where that is not known."""
    vendor, _, product = name.product.partition(":")
    if name.kind == "h" or (name.kind == "o" and vendor in NOT_LINUX):
        return False
    return True if name.product == "linux:linux_kernel" or product == "linux" else None


def _held(match: Match, name: Name) -> Interval | str | None:
    """Return the versions a name stands for; None where it is about another product."""
    product = PRODUCTS.get(name.product)
    if name.kind != "a" or product is None or name.target not in ON_LINUX | product.targets:
        return None
    edition, language, software, hardware, other = name.rest
    if not {edition, language, hardware, other} <= OPEN or software not in OPEN | product.editions:
        return None
    if name.version not in {ANY, NONE}:
        return name.version + (name.update if name.update not in OPEN else "")
    if name.version == NONE or name.update not in OPEN:
        return None
    start = match.versionStartIncluding
    if match.versionStartExcluding:
        start = match.versionStartExcluding + ABOVE
    return Interval(
        introduced=start, fixed=match.versionEndExcluding, last_affected=match.versionEndIncluding
    )


def _claims(said: dict[tuple[str, bool], dict[Interval | str, None]]) -> Iterator[Affected]:
    for (product, doubt), held in said.items():
        intervals = tuple(each for each in held if isinstance(each, Interval))
        kind: Literal["affected", "unknown"] = "unknown" if doubt else "affected"
        yield Affected(
            scheme="cpe",
            name=product,
            names="cpe",
            claim=kind,
            intervals=intervals,
            versions=tuple(each for each in held if isinstance(each, str)),
            fix="fixed" if not doubt and any(i.fixed for i in intervals) else "none",
            ecosystem="CPE",
        )
