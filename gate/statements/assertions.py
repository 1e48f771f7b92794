"""A statement as the single assertions it makes, in one normal form whatever the document format.

Two statements mean the same when they assert the same. So this is what a conversion has to keep,
what makes a duplicate, and all that a writer needs to know of a product.
"""

from msgspec import Struct

from gate.model import Product, Statement, Status

NO_ACTION = "No action is stated."
"""What is written where a format demands an action and the statement has none."""
DIGESTS = frozenset({"sha256", "sha384", "sha512"})
BOM_LINK = "urn:cdx:"


class Named(Struct, frozen=True, gc=False, order=True):
    """A product or subcomponent by all that identifies it.

    hashes: algorithms as in `sha-256`; a digest used as id is one of them.
    label: the name, where there is nothing better; an id beside identifiers is the document's own.
    """

    purls: tuple[str, ...] = ()
    cpes: tuple[str, ...] = ()
    hashes: tuple[tuple[str, str], ...] = ()
    serial: str = ""
    ref: str = ""
    versions: str = ""
    label: str = ""

    @property
    def shown(self) -> str:
        """Name it for people."""
        hashes = [f"{name}:{value}" for name, value in self.hashes]
        names = (*self.purls, *self.cpes, *hashes, self.serial, self.label)
        return next((name for name in names if name), "no product")


class Assertion(Struct, frozen=True, gc=False):
    """One status of one vulnerability in one product, or in one part of it."""

    vulnerabilities: tuple[str, ...]
    product: Named
    part: Named | None
    status: Status
    timestamp: str
    justification: str
    impact: str
    action: str
    notes: str

    @property
    def subject(self) -> tuple[Named, Named | None]:
        """What it is about."""
        return self.product, self.part


def assertions(statement: Statement) -> tuple[Assertion, ...]:
    """Return what the statement asserts; of no product, where it names none."""
    subjects: list[tuple[Named, Named | None]] = []
    for product in statement.products or (Product(),):
        outer = named(product)
        subjects += [(outer, named(part)) for part in product.subcomponents]
        if not product.subcomponents:
            subjects.append((outer, None))
    return tuple(
        Assertion(
            tuple(sorted(set(statement.vulnerabilities))),
            product,
            part,
            statement.status,
            statement.timestamp,
            statement.justification or "",
            statement.impact,
            statement.action,
            statement.notes,
        )
        for product, part in dict.fromkeys(subjects)
    )


def named(product: Product) -> Named:
    """Return the normal form of a product's or subcomponent's identifiers."""
    hashes = {(algorithm(name), value.lower()) for name, value in product.hashes}
    prefix, _, digits = product.id.lower().partition(":")
    if prefix in DIGESTS and digits:
        hashes.add((algorithm(prefix), digits))
    identified = product.purls or product.cpes or hashes or product.serial
    return Named(
        purls=tuple(sorted(set(product.purls))),
        cpes=tuple(sorted(set(product.cpes))),
        hashes=tuple(sorted(hashes)),
        serial=product.serial.lower().removeprefix("urn:uuid:"),
        ref=product.ref if product.serial else "",
        versions=product.versions,
        label="" if identified else f"{product.name} {product.version}".strip() or product.id,
    )


def algorithm(name: str) -> str:
    """Spell an algorithm as in `sha-256`, whatever the format's spelling."""
    text = name.lower().replace("_", "-")
    return f"sha-{text[3:]}" if text.startswith("sha") and text[3:4].isdigit() else text


def bom_link(text: str) -> tuple[str, str] | None:
    """Read a BOM-link: the serial number, and the bom-ref in it; None where it is none."""
    if not text.lower().startswith(BOM_LINK):
        return None
    from urllib.parse import unquote

    serial, _, rest = text[len(BOM_LINK) :].partition("/")
    return serial, unquote(rest.partition("#")[2])


def write_bom_link(product: Named) -> str:
    """Write the BOM-link of a product that has a serial number."""
    from urllib.parse import quote

    return f"{BOM_LINK}{product.serial}/1" + (
        f"#{quote(product.ref, safe='')}" if product.ref else ""
    )
