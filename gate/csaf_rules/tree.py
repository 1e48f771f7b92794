"""Tests of the product tree: ids that are missing, repeated or circular, purls, hashes, ranges."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from sbom.model import Fault

Node = dict[str, Any]
RANGE_SIGNS = ("<", ">")
RANGE_WORDS = frozenset({"after", "all", "before", "earlier", "later", "prior", "versions"})
STATUSES = frozenset(
    {
        *("first_affected", "known_affected", "last_affected", "known_not_affected"),
        *("first_fixed", "fixed", "recommended", "under_investigation"),
    }
)
HOLDERS = ("remediations", "threats", "flags")
"""What of a vulnerability names products and groups; flags are left out of the standard's list."""
HOLDERS_2_1 = (*HOLDERS, "involvements", "notes", "first_known_exploitation_dates")


def undefined_products(document: Node) -> Iterator[Fault]:
    """6.1.1: every product id that is used is defined in the product tree."""
    defined = {full["product_id"] for _, full in full_names(document)}
    for place, each in _product_references(document):
        if each not in defined:
            yield Fault(place=place, what=f"product {each!r} is not defined")


def repeated_products(document: Node) -> Iterator[Fault]:
    """6.1.2: no product id is defined twice."""
    seen = set()
    for place, full in full_names(document):
        if full["product_id"] in seen:
            yield Fault(place=place, what=f"product {full['product_id']!r} is defined again")
        seen.add(full["product_id"])


def circular_products(document: Node) -> Iterator[Fault]:
    """6.1.3: no product of a relationship is, through references, made of itself."""
    made_of: dict[str, set[str]] = {}
    parts_of: dict[str, list[str]] = {}
    for name, parts in _made(document):
        for part in parts:
            made_of.setdefault(name, set()).add(part)
            parts_of.setdefault(part, []).append(name)
    # What is made only of things that are no relationship, or are cleared already, is no circle.
    cleared = [part for part in parts_of if part not in made_of]
    while cleared:
        part = cleared.pop()
        for name in parts_of.get(part, ()):
            if name in made_of:
                made_of[name].discard(part)
                if not made_of[name]:
                    del made_of[name]
                    cleared.append(name)
    for name in made_of:
        yield Fault(place="product_tree", what=f"{name!r} is made of itself")


def undefined_groups(document: Node) -> Iterator[Fault]:
    """6.1.4: every product group that is used is defined in the product tree."""
    defined = {each["group_id"] for each in _tree(document).get("product_groups", ())}
    for place, holder in _holders(document, _naming(document)):
        for each in holder.get("group_ids", ()):
            if each not in defined:
                yield Fault(place=f"{place}.group_ids", what=f"group {each!r} is not defined")


def repeated_groups(document: Node) -> Iterator[Fault]:
    """6.1.5: no product group is defined twice."""
    counted = Counter(each["group_id"] for each in _tree(document).get("product_groups", ()))
    for name, count in counted.items():
        if count > 1:
            yield Fault(
                place="product_tree.product_groups", what=f"{name!r} is defined {count} times"
            )


def invalid_purls(document: Node) -> Iterator[Fault]:
    """6.1.13: every purl is one."""
    from sbom.purl import InvalidPurl, parse

    for place, full in full_names(document):
        helper = full.get("product_identification_helper", {})
        listed = [("purl", helper["purl"])] if "purl" in helper else []
        listed += [(f"purls[{n}]", text) for n, text in enumerate(helper.get("purls", ()))]
        for field, purl in listed:
            try:
                parse(purl)
            except InvalidPurl as error:
                yield Fault(place=f"{place}.product_identification_helper.{field}", what=str(error))


def repeated_hash_algorithms(document: Node) -> Iterator[Fault]:
    """6.1.25: one file has one hash of each algorithm."""
    for place, full in full_names(document):
        hashes = full.get("product_identification_helper", {}).get("hashes", ())
        for index, file in enumerate(hashes):
            counted = Counter(each["algorithm"] for each in file["file_hashes"])
            for name in (name for name, count in counted.items() if count > 1):
                where = f"{place}.product_identification_helper.hashes[{index}]"
                yield Fault(place=where, what=f"{name} is given more than once")


def range_as_version(document: Node) -> Iterator[Fault]:
    """6.1.31: the name of a `product_version` is a version and no range of them.

    The signs count anywhere; the words the standard lists count as words, since versions such as
    `2.0-allwinner` hold them as parts.
    """
    for place, branch in branches(document):
        if branch["category"] != "product_version":
            continue
        name = branch["name"].lower()
        words = RANGE_WORDS.intersection(name.split())
        if words or any(sign in name for sign in RANGE_SIGNS):
            yield Fault(place=f"{place}.name", what=f"{branch['name']!r} is a range of versions")


def branches(document: Node) -> Iterator[tuple[str, Node]]:
    """Yield (place, branch) of all branches of the product tree, parents first."""
    stack = [("product_tree", _tree(document))]
    while stack:
        place, node = stack.pop()
        below = [(f"{place}.branches[{i}]", b) for i, b in enumerate(node.get("branches", ()))]
        yield from below
        stack += reversed(below)


def full_names(document: Node) -> Iterator[tuple[str, Node]]:
    """Yield (place, full product name): of the branches, by itself, and of relationships."""
    for place, branch in branches(document):
        if "product" in branch:
            yield f"{place}.product", branch["product"]
    for index, full in enumerate(_tree(document).get("full_product_names", ())):
        yield f"product_tree.full_product_names[{index}]", full
    for index, each in enumerate(_tree(document).get("relationships", ())):
        yield f"product_tree.relationships[{index}].full_product_name", each["full_product_name"]
    for place, path in _paths(document):
        yield f"{place}.full_product_name", path["full_product_name"]


def members(document: Node) -> dict[str, tuple[str, ...]]:
    """Return the product ids of each product group."""
    groups = _tree(document).get("product_groups", ())
    return {each["group_id"]: tuple(each["product_ids"]) for each in groups}


def named(holder: Node, groups: dict[str, tuple[str, ...]]) -> set[str]:
    """Return the product ids a flag, threat or remediation is about, by itself or by group."""
    ids = set(holder.get("product_ids", ()))
    return ids.union(*(groups.get(each, ()) for each in holder.get("group_ids", ())))


def vulnerabilities(document: Node) -> Iterator[tuple[str, Node]]:
    """Yield every vulnerability with its place."""
    for index, each in enumerate(document.get("vulnerabilities", ())):
        yield f"vulnerabilities[{index}]", each


def _product_references(document: Node) -> Iterator[tuple[str, str]]:
    """Yield (place, product id) of everything that refers to a product."""
    yield from _tree_references(document)
    for index, each in enumerate(document.get("vulnerabilities", ())):
        for group, ids in each.get("product_status", {}).items():
            if group in STATUSES:
                yield from _all(f"vulnerabilities[{index}].product_status.{group}", ids)
    for place, holder in _holders(document, _naming(document)):
        yield from _all(f"{place}.product_ids", holder.get("product_ids", ()))
    for place, holder in _holders(document, ("scores", "metrics")):
        yield from _all(f"{place}.products", holder.get("products", ()))


def _tree_references(document: Node) -> Iterator[tuple[str, str]]:
    for index, each in enumerate(_tree(document).get("relationships", ())):
        for field in ("product_reference", "relates_to_product_reference"):
            yield f"product_tree.relationships[{index}].{field}", each[field]
    for place, path in _paths(document):
        yield f"{place}.beginning_product_reference", path["beginning_product_reference"]
        for step in path["subpaths"]:
            yield f"{place}.subpaths", step["next_product_reference"]
    for index, each in enumerate(_tree(document).get("product_groups", ())):
        yield from _all(f"product_tree.product_groups[{index}].product_ids", each["product_ids"])


def _paths(document: Node) -> Iterator[tuple[str, Node]]:
    """Yield what 2.1 has in the place of relationships; 2.0 knows no such member."""
    if document["document"]["csaf_version"] != "2.0":
        for index, path in enumerate(_tree(document).get("product_paths", ())):
            yield f"product_tree.product_paths[{index}]", path


def _all(place: str, ids: Iterable[str]) -> Iterator[tuple[str, str]]:
    for each in ids:
        yield place, each


def _made(document: Node) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield (product id, ids it is made of) of relationships, and of the paths of 2.1."""
    for each in _tree(document).get("relationships", ()):
        parts = (each["product_reference"], each["relates_to_product_reference"])
        yield each["full_product_name"]["product_id"], parts
    for _, path in _paths(document):
        steps = (step["next_product_reference"] for step in path["subpaths"])
        yield (
            path["full_product_name"]["product_id"],
            (path["beginning_product_reference"], *steps),
        )


def _naming(document: Node) -> tuple[str, ...]:
    """Return what of a vulnerability names products, by the version of the document."""
    return HOLDERS if document["document"]["csaf_version"] == "2.0" else HOLDERS_2_1


def _holders(document: Node, fields: Iterable[str]) -> Iterator[tuple[str, Node]]:
    if "notes" in fields:
        for number, each in enumerate(document["document"].get("notes", ())):
            yield f"document.notes[{number}]", each
    for index, vulnerability in enumerate(document.get("vulnerabilities", ())):
        for field in fields:
            for number, each in enumerate(vulnerability.get(field, ())):
                yield f"vulnerabilities[{index}].{field}[{number}]", each


def _tree(document: Node) -> Node:
    tree: Node = document.get("product_tree", {})
    return tree
