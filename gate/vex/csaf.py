"""CSAF 2.0 VEX (OASIS csaf-v2.0, profile 5): documents to statements.

A product of a relationship ("curl as a component of RHEL 8") is the outer product with the inner
one as its subcomponent; so the statement holds inside that product only.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from gate.instants import utc
from gate.model import Product, Statement, Status
from gate.statements.assertions import NO_ACTION, bom_link
from gate.statements.csaf_document import BOM_LINKS, NOTES, VERS, document_of
from gate.statements.foreign import mapping, sequence, stripped
from gate.statements.heading import Heading
from gate.statements.term import shortest
from sbom.model import Fault, Problem

STATUSES = {
    "known_affected": Status.AFFECTED,
    "first_affected": Status.AFFECTED,
    "last_affected": Status.AFFECTED,
    "known_not_affected": Status.NOT_AFFECTED,
    "fixed": Status.FIXED,
    "first_fixed": Status.FIXED,
    "under_investigation": Status.UNDER_INVESTIGATION,
}
"""Product status groups (section 3.2.3.9); `recommended` says nothing of the vulnerability."""
MAX_DEPTH = 64


Reason = tuple[str | None, str, str]
"""Justification, impact and action."""


class Tree(NamedTuple):
    """The product tree: products by id, and the members of groups."""

    products: dict[str, Product]
    groups: dict[str, tuple[str, ...]]


def recognises(document: Mapping[str, Any]) -> bool:
    """CSAF documents state their version."""
    return "csaf_version" in mapping(document.get("document"))


def read(document: Mapping[str, Any], name: str) -> Iterator[Statement | Problem]:
    """Yield one statement for each vulnerability, status and reason."""
    head = mapping(document.get("document"))
    tracking = mapping(head.get("tracking"))
    time = utc(tracking.get("current_release_date"))
    if time is None:
        what = "no time; every dated statement supersedes this document's"
        yield _problem(name, "document.tracking.current_release_date", what, "field_lost")
    tree = _tree(document)
    for index, vulnerability in enumerate(sequence(document.get("vulnerabilities"))):
        place = f"vulnerabilities[{index}]"
        names = _names(mapping(vulnerability))
        if not names:
            yield _problem(name, place, "it names no vulnerability", "record_lost")
            continue
        for status, reason, products in _told(mapping(vulnerability), tree, place, name):
            if isinstance(products, Problem):
                yield products
                continue
            yield Statement(
                document=f"{stripped(tracking.get('id')) or name}#{place}",
                author=stripped(mapping(head.get("publisher")).get("name")),
                vulnerabilities=names,
                products=products,
                status=status,
                timestamp=time or "",
                justification=reason[0],
                impact=reason[1],
                action=reason[2],
                notes=_status_notes(mapping(vulnerability)),
            )


def faults(document: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what the schema and the mandatory tests of its version refuse."""
    from gate.csaf_rules import faults as mandatory

    yield from mandatory(dict(document))


def write(statements: Sequence[Statement], heading: Heading) -> dict[str, Any]:
    """Return a CSAF 2.0 document of the VEX profile.

    A vulnerability has one item there, a product one status in it, and all statements the
    document's time: of contradicting statements only the latest can be said.

    Raises:
        InputError: where the heading has no namespace.
    """
    return document_of(statements, heading)


def _told(
    vulnerability: Mapping[str, Any], tree: Tree, place: str, name: str
) -> Iterator[tuple[Status, Reason, tuple[Product, ...] | Problem]]:
    """Yield status, reason and products; a Problem in their stead for one that is not defined."""
    reasons = _reasons(vulnerability, tree)
    for group, ids in mapping(vulnerability.get("product_status")).items():
        status = STATUSES.get(group)
        if status is None:
            continue
        by_reason: dict[Reason, list[Product]] = {}
        for each in sequence(ids):
            product = tree.products.get(each) if isinstance(each, str) else None
            if product is None:
                where = f"{place}.product_status.{group}"
                what = f"product {each!r} is not in the product tree"
                yield status, (None, "", ""), _problem(name, where, what, "record_lost")
                continue
            by_reason.setdefault(_reason_for(status, reasons(each)), []).extend(_each(product))
        for reason, products in by_reason.items():
            yield status, reason, tuple(products)


def _each(product: Product) -> Iterator[Product]:
    """Yield the product once for each of its purls, which in 2.1 are names of one product.

    They differ in qualifiers only (6.1.42), and no component has the qualifiers of two.
    """
    from msgspec.structs import replace

    parts = tuple(each for part in product.subcomponents for each in _each(part))
    for purl in product.purls or ("",):
        yield replace(product, purls=(purl,) if purl else (), subcomponents=parts)


def _reason_for(status: Status, reason: Reason) -> Reason:
    """Return what of the reasons belongs to the status."""
    justification, impact, action = reason
    if status is Status.NOT_AFFECTED:
        return justification, impact, ""
    return None, "", action if status is Status.AFFECTED else ""


def _reasons(vulnerability: Mapping[str, Any], tree: Tree) -> Any:
    """Return a function from product id to its reason: flag, impact, and remediation."""
    flags: dict[str | None, str] = {}
    impacts: dict[str | None, str] = {}
    actions: dict[str | None, str] = {}
    for flag in map(mapping, sequence(vulnerability.get("flags"))):
        for each in _scope(flag, tree):
            flags.setdefault(each, stripped(flag.get("label")))
    for threat in map(mapping, sequence(vulnerability.get("threats"))):
        if threat.get("category") == "impact":
            for each in _scope(threat, tree):
                impacts.setdefault(each, stripped(threat.get("details")))
    for remediation in map(mapping, sequence(vulnerability.get("remediations"))):
        if (details := stripped(remediation.get("details"))) != NO_ACTION:
            for each in _scope(remediation, tree):
                actions.setdefault(each, details)

    def reason(product: str) -> Reason:
        flag, impact, action = (
            found.get(product) or found.get(None) or "" for found in (flags, impacts, actions)
        )
        return flag or None, impact, action

    return reason


def _status_notes(vulnerability: Mapping[str, Any]) -> str:
    """Return the one note with our title; of several, which none knows apart, how long all hold."""
    notes = map(mapping, sequence(vulnerability.get("notes")))
    texts = [stripped(note.get("text")) for note in notes if note.get("title") == NOTES]
    return texts[0] if len(texts) == 1 else shortest(texts)


def _scope(holder: Mapping[str, Any], tree: Tree) -> tuple[str | None, ...]:
    """Return the product ids a flag or threat is about; None stands for all."""
    ids = [each for each in sequence(holder.get("product_ids")) if isinstance(each, str)]
    for group in sequence(holder.get("group_ids")):
        ids += tree.groups.get(group, ()) if isinstance(group, str) else ()
    return tuple(ids) if "product_ids" in holder or "group_ids" in holder else (None,)


def _tree(document: Mapping[str, Any]) -> Tree:
    """Read every full product name; of an id that is defined twice the first counts."""
    tree = mapping(document.get("product_tree"))
    products: dict[str, Product] = {}
    for full, versions in _branches(tree):
        product = _product(full, versions)
        products.setdefault(product.id, product)
    for full in map(mapping, sequence(tree.get("full_product_names"))):
        product = _product(full)
        products.setdefault(product.id, product)
    for full, inner_id, outer_id in _joined(tree):
        inner, outer = products.get(inner_id), products.get(outer_id)
        if inner is not None and outer is not None:
            product = _within(_product(full), inner, outer)
            products.setdefault(product.id, product)
    products.pop("", None)
    groups = {
        stripped(group.get("group_id")): tuple(
            each for each in sequence(group.get("product_ids")) if isinstance(each, str)
        )
        for group in map(mapping, sequence(tree.get("product_groups")))
    }
    return Tree(products, groups)


def _joined(tree: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], str, str]]:
    """Yield (full name, inner id, outer id): relationships of 2.0, paths of one step of 2.1.

    What holds in a longer path only is more than one product with a part can say.
    """
    for each in map(mapping, sequence(tree.get("relationships"))):
        ends = each.get("product_reference"), each.get("relates_to_product_reference")
        yield mapping(each.get("full_product_name")), stripped(ends[0]), stripped(ends[1])
    for each in map(mapping, sequence(tree.get("product_paths"))):
        steps = [mapping(step) for step in sequence(each.get("subpaths"))]
        if len(steps) == 1:
            ends = each.get("beginning_product_reference"), steps[0].get("next_product_reference")
            yield mapping(each.get("full_product_name")), stripped(ends[0]), stripped(ends[1])


def _within(full: Product, inner: Product, outer: Product) -> Product:
    """Return the outer product, by the relationship's id, with the inner one as its part."""
    from msgspec.structs import replace

    return replace(outer, id=full.id, subcomponents=(replace(inner, subcomponents=()),))


def _branches(tree: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield the products of the branches, and the version range they are in, in document order."""
    stack = [(tree, 0, "")]
    while stack:
        node, depth, versions = stack.pop()
        if node.get("category") == "product_version_range":
            versions = stripped(node.get("name"))
        if isinstance(node.get("product"), dict):
            yield node["product"], versions
        if depth < MAX_DEPTH:
            below = [
                (mapping(each), depth + 1, versions) for each in sequence(node.get("branches"))
            ]
            stack += reversed(below)


def _product(full: Mapping[str, Any], versions: str = "") -> Product:
    """Read a full product name with its identification helper (section 3.1.3)."""
    helper = mapping(full.get("product_identification_helper"))
    listed = [helper.get("purl"), *sequence(helper.get("purls"))]
    hashes = (
        (stripped(mapping(each).get("algorithm")), stripped(mapping(each).get("value")))
        for file in sequence(helper.get("hashes"))
        for each in sequence(mapping(file).get("file_hashes"))
    )
    purls = tuple(text for each in listed if (text := stripped(each)))
    cpes = tuple(text for text in (stripped(helper.get("cpe")),) if text)
    uris = map(mapping, sequence(helper.get("x_generic_uris")))
    links = (bom_link(stripped(u.get("uri"))) for u in uris if u.get("namespace") == BOM_LINKS)
    serial, ref = next((link for link in links if link), ("", ""))
    # A range bounds what else is of all versions; a name has a range in free text in its words.
    bounded = purls or cpes or serial or versions.startswith(VERS)
    return Product(
        id=stripped(full.get("product_id")),
        name=stripped(full.get("name")),
        purls=purls,
        cpes=cpes,
        hashes=tuple(sorted(each for each in hashes if all(each))),
        serial=serial,
        ref=ref,
        versions=versions if bounded else "",
    )


def _names(vulnerability: Mapping[str, Any]) -> tuple[str, ...]:
    ids = (mapping(each).get("text") for each in sequence(vulnerability.get("ids")))
    texts = (stripped(each) for each in (vulnerability.get("cve"), *ids))
    return tuple(dict.fromkeys(text for text in texts if text))


def _problem(name: str, place: str, what: str, effect: Any) -> Problem:
    return Problem(source="csaf", where=f"{name}: {place}", what=what, effect=effect)
