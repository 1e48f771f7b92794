"""The product tree of a CSAF document (CSAF 2.0, section 3.2.2): products by id, and what they are.

A product is what a branch or relationship names. A relationship says that one is a component of
another; followed to its ends it gives the package and the platform it is installed on.
"""

from typing import NamedTuple

from msgspec import Raw, Struct
from msgspec.json import Decoder

DEPTH = 32
"""No tree has more levels; vendors have five."""


class _Helper(Struct, gc=False):
    cpe: str | None = None
    purl: str | None = None


class _Full(Struct, gc=False):
    product_id: str
    name: str | None = None
    product_identification_helper: _Helper | None = None


class _Branch(Struct, gc=False):
    category: str | None = None
    name: str | None = None
    product: _Full | None = None
    branches: list[Raw] | None = None


class _Relationship(Struct, gc=False):
    product_reference: str
    relates_to_product_reference: str
    full_product_name: _Full
    category: str | None = None


class ProductTree(Struct, gc=False):
    """A product tree as it is written; `resolve` takes it apart."""

    branches: list[Raw] | None = None
    full_product_names: list[_Full] | None = None
    relationships: list[_Relationship] | None = None


class Part(NamedTuple):
    """One product on its own: what it is called, and by which identifiers."""

    id: str
    name: str
    cpe: str
    purl: str
    category: str = ""


class Product(NamedTuple):
    """A package and the platforms it is a component of, innermost first (module, then system)."""

    package: Part
    platforms: tuple[Part, ...] = ()


DECODE_BRANCH = Decoder(_Branch).decode
RPM = (
    r"(?P<name>\S+?)-(?:(?P<epoch>\d+):)?(?P<version>[^-\s:]+)-(?P<release>[^-\s]+?)"
    r"\.(?P<arch>src|noarch|x86_64|i[3-6]86|aarch64|ppc64le|ppc64|ppc|s390x|s390|ia64|riscv64|armv7hl)"
    r"(?:\.rpm)?(?:::?.*|-[\w.+-]+:[\w.+-]+)?"
)
"""An rpm's name, epoch, version, release and architecture, as vendors name products.

A text, compiled when a document is read: most runs that import this read none.
"""


def resolve(tree: ProductTree) -> dict[str, Product]:
    """Return every product the tree names, by its id.

    Raises:
        ValueError: where a branch is none, or the tree too deep.
    """
    parts: dict[str, Part] = {}
    pending = [(raw, 0) for raw in tree.branches or ()]
    while pending:
        raw, depth = pending.pop()
        if depth > DEPTH:
            raise ValueError("the product tree is too deep")
        branch = DECODE_BRANCH(raw)
        if branch.product:
            part = _part(branch.product, branch.category or "")
            parts.setdefault(part.id, part)
        pending += ((inner, depth + 1) for inner in branch.branches or ())
    for full in tree.full_product_names or ():
        parts.setdefault(full.product_id, _part(full, ""))
    relations = {r.full_product_name.product_id: r for r in tree.relationships or ()}
    products = {id_: Product(part) for id_, part in parts.items()}
    return products | {id_: _joined(id_, relations, parts) for id_ in relations}


def _part(full: _Full, category: str) -> Part:
    helper = full.product_identification_helper or _Helper()
    return Part(full.product_id, full.name or "", helper.cpe or "", helper.purl or "", category)


def _joined(id_: str, relations: dict[str, _Relationship], parts: dict[str, Part]) -> Product:
    """Follow a relationship: to the package on one side, to all platforms on the other."""
    package = id_
    for _ in range(DEPTH):
        if package not in relations:
            break
        package = relations[package].product_reference
    platforms: list[Part] = []
    pending = [relations[id_].relates_to_product_reference]
    while pending and len(platforms) < DEPTH:
        at = pending.pop()
        if at in relations:
            relation = relations[at]
            pending += (relation.relates_to_product_reference, relation.product_reference)
        else:
            platforms.append(parts.get(at) or Part(at, "", "", ""))
        if len(pending) > DEPTH:
            break
    return Product(parts.get(package) or Part(package, "", "", ""), tuple(platforms))
