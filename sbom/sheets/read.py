"""Any other document, by what Lading reads of it: nothing is known of who wrote it, and when."""

from sbom.elements.sheet import Row, Sheet, words
from sbom.model import Component, Sbom


def sheet(sbom: Sbom, format_: str) -> Sheet:
    """Return what the document states, as far as an `Sbom` holds it."""
    linked = {ref for user, used in sbom.dependencies for ref in (user, *used)}
    rows = tuple(_row(one, linked) for one in sbom.components)
    name, _, version = (sbom.format or format_).partition(" ")
    first = words(*(row.label for row in rows[:1]))
    return Sheet(
        told={
            "format": (name,),
            "format-version": words(version),
            "serial": words(sbom.serial),
            "product": words(sbom.root.name if sbom.root else sbom.subject.name),
            "components": first,
            "top-level": first,
        },
        rows=rows,
    )


def _row(one: Component, linked: set[str]) -> Row:
    return Row(
        label=one.purl or one.name or one.ref or "a component without a name",
        told={
            "name": words(one.name),
            "version": words(one.version),
            "producer": words(one.vendor),
            "identifier": words(one.purl, *one.cpes),
            "purl": words(one.purl),
            "cpe": words(*one.cpes),
            "hash": words(*(value for _, value in one.hashes)),
            "hash-algorithm": words(*(algorithm for algorithm, _ in one.hashes)),
            "hash-deployable": words(*(v for algorithm, v in one.hashes if algorithm == "SHA-512")),
            "license": words(*one.licenses),
            "dependency": ("linked",) if one.ref and one.ref in linked else (),
        },
    )
