"""CycloneDX 1.0 to 1.7, from the members of its JSON form.

Beside the specification's own members, the properties of the BSI's taxonomy (`bsi:component:…`)
are read, which is where TR-03183-2 puts what CycloneDX has no member for.
"""

from collections.abc import Iterator
from typing import Any

from sbom.elements.sheet import DEEPEST, Row, Sheet, Words, contacts, member, objects, word, words

PROPERTIES = {
    f"bsi:component:{name}": name for name in ("filename", "executable", "archive", "structured")
}
DEPLOYABLE = frozenset({"distribution", "distribution-intake"})
SOURCE = frozenset({"vcs", "source-distribution"})
OPEN_ENDED = frozenset({"incomplete", "unknown", "not_specified"})
"""Compositions that say, as a whole or in part, that not everything is told (`aggregate`)."""
STATED_UNKNOWN = ("unknown",)


def sheet(document: Any) -> Sheet:
    """Return what the document states."""
    metadata = member(document, "metadata")
    root = member(metadata, "component")
    flat = list(_walk(objects(root, "components"), 0)) + list(
        _walk(objects(document, "components"), 0)
    )
    linked, needs = _links(document)
    unknown, all_unknown = _open_ended(document, words(member(root, "bom-ref")))
    for one, parent in flat:
        if parent:
            linked |= {*words(one.get("bom-ref")), parent}
    # The system itself is the frame of the others: it has no maker's package of its own.
    rows = [
        _row(one, linked, unknown, all_unknown=all_unknown)
        for one, _ in flat
        if one.get("type") != "operating-system" or one.get("purl")
    ]
    return Sheet(
        told={
            **_of_document(document, metadata),
            "product": words(member(root, "name")),
            "components": words(*(row.label for row in rows[:1])),
            "top-level": needs.get(word(member(root, "bom-ref")), ())
            or (words(*(row.label for row in rows[:1])) if root else ()),
        },
        rows=tuple(rows),
    )


def _of_document(document: Any, metadata: Any) -> dict[str, Words]:
    authors = objects(metadata, "authors")
    makers = objects(metadata, "manufacturer")
    tools = _tools(metadata)
    return {
        "format": ("CycloneDX",),
        "format-version": words(member(document, "specVersion")),
        "author": words(*(one.get("name") for one in (*authors, *makers))),
        "author-contact": _contacts([*authors, *makers]),
        "tool": words(*(one.get("name") for one in tools)),
        "tool-version": words(*(one.get("version") for one in tools)),
        "timestamp": words(member(metadata, "timestamp")),
        "context": words(
            *(one.get("phase") or one.get("name") for one in objects(metadata, "lifecycles"))
        ),
        "serial": words(member(document, "serialNumber")),
        "version": words(member(document, "version")),
        "signature": ("in the document",) if member(document, "signature") else (),
        "uri": words(
            *(
                reference.get("url")
                for reference in objects(document, "externalReferences")
                if reference.get("type") == "bom"
            )
        ),
    }


def _tools(metadata: Any) -> list[dict[str, Any]]:
    """Return the tools, in the form up to 1.4 or that of 1.5 and later."""
    inner = [*objects(metadata, "tools", "components"), *objects(metadata, "tools", "services")]
    return inner or objects(metadata, "tools")


def _contacts(parties: list[dict[str, Any]]) -> Words:
    """Return the addresses of persons and organisations."""
    found = [one.get(key) for one in parties for key in ("email", "url")]
    found += [each.get("email") for one in parties for each in objects(one, "contact")]
    return contacts(words(*found, *(one.get("name") for one in parties)))


def _walk(items: list[dict[str, Any]], depth: int, parent: str = "") -> Iterator[Any]:
    """Yield components with the reference of what they are nested in."""
    for one in items:
        yield one, parent
        if depth < DEEPEST:
            ref = word(one.get("bom-ref"))
            yield from _walk(objects(one, "components"), depth + 1, ref)


def _links(document: Any) -> tuple[set[str], dict[str, Words]]:
    """Return the references that have a place in the graph, and what each depends on."""
    needs: dict[str, Words] = {}
    for one in objects(document, "dependencies"):
        for ref in words(one.get("ref")):
            needs[ref] = words(one.get("dependsOn"), one.get("provides"))
    return set(needs) | {ref for others in needs.values() for ref in others}, needs


def _open_ended(document: Any, root: Words) -> tuple[set[str], bool]:
    """Return the references whose dependencies are said to be incomplete or unknown.

    Said of the product, or of nothing by name, it holds for every component.
    """
    refs: set[str] = set()
    for one in objects(document, "compositions"):
        aggregate = one.get("aggregate")
        if isinstance(aggregate, str) and (
            aggregate in OPEN_ENDED or aggregate.startswith("incomplete_")
        ):
            named = set(words(one.get("assemblies"), one.get("dependencies")))
            refs |= named or {""}
    return refs, bool(refs & {"", *root})


def _row(one: dict[str, Any], linked: set[str], unknown: set[str], *, all_unknown: bool) -> Row:
    parties = [*objects(one, "supplier"), *objects(one, "manufacturer"), *objects(one, "authors")]
    ref = word(one.get("bom-ref"))
    dependency: Words = ("linked",) if ref and ref in linked else ()
    if not dependency and (all_unknown or ref in unknown):
        dependency = STATED_UNKNOWN
    hashes = [h for h in objects(one, "hashes") if h.get("content")]
    label = next(iter(words(one.get("purl"), ref, one.get("name"))), "a component without a name")
    return Row(
        label=label,
        told={
            "name": words(one.get("name")),
            "version": words(one.get("version")),
            "producer": words(
                *(each.get("name") for each in parties), one.get("publisher"), one.get("author")
            ),
            "producer-contact": _contacts(
                [*parties, {"name": one.get("publisher")}, {"name": one.get("author")}]
            ),
            "identifier": words(
                *(one.get(key) for key in ("purl", "cpe", "omniborId", "swhid")),
                member(one, "swid", "tagId"),
            ),
            "purl": words(one.get("purl")),
            "cpe": words(one.get("cpe")),
            "hash": words(*(h.get("content") for h in hashes)),
            "hash-algorithm": words(*(h.get("alg") for h in hashes)),
            "license": _licenses(one),
            "dependency": dependency,
            **_of_references(one, hashes),
            **_of_properties(one),
        },
    )


def _licenses(one: dict[str, Any]) -> Words:
    choices = objects(one, "licenses")
    return words(
        *(member(each, "license", "id") or member(each, "license", "name") for each in choices),
        *(each.get("expression") for each in choices),
    )


def _of_references(one: dict[str, Any], hashes: list[dict[str, Any]]) -> dict[str, Words]:
    """Return where its source and its deployable form are, and the latter's SHA-512."""
    references = objects(one, "externalReferences")
    deployable = [r for r in references if word(r.get("type")) in DEPLOYABLE]
    hashes = hashes + [h for r in deployable for h in objects(r, "hashes")]
    return {
        "hash-deployable": words(*(h.get("content") for h in hashes if h.get("alg") == "SHA-512")),
        "source-uri": words(*(r.get("url") for r in references if word(r.get("type")) in SOURCE)),
        "deployable-uri": words(*(r.get("url") for r in deployable)),
    }


def _of_properties(one: dict[str, Any]) -> dict[str, Words]:
    found: dict[str, Words] = {}
    for stated in objects(one, "properties"):
        name = word(stated.get("name"))
        if name in PROPERTIES:
            found[PROPERTIES[name]] = words(stated.get("value"))
    return found
